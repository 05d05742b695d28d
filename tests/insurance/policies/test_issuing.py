"""Sealing and issuing: steps 6 to 9 of docs/issuance.md, from submission to the mail box."""

import pytest
from django.conf import settings as django_settings
from django.db import connection

from baozhen.foundation.audit import log
from baozhen.foundation.audit.models import AuditEntry
from baozhen.foundation.clock import now
from baozhen.foundation.events.models import Event
from baozhen.foundation.jobs.worker import run_worker
from baozhen.foundation.notify.models import Delivery
from baozhen.foundation.sandbox import platform_trust
from baozhen.foundation.storage import get_storage
from baozhen.foundation.timestamps.port import TimestampOutage
from baozhen.foundation.upkeep import extend_log
from baozhen.insurance.policies.models import Policy, PolicyFile
from baozhen.insurance.policies.services.chunks import SealingFailed, complete_proposals
from baozhen.insurance.policies.services.timestamps import complete_timestamps
from baozhen.insurance.policies.states import PolicyState, TimestampState
from baozhen.insurance.proposals.models import Proposal
from baozhen.insurance.verification.consistency import missing_text
from baozhen.insurance.verification.queries import proof_of, register_word, timestamp_proof
from baozhen.signing.certificates.timestamping import timestamp_anchors
from baozhen.signing.files.models import ArchiveItem
from baozhen.signing.files.proofs import proof_beside
from baozhen.site.commands.pdf_text import extract_text
from baozhen.trust.report import Verdict
from baozhen.trust.verify import inspect
from tests.insurance.making import FORMS, accept, issue, make_proposal, submit_and_work

pytestmark = pytest.mark.usefixtures("platform")
DEAD_SERVICE = "http://127.0.0.1:9/tsa"


def verdict_of(file, **options):
    trust = platform_trust()
    return inspect(
        get_storage().get(file.sha256),
        anchors=trust.anchors,
        revocation=trust.revocation,
        at=now(),
        expected_dual=True,
        **options,
    )


@pytest.mark.requirement(
    "S0-3.3", "S0-4.3.4a1", "S0-4.3.4b", "S2-L133.05", "S2-L714b", "S2-L714d", "S2-L40d"
)  # fmt: skip
def test_a_day_in_the_life():
    submission = submit_and_work(make_proposal(1))

    policies = list(Policy.objects.filter(proposal=submission.proposal))
    assert {policy.state for policy in policies} == {PolicyState.ISSUED}
    files = list(PolicyFile.objects.order_by("id"))
    assert len(files) == 3
    for file in files:
        assert verdict_of(file).verdict is Verdict.GENUINE
        assert register_word(sha256=file.sha256) == "current"
        archived = ArchiveItem.objects.get(sha256=file.sha256)
        assert archived.size == file.size
        # 保险法 第八十七条: five years after the cover has ended.
        assert archived.retain_until.year == file.policy.cover_ends_at.year + 5
    delivery = Delivery.objects.get()
    assert delivery.state == "sent"
    assert delivery.recipient_masked != delivery.recipient
    outbox = django_settings.BAOZHEN_OUTBOX
    mail = max(outbox.glob("**/*.eml"), key=lambda path: path.stat().st_mtime).read_bytes()
    # Two policies, the mark, and an invoice for each policy.
    assert mail.count(b"application/pdf") == 5
    acts = set(AuditEntry.objects.values_list("action", flat=True))
    assert {"policy.issued", "proposal.issued", "policy.delivered", "delivery.sent"} <= acts


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.requirement("S0-4.3.1a", "S2-L4b")
def test_the_text_of_the_signed_file_is_the_stored_content(form):
    for file in issue(make_proposal(9, form=form)):
        text = extract_text(get_storage().get(file.sha256))
        assert missing_text(text, file) == []
        file.content["insurer_name"] = "另一家公司"
        assert missing_text(text, file) == ["insurer_name"]


def test_issuing_twice_changes_nothing():
    files = issue(make_proposal(1))
    before = [(file.sha256, file.sealed_at) for file in files]
    complete_proposals(list(Proposal.objects.values_list("pk", flat=True)), actor="test")
    after = [(file.sha256, file.sealed_at) for file in PolicyFile.objects.order_by("id")]
    assert after == before


def test_what_crashed_after_numbering_is_completed():
    accept(make_proposal(1), make_proposal(2))
    assert set(Policy.objects.values_list("state", flat=True)) == {PolicyState.NUMBERED}
    complete_proposals(list(Proposal.objects.values_list("pk", flat=True)), actor="test")
    assert set(Policy.objects.values_list("state", flat=True)) == {PolicyState.ISSUED}


