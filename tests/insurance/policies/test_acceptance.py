"""Accepting and numbering: steps 1 to 5 of docs/issuance.md."""

import pytest
from django.db import IntegrityError, connection, transaction

from baozhen.foundation.audit.models import AuditEntry
from baozhen.insurance.flow import FLOW
from baozhen.insurance.policies.jobs import ISSUE_PAID
from baozhen.insurance.policies.models import ConfirmationRequest, Policy, PolicyFile
from baozhen.insurance.policies.services.submit import (
    ProposalDiffers,
    ProposalRefused,
    submit_proposal,
)
from baozhen.insurance.policies.states import PolicyState
from baozhen.insurance.proposals.batch_errors import IdempotencyKeyReused
from baozhen.insurance.proposals.models import Proposal
from baozhen.insurance.proposals.states import ProposalState
from tests.foundation.factories import deferred_jobs
from tests.insurance.making import FORMS, accept, changed, make_proposal, policies_of

pytestmark = pytest.mark.usefixtures("platform")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.requirement("S0-4.3.3a")
def test_every_form_is_numbered_with_frozen_content(form):
    acceptance = accept(make_proposal(7, form=form))

    (outcome,) = acceptance.outcomes
    assert (outcome.status, outcome.errors, outcome.is_repeat) == ("issued", (), False)
    compulsory, commercial = policies_of(outcome.proposal_id)
    assert (compulsory.state, compulsory.kind) == (PolicyState.NUMBERED, "compulsory")
    assert (commercial.state, commercial.kind) == (PolicyState.NUMBERED, "commercial")
    kinds = [(file.kind, file.number) for file in PolicyFile.objects.order_by("id")]
    assert kinds == [
        ("policy", compulsory.number),
        ("mark", f"{compulsory.number}-BZ"),
        ("policy", commercial.number),
    ]
    assert compulsory.confirmation_code.startswith("DEMO")
    assert compulsory.confirmation_code != commercial.confirmation_code


def test_state_audit_and_promise_are_one(at):
    submission = submit_proposal(make_proposal(1), client="test", at=at)

    assert submission.proposal.state == ProposalState.SUBMITTED
    acts = list(AuditEntry.objects.order_by("id").values_list("action", flat=True))
    assert acts[-4:] == [
        "proposal.submitted",
        "payment.confirmed",
        "policy.numbered",
        "policy.numbered",
    ]
    payment = submission.proposal.payment
    assert (ISSUE_PAID, "live", {"key": payment.pk}) in deferred_jobs()


@pytest.mark.requirement("S0-4.3.4a1")
def test_a_confirmed_payment_sets_issuing_going():
    assert FLOW["payment.confirmed"] == (ISSUE_PAID,)


FAULTS = [
    ("policyholder.id_no", "110199198506151018"),
    ("vehicle.vin", "L9TESTAA8MA000001"),
    ("payment", None),
    ("payment.amount", "1.00"),
    ("payment.payer_name", "测试别人"),
    ("underwriting.decision", "declined"),
    ("signature.documents_read", ["proposal"]),
    ("compulsory.premium", "1.00"),
    ("policyholder.name", "测试\U0003fffd"),
]


@pytest.mark.parametrize(("path", "value"), FAULTS)
@pytest.mark.requirement("S0-4.3.2")
def test_a_refusal_leaves_nothing_behind(path, value, at, counts):
    before = counts()
    with pytest.raises(ProposalRefused) as refused:
        submit_proposal(changed(make_proposal(1), path, value), client="test", at=at)
    assert path in [fault.path for fault in refused.value.faults]
    assert all(fault.message and fault.code for fault in refused.value.faults)
    assert counts() == before


def test_all_faults_are_told_at_once(at):
    raw = make_proposal(1)
    for path, value in FAULTS[:2]:
        raw = changed(raw, path, value)
    with pytest.raises(ProposalRefused) as refused:
        submit_proposal(changed(raw, "payment.payer_name", "测试别人"), client="test", at=at)
    paths = {fault.path for fault in refused.value.faults}
    assert {"policyholder.id_no", "vehicle.vin", "payment.payer_name"} <= paths


def test_the_same_proposal_again_is_the_same(at, counts):
    first = submit_proposal(make_proposal(1), client="test", at=at)
    before = counts()
    # The same content in another order and with other zeros says the same.
    raw = dict(reversed(make_proposal(1).items()))
    again = submit_proposal(raw, client="test", at=at)
    assert again.proposal == first.proposal
    assert (first.is_repeat, again.is_repeat) == (False, True)
    assert counts() == before


