"""Start a ready-made flow: check what was filled in, typeset its document, find the parties."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings

from baozhen.foundation.clock import shanghai_date
from baozhen.signing.envelopes.errors import DraftInvalid
from baozhen.signing.envelopes.forms import TEMPLATES, Flow, check_values, content_of, flow_of
from baozhen.signing.envelopes.models import Envelope, EnvelopeBatch
from baozhen.signing.envelopes.services.create import create_envelope
from baozhen.signing.envelopes.services.drafts import (
    ActionDraft,
    DocumentDraft,
    EnvelopeDraft,
    PaperDraft,
    PlaceDraft,
    SignatoryDraft,
)
from baozhen.signing.identity.services.subjects import SubjectFacts, register_subject
from baozhen.signing.organizations.models import Account, OrgUnit
from baozhen.signing.organizations.queries import legal_entity_of
from baozhen.trust.errors import TrustError
from baozhen.trust.pdf.fonts import FontSet
from baozhen.trust.pdf.render import Renderer

FORM, FORM_VERSION = "form", "1"
TEMPLATE = f"{FORM}/{FORM_VERSION}"
# The typesetter of a process serves one thread at a time.
_TYPESETTING = threading.Lock()


@dataclass(frozen=True, kw_only=True)
class PartyFacts:
    """Who fills a role: a person with identity facts, or a company with its unit and operator.

    `channel` (sms, mail, wechat, dingtalk) says how they are told, `channel_id` who they are there.
    """

    subject: SubjectFacts | None = None
    unit: OrgUnit | None = None
    operator: Account | None = None
    channel: str = ""
    channel_id: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True)
class FlowOrder:
    """The wish to start a flow. `parties` names everybody but the own company's silent part."""

    flow: str
    client: str
    unit: OrgUnit
    values: Mapping[str, Any]
    parties: Mapping[str, PartyFacts] = field(default_factory=dict)
    biz_no: str | None = None
    message: str = ""


def start_flow(
    order: FlowOrder, *, actor: str, at: datetime, batch: EnvelopeBatch | None = None
) -> Envelope:
    """Start the flow; raises FlowUnknown, ValuesInvalid, DraftInvalid or BizNumberTaken."""
    draft = draft_of_flow(order, actor=actor, at=at)
    return create_envelope(draft, actor=actor, at=at, batch=batch)


def draft_of_flow(order: FlowOrder, *, actor: str, at: datetime) -> EnvelopeDraft:
    """Check the order, typeset its document, register its persons; return the whole task."""
    flow = flow_of(order.flow)
    check_values(flow, order.values)
    _check_parties(flow, order)
    return EnvelopeDraft(
        client=order.client,
        unit=order.unit,
        title=flow.title,
        document_type=flow.document_type,
        documents=[
            DocumentDraft(
                title=flow.title,
                pdf=typeset(
                    flow,
                    order.values,
                    unit=order.unit,
                    number=_number(order.biz_no, at),
                    at=at,
                ),
                template=TEMPLATE,
            )
        ],
        signatories=_signatories(flow, order, actor=actor, at=at),
        actions=actions_of(flow),
        flow=flow.code,
        biz_no=order.biz_no,
        message=order.message,
        values=order.values,
        rules=flow.rules,
        expires_at=at + timedelta(days=flow.expires_days),
    )


def typeset(
    flow: Flow,
    values: Mapping[str, Any],
    *,
    unit: OrgUnit,
    number: str,
    at: datetime,
    answers: Mapping[str, Any] | None = None,
) -> bytes:
    """Return the flow's document as PDF; DraftInvalid names a character without a glyph."""
    company, on = legal_entity_of(unit).name, shanghai_date(at)
    data = content_of(flow, values, insurer=company, number=number, on=on, answers=answers)
    try:
        with _TYPESETTING:
            return _renderer(str(settings.BAOZHEN_FONTS)).render(
                FORM, FORM_VERSION, data=data, at=at.replace(microsecond=0)
            )
    except TrustError as error:
        raise DraftInvalid(path="values", reason=str(error)) from error


def answered_document(
    envelope: Envelope, answers: Mapping[str, Any], *, at: datetime
) -> DocumentDraft:
    """Return the document of a flow's task once more, with what its party answered."""
    flow = flow_of(envelope.flow)
    pdf = typeset(
        flow,
        envelope.values or {},
        unit=envelope.unit,
        number=_number(envelope.biz_no, envelope.created_at),
        at=at,
        answers=answers,
    )
    return DocumentDraft(title=flow.title, pdf=pdf, template=TEMPLATE)


def _number(biz_no: str | None, at: datetime) -> str:
    return biz_no or at.strftime("%Y%m%d%H%M%S%f")


@lru_cache(maxsize=2)
def _renderer(fonts: str) -> Renderer:
    return Renderer(templates=TEMPLATES, fonts=FontSet.open(Path(fonts)).folder)


def _check_parties(flow: Flow, order: FlowOrder) -> None:
    roles = {role.role: role for role in flow.roles}
    for name in order.parties:
        if name not in roles:
            raise DraftInvalid(path=f"parties.{name}", reason=f"流程没有角色 {name}")
    for role in flow.roles:
        party = order.parties.get(role.role) or PartyFacts()
        if role.own or role.role in _optional(flow):
            continue
        if role.kind == "person" and party.subject is None:
            raise DraftInvalid(path=f"parties.{role.role}", reason=f"请填写{role.label}的身份信息")
        if role.kind == "organization" and party.unit is None:
            raise DraftInvalid(path=f"parties.{role.role}", reason=f"请选择{role.label}的机构")


def _optional(flow: Flow) -> set[str]:
    """Roles that only look on may be left out."""
    acting = {a.role for a in flow.actions if a.type not in {"view", "cc"}}
    return {role.role for role in flow.roles} - acting


def _signatories(flow: Flow, order: FlowOrder, *, actor: str, at: datetime) -> list[SignatoryDraft]:
    found = []
    for role in flow.roles:
        party = order.parties.get(role.role) or PartyFacts()
        papers = [PaperDraft(**paper) for paper in role.papers]
        unit = order.unit if role.own else party.unit
        if unit is not None:
            drafted = SignatoryDraft(
                role=role.role,
                label=role.label,
                kind=role.kind,
                name=legal_entity_of(unit).name,
                unit=unit,
                operator=party.operator,
                channel=party.channel,
                channel_id=party.channel_id,
            )
        elif party.subject is not None:
            drafted = SignatoryDraft(
                role=role.role,
                label=role.label,
                kind=role.kind,
                name=party.subject.name,
                subject=register_subject(party.subject, actor=actor, at=at),
                papers=papers,
                questions=[one for one in flow.questions if one.role == role.role],
                channel=party.channel,
                channel_id=party.channel_id,
            )
        else:
            continue
        found.append(drafted)
    return found


def actions_of(flow: Flow) -> list[ActionDraft]:
    """Return the steps of a flow."""
    return [
        ActionDraft(
            role=action.role,
            type=action.type,
            order=action.order,
            is_silent=action.silent,
            condition=action.condition,
            places=[
                PlaceDraft(
                    page=place.page,
                    x=place.x,
                    y=place.y,
                    width=place.width,
                    height=place.height,
                    is_riding=place.riding,
                )
                for place in action.places
            ],
        )
        for action in flow.actions
    ]