def test_a_file_that_cannot_be_sealed_fails_alone():
    accept(make_proposal(1), make_proposal(2))
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE policies_policyfile DISABLE TRIGGER policy_file_frozen")
        cursor.execute(
            "UPDATE policies_policyfile SET template_code = 'missing' WHERE number = %s",
            [make_proposal(2)["compulsory"]["policy_no"]],
        )
        cursor.execute("ALTER TABLE policies_policyfile ENABLE TRIGGER policy_file_frozen")
    with pytest.raises(SealingFailed):
        complete_proposals(list(Proposal.objects.values_list("pk", flat=True)), actor="test")
    states = dict(Proposal.objects.values_list("proposal_no", "state"))
    assert states == {"TBX202600000001": "issued", "TBX202600000002": "submitted"}


def test_aggregated_one_token_proves_every_file():
    files = issue(make_proposal(1), make_proposal(2))
    assert {file.timestamp_state for file in files} == {TimestampState.STAMPED}
    assert len({file.timestamp_batch_id for file in files}) == 1
    for file in files:
        data = get_storage().get(file.sha256)
        proof = timestamp_proof(file)
        info = proof.verify(data, anchors=timestamp_anchors(), at=now())
        assert abs((info.gen_time - file.sealed_at).total_seconds()) < 120
        report = verdict_of(file, detached_timestamp=proof)
        assert report.verdict is Verdict.GENUINE


def test_each_the_tokens_are_inside_the_signatures():
    for file in issue(make_proposal(1), mode="each"):
        assert (file.timestamp_state, file.timestamp_batch) == (TimestampState.STAMPED, None)
        assert all(signature.timestamp_at for signature in verdict_of(file).signatures)


def test_none_has_no_token_and_says_so():
    for file in issue(make_proposal(1), mode="none"):
        assert (file.timestamp_state, file.timestamp_batch) == (TimestampState.NONE, None)
        assert not any(signature.timestamp_at for signature in verdict_of(file).signatures)


@pytest.mark.parametrize("mode", ["each", "aggregated"])
def test_without_the_timestamp_service_the_policy_is_issued_and_says_pending(mode, settings):
    settings.BAOZHEN_TSA_URLS = [DEAD_SERVICE]
    files = issue(make_proposal(1), mode=mode)
    assert {file.timestamp_state for file in files} == {TimestampState.PENDING}
    assert {file.policy.state for file in files} == {PolicyState.ISSUED}
    for file in files:
        report = verdict_of(file)
        assert report.verdict is Verdict.GENUINE
        # A local clock never stands in for the service.
        assert not any(signature.timestamp_at for signature in report.signatures)
    with pytest.raises(TimestampOutage):
        complete_timestamps(at=now())

    settings.BAOZHEN_TSA_URLS = []
    assert complete_timestamps(at=now()) == 3
    assert complete_timestamps(at=now()) == 0
    assert Event.objects.filter(type="policy.timestamped").count() == 2
    for before, after in zip(files, PolicyFile.objects.order_by("id"), strict=True):
        assert after.timestamp_state == TimestampState.STAMPED
        assert after.sha256 == before.sha256
        data = get_storage().get(after.sha256)
        timestamp_proof(after).verify(data, anchors=timestamp_anchors(), at=now())
        # Evidence packages and the verification page find it by the file's digest.
        assert proof_beside(after.sha256) == timestamp_proof(after)
    assert AuditEntry.objects.filter(action="policy.timestamped").count() == 3


def test_the_proof_document_has_token_path_and_log(settings):
    (file, *_) = issue(make_proposal(1))
    assert proof_of(file)["log"] is None
    extend_log()
    proof = proof_of(file)
    assert proof["sha256"] == file.sha256
    assert proof["timestamp"]["kind"] == "aggregated"
    assert proof["log"]["entry"]["action"] == "policy.issued"
    assert file.sha256 in proof["log"]["files"]
    assert "\n" in proof["log"]["checkpoint"]
    entry = AuditEntry.objects.get(action="policy.issued", subject_id=file.policy_id)
    assert log.inclusion_proof(entry).index == proof["log"]["index"]


def test_a_lost_job_is_promised_again_by_the_watchdog(at):
    accept(make_proposal(1))
    assert Proposal.objects.get().state == "submitted"
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE proposals_proposal DISABLE TRIGGER proposal_frozen")
        cursor.execute("UPDATE proposals_proposal SET received_at = received_at - interval '1 h'")
        cursor.execute("ALTER TABLE proposals_proposal ENABLE TRIGGER proposal_frozen")
    from baozhen.insurance.policies.jobs import issue_overdue_job

    issue_overdue_job()
    run_worker(until_idle=True)
    assert Proposal.objects.get().state == "issued"
