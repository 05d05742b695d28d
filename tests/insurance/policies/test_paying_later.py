"""Pay first, then issue (S0-4.3.2): an approved, dated exception issues, and nothing else does."""

import json
from datetime import timedelta

import pytest

from baozhen.foundation.audit.models import AuditEntry
from baozhen.foundation.clock import now, shanghai_date
from baozhen.foundation.storage import get_storage
from baozhen.insurance.payments.models import Payment
from baozhen.insurance.payments.states import PaymentState
from baozhen.insurance.policies.models import Policy, PolicyFile
from baozhen.insurance.policies.services.submit import ProposalRefused, submit_proposal
from baozhen.insurance.policies.states import PolicyState
from baozhen.insurance.verification.consistency import missing_text
from baozhen.site.commands.pdf_text import extract_text
from tests.insurance.making import accept, changed, make_proposal, submit_and_work

pytestmark = [pytest.mark.usefixtures("platform"), pytest.mark.requirement("S0-4.3.2")]

UNPAID = changed(make_proposal(1), "payment", None)


@pytest.fixture
def excepted(tmp_path, monkeypatch):
    """Configure one exception for the proposal's branch; its last day is today, or days off."""

    def configure(*, last_day=0):
        today = shanghai_date(now())
        exception = {
            "approval_no": "JWCD-2026-001",
            "approved_by": "测试审批人",
            "approved_on": (today - timedelta(days=9)).isoformat(),
            "basis": "示例监管通知（2026）1 号",
            "valid_from": (today - timedelta(days=5)).isoformat(),
            "valid_to": (today + timedelta(days=last_day)).isoformat(),
            "branches": [UNPAID["branch"]["code"]],
        }
        path = tmp_path / "pay_first.json"
        path.write_text(json.dumps({"exceptions": [exception]}), encoding="utf-8")
        monkeypatch.setenv("BAOZHEN_PAY_FIRST", str(path))
        return exception

    return configure


def test_an_exception_issues_and_the_policy_says_so(excepted):
    exception = excepted()
    submission = submit_and_work(UNPAID)

    assert set(Policy.objects.values_list("state", flat=True)) == {PolicyState.ISSUED}
    payment = Payment.objects.get(proposal=submission.proposal)
    assert (payment.state, payment.paid_at) == (PaymentState.EXCEPTED, None)
    assert AuditEntry.objects.filter(action="payment.excepted").count() == 1
    year, month, day = (int(part) for part in exception["approved_on"].split("-"))
    for file in PolicyFile.objects.filter(kind="policy"):
        text = extract_text(get_storage().get(file.sha256))
        assert missing_text(text, file) == []
        assert "按约定后付" in text
        assert "例外批准号JWCD-2026-001，批准日期" in "".join(text.split())
        assert f"{year}年{month}月{day}日" in text
        assert "一次交清" not in text


def test_a_chunk_issues_it_beside_paid_ones(excepted):
    excepted()
    acceptance = accept(UNPAID, make_proposal(2))
    assert [outcome.status for outcome in acceptance.outcomes] == ["issued", "issued"]


def test_without_an_exception_it_is_refused(at, counts):
    before = counts()
    with pytest.raises(ProposalRefused) as refused:
        submit_proposal(UNPAID, client="test", at=at)
    assert [fault.code for fault in refused.value.faults] == ["payment_missing"]
    assert counts() == before


def test_after_its_last_day_an_exception_helps_no_more(excepted, counts):
    excepted(last_day=-1)
    before = counts()
    with pytest.raises(ProposalRefused) as refused:
        submit_proposal(UNPAID, client="test", at=now())
    assert [fault.code for fault in refused.value.faults] == ["payment_missing"]
    assert counts() == before
