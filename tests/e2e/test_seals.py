"""The pages of seals and risks in a browser, at both sizes, with something on each of them."""

import io
from datetime import timedelta

import pytest
from django.db import transaction
from PIL import Image

from baozhen.foundation.clock import now
from baozhen.signing.organizations.queries import root_unit
from baozhen.signing.risks.models import Risk
from baozhen.signing.seals.models import Seal, SealLoan
from baozhen.signing.seals.services import UseRequest, finish_uses, reserve_use
from baozhen.signing.seals.services.changing import (
    SealDraft,
    decide_change,
    freeze_seal,
    request_seal,
    request_update,
)
from baozhen.signing.seals.services.making import Look
from baozhen.signing.seals.services.registering import Particulars
from baozhen.signing.seals.states import SealKind
from tests.signing.envelopes.sealing import make_seal

pytestmark = pytest.mark.django_db(transaction=True)
SHA = "ab" * 32


def sign_in(visitor, name):
    visitor.tab.context.clear_cookies()
    visitor.open("/console/sign-in")
    visitor.tab.fill("#id_username", name)
    visitor.tab.fill("#id_password", "a-long-password-1")
    visitor.tab.click("button:has-text('登录')")
    visitor.tab.wait_for_selector(".figure")


@pytest.fixture
def library(platform, staff):
    """A round and an oval seal in use, one that waits, uses of one, and the people."""
    for role, name in (("印章管理员", "keeper"), ("业务负责人", "boss"), ("安全管理员", "officer")):
        staff(role, name=name)
    seal = make_seal("测试甲有限公司", unit=root_unit())
    with transaction.atomic():
        uses = [
            reserve_use(
                UseRequest(
                    seal=seal, document_type="policy", flow="policy_insurer", actor="api:core",
                    unit=root_unit(), document_sha256=SHA, reference=f"env_{number}",
                    batch="batch_1", is_silent=True,
                ),
                at=now(),
            )
            for number in range(3)
        ]  # fmt: skip
        finish_uses([use.pk for use in uses], [f"{use.pk:064x}" for use in uses], at=now())
    draft = SealDraft(
        kind=SealKind.ELECTRONIC,
        category="claims",
        name="理赔专用章",
        unit=root_unit(),
        company=root_unit().name,
        reason="新设理赔中心",
        look=Look(name=root_unit().name, purpose="理赔专用章", layout="oval_40x30"),
    )
    request_seal(draft, actor="staff:keeper", at=now())
    wanted = Particulars(
        name="电子保单专用章", hourly_max=500, valid_until=now() + timedelta(days=300)
    )
    request_update(seal.pk, wanted, reason="年检", actor="staff:keeper", at=now())
    return seal


def test_the_keepers_pages(visitor, library):
    sign_in(visitor, "keeper")
    for name, address in {
        "seals": "seals",
        "seal": f"seals/{library.pk}",
        "seal_grant": f"seals/{library.pk}/grants",
        "seal_rule": f"seals/{library.pk}/rules",
        "seal_update": f"seals/{library.pk}/update",
        "seal_uses": "seals/uses",
        "seal_blast_empty": "seals/blast",
        "seal_blast": f"seals/blast?seal={library.public_id}",
        "seal_change": f"seals/{library.pk}/change",
        "seal_desk_empty": "seal-desk",
        "seal_risks_empty": "risks",
    }.items():
        visitor.open(f"/console/{address}")
        visitor.look(name)
    for kind in SealKind:
        visitor.open(f"/console/seals/make?kind={kind.value}")
        visitor.look(f"seal_make_{kind.value}")


def test_the_drawn_preview_follows_the_form(visitor, library):
    sign_in(visitor, "keeper")
    visitor.open("/console/seals/make")
    visitor.tab.fill("[name=purpose]", "合同专用章")
    visitor.tab.wait_for_selector("img[src^='data:image/png']")
    visitor.look("seal_preview")


def test_a_physical_seal_goes_out_and_comes_back(visitor, library, staff):
    at = now() - timedelta(minutes=2)
    keeper = staff("印章管理员", name="holder").account
    seal = Seal.objects.get(pk=make_physical(keeper, at=at))
    sign_in(visitor, "keeper")
    visitor.open("/console/seal-desk/ask")
    visitor.tab.select_option("[name=seal]", str(seal.pk))
    visitor.tab.fill("[name=document]", "租赁合同")
    visitor.tab.fill("[name=document_type]", "contract")
    visitor.tab.fill("[name=reason]", "续租")
    due = (now() + timedelta(hours=20)).strftime("%Y-%m-%dT%H:%M")
    visitor.tab.fill("[name=due_at]", due)
    visitor.look("seal_loan_ask")
    visitor.tab.click("main button[type=submit]")
    visitor.tab.wait_for_selector("text=租赁合同")
    visitor.look("seal_loan_asked")
    loan = SealLoan.objects.get()
    sign_in(visitor, "boss")
    visitor.open("/console/seals/approvals")
    visitor.look("seal_approvals")
    visitor.tab.click("button:has-text('批准') >> nth=-1")
    visitor.tab.wait_for_selector("text=已批准")
    sign_in(visitor, "holder")
    visitor.open(f"/console/seal-desk/{loan.pk}")
    visitor.look("seal_loan")
    visitor.tab.click("button:has-text('确认交付领用')")
    photo = io.BytesIO()
    Image.new("RGB", (640, 480), "white").save(photo, "JPEG")
    visitor.tab.wait_for_selector("input[type=file]")
    visitor.tab.set_input_files(
        "input[type=file]",
        {"name": "p.jpg", "mimeType": "image/jpeg", "buffer": photo.getvalue()},
    )
    visitor.look("seal_loan_out")


def make_physical(keeper, *, at):
    """Register a physical seal and approve it as another person."""
    draft = SealDraft(
        kind=SealKind.PHYSICAL,
        category="official",
        name="公章（实物）",
        unit=root_unit(),
        company=root_unit().name,
        reason="刻制",
        keeper=keeper,
    )
    change = request_seal(draft, actor="staff:asker", at=at)
    decide_change(change.pk, approved=True, decision="同意", actor="staff:approver", at=at)
    return change.seal_id


def test_a_risk_is_seen_and_handled(visitor, library):
    freeze_seal(library.pk, reason="印模外泄", actor="staff:keeper", at=now())
    sign_in(visitor, "officer")
    visitor.open("/console/risks")
    visitor.look("risks")
    visitor.tab.click("td a >> nth=0")
    visitor.look("risk")
    visitor.open("/console/risks/acts")
    visitor.look("risk_acts")
    assert Risk.objects.filter(kind="seals.frozen").exists()
