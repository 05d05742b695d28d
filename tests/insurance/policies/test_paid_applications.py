"""From money to policies: issued exactly once, or given back."""

from datetime import timedelta

import pytest

from baozhen.foundation.clock import now
from baozhen.foundation.jobs.worker import run_worker
from baozhen.foundation.notify.models import Delivery
from baozhen.foundation.storage import get_storage
from baozhen.insurance.applications.models import Application
from baozhen.insurance.applications.services.closing import withdraw
from baozhen.insurance.disclosures.errors import NotPayable
from baozhen.insurance.payments.models import Payment, PaymentOrder, Refund
from baozhen.insurance.policies.jobs import issue_waiting_applications_job
from baozhen.insurance.policies.models import Policy, PolicyFile
from baozhen.insurance.policies.services.applications import (
    issue_paid_application,
    open_application_order,
    unissued_orders,
)
from baozhen.insurance.proposals.models import Proposal
from tests.insurance.disclosures.signing import accepted
from tests.insurance.policies.paid_applications import OTHER, pay_application, signed_application


@pytest.fixture
def application(platform):
    """S-01, signed, its code passed."""
    return signed_application()


@pytest.mark.requirement("S0-4.2.4d3")
@pytest.mark.requirement("S0-4.3.4a1")
@pytest.mark.requirement("S0-4.3.2")
def test_the_money_sets_issuing_going_and_nothing_before_it(application):
    run_worker(until_idle=True)
    assert not Policy.objects.exists()
    order = pay_application(application)
    assert (order.state, order.amount_fen) == ("confirmed", 247_395)
    run_worker(until_idle=True)
    application.refresh_from_db()
    assert application.state == "issued"
    kinds = dict(Policy.objects.values_list("kind", "number"))
    serial = f"B{application.pk:08d}"
    assert kinds["compulsory"].startswith("PDZA")
    assert {number[-9:] for number in kinds.values()} == {serial}
    payment = Payment.objects.get()
    assert (payment.order_no, payment.amount_fen) == (order.order_no, 247_395)
    files = PolicyFile.objects.exclude(sha256=None)
    assert files.count() == 3  # two policies and the mark
    assert get_storage().get(files[0].sha256).startswith(b"%PDF")


def test_jobs_that_run_again_make_no_second_policy(application):
    order = pay_application(application)
    for _ in range(3):
        issue_paid_application(order.pk, at=now())
    run_worker(until_idle=True)
    issue_paid_application(order.pk, at=now())
    assert (Proposal.objects.count(), Policy.objects.count()) == (1, 2)
    assert not Refund.objects.exists()


@pytest.mark.requirement("S0-4.2.4d2")
def test_another_persons_money_issues_nothing_and_the_holders_own_does(application):
    """S-01: 测试乙's card is refused, 测试甲's is taken."""
    order = pay_application(application, **OTHER)
    run_worker(until_idle=True)
    assert (order.state, Policy.objects.count()) == ("paying", 0)
    assert Refund.objects.get().state == "succeeded"
    pay_application(application)
    run_worker(until_idle=True)
    assert Policy.objects.count() == 2


@pytest.mark.requirement("S0-4.2.4d6")
def test_where_the_region_asks_for_no_code_the_signature_opens_payment(
    platform, monkeypatch, tmp_path
):
    application = signed_application(with_code=False)
    with pytest.raises(NotPayable, match="短信验证"):
        open_application_order(application, at=now())
    table = tmp_path / "duties.json"
    table.write_text('{"default": {"code": true}, "regions": {"11": {"code": false}}}')
    monkeypatch.setenv("BAOZHEN_REGION_DUTIES", str(table))
    pay_application(application)
    run_worker(until_idle=True)
    application.refresh_from_db()
    assert (application.state, application.code_passed_at) == ("issued", None)
    assert Proposal.objects.get().content["signature"]["otp_verified_at"] is None


def test_a_lost_job_is_found_by_the_watchdog(application):
    order = pay_application(application)
    assert unissued_orders(at=now()) == []
    PaymentOrder.objects.filter(pk=order.pk).update(confirmed_at=now() - timedelta(minutes=3))
    assert unissued_orders(at=now()) == [order.pk]
    issue_waiting_applications_job()
    run_worker(until_idle=True)
    assert Policy.objects.count() == 2
    assert unissued_orders(at=now()) == []


def test_what_cannot_become_a_policy_is_given_back_and_told(application):
    content = application.content
    # Underwriting let pass what the gate does not: the insured's paper has lapsed.
    content["insured"] |= {"id_valid_to": "2020-01-01"}
    application.content = content
    application.save()
    order = pay_application(application)
    run_worker(until_idle=True)
    application.refresh_from_db()
    order.refresh_from_db()
    assert (application.state, order.state) == ("failed", "refunded")
    refund = Refund.objects.get()
    assert (refund.state, refund.amount_fen) == ("succeeded", 247_395)
    letter = Delivery.objects.get(reference=f"refund/{refund.refund_no}")
    assert "原路退回" in letter.content["text"]
    assert not Policy.objects.exists()
    issue_paid_application(order.pk, at=now())
    assert Refund.objects.count() == 1


def test_money_for_an_application_that_was_withdrawn_goes_back(application):
    order = pay_application(application)
    withdraw(application.pk, reason="不想买了", actor="test", at=now())
    run_worker(until_idle=True)
    order.refresh_from_db()
    assert (order.state, Policy.objects.count()) == ("refunded", 0)
    assert Application.objects.get(pk=application.pk).state == "withdrawn"


def test_the_order_of_an_application_that_ended_is_closed(application):
    order = open_application_order(application, at=now())
    withdraw(application.pk, reason="不想买了", actor="test", at=now())
    run_worker(until_idle=True)
    order.refresh_from_db()
    assert order.state == "closed"


def test_paying_is_shut_before_signing_and_after_cover_has_begun(platform):
    early = accepted()
    with pytest.raises(NotPayable):
        open_application_order(early, at=now())


def test_an_order_ends_before_cover_begins(application):
    order = open_application_order(application, at=now())
    assert order.expires_at <= now() + timedelta(hours=24)
    PaymentOrder.objects.filter(pk=order.pk).update(state="closed", closed_at=now())
    with pytest.raises(NotPayable, match="起期已过"):
        open_application_order(application, at=now() + timedelta(days=11))
