"""Reads the wish for a free signing task."""

import base64
import binascii
from datetime import datetime, timedelta
from typing import Any

from baozhen.faces.api.envelope_schemas import FreeIn, PlaceIn, SignatoryIn, StepIn
from baozhen.signing.envelopes.errors import DraftInvalid
from baozhen.signing.envelopes.services.drafts import (
    ActionDraft,
    DocumentDraft,
    EnvelopeDraft,
    PaperDraft,
    PlaceDraft,
    SignatoryDraft,
)
from baozhen.signing.identity.services.subjects import SubjectFacts, register_subject
from baozhen.signing.organizations.queries import legal_entity_of, root_unit, unit_of

_DAYS = 30
WAYS = ("draw", "type", "upload", "adopted")
_RECEIVER, _ADDRESS = "deliver_name", "deliver_email"


def draft_of(body: FreeIn, *, client: str, at: datetime) -> EnvelopeDraft:
    """Return the draft; persons are registered, units looked up. Raises DraftInvalid."""
    if body.expires_at is not None and (body.expires_at.tzinfo is None or body.expires_at <= at):
        raise DraftInvalid(path="expires_at", reason="截止时间应在以后，并写明时区")
    return EnvelopeDraft(
        client=client,
        unit=unit_of(body.unit) if body.unit else root_unit(),
        title=body.title,
        document_type=body.document_type,
        documents=[
            DocumentDraft(title=given.title, pdf=_pdf(given.content, f"documents.{number}.content"))
            for number, given in enumerate(body.documents, 1)
        ],
        signatories=[_signatory(party, client=client, at=at) for party in body.signatories],
        actions=[_action(step) for step in body.actions],
        biz_no=body.biz_no,
        message=body.message,
        values=_values(body),
        rules=_rules(body),
        expires_at=body.expires_at or at + timedelta(days=_DAYS),
    )


def _values(body: FreeIn) -> dict[str, Any]:
    """The receiver stands with the values, which are encrypted; the rules only say where."""
    if body.deliver_to is None:
        return body.values
    return body.values | {_RECEIVER: body.deliver_to.name, _ADDRESS: body.deliver_to.email}


def _rules(body: FreeIn) -> dict[str, Any]:
    unknown = set(body.ways) - set(WAYS)
    if unknown:
        raise DraftInvalid(path="ways", reason=f"没有签名方式 {sorted(unknown)[0]}")
    rules: dict[str, Any] = {"reading_seconds": body.reading_seconds, "identity": body.identity}
    if body.ways:
        rules["ways"] = body.ways
    if body.deliver_to is not None:
        rules["deliver_to"] = {"name": _RECEIVER, "address": _ADDRESS}
    return rules


def _pdf(content: str, path: str) -> bytes:
    try:
        return base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError) as error:
        raise DraftInvalid(path=path, reason="文件内容不是 Base64") from error


def _signatory(party: SignatoryIn, *, client: str, at: datetime) -> SignatoryDraft:
    if party.unit:
        unit = unit_of(party.unit)
        name = legal_entity_of(unit).name
        return SignatoryDraft(
            role=party.role,
            label=party.label,
            kind="organization",
            name=name,
            unit=unit,
            channel=party.channel,
            channel_id=party.channel_id,
        )
    facts = SubjectFacts(
        kind="person",
        name=party.name,
        id_type=party.id_type,
        id_no=party.id_no,
        mobile=party.mobile,
        email=party.email,
    )
    return SignatoryDraft(
        role=party.role,
        label=party.label,
        kind="person",
        name=party.name,
        subject=register_subject(facts, actor=client, at=at),
        channel=party.channel,
        channel_id=party.channel_id,
        papers=[
            PaperDraft(key=paper.key, label=paper.label, required=paper.required)
            for paper in party.papers
        ],
    )


def _action(step: StepIn) -> ActionDraft:
    return ActionDraft(
        role=step.role,
        type=step.type,
        order=step.order,
        is_silent=step.silent,
        condition=step.condition,
        seal=step.seal,
        places=[_place(place) for place in step.places],
    )


def _place(place: PlaceIn) -> PlaceDraft:
    """People count pages from 1, the draft from 0; from the end both count alike."""
    return PlaceDraft(
        document=place.document,
        page=place.page - 1 if place.page > 0 else place.page or -1,
        x=place.x,
        y=place.y,
        width=place.width,
        height=place.height,
        is_riding=place.riding,
        keyword=place.keyword,
        occurrence=place.occurrence,
    )
