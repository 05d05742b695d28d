"""What people do: sign, seal, approve, choose where a seal goes, decline, recall."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from baozhen.foundation.states import move
from baozhen.foundation.storage import get_storage
from baozhen.signing.envelopes.errors import (
    AnswersMissing,
    DraftInvalid,
    EnvelopeClosed,
    NotYourTurn,
    PapersMissing,
    ReadingIncomplete,
    ReasonMissing,
    SignatureMissing,
)
from baozhen.signing.envelopes.models import Action, Envelope, Place, Signatory
from baozhen.signing.envelopes.rules import is_read, missing_papers
from baozhen.signing.envelopes.services.reading import reading_facts
from baozhen.signing.envelopes.services.turns import (
    SYSTEM,
    advance,
    begin,
    lock_envelope,
    tell_completion,
)
from baozhen.signing.envelopes.states import (
    LABELS,
    ActionState,
    ActionType,
    EnvelopeState,
)
from baozhen.signing.identity.queries import require_identity
from baozhen.signing.identity.services.consent import ConsentFacts, record_consent
from baozhen.signing.identity.services.devices import check_not_agent
from baozhen.signing.organizations.models import OrgUnit
from baozhen.signing.organizations.queries import legal_entity_of
from baozhen.signing.seals.models import Seal

_SEALING = (ActionType.SEAL, ActionType.LEGAL_REP_SIGN)
_POINTS_MAX = 14_400  # the largest page that PDF knows: ISO 32000-1 annex C


@dataclass(frozen=True, kw_only=True)
class SignatureInput:
    """A person's signature: the picture (PNG), the strokes if it was drawn, and the proof of will.

    `challenge_id` is a confirmed code for the envelope's content, or a passed check.
    """

    picture: bytes
    challenge_id: str
    method: str = "sms"
    strokes: Mapping[str, Any] | None = None
    device: str = ""
    address: str = ""


def sign(action_id: int, given: SignatureInput, *, at: datetime) -> Action:
    """Record a person's decision to sign and promise the signature.

    Raises NotYourTurn, ReadingIncomplete, PapersMissing, SignatureMissing, and the identity room's
    refusals: who is not verified, or gave no will for this very content, signs nothing.
    """
    if not given.picture:
        raise SignatureMissing(path="signature")
    watch_for_agents([action_id], given, at=at)
    picture = get_storage().put(given.picture)
    with transaction.atomic(durable=True):
        action, envelope = take(action_id, (ActionType.SIGN,), at=at)
        signatory = action.signatory
        if signatory.subject is None:
            raise NotYourTurn
        check_prepared(envelope, signatory, at=at)
        consent = record_consent(
            ConsentFacts(
                subject_id=signatory.subject.public_id,
                document_sha256=envelope.content_sha256,
                method=given.method,
                challenge_id=given.challenge_id,
                device=given.device,
                address=given.address,
            ),
            at=at,
        )
        begin(
            action,
            actor=f"subject:{signatory.subject.public_id}",
            at=at,
            consent=consent,
            picture_sha256=picture,
            strokes=dict(given.strokes) if given.strokes else None,
        )
        advance(envelope, at=at)
    return action


@transaction.atomic(durable=True)
def seal(action_id: int, *, actor: str, at: datetime, chosen: Seal | None = None) -> Action:
    """Record the decision to put a company's seal on; the grant is checked when it is used."""
    action, envelope = take(action_id, _SEALING, at=at)
    columns: dict[str, object] = {"seal": chosen.public_id} if chosen else {}
    begin(action, actor=actor, at=at, **columns)
    advance(envelope, at=at)
    return action


@transaction.atomic(durable=True)
def approve(action_id: int, *, actor: str, at: datetime, opinion: str = "") -> Action:
    """Approve, and let the next one go on."""
    action, envelope = take(action_id, (ActionType.APPROVE,), at=at)
    _finish(action, envelope, actor=actor, at=at, reason=opinion.strip()[:500])
    return action


@dataclass(frozen=True, kw_only=True)
class StampPlace:
    """Where a coming seal shall go, in points of the seen page; `document` counts from 1."""

    document: int
    page: int
    x: float
    y: float
    width: float = 113.4  # 40 mm
    height: float = 113.4


@transaction.atomic(durable=True)
def pre_stamp(
    action_id: int, places: Sequence[StampPlace], *, chosen: Seal, actor: str, at: datetime
) -> Action:
    """预盖章: choose the seal and its places for the company's next sealing step; it goes on.

    Raises NotYourTurn when the company seals nothing later, DraftInvalid for another's seal.
    """
    action, envelope = take(action_id, (ActionType.PRE_STAMP,), at=at)
    following = _next_sealing(action, envelope)
    if following is not None and chosen.company != legal_entity_of(company_of(following)).name:
        raise DraftInvalid(path="seal", reason="请选择要盖章的这家单位自己的印章")
    documents = {document.position: document for document in envelope.documents.all()}
    if following is None or not places or any(p.document not in documents for p in places):
        raise NotYourTurn
    if any(not 0 <= p.page < documents[p.document].pages for p in places):
        raise DraftInvalid(path="page", reason="没有这一页")
    if not all(0 <= p.x <= _POINTS_MAX and 0 <= p.y <= _POINTS_MAX for p in places):
        raise DraftInvalid(path="x", reason="请在页面上点选盖章位置")
    Action.objects.filter(pk=following.pk).update(seal=chosen.public_id)
    following.places.all().delete()
    Place.objects.bulk_create(
        Place(
            action=following,
            document=documents[place.document],
            page=place.page,
            x=place.x,
            y=place.y,
            width=place.width,
            height=place.height,
        )
        for place in places
    )
    _finish(action, envelope, actor=actor, at=at)
    return action


