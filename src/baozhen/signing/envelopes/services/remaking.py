"""The document of a running task made anew with what its party answered; nothing is stored yet."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from baozhen.signing.envelopes.forms import flow_of
from baozhen.signing.envelopes.models import Action, Envelope, Place
from baozhen.signing.envelopes.services.create import prepare_draft
from baozhen.signing.envelopes.services.drafts import (
    ActionDraft,
    DocumentDraft,
    EnvelopeDraft,
    PlaceDraft,
)
from baozhen.signing.envelopes.services.from_templates import SEALS, place_of
from baozhen.signing.envelopes.services.scenarios import actions_of, answered_document
from baozhen.signing.envelopes.services.writing import Ready
from baozhen.signing.envelopes.states import SIGNING_TYPES, ActionType
from baozhen.signing.templates.fields import SIGNED
from baozhen.signing.templates.queries import template_of, version_of
from baozhen.signing.templates.services import FilledDocument, refill
from baozhen.signing.templates.states import SourceKind


def remade(
    envelope: Envelope, answers: Mapping[str, Any], *, at: datetime
) -> tuple[Ready, Mapping[int, Sequence[Place]]]:
    """Return the document, and the unsaved places of each step's marks, by the step's key.

    The text may have grown: marks at its end, and those that follow a keyword, stand elsewhere now.
    """
    steps = list(
        envelope.actions.filter(type__in=SIGNING_TYPES)
        .select_related("signatory")
        .order_by("order", "pk")
    )
    if "template" in envelope.rules:
        document, places = _of_template(envelope, steps, answers, at=at)
    else:
        document = answered_document(envelope, answers, at=at)
        drafts = [one for one in actions_of(flow_of(envelope.flow)) if one.type in SIGNING_TYPES]
        places = [one.places for one in sorted(drafts, key=lambda one: one.order)]
    draft = EnvelopeDraft(
        client=envelope.client,
        unit=envelope.unit,
        title=envelope.title,
        document_type=envelope.document_type,
        documents=[document],
        signatories=(),
        actions=[ActionDraft(role="", type="", places=found) for found in places],
    )
    prepared = prepare_draft(draft, envelope.fingerprint)
    keys = [step.pk for step in steps]
    return prepared.documents[0], dict(zip(keys, prepared.places, strict=True))


def _of_template(
    envelope: Envelope, steps: Sequence[Action], answers: Mapping[str, Any], *, at: datetime
) -> tuple[DocumentDraft, list[Sequence[PlaceDraft]]]:
    made_from = str(envelope.rules["template"])
    code, _, number = made_from.partition("@")
    version = version_of(template_of(code), int(number))
    filled = refill(version, {**(envelope.values or {}), **answers}, at=at)
    is_typeset = version.source_kind == SourceKind.TYPST
    document = DocumentDraft(
        title=version.template.title,
        pdf=filled.pdf,
        template=made_from if is_typeset else "",
        prepared=filled.prepared,
        made_from=made_from,
    )
    return document, [_marks(step, filled) for step in steps]


def _marks(step: Action, filled: FilledDocument) -> list[PlaceDraft]:
    return [
        place_of(entry, filled.pages)
        for entry in filled.fields
        if entry.kind in SIGNED
        and entry.role == step.signatory.role
        and (entry.kind in SEALS) == (step.type == ActionType.SEAL)
    ]
