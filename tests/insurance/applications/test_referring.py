"""What a person of underwriting decides comes to the application, and the applicant is told."""

import json
from datetime import timedelta

import pytest

from baozhen.foundation.clock import now
from baozhen.foundation.jobs.worker import run_worker
from baozhen.foundation.notify.outbox import outbox
from baozhen.insurance.applications.models import Application
from baozhen.insurance.applications.questions import load_questions
from baozhen.insurance.applications.services.assessing import settle_referral
from baozhen.insurance.applications.services.closing import withdraw
from baozhen.insurance.applications.services.submitting import submit_application
from baozhen.insurance.underwriting.models import Referral
from baozhen.insurance.underwriting.services import (
    accept_referral,
    decline_referral,
    offer_referral,
)
from baozhen.insurance.underwriting.states import ReferralState
from tests.insurance.applications.making import PERSON_A, answers, filled, save

pytestmark = pytest.mark.django_db(transaction=True)
STAFF = "staff:underwriter"
OFFER = {"covers": [{"code": "A", "deductible_rate": "0.10"}], "self_pricing": "1.2"}


@pytest.fixture
def referral():
    """S-01 with an answer that a person has to look at, submitted; the rules have referred it."""
    at = now()
    application = filled(at, starts_on=(at + timedelta(days=10)).date().isoformat())
    asked = load_questions()[1][0]
    unusual = "no" if asked.expected == "yes" else "yes"
    given = {asked.code: {"answer": unusual, "detail": "周末偶尔接送邻居，不收费"}}
    save(application, "answers", answers(**given), at)
    application.refresh_from_db()
    submit_application(
        application.pk,
        application.applicant,
        revision=application.revision,
        actor="test",
        at=at,
    )
    run_worker(until_idle=True)
    return Referral.objects.get(proposal_no=application.proposal_no)


def application_of(referral):
    return Application.objects.get(proposal_no=referral.proposal_no)


def told(application):
    """Return the words of every text about this application, in the order of its states."""
    found = [json.loads(path.read_text(encoding="utf-8")) for path in outbox().glob("sms_*.json")]
    texts = [one for one in found if one["reference"].startswith(application.proposal_no)]
    assert {one["mobile"] for one in texts} <= {PERSON_A["mobile"]}
    return {one["reference"].partition(".")[2]: one["parameters"] for one in texts}


def decide(referral, how):
    at = now()
    if how == "accepted":
        accept_referral(referral.pk, note="", actor=STAFF, at=at)
    elif how == "offered":
        offer_referral(referral.pk, offer=OFFER, reason="车龄较高，加绝对免赔", actor=STAFF, at=at)
    else:
        decline_referral(referral.pk, reason="用途与所填不符", actor=STAFF, at=at)
    run_worker(until_idle=True)


@pytest.mark.parametrize(
    ("how", "words", "leads_to"),
    [
        ("accepted", "核保已通过", "/m/r/"),
        ("offered", "核保给出了新方案", "/m/mine/"),
        ("declined", "未能承保", "/m/mine/"),
    ],
)
def test_a_decision_comes_to_the_application_and_to_the_phone(referral, how, words, leads_to):
    application = application_of(referral)
    assert application.state == "referred"
    before = application.total_fen
    assert "需要人工核保" in told(application)["referred"]["what"]

    decide(referral, how)
    application = application_of(referral)
    assert application.state == how
    assert application.decision["underwriter"] == STAFF
    text = told(application)[how]
    assert words in text["what"]
    assert leads_to in text["link"]
    if how == "offered":
        assert application.total_fen == before, "the old terms stand until the new are taken"
        assert application.offer["total_fen"] != before
    if how == "declined":
        assert application.decision["reasons"] == ["用途与所填不符"]

    # The job may run twice: nothing moves, nothing is told again.
    settle_referral(referral.pk, at=now())
    assert application_of(referral).revision == application.revision


def test_an_application_that_went_away_leaves_the_queue_and_is_not_decided(referral):
    application = application_of(referral)
    withdraw(application.pk, reason="不投保了", actor="test", at=now())
    run_worker(until_idle=True)
    referral.refresh_from_db()
    assert referral.state == ReferralState.WITHDRAWN
    settle_referral(referral.pk, at=now())
    assert application_of(referral).state == "withdrawn"
