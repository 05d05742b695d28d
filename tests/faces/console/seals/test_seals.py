"""The staff pages of seals: make, approve, grant, rule, freeze, lend, see what was touched."""

import ast
import io
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import transaction
from django.test import Client
from PIL import Image

import baozhen
from baozhen.faces.console.seals.risks import KINDS
from baozhen.foundation.clock import now
from baozhen.signing.envelopes.services.leaving import LEFT_OPEN
from baozhen.signing.envelopes.services.returning import HELD
from baozhen.signing.envelopes.services.watching import STUCK
from baozhen.signing.organizations.queries import root_unit
from baozhen.signing.risks.models import Risk
from baozhen.signing.seals.models import Seal, SealChange, SealGrant, SealLoan
from baozhen.signing.seals.services import UseRequest, finish_uses, reserve_uses
from tests.faces.conftest import BACKEND

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(platform, staff):
    """A keeper of seals, an approver and a security officer, each with a browser of their own."""

    def browser(role, name):
        client = Client()
        client.force_login(staff(role, name=name), backend=BACKEND)
        return client

    return {
        "keeper": browser("印章管理员", "keeper"),
        "boss": browser("业务负责人", "boss"),
        "officer": browser("安全管理员", "officer"),
    }


def asked(**more):
    unit = root_unit()
    facts = {
        "kind": "electronic",
        "title": "电子保单专用章",
        "category": "policy",
        "unit": unit.pk,
        "source": "drawn",
        "layout": "round_40",
        "name": unit.name,
        "purpose": "电子保单专用章",
        "reason": "开业启用",
    }
    return facts | more


@pytest.fixture
def seal(people):
    """A seal made by clicks and approved by another person."""
    answer = people["keeper"].post("/console/seals/make", asked())
    assert answer.status_code == 302
    change = SealChange.objects.latest("pk")
    assert people["boss"].get("/console/seals/approvals").status_code == 200
    look = people["boss"].get(f"/console/seals/approvals/{change.pk}/look.png")
    assert look.content.startswith(b"\x89PNG")
    decide = f"/console/seals/approvals/{change.pk}/decide"
    people["boss"].post(decide, {"verdict": "approve", "decision": "同意"})
    return Seal.objects.latest("pk")


@pytest.mark.requirement("S2-L160.f1", "S2-L160.g1")
def test_a_seal_is_made_and_seen(people, seal):
    assert seal.state == "active"
    library = people["keeper"].get("/console/seals").content.decode()
    assert f"/console/seals/{seal.pk}/picture.png" in library
    assert "已过有效期" not in library
    Seal.objects.filter(pk=seal.pk).update(valid_until=now() - timedelta(days=1))
    assert "已过有效期" in people["keeper"].get("/console/seals").content.decode()
    page = people["keeper"].get(f"/console/seals/{seal.pk}").content.decode()
    assert seal.public_id in page
    assert "GB/T 38540" in page
    picture = people["keeper"].get(f"/console/seals/{seal.pk}/picture.png")
    assert picture["Content-Type"] == "image/png"
    structure = people["keeper"].get(f"/console/seals/{seal.pk}/structure")
    assert structure.content.startswith(b"\x30")


def test_the_preview_draws_or_says_why_not(people):
    drawn = people["keeper"].post("/console/seals/preview", asked()).content.decode()
    assert "data:image/png;base64," in drawn
    fault = people["keeper"].post("/console/seals/preview", asked(name="")).content.decode()
    assert "印章上的名称" in fault
    image = io.BytesIO()
    Image.new("RGB", (90, 90), "white").save(image, "PNG")
    image.seek(0)
    fault = people["keeper"].post("/console/seals/preview", asked(source="picture", picture=image))
    assert "找不到清楚的红色印文" in fault.content.decode()


def test_a_wrong_form_keeps_what_was_typed(people):
    before = Seal.objects.count()
    for wrong, words in (
        ({"networks": "10.1.0.0/16, 总部"}, "“总部”不是网段"),
        ({"hourly_max": "很多"}, "每小时用印上限"),
        ({"valid_until": "明年"}, "有效期至"),
    ):
        answer = people["keeper"].post("/console/seals/make", asked(**wrong))
        assert answer.status_code == 422
        assert words in answer.content.decode()
    answer = people["keeper"].post("/console/seals/make", asked(code="12"))
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "印章编码为 13 位数字" in text
    assert "开业启用" in text
    assert Seal.objects.count() == before


def test_a_script_in_a_seals_name_stays_text(people):
    people["keeper"].post("/console/seals/make", asked(title="<script>alert(1)</script>"))
    assert "<script>alert(1)" not in people["keeper"].get("/console/seals").content.decode()


