"""A good signature of the wrong person, in the place of the right one, is told."""

import hashlib

import pytest

from baozhen.faces.inspection import inspect_file
from baozhen.foundation.clock import now
from baozhen.foundation.sandbox import platform_trust
from baozhen.foundation.sealing.parties import Mark, PartyOrder, accept, event_party, sign_party
from baozhen.foundation.storage import get_storage
from baozhen.signing.certificates.authorities.registry import event_authority
from baozhen.signing.certificates.queries import revocation_evidence, trust_anchors
from baozhen.signing.envelopes.forms import flow_of
from baozhen.signing.envelopes.models import DocumentVersion
from baozhen.signing.envelopes.services.create import create_envelope
from baozhen.signing.envelopes.services.filing import file_envelopes
from baozhen.signing.envelopes.services.pictures import drawn_signature
from baozhen.signing.envelopes.signers import expected_signers
from baozhen.trust.report import Step, Verdict
from baozhen.trust.verify import TrustAnchors, inspect
from baozhen.trust.x509.names import build_name
from tests.pdfs import plain
from tests.signing.envelopes.conftest import STROKES
from tests.signing.envelopes.test_sketches import free_draft

STRANGER = "陌生人甲"


def forge(data):
    """Sign as a stranger whose certificate our own authority made for another event."""
    at = now()
    subject = build_name(common_name=STRANGER, organization=STRANGER, unit="0" * 16)
    party = event_party(name=STRANGER, subject=subject, authority=event_authority(), at=at)
    mark = Mark(drawn_signature(STROKES), (60.0, 60.0, 150.0, 105.0), 0, False)
    order = PartyOrder(field="A999999", at=at, reason="签名", marks=[mark])
    return sign_party(accept(data), party, order).data


def versions(envelope):
    rows = DocumentVersion.objects.filter(document__envelope=envelope).order_by("number")
    return [get_storage().get(row.sha256) for row in rows]


@pytest.fixture
def finished(desk):
    """A task in which two parties sign one after the other."""
    return desk.finish(desk.start(flow_of("application_contract")))


def signer_step(report):
    return next(check for check in report["checks"] if check["step"] == Step.SIGNER)


def test_a_trusted_stranger_in_the_place_of_a_party_is_told(finished):
    original, first, last = versions(finished)
    names = expected_signers(last)
    assert len(names) == 2
    forged = forge(first)

    # The danger: every signature is good and every certificate trusted.
    naive = inspect(
        forged,
        anchors=TrustAnchors(trust_anchors()),
        revocation=revocation_evidence(),
        at=now(),
    )
    assert naive.verdict is Verdict.GENUINE

    found = inspect_file(forged, at=now())
    assert found.report["verdict"] != Verdict.GENUINE
    step = signer_step(found.report)
    assert step["result"] == "failed"
    assert STRANGER in step["detail"]
    assert all(name in step["detail"] for name in names)
    # Nor does a stranger alone, on the plain original, pass for the parties.
    alone = inspect_file(forge(original), at=now())
    assert signer_step(alone.report)["result"] == "failed"


def test_the_right_parties_pass_at_every_stage(finished):
    _, first, last = versions(finished)
    file_envelopes(keys=[finished.pk])
    for data, count in ((first, 1), (last, 2)):
        found = inspect_file(data, at=now())
        assert found.report["verdict"] == Verdict.GENUINE, found.report
        assert len(expected_signers(data)) == count


def test_other_peoples_files_have_no_expected_signers(desk):
    assert expected_signers(plain()) is None
    assert expected_signers(b"") is None
    assert expected_signers(b"%%EOF" * 1000) is None
    assert platform_trust().anchors.roots


def test_an_original_sent_round_twice_names_nobody_by_itself(desk):
    for number in ("1", "2"):
        draft = free_draft(plain(), page=0, x=10, y=10)
        create_envelope(draft, actor=number, at=now(), start=False)
    source = DocumentVersion.objects.filter(number=0).latest("pk")
    data = get_storage().get(source.sha256)
    assert hashlib.sha256(data).hexdigest() == source.sha256
    assert expected_signers(data) is None
