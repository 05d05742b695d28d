"""Hand out the evidence package of a file, with what its signing task knows."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from baozhen.faces.client import address_of
from baozhen.faces.console.access import actor_of, needs
from baozhen.faces.console.archive.copies import send_file
from baozhen.faces.console.archive.files import failed, seen
from baozhen.faces.console.organizations.forms import text
from baozhen.foundation.clock import now
from baozhen.foundation.errors import Refusal
from baozhen.foundation.masking import mask_name
from baozhen.signing.envelopes.models import Action, DocumentVersion, Envelope
from baozhen.signing.files.evidence import EvidenceParts, Happening, make_package
from baozhen.signing.files.models import FileEntry
from baozhen.signing.files.services import CopyOrder
from baozhen.signing.identity.models import IdentityCheck
from baozhen.signing.organizations.queries import account_of
from baozhen.signing.organizations.roles import Permission


@needs(Permission.DOWNLOAD_FILES)
@require_POST
def package(request: HttpRequest, key: str) -> HttpResponse:
    """Make the package and send it."""
    entry = seen(request, key, Permission.DOWNLOAD_FILES)
    order = CopyOrder(
        recipient=account_of(request.user).display_name,
        reason=text(request, "reason"),
        address=address_of(request),
    )
    try:
        made = make_package(entry, order, parts=parts_of(entry), actor=actor_of(request), at=now())
    except Refusal as refusal:
        return failed(request, refusal, reverse("console:file_entry", kwargs={"key": key}))
    return send_file(made.data, name=f"{made.copy.number}.zip", media_type="application/zip")


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


def _happening(action: Action, at: datetime) -> Happening:
    name = str(action.signatory.name)
    who = mask_name(name) if action.signatory.kind == "person" else name
    return Happening(at=at, who=who, what=action.get_type_display())