@pytest.mark.requirement("S2-L160.i1", "S2-L160.h1")
def test_grants_and_rules_by_clicks(people, seal):
    unit = root_unit()
    form = {
        "grantee": f"unit:{unit.pk}",
        "document_types": ["policy", "endorsement"],
        "other_flows": "保单核心、policy_insurer",
        "count_max": "5",
        "is_silent": "yes",
        "reason": "批量出单",
    }
    assert people["keeper"].get(f"/console/seals/{seal.pk}/grants").status_code == 200
    for wrong in ({"count_max": "五次"}, {"count_max": "-1"}, {"until": "年底"}):
        answer = people["keeper"].post(f"/console/seals/{seal.pk}/grants", form | wrong)
        assert answer.status_code == 422, wrong
    assert not seal.grants.exists()
    answer = people["keeper"].post(f"/console/seals/{seal.pk}/grants", form, follow=True)
    page = answer.content.decode()
    # A name that nothing is called by would make a limit empty: it is pointed out.
    assert "系统中目前没有“保单核心”" in page
    assert "电子保单、批单" in page
    grant = SealGrant.objects.latest("pk")
    assert (grant.document_types, grant.count_max) == (["policy", "endorsement"], 5)
    assert grant.flows == ["保单核心", "policy_insurer"]
    assert grant.is_silent
    people["keeper"].post(f"/console/seals/grants/{grant.pk}/revoke", {"reason": "停用"})
    grant.refresh_from_db()
    assert grant.state == "revoked"
    rule = {"effect": "deny", "unit": "", "flow": "claims", "document_type": "", "reason": "制度"}
    assert people["keeper"].post(f"/console/seals/{seal.pk}/rules", rule).status_code == 302
    assert seal.rules.get().flow == "claims"
    rule["document_type"] = "policy"
    assert people["keeper"].post(f"/console/seals/{seal.pk}/rules", rule).status_code == 422
    people["keeper"].post(f"/console/seals/rules/{seal.rules.get().pk}/end")
    assert seal.rules.get().ended_at is not None


@pytest.mark.requirement("S2-L160.j1")
def test_freeze_see_what_it_touched_and_export(people, seal):
    unit = root_unit()
    people["keeper"].post(
        f"/console/seals/{seal.pk}/grants",
        {"grantee": f"unit:{unit.pk}", "is_silent": "yes", "reason": "批量"},
    )
    request = UseRequest(
        seal=seal,
        document_type="policy",
        flow="electronic_policy",
        actor="=system",
        unit=unit,
        document_sha256="ab" * 32,
        reference="env_1",
        is_silent=True,
        batch="bat_7",
    )
    with transaction.atomic():
        [use] = reserve_uses([request], at=now())
        finish_uses([use.pk], ["cd" * 32], at=now())
    people["keeper"].post(f"/console/seals/{seal.pk}/freeze", {"reason": "疑似失控"})
    seal.refresh_from_db()
    assert seal.state == "suspended"
    page = people["keeper"].get(f"/console/seals/blast?seal={seal.public_id}").content.decode()
    assert "共 1 份文件" in page
    assert "bat_7" in page
    assert "/console/envelopes/env_1" in page
    export = people["keeper"].get(f"/console/seals/blast.csv?seal={seal.public_id}")
    text = b"".join(export.streaming_content).decode()
    assert "cd" * 32 in text
    assert "'=system" in text  # no formula in a spreadsheet
    uses = people["keeper"].get("/console/seals/uses?state=done").content.decode()
    assert "env_1" in uses


@pytest.mark.requirement("S2-L160.j1")
def test_a_risk_is_handled_by_the_security_officer(people, seal):
    people["keeper"].post(f"/console/seals/{seal.pk}/freeze", {"reason": "疑似失控"})
    risk = Risk.objects.get()
    assert "印章紧急冻结" in people["officer"].get("/console/risks").content.decode()
    shown = {
        name: people[name].get(f"/console/risks/{risk.pk}").content.decode()
        for name in ("officer", "boss")
    }
    # The way to the seal is shown to who may go it.
    assert f'/console/seals/{seal.pk}"' in shown["boss"]
    assert f'/console/seals/{seal.pk}"' not in shown["officer"]
    acts = people["officer"].get("/console/risks/acts?action=seal.suspended").content.decode()
    assert "停用印章" in acts
    assert seal.public_id in acts
    handle = f"/console/risks/{risk.pk}/handle"
    assert (
        people["keeper"].post(handle, {"handling": "我来", "verdict": "handle"}).status_code == 403
    )
    people["officer"].post(handle, {"handling": "", "verdict": "handle"})
    risk.refresh_from_db()
    assert risk.state == "open"
    people["officer"].post(handle, {"handling": "已核实并换章", "verdict": "handle"})
    risk.refresh_from_db()
    assert (risk.state, risk.handled_by) == ("handled", "staff:officer")


