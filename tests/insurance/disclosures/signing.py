"""An applicant who reads, declares and signs, as the pages and the worker would do it."""

import json
from datetime import timedelta

from baozhen.foundation.clock import now
from baozhen.foundation.notify.outbox import outbox
from baozhen.insurance.applications.models import Application
from baozhen.insurance.applications.services.deciding import ACCEPTED, Decision, apply_decision
from baozhen.insurance.disclosures.jobs import settle_signed_sets_job
from baozhen.insurance.disclosures.queries import page_version
from baozhen.insurance.disclosures.services.declaring import declare
from baozhen.insurance.disclosures.services.reading import (
    Report,
    finish_item,
    open_item,
    report_progress,
)
from baozhen.insurance.disclosures.services.signing import begin_signing, sign_set, signing_action
from baozhen.insurance.disclosures.texts import applicant_statement
from baozhen.signing.envelopes.services.acts import SignatureInput
from baozhen.signing.envelopes.services.performing import perform_action
from baozhen.signing.envelopes.services.pictures import drawn_signature
from baozhen.signing.identity.models import CodeChallenge
from baozhen.signing.identity.services.codes import CodeRequest, confirm_code, send_code
from tests.insurance.applications.making import submitted
from tests.signing.envelopes.conftest import STROKES

DEVICE = "device-1"
STEP = timedelta(seconds=10)


def accepted(at=None, **more) -> Application:
    """Return S-01 submitted and accepted."""
    at = at or now()
    start = (at + timedelta(days=10)).date().isoformat()
    application = submitted(at, starts_on=start, **more)
    return apply_decision(application.pk, Decision(outcome=ACCEPTED), actor="test", at=at)


def read_item(reading_set, position, *, at, is_elder=False):
    """Read one file to its end; return when that was."""
    item = open_item(reading_set.pk, position, at=at)
    for _ in range(4):
        at += STEP
        report_progress(
            reading_set.pk,
            position,
            Report(view="text", has_ended=True, is_elder=is_elder),
            at=at,
        )
    finish_item(
        reading_set.pk,
        position,
        Report(view="text", has_ended=True, is_elder=is_elder),
        version=page_version(item),
        at=at,
    )
    return at


def read_all(reading_set, *, at):
    """Read every file; return when that was done."""
    for position in range(1, reading_set.items.count() + 1):
        at = read_item(reading_set, position, at=at)
    return at


def declare_all(reading_set, *, at):
    """Confirm the six declarations, one by one."""
    for code in applicant_statement().items:
        declare(reading_set.pk, code, actor="test", at=at)


def last_code() -> str:
    """The six digits of the newest code of this test, from development's outbox."""
    newest = CodeChallenge.objects.order_by("-pk")[0].public_id
    for path in outbox().glob("sms_*.json"):
        text = json.loads(path.read_text(encoding="utf-8"))
        if text["reference"] == newest:
            return str(text["parameters"]["code"])
    raise AssertionError("no code was sent")


def sign_by_hand(reading_set, *, at, device=DEVICE):
    """Confirm the will by a code for this very content, and sign; nothing is settled yet."""
    envelope = begin_signing(reading_set.pk, at=at)
    applicant = reading_set.application.applicant
    bound = {
        "subject_id": applicant.public_id,
        "purpose": "sign_envelope",
        "document_sha256": envelope.content_sha256,
        "device": device,
    }
    challenge = send_code(CodeRequest(**bound), at=at)
    confirm_code(challenge.public_id, last_code(), at=at, **bound)
    given = SignatureInput(
        picture=drawn_signature(STROKES),
        strokes=STROKES,
        challenge_id=challenge.public_id,
        device=device,
        address="127.0.0.1",
    )
    sign_set(reading_set.pk, given, at=at)
    return envelope


def work(envelope):
    """Do what the worker does after the will was given."""
    perform_action(key=signing_action(envelope).pk)
    settle_signed_sets_job([envelope.pk])
    envelope.refresh_from_db()


def signed(reading_set, *, at):
    """Read, declare, sign and settle; return the set."""
    at = read_all(reading_set, at=at)
    declare_all(reading_set, at=at)
    work(sign_by_hand(reading_set, at=at))
    reading_set.refresh_from_db()
    return reading_set
