"""可靠电子签名: the applicant's own, by nobody in his place, and whole or not at all."""

from datetime import timedelta

import pytest

from baozhen.faces.inspection import inspect_file
from baozhen.foundation.clock import now
from baozhen.foundation.storage import get_storage
from baozhen.insurance.disclosures.services.freezing import reading_set_of
from baozhen.insurance.disclosures.services.signing import begin_signing, sign_set
from baozhen.signing.envelopes.evidence import parts_of
from baozhen.signing.envelopes.models import DocumentVersion
from baozhen.signing.envelopes.services.acts import SignatureInput
from baozhen.signing.envelopes.services.filing import file_envelopes
from baozhen.signing.envelopes.services.pictures import drawn_signature
from baozhen.signing.files.models import FileEntry
from baozhen.signing.identity.errors import CodeError, ConsentNotProved
from baozhen.signing.identity.services.codes import CodeRequest, confirm_code, send_code
from baozhen.signing.identity.services.subjects import SubjectFacts, register_subject
from baozhen.trust.report import Verdict
from tests.insurance.disclosures.signing import (
    DEVICE,
    accepted,
    declare_all,
    last_code,
    read_all,
    sign_by_hand,
    work,
)
from tests.signing.envelopes.conftest import STROKES
from tests.signing.envelopes.test_signers import STRANGER, forge

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.requirement("S0-3.1")
def test_the_signature_is_the_applicants_own_and_tells_every_change(platform):
    at = now() - timedelta(hours=1)
    ready = reading_set_of(accepted(at), at=at)
    at = read_all(ready, at=at)
    declare_all(ready, at=at)
    envelope = begin_signing(ready.pk, at=at)
    applicant = ready.application.applicant
    facts = SubjectFacts(
        kind="person", name="测试乙", id_no="110199199009202025", mobile="16100000002"
    )
    other = register_subject(facts, actor="test", at=at)

    # Nobody acts in his place: neither a code of another person nor one for other content.
    own = {
        "subject_id": applicant.public_id,
        "purpose": "sign_envelope",
        "document_sha256": envelope.content_sha256,
        "device": DEVICE,
    }
    for borrowed in ({"subject_id": other.public_id}, {"document_sha256": "0" * 64}):
        at += timedelta(minutes=2)
        bound = own | borrowed
        challenge = send_code(CodeRequest(**bound), at=at)
        confirm_code(challenge.public_id, last_code(), at=at, **bound)
        given = SignatureInput(
            picture=drawn_signature(STROKES),
            strokes=STROKES,
            challenge_id=challenge.public_id,
            device=DEVICE,
            address="127.0.0.1",
        )
        with pytest.raises((CodeError, ConsentNotProved)):
            sign_set(ready.pk, given, at=at)
    assert not envelope.actions.filter(consent__isnull=False).exists()

    at += timedelta(minutes=2)
    sign_by_hand(ready, at=at)
    work(envelope)
    form = envelope.documents.get(position=1)
    pdf = get_storage().get(form.head_sha256)
    found = inspect_file(pdf, at=now()).report
    assert found["verdict"] == Verdict.GENUINE

    # Certifiable: a trusted certificate in his name, behind it the check of who he is.
    assert all(one["signer"].split(" ")[0] == applicant.name for one in found["signatures"])
    assert all(one["trusted"] and one["covers_whole_file"] for one in found["signatures"][-1:])
    action = envelope.actions.get()
    assert action.consent.subject_id == applicant.pk
    file_envelopes(keys=[envelope.pk])
    evidence = parts_of(FileEntry.objects.get(envelope=envelope.public_id)).evidence
    assert f"identity-{action.public_id}" in evidence

    # Tamper-evident: one byte anywhere, bytes at the end, another's signature in its place.
    places = [int(len(pdf) * part) for part in (0.1, 0.5, 0.9)]
    altered = [pdf[:place] + bytes([pdf[place] ^ 1]) + pdf[place + 1 :] for place in places]
    for data in (*altered, pdf + b"\n% more"):
        assert inspect_file(data, at=now()).report["verdict"] != Verdict.GENUINE
    original = DocumentVersion.objects.filter(document=form).order_by("number")[0]
    forged = inspect_file(forge(get_storage().get(original.sha256)), at=now()).report
    assert forged["verdict"] != Verdict.GENUINE
    assert any(STRANGER in check["detail"] for check in forged["checks"])
