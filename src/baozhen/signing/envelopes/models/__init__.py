"""Signing tasks: documents, who has to do what with them, and in which order."""

from baozhen.signing.envelopes.models.envelopes import (
    BatchRow,
    Envelope,
    EnvelopeBatch,
    EnvelopeDocument,
)
from baozhen.signing.envelopes.models.handing import EmbedLink, Handover
from baozhen.signing.envelopes.models.parties import (
    Action,
    DocumentVersion,
    Paper,
    Place,
    Reading,
    Signatory,
)
from baozhen.signing.envelopes.models.pre_stamps import PreStamp
from baozhen.signing.envelopes.models.questions import Question
from baozhen.signing.envelopes.models.sketches import Sketch
from baozhen.signing.envelopes.models.voiding import VoidConsent, VoidRequest

__all__ = [
    "Action",
    "BatchRow",
    "DocumentVersion",
    "EmbedLink",
    "Envelope",
    "EnvelopeBatch",
    "EnvelopeDocument",
    "Handover",
    "Paper",
    "Place",
    "PreStamp",
    "Question",
    "Reading",
    "Signatory",
    "Sketch",
    "VoidConsent",
    "VoidRequest",
]
