"""Deposits with the notary: the button, the rules, the list."""

import pytest

from baozhen.foundation.clock import now
from baozhen.signing.envelopes.services.depositing import deposit_evidence
from baozhen.signing.files.models import NotaryDeposit, NotaryRule
from baozhen.signing.files.notary import DevelopmentNotary, NotaryRefused
from baozhen.signing.files.services.depositing import refuse_deposit
from baozhen.signing.organizations.queries import root_unit
from tests.signing.files.making import sealed_pdf
from tests.signing.files.test_file_centre import enter

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(platform, signed_in):
    return signed_in("业务负责人")


@pytest.mark.requirement("S2-L160.d3")
def test_a_file_is_deposited_by_the_button_and_its_receipt_shown(boss):
    entry = enter(sealed_pdf("约定"), root_unit())
    where = f"/console/files/{entry.public_id}"
    assert boss.post(f"{where}/deposit").status_code == 302
    assert "正在办理" in boss.get(where).content.decode()
    deposit = NotaryDeposit.objects.get()
    deposit_evidence(deposit.pk, notary=DevelopmentNotary())
    deposit.refresh_from_db()
    for page in (where, "/console/files/deposits", "/console/files/deposits?state=recorded"):
        assert deposit.receipt_no in boss.get(page).content.decode()
    assert "没有符合条件" in boss.get("/console/files/deposits?state=refused").content.decode()


def test_a_refused_deposit_is_asked_for_again(boss):
    entry = enter(sealed_pdf("约定"), root_unit())
    where = f"/console/files/{entry.public_id}"
    boss.post(f"{where}/deposit")
    refuse_deposit(NotaryDeposit.objects.get(), NotaryRefused(reason="合同到期"), at=now())
    page = boss.get(where).content.decode()
    assert "合同到期" in page
    assert "重新办理" in page
    boss.post(f"/console/files/deposits/{NotaryDeposit.objects.get().pk}/again")
    assert NotaryDeposit.objects.get().state == "queued"


def test_rules_are_set_and_ended(boss):
    asked = {"unit": "", "document_type": "policy"}
    assert boss.post("/console/files/deposits/rules/new", asked).status_code == 302
    rule = NotaryRule.objects.get()
    assert "全部机构 · 电子保单" in boss.get("/console/files/deposits/rules").content.decode()
    boss.post(f"/console/files/deposits/rules/{rule.pk}/end")
    rule.refresh_from_db()
    assert rule.ended_at is not None
