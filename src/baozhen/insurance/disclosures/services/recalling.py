"""Take back a signing task whose content is not wanted any more."""

from datetime import datetime

from baozhen.signing.envelopes.errors import EnvelopeClosed
from baozhen.signing.envelopes.models import Envelope
from baozhen.signing.envelopes.services.acts import recall
from baozhen.signing.envelopes.states import EnvelopeState


def recall_task(envelope_id: int, *, at: datetime) -> bool:
    """Take an open task back; False when it is over, or its will was given a moment ago."""
    if not Envelope.objects.filter(pk=envelope_id, state=EnvelopeState.IN_PROGRESS).exists():
        return False
    try:
        recall(envelope_id, reason="投保内容已变更或投保申请已结束", actor="system", at=at)
    except EnvelopeClosed:
        return False
    return True
