"""Every policy is an envelope that is silently sealed: on record, with a seal that may be used."""

import pytest

from baozhen.foundation.clock import now
from baozhen.insurance.policies.models import Policy, PolicyFile
from baozhen.insurance.policies.services.chunks import complete_proposals
from baozhen.insurance.policies.services.issue import issue_sealed
from baozhen.insurance.policies.services.seal import load_unissued, seal_proposals
from baozhen.insurance.policies.services.silent import CLIENT, issuing_seal
from baozhen.insurance.policies.states import PolicyState
from baozhen.signing.envelopes.errors import SealRefused
from baozhen.signing.envelopes.models import Envelope
from baozhen.signing.envelopes.states import EnvelopeState
from baozhen.signing.seals.errors import NoSealFits
from baozhen.signing.seals.models import SealGrant, SealUse
from baozhen.signing.seals.queries import blast_radius
from baozhen.signing.seals.services.changing import freeze_seal
from tests.insurance.making import accept, issue, make_proposal

pytestmark = pytest.mark.usefixtures("platform")


def numbered(raw):
    """Accept one proposal and return its key."""
    [outcome] = accept(raw).outcomes
    return outcome.proposal_id


@pytest.mark.requirement("S2-L133.05", "S2-L714a")
def test_a_policy_is_one_envelope_with_all_its_files_and_one_use_of_the_seal():
    files = issue(make_proposal(1))
    for policy in Policy.objects.all():
        envelope = Envelope.objects.get(client=CLIENT, biz_no=policy.number)
        assert envelope.state == EnvelopeState.COMPLETED
        assert envelope.content_sha256 == policy.content_sha256
        documents = list(envelope.documents.order_by("position"))
        own = [file for file in files if file.policy_id == policy.pk]
        assert [d.head_sha256 for d in documents] == [file.sha256 for file in own]
        assert all(d.pages >= 1 for d in documents)
        use = SealUse.objects.get(reference=envelope.public_id)
        assert (use.state, use.document_type, use.is_silent) == ("done", "policy", True)
        assert use.document_sha256 == policy.content_sha256
    found = blast_radius(seal=issuing_seal(), since=now().replace(year=2020))
    assert found.total >= Policy.objects.count()


def test_a_frozen_seal_seals_no_policy_and_another_takes_its_place():
    proposal = numbered(make_proposal(2))
    frozen = issuing_seal()
    freeze_seal(frozen.pk, reason="印章疑似被冒用", actor="staff:keeper", at=now())
    other = issuing_seal()
    assert other.pk != frozen.pk
    freeze_seal(other.pk, reason="印章疑似被冒用", actor="staff:keeper", at=now())
    with pytest.raises(NoSealFits):
        complete_proposals([proposal], actor="test")
    assert Policy.objects.filter(state=PolicyState.ISSUED).count() == 0
    assert not PolicyFile.objects.filter(sha256__isnull=False).exists()


def test_without_a_silent_grant_nothing_is_signed_and_the_refusal_is_on_record():
    proposal = numbered(make_proposal(3))
    grants = SealGrant.objects.filter(seal=issuing_seal())
    grants.update(is_silent=False)
    with pytest.raises(SealRefused):
        complete_proposals([proposal], actor="test")
    assert not PolicyFile.objects.filter(sha256__isnull=False).exists()
    assert SealUse.objects.filter(state="refused").count() == 1
    grants.update(is_silent=True)
    complete_proposals([proposal], actor="test")
    assert set(Policy.objects.values_list("state", flat=True)) == {PolicyState.ISSUED}


def test_a_run_that_died_between_its_envelopes_and_its_issue_is_done_again():
    proposal = numbered(make_proposal(4))
    seal_proposals(load_unissued([proposal]), mode="none")  # and then it died
    opened = Envelope.objects.filter(client=CLIENT, document_type="policy")
    assert set(opened.values_list("state", flat=True)) == {EnvelopeState.SEALING}
    before = set(opened.values_list("pk", flat=True))
    complete_proposals([proposal], actor="test")
    assert set(opened.values_list("pk", "state")) == {(k, EnvelopeState.COMPLETED) for k in before}
    assert SealUse.objects.filter(document_type="policy").count() == len(before)


def test_of_two_that_issue_the_same_policies_one_wins_and_the_other_loses_nothing():
    proposal = numbered(make_proposal(5))
    first = seal_proposals(load_unissued([proposal]), mode="none")
    second = seal_proposals(load_unissued([proposal]), mode="none")
    issue_sealed(first, mode="none", actor="first")
    digests = set(PolicyFile.objects.values_list("sha256", flat=True))
    issue_sealed(second, mode="none", actor="second")
    assert set(PolicyFile.objects.values_list("sha256", flat=True)) == digests
    late = seal_proposals(load_unissued([proposal]), mode="none")
    assert late.done == []
    assert Envelope.objects.filter(client=CLIENT, document_type="policy").count() == 2
