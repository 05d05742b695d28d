"""What a signing task adds to the evidence of its files, and what it says of them today."""

from datetime import datetime

from baozhen.foundation.masking import mask_name
from baozhen.signing.envelopes.models import Action, DocumentVersion, Envelope
from baozhen.signing.envelopes.states import EnvelopeState
from baozhen.signing.files.evidence import EvidenceParts, Happening
from baozhen.signing.files.models import FileEntry
from baozhen.signing.identity.models import IdentityCheck

CURRENT = "current"
CANCELLED = "cancelled"


def standing_of(entry: FileEntry) -> str:
    """Return `cancelled` for a file whose task was voided by its parties, else `current`."""
    voided = Envelope.objects.filter(public_id=entry.envelope, state=EnvelopeState.VOIDED)
    return CANCELLED if entry.envelope and voided.exists() else CURRENT


def parts_of(entry: FileEntry) -> EvidenceParts:
    """Return what the signing task of the file adds: identity, will, chains and acts."""
    envelope = Envelope.objects.filter(public_id=entry.envelope).first()
    if envelope is None:
        return EvidenceParts()
    actions = list(
        envelope.actions.select_related("signatory__subject", "consent__identity_check").order_by(
            "order", "pk"
        )
    )
    versions = DocumentVersion.objects.filter(document__envelope=envelope)
    digests = {*versions.values_list("sha256", flat=True)}
    digests |= {*envelope.documents.values_list("source_sha256", flat=True)}
    # The will is confirmed for the whole content, which has a digest of its own.
    digests.add(envelope.content_sha256)
    evidence: dict[str, dict[str, object]] = {
        "0-task": {"envelope": envelope.public_id, "versions": sorted(digests)}
    }
    for action in actions:
        evidence.update(_evidence(action))
    return EvidenceParts(
        evidence=evidence,
        chains=[("envelope", envelope.pk), *(("action", action.pk) for action in actions)],
        happenings=[
            Happening(at=envelope.created_at, who=envelope.created_by, what="发起签署任务"),
            *(_happening(action, action.done_at) for action in actions if action.done_at),
        ],
    )


def _evidence(action: Action) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = {}
    consent = action.consent
    if consent is not None:
        found[f"will-{action.public_id}"] = {
            "id": consent.public_id,
            "document_sha256": consent.document_sha256,
            **_together(action),
            "method": consent.method,
            "given_at": consent.given_at,
            "device": consent.device,
            "address": consent.address,
        }
    subject = action.signatory.subject
    if subject is not None:
        checks = IdentityCheck.objects.filter(subject=subject, state="passed").order_by("pk")
        found[f"identity-{action.public_id}"] = {
            "subject": subject.public_id,
            "checks": [
                {
                    "id": check.public_id,
                    "kind": check.kind,
                    "provider": check.provider,
                    "receipt": check.receipt,
                    "answer_sha256": check.answer_sha256,
                }
                for check in checks
            ],
        }
    return found


def _together(action: Action) -> dict[str, object]:
    """Return the contents that one will covered, where a person signed several tasks at once."""
    same = Action.objects.filter(consent=action.consent_id)
    contents = sorted(same.values_list("envelope__content_sha256", flat=True))
    return {"documents": contents} if len(contents) > 1 else {}


def _happening(action: Action, at: datetime) -> Happening:
    name = str(action.signatory.name)
    who = mask_name(name) if action.signatory.kind == "person" else name
    return Happening(at=at, who=who, what=action.get_type_display())