@pytest.mark.requirement("S2-L160.f3")
def test_the_desk_of_physical_seals(people, platform):
    keeper = people["keeper"]
    account = Seal._meta.get_field("keeper").related_model.objects.get(user__username="keeper")
    form = asked(kind="physical", title="公章", category="official", keeper=account.pk)
    assert keeper.post("/console/seals/make", form).status_code == 302
    change = SealChange.objects.latest("pk")
    people["boss"].post(f"/console/seals/approvals/{change.pk}/decide", {"verdict": "approve"})
    seal = Seal.objects.latest("pk")
    # The keeper changes by a request with differences to look at; a first one is taken back.
    account = Seal._meta.get_field("keeper").related_model.objects.get(user__username="boss")
    update, form = f"/console/seals/{seal.pk}/update", {"name": "公章", "keeper": account.pk}
    assert "没有改动" in keeper.post(update, {"name": "公章", "keeper": seal.keeper_id,
                                              "reason": "x"}).content.decode()  # fmt: skip
    assert "保管人" in keeper.get(update).content.decode()
    for ending in ("withdraw", "approve"):
        assert keeper.post(update, form | {"location": "二楼", "reason": "移交"}).status_code == 302
        change = SealChange.objects.latest("pk")
        shown = people["boss"].get("/console/seals/approvals").content.decode()
        assert f"保管人：keeper → {account.display_name}" in shown
        assert "存放地点：— → 二楼" in shown
        if ending == "withdraw":
            assert "撤回申请" in keeper.get(f"/console/seals/{seal.pk}").content.decode()
            keeper.post(f"/console/seals/changes/{change.pk}/withdraw")
        else:
            decide = f"/console/seals/approvals/{change.pk}/decide"
            people["boss"].post(decide, {"verdict": "approve"})
        seal.refresh_from_db()
        assert (seal.keeper == account) == (ending == "approve")
    due = (now() + timedelta(hours=9)).strftime("%Y-%m-%dT%H:%M")
    wish = {
        "seal": seal.pk,
        "document": "租赁合同",
        "document_type": "contract",
        "copies": "2",
        "due_at": due,
        "is_taken_out": "no",
        "reason": "续租",
    }
    assert keeper.get("/console/seal-desk/ask").status_code == 200
    assert keeper.post("/console/seal-desk/ask", wish).status_code == 302
    loan = SealLoan.objects.get()
    keeper.post(f"/console/seal-desk/{loan.pk}/withdraw")
    assert "申请人已撤回" in keeper.get(f"/console/seal-desk/{loan.pk}").content.decode()
    assert keeper.post("/console/seal-desk/ask", wish).status_code == 302
    loan = SealLoan.objects.latest("pk")
    people["boss"].post(f"/console/seals/loans/{loan.pk}/decide", {"verdict": "approve"})
    keeper.post(f"/console/seal-desk/{loan.pk}/give")
    out = io.BytesIO()
    Image.new("RGB", (300, 200), "white").save(out, "JPEG")
    out.seek(0)
    out.name = "photo.jpg"
    keeper.post(f"/console/seal-desk/{loan.pk}/stamped", {"copies": "2", "photo": out})
    stamping = loan.stampings.get()
    shown = keeper.get(f"/console/seal-desk/photos/{stamping.pk}.jpg")
    assert shown["Content-Type"] == "image/jpeg"
    keeper.post(f"/console/seal-desk/{loan.pk}/receive", {"note": "完好"})
    loan.refresh_from_db()
    assert loan.state == "returned"
    assert "租赁合同" in keeper.get("/console/seal-desk?state=all").content.decode()
    assert keeper.get(f"/console/seal-desk/{loan.pk}").status_code == 200


def test_empty_pages_say_what_comes(people):
    for address in ("seals", "seal-desk", "seals/uses", "seals/blast"):
        assert people["keeper"].get(f"/console/{address}").status_code == 200
    assert "没有风险" in people["officer"].get("/console/risks").content.decode()


@pytest.mark.parametrize("kind", ["electronic", "ukey", "physical", "legal_rep", "personal", "x"])
def test_the_form_of_every_kind_opens(people, kind):
    assert people["keeper"].get(f"/console/seals/make?kind={kind}").status_code == 200


def test_every_suspicion_has_words():
    """No risk that the rooms below raise is shown by its code."""
    raised = set()
    for path in (Path(baozhen.__file__).parent / "signing").rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
                continue
            if call.func.id == "report" and isinstance(call.args[0], ast.Constant):
                raised.add(f"identity.{call.args[0].value}")
            if call.func.id in {"raise_risk", "alarm"}:
                kinds = [word.value for word in call.keywords if word.arg == "kind"]
                raised |= {kind.value for kind in kinds if isinstance(kind, ast.Constant)}
    assert len(raised) > 5
    assert raised | {HELD, STUCK, LEFT_OPEN} <= set(KINDS)