def _next_sealing(action: Action, envelope: Envelope) -> Action | None:
    """Return the next step in which the same company seals: nobody chooses another's seal."""
    home = legal_entity_of(company_of(action)).pk
    waiting = envelope.actions.filter(
        type__in=_SEALING, order__gt=action.order, state=ActionState.WAITING
    )
    for step in waiting.select_related("signatory__unit", "envelope__unit").order_by("order"):
        if legal_entity_of(company_of(step)).pk == home:
            return step
    return None


def company_of(action: Action) -> OrgUnit:
    """Return the unit whose step it is."""
    return action.signatory.unit or action.envelope.unit


@transaction.atomic(durable=True)
def decline(action_id: int, *, reason: str, actor: str, at: datetime) -> Envelope:
    """Refuse one's own part with a reason; the envelope ends."""
    words = reason.strip()
    if not words:
        raise ReasonMissing(path="reason")
    action, envelope = take(action_id, tuple(ActionType), at=at)
    move(
        action,
        ActionState.DECLINED,
        actor=actor,
        at=at,
        acted_by=actor,
        acted_at=at,
        reason=words[:500],
    )
    _end(envelope, EnvelopeState.DECLINED, reason=words, actor=actor, at=at)
    return envelope


@transaction.atomic(durable=True)
def recall(envelope_id: int, *, reason: str, actor: str, at: datetime) -> Envelope:
    """Take a task back before it is complete; what was signed stays archived, and ends."""
    if not reason.strip():
        raise ReasonMissing(path="reason")
    envelope = lock_envelope(envelope_id)
    if envelope.state not in {EnvelopeState.DRAFT, EnvelopeState.IN_PROGRESS}:
        raise EnvelopeClosed(state=LABELS[EnvelopeState(envelope.state)])
    if envelope.actions.filter(state=ActionState.PERFORMING).exists():
        raise EnvelopeClosed(state="正在签署")
    _end(envelope, EnvelopeState.RECALLED, reason=reason.strip(), actor=actor, at=at)
    return envelope


@transaction.atomic(durable=True)
def expire(envelope_id: int, *, at: datetime) -> None:
    """End an envelope whose time is over; one that is being signed at this moment waits."""
    envelope = lock_envelope(envelope_id)
    is_due = envelope.expires_at is not None and envelope.expires_at <= at
    busy = envelope.actions.filter(state=ActionState.PERFORMING).exists()
    if is_due and not busy and envelope.state == EnvelopeState.IN_PROGRESS:
        _end(envelope, EnvelopeState.EXPIRED, reason="超过截止时间", actor=SYSTEM, at=at)


def take(action_id: int, types: Sequence[ActionType], *, at: datetime) -> tuple[Action, Envelope]:
    """Return the action and its envelope, locked, when it is this action's turn."""
    key = Action.objects.filter(pk=action_id).values_list("envelope_id", flat=True).first()
    if key is None:
        raise NotYourTurn
    envelope = lock_envelope(key)
    action = Action.objects.select_related("signatory__subject").get(pk=action_id)
    if envelope.state != EnvelopeState.IN_PROGRESS:
        raise EnvelopeClosed(state=LABELS[EnvelopeState(envelope.state)])
    if envelope.expires_at is not None and envelope.expires_at <= at:
        raise EnvelopeClosed(state="已过截止时间")
    if action.state != ActionState.READY or action.type not in types:
        raise NotYourTurn
    return action, envelope


def watch_for_agents(action_ids: Sequence[int], given: SignatureInput, *, at: datetime) -> None:
    """Refuse and report an agent's device; before the transaction, so that the report stays."""
    actions = Action.objects.filter(pk__in=action_ids, signatory__subject__isnull=False)
    for action in actions.select_related("signatory__subject"):
        subject = action.signatory.subject
        if subject is not None:
            check_not_agent(subject, device=given.device, at=at)


def check_prepared(envelope: Envelope, signatory: Signatory, *, at: datetime) -> None:
    """Everything answered, read, handed in, and the person known: by the server, not the page."""
    open_questions = signatory.questions.filter(answered_at__isnull=True).count()
    if open_questions:
        raise AnswersMissing(count=open_questions)
    if not is_read(reading_facts(envelope, signatory)):
        raise ReadingIncomplete
    missing = missing_papers(
        (paper.label, paper.is_required, bool(paper.sha256)) for paper in signatory.papers.all()
    )
    if missing:
        raise PapersMissing(papers="、".join(missing))
    if envelope.rules.get("identity") == "check" and signatory.subject is not None:
        require_identity(signatory.subject, at)


def _finish(
    action: Action, envelope: Envelope, *, actor: str, at: datetime, reason: str = ""
) -> None:
    move(
        action,
        ActionState.DONE,
        actor=actor,
        at=at,
        acted_by=actor,
        acted_at=at,
        done_at=at,
        reason=reason,
    )
    tell_completion(action, at=at)
    advance(envelope, at=at)


def _end(
    envelope: Envelope, state: EnvelopeState, *, reason: str, actor: str, at: datetime
) -> None:
    for action in envelope.actions.filter(state__in=[ActionState.WAITING, ActionState.READY]):
        move(action, ActionState.SKIPPED, actor=SYSTEM, at=at)
    envelope.signatories.update(link_hash="", earlier_hash="")
    move(envelope, state, actor=actor, at=at, ended_at=at, moved_at=at, reason=reason[:500])
