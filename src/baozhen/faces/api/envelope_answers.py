"""A signing task as the API says it, and whose it is."""

from typing import Any

from django.http import HttpRequest

from baozhen.faces.api.conventions import client_name
from baozhen.signing.envelopes.models import Envelope
from baozhen.signing.envelopes.queries import envelope_of


def describe(envelope: Envelope) -> dict[str, Any]:
    """Return the task as the API says it; no personal data."""
    parties = envelope.signatories.prefetch_related("actions").order_by("pk")
    return {
        "id": envelope.public_id,
        "biz_no": envelope.biz_no,
        "flow": envelope.flow,
        "title": envelope.title,
        "document_type": envelope.document_type,
        "state": envelope.state,
        "content_sha256": envelope.content_sha256,
        "created_at": envelope.created_at,
        "expires_at": envelope.expires_at,
        "ended_at": envelope.ended_at,
        "reason": envelope.reason,
        "attempts": envelope.attempts,
        "last_error": envelope.last_error,
        "signatories": [
            {
                "id": party.public_id,
                "role": party.role,
                "kind": party.kind,
                "actions": [
                    {"id": a.public_id, "type": a.type, "order": a.order, "state": a.state}
                    for a in party.actions.all()
                ],
            }
            for party in parties
        ],
        "documents": [
            {
                "id": entry.public_id,
                "position": entry.position,
                "title": entry.title,
                "pages": entry.pages,
                "sha256": entry.head_sha256,
            }
            for entry in envelope.documents.order_by("position")
        ],
    }


def own(request: HttpRequest, envelope_id: str) -> Envelope:
    """Return the calling program's own task; raises EnvelopeNotFound for anybody else's."""
    return envelope_of(envelope_id, client=client_name(request))