def test_other_content_under_the_same_number_is_a_conflict_that_names_it(at, counts):
    submit_proposal(make_proposal(1), client="test", at=at)
    before = counts()
    raw = changed(make_proposal(1), "vehicle.engine_no", "OTHER1234")
    raw = changed(raw, "dispute", {"mode": "arbitration", "body": "示例仲裁委员会"})
    with pytest.raises(ProposalDiffers) as differs:
        submit_proposal(raw, client="test", at=at)
    paths = [fault.path for fault in differs.value.faults]
    assert paths == ["dispute.body", "dispute.mode", "vehicle.engine_no"]
    assert "OTHER1234" not in "".join(fault.message for fault in differs.value.faults)
    assert counts() == before


def test_conflict_comes_before_the_gate_and_after_form_and_values(at):
    submit_proposal(make_proposal(1), client="test", at=at)
    unpaid = changed(make_proposal(1), "payment.payer_name", "测试别人")
    with pytest.raises(ProposalDiffers):
        submit_proposal(unpaid, client="test", at=at)
    malformed = changed(make_proposal(1), "vehicle.vin", "short")
    with pytest.raises(ProposalRefused):
        submit_proposal(malformed, client="test", at=at)


def test_a_policy_number_of_another_proposal_is_refused(at):
    submit_proposal(make_proposal(1), client="test", at=at)
    taken = make_proposal(1)["commercial"]["policy_no"]
    order = make_proposal(1)["payment"]["order_no"]
    raw = changed(make_proposal(2), "commercial.policy_no", taken)
    with pytest.raises(ProposalRefused) as refused:
        submit_proposal(changed(raw, "payment.order_no", order), client="test", at=at)
    found = {(fault.code, fault.path) for fault in refused.value.faults}
    assert found == {
        ("number_taken", "commercial.policy_no"),
        ("number_taken", "payment.order_no"),
    }


def test_a_chunk_tells_repeats_conflicts_and_bad_lines_apart():
    one, two = make_proposal(1), make_proposal(2)
    other = changed(one, "vehicle.engine_no", "OTHER1234")
    bad = changed(make_proposal(3), "vehicle.vin", "short")
    acceptance = accept(one, other, one, bad, two)
    assert [outcome.status for outcome in acceptance.outcomes] == [
        "issued",
        "conflict",
        "issued",
        "refused",
        "issued",
    ]
    assert [outcome.is_repeat for outcome in acceptance.outcomes] == [
        False,
        False,
        True,
        False,
        False,
    ]
    assert acceptance.outcomes[0].proposal_id == acceptance.outcomes[2].proposal_id
    assert Proposal.objects.count() == 2


def test_an_idempotency_key_belongs_to_one_request(at):
    options = {"client": "test", "at": at, "idempotency_key": "k1"}
    first = submit_proposal(make_proposal(1), request=b"one", **options)
    assert submit_proposal(make_proposal(1), request=b"one", **options).proposal == first.proposal
    with pytest.raises(IdempotencyKeyReused):
        submit_proposal(make_proposal(2), request=b"two", **options)
    elsewhere = {**options, "client": "another"}
    assert submit_proposal(make_proposal(2), request=b"two", **elsewhere).is_repeat is False


def test_our_request_id_is_stored_before_the_platform_is_asked_and_kept():
    accept(make_proposal(1))
    request = ConfirmationRequest.objects.get()
    code = Policy.objects.get(kind="compulsory").confirmation_code
    # Asking again with the stored id gives the same code, whatever happened in between.
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE proposals_proposal CASCADE")
    accept(make_proposal(1))
    assert ConfirmationRequest.objects.get() == request
    assert Policy.objects.get(kind="compulsory").confirmation_code == code


FROZEN = [
    "UPDATE proposals_proposal SET content_sha256 = 'x'",
    "UPDATE payments_payment SET amount_fen = amount_fen + 1",
    "UPDATE policies_policy SET premium_fen = premium_fen + 1",
    "UPDATE policies_policyfile SET content_sha256 = 'x'",
    "DELETE FROM policies_policyfile",
    "DELETE FROM proposals_proposal",
]


@pytest.mark.requirement("S0-7.2.1d")
@pytest.mark.parametrize("statement", FROZEN)
def test_the_database_refuses_to_change_what_is_numbered(statement):
    accept(make_proposal(1))
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_without_the_trigger_a_changed_row_would_pass():
    accept(make_proposal(1))
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE policies_policy DISABLE TRIGGER policy_frozen")
        cursor.execute("UPDATE policies_policy SET premium_fen = premium_fen + 1")
        cursor.execute("ALTER TABLE policies_policy ENABLE TRIGGER policy_frozen")
        assert cursor.rowcount == -1 or Policy.objects.exists()
