"""Submitting, deciding, withdrawing, making anew: each once, by the right person."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction

from baozhen.foundation.audit.models import AuditEntry
from baozhen.insurance.applications.errors import (
    ApplicantUnchecked,
    ApplicantUnlike,
    ApplicationBehind,
    ApplicationClosed,
    ApplicationFaulty,
    NothingOffered,
    QuoteChanged,
    ReadingLinkRefused,
    ReasonMissing,
)
from baozhen.insurance.applications.models import Application, ReadingLink
from baozhen.insurance.applications.services.closing import (
    begin_renewal,
    expire_applications,
    make_anew,
    may_renew,
    supersede,
    withdraw,
)
from baozhen.insurance.applications.services.deciding import (
    Decision,
    accept_offer,
    apply_decision,
    apply_offer,
)
from baozhen.insurance.applications.services.drafts import DraftRequest
from baozhen.insurance.applications.services.links import issue_reading_link, use_reading_link
from baozhen.insurance.applications.services.submitting import submit_application
from baozhen.signing.identity.models import IdentityCheck
from tests.insurance.applications.making import (
    AT,
    PERSON_B,
    draft,
    filled,
    holder_of,
    save,
    submitted,
)

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)


def submit(application, person=None, at=AT, revision=None):
    return submit_application(
        application.pk,
        person or application.applicant,
        revision=application.revision if revision is None else revision,
        actor="test",
        at=at,
    )


def decided(outcome="accepted", **more):
    application = submitted(**more)
    return apply_decision(application.pk, Decision(outcome=outcome), actor="test", at=AT)


@pytest.mark.requirement("S0-4.2")
def test_a_complete_application_is_submitted_once():
    application = filled()
    for _ in range(2):
        assert submit(application).state == "submitted"
    acts = AuditEntry.objects.filter(
        subject_type="application", subject_id=application.pk, action="application.submitted"
    )
    assert acts.count() == 1
    assert acts.get().facts["total_fen"] == 247_395


def race(*acts):
    """Run each act in a thread of its own, all from the same moment; return what came of each."""
    barrier, outcomes = threading.Barrier(len(acts)), {}

    def run(number, act):
        try:
            barrier.wait()
            outcomes[number] = act()
        except Exception as error:  # noqa: BLE001 -- the outcome is what is looked at
            outcomes[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def test_of_two_clicks_at_once_one_submits():
    application = filled()
    outcomes = race(*[lambda: submit(application)] * 2)
    assert [type(outcome) for outcome in outcomes.values()] == [Application] * 2
    acts = AuditEntry.objects.filter(action="application.submitted", subject_id=application.pk)
    assert acts.count() == 1


def test_without_the_lock_both_clicks_would_find_a_draft():
    # The control: what the lock prevents does happen when the row is read without it.
    application = filled()
    both_have_read = threading.Barrier(2)

    def careless():
        with transaction.atomic():
            found = Application.objects.get(pk=application.pk).state
            both_have_read.wait(timeout=60)
        return found

    assert set(race(careless, careless).values()) == {"draft"}


@pytest.mark.requirement("S0-4.2")
def test_nobody_submits_for_somebody_else():
    application = filled()
    with pytest.raises(ApplicantUnlike):
        submit(application, holder_of(PERSON_B))


@pytest.mark.requirement("S0-4.2")
def test_nothing_is_submitted_without_a_real_name_check():
    application = filled()
    IdentityCheck.objects.update(valid_until=AT - DAY)
    with pytest.raises(ApplicantUnchecked):
        submit(application)
    assert Application.objects.get().state == "draft"


def test_all_that_is_missing_is_said_when_one_submits_too_early():
    application = draft(applicant=holder_of({**PERSON_B}))
    saved = save(application, "people", {"policyholder": {}})
    with pytest.raises(ApplicationFaulty) as refusal:
        submit(saved.application)
    paths = {fault.path for fault in refusal.value.facts["faults"]}
    assert {"vehicle", "cover.package", "answers.modified", "policyholder.email"} <= paths


def test_a_tab_that_is_behind_does_not_submit():
    application = filled()
    with pytest.raises(ApplicationBehind):
        submit(application, revision=application.revision - 1)


def test_another_premium_is_shown_before_it_is_submitted():
    application = filled()
    Application.objects.update(total_fen=1)
    with pytest.raises(QuoteChanged) as refusal:
        submit(application)
    assert "¥2,473.95" in str(refusal.value)
    application.refresh_from_db()
    assert (application.state, application.total_fen) == ("draft", 247_395)
    assert submit(application).state == "submitted"


@pytest.mark.parametrize("outcome", ["accepted", "referred", "declined"])
def test_what_underwriting_says_is_applied_once(outcome):
    application = submitted()
    decision = Decision(outcome=outcome, reasons=["理由"])
    for _ in range(2):
        made = apply_decision(application.pk, decision, actor="test", at=AT)
        assert made.state == outcome
    assert made.decision["reasons"] == ["理由"]
    assert (made.decided_at is None) == (outcome == "referred")


def test_a_counter_offer_is_the_applicants_to_take():
    application = decided("referred")
    cover = {"package": "basic"}
    offered = apply_offer(
        application.pk, cover, Decision(outcome="accepted", reasons=["车龄"]), actor="uw", at=AT
    )
    assert offered.state == "offered"
    assert offered.total_fen == 247_395
    taken = accept_offer(application.pk, actor="test", at=AT)
    assert taken.state == "accepted"
    assert taken.total_fen == taken.offer["total_fen"] < 247_395
    assert [line["code"] for line in taken.content["commercial"]["coverages"]] == ["B", "D1", "D2"]
    with pytest.raises(NothingOffered):
        accept_offer(application.pk, actor="test", at=AT)


def test_one_may_withdraw_and_make_it_anew():
    application = decided()
    with pytest.raises(ReasonMissing):
        withdraw(application.pk, reason=" ", actor="test", at=AT)
    for _ in range(2):
        assert withdraw(application.pk, reason="改限额", actor="test", at=AT).state == "withdrawn"
    successor = make_anew(application.pk, actor="test", at=AT)
    assert make_anew(application.pk, actor="test", at=AT) == successor
    assert successor.replaces_id == application.pk
    assert successor.content["vehicle"] == application.content["vehicle"]
    assert "compulsory" not in successor.content
    assert successor.inputs == {
        "cover": {"record": application.inputs["cover"]["record"], "package": "usual"}
    }
    with transaction.atomic():
        supersede(successor, actor="test", at=AT)
    assert Application.objects.get(pk=application.pk).state == "superseded"


def test_what_is_declined_is_not_withdrawn():
    application = decided("declined")
    with pytest.raises(ApplicationClosed):
        withdraw(application.pk, reason="算了", actor="test", at=AT)


def test_what_lies_too_long_expires():
    old, young = decided(), draft(at=AT + 20 * DAY)
    assert expire_applications(at=AT + 14 * DAY) == 0
    assert expire_applications(at=AT + 15 * DAY) == 1
    assert Application.objects.get(pk=old.pk).state == "expired"
    assert Application.objects.get(pk=young.pk).state == "draft"


def test_next_year_begins_with_what_the_policy_says():
    before = submitted()
    assert may_renew(before.content, before.applicant)
    assert not may_renew(before.content, holder_of(PERSON_B))
    request = DraftRequest(
        form="car", branch_code="DEMO11", client="mobile", applicant=before.applicant
    )
    renewal = begin_renewal(before.content, request, actor="test", at=AT)
    assert renewal.content["vehicle"]["last_policy_no"] == before.content["compulsory"]["policy_no"]
    assert renewal.content["policyholder"] == before.content["policyholder"]
    assert renewal.total_fen is None


@pytest.mark.requirement("S0-4.2.4a1")
def test_a_reading_link_is_good_once_and_only_its_digest_is_kept():
    application = decided()
    first = issue_reading_link(application.pk, actor="test", at=AT)
    second = issue_reading_link(application.pk, actor="test", at=AT)
    assert first not in str(list(ReadingLink.objects.values()))
    with pytest.raises(ReadingLinkRefused):
        use_reading_link(first, actor="test", at=AT)
    assert use_reading_link(second, actor="test", at=AT + DAY) == application
    with pytest.raises(ReadingLinkRefused):
        use_reading_link(second, actor="test", at=AT + DAY)


def test_of_two_who_open_a_link_at_once_one_gets_in():
    application = decided()
    token = issue_reading_link(application.pk, actor="test", at=AT)
    outcomes = race(*[lambda: use_reading_link(token, actor="test", at=AT)] * 2)
    kinds = sorted(type(outcome).__name__ for outcome in outcomes.values())
    assert kinds == ["Application", "ReadingLinkRefused"]


@pytest.mark.parametrize("late", [3 * DAY, 14 * DAY])
def test_a_reading_link_ends(late):
    token = issue_reading_link(decided().pk, actor="test", at=AT)
    with pytest.raises(ReadingLinkRefused):
        use_reading_link(token, actor="test", at=AT + late)


def test_only_what_is_accepted_is_read():
    application = submitted()
    with pytest.raises(ApplicationClosed):
        issue_reading_link(application.pk, actor="test", at=AT)
