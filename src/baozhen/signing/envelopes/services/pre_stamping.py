"""预盖章 of companies outside: their seal in advance, on their own authority and confirmed will.

Nobody can sign a document that is not there yet. What is given in advance is the decision: for one
kind of task, with one seal, so many times, until a day. When the company's turn comes, in its order
and in the transaction that finds it ready, the decision is taken from here instead of from a
person; the seal itself is then used as always, within its grants and rules. Who begins a task can
never put another company's seal on it silently.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import QuerySet

from baozhen.foundation.clock import shanghai_date
from baozhen.foundation.ids import new_id
from baozhen.foundation.states import enter, move
from baozhen.signing.envelopes.errors import (
    PreStampClosed,
    PreStampInvalid,
    PreStampNotFound,
    ReasonMissing,
)
from baozhen.signing.envelopes.forms import flows
from baozhen.signing.envelopes.models import Action, Envelope, PreStamp
from baozhen.signing.envelopes.states import PRE_STAMP_LABELS, ActionType, PreStampState
from baozhen.signing.identity.models import CodeChallenge, Subject
from baozhen.signing.identity.services.codes import CodeRequest, confirm_code, send_code
from baozhen.signing.identity.services.consent import ConsentFacts, record_consent
from baozhen.signing.identity.services.subjects import SubjectFacts, register_subject
from baozhen.signing.organizations.models import Account, OrgUnit
from baozhen.signing.organizations.queries import (
    legal_entity_of,
    outside_units_of,
    require_power,
)
from baozhen.signing.organizations.roles import Permission
from baozhen.signing.seals.models import Seal
from baozhen.signing.seals.states import SealKind, SealState
from baozhen.trust.crypto.digests import sha256

COUNT_MAX: Final = 10_000
DAYS_MAX: Final = 366
PURPOSE: Final = "pre_stamp"
_KINDS_SEEN_MAX: Final = 200


@dataclass(frozen=True, kw_only=True)
class PreStampWish:
    """Whose seal, on which kind of task, on how many, until which moment."""

    seal: Seal
    kind: str
    count_max: int
    until: datetime


def kinds_for(account: Account) -> dict[str, str]:
    """Return the kinds of task in which the account's company seals, by key, with their titles.

    The ready-made flows with a company outside, and the templates it has sealed before: nobody
    gives a decision in advance on a template that they have never seen.
    """
    found = {
        flow.code: flow.title
        for flow in flows().values()
        if any(
            action.type == ActionType.SEAL and action.role == role.role
            for action in flow.actions
            for role in flow.roles
            if role.kind == "organization" and not role.own
        )
    }
    seen = (
        Envelope.objects.filter(
            rules__has_key="template",
            pk__in=Action.objects.filter(
                type=ActionType.SEAL, signatory__unit__in=outside_units_of(account)
            ).values("envelope"),
        )
        .order_by("-pk")
        .prefetch_related("documents")[:_KINDS_SEEN_MAX]
    )
    for envelope in seen:
        document = next(iter(envelope.documents.all()), None)
        title = document.title if document is not None else envelope.title
        found.setdefault(_kind_of(envelope), f"{title}（模版 {_kind_of(envelope)}）")
    return found


def statement_of(account: Account, wish: PreStampWish, *, at: datetime) -> str:
    """Return what the company says, word by word; raises PreStampInvalid, PowerMissing.

    It is the same for the same wish: its digest is what the will is confirmed for.
    """
    title = _check(account, wish, at=at)
    company = legal_entity_of(account.unit)
    last = shanghai_date(wish.until - timedelta(microseconds=1))
    day = f"{last.year}年{last.month}月{last.day}日"
    return (
        f"{company.name}授权：自本授权确认之时起至{day}止，在“{title}”签署任务中轮到本单位盖章时，"
        f"直接加盖“{wish.seal.name}”（编号 {wish.seal.public_id}），不再逐份询问，"
        f"最多 {wish.count_max} 份。本单位可以随时收回，收回前已开始加盖的除外。"
    )


def ask_code(account: Account, wish: PreStampWish, *, at: datetime) -> CodeChallenge:
    """Send a code for exactly this statement to the mobile, else the mail, of the account.

    Raises PreStampInvalid, PowerMissing, and the refusals of sending a code.
    """
    statement = statement_of(account, wish, at=at)
    subject = _subject(account, at=at)
    request = CodeRequest(
        subject_id=subject.public_id,
        channel="sms" if subject.mobile else "mail",
        purpose=PURPOSE,
        document_sha256=_digest(statement),
    )
    return send_code(request, at=at)


def give(
    account: Account,
    wish: PreStampWish,
    *,
    challenge_id: str,
    code: str,
    at: datetime,
    address: str = "",
) -> PreStamp:
    """Give the pre-stamp, with the code as proof of the will; raises what `ask_code` raises.

    A code serves one statement: whoever changes the wish asks for another.
    """
    statement = statement_of(account, wish, at=at)
    subject = _subject(account, at=at)
    digest = _digest(statement)
    challenge = confirm_code(
        challenge_id,
        code,
        at=at,
        subject_id=subject.public_id,
        purpose=PURPOSE,
        document_sha256=digest,
    )
    facts = ConsentFacts(
        subject_id=subject.public_id,
        document_sha256=digest,
        method=challenge.channel,
        challenge_id=challenge.public_id,
        address=address,
    )
    return _give(account, wish, facts, statement=statement, at=at)


@transaction.atomic(durable=True)
def revoke(account: Account, public_id: str, *, reason: str, actor: str, at: datetime) -> PreStamp:
    """Take a pre-stamp of one's own company back, at once; raises PreStampNotFound.

    What has begun to be sealed before ends in peace. Raises PreStampClosed, ReasonMissing,
    PowerMissing.
    """
    row = _locked(public_id, outside_units_of(account))
    require_power(account.user, Permission.APPROVE_ENVELOPES, row.unit)
    return _revoke(row, reason=reason, actor=actor, at=at)


@transaction.atomic(durable=True)
def revoke_by_program(
    units: QuerySet[OrgUnit], public_id: str, *, reason: str, actor: str, at: datetime
) -> PreStamp:
    """Do the same for a program of these units: to give wants a person's will, to stop does not.

    Raises PreStampNotFound, PreStampClosed, ReasonMissing.
    """
    return _revoke(_locked(public_id, units), reason=reason, actor=actor, at=at)


def used(row: PreStamp) -> int:
    """Return how many tasks a pre-stamp has decided."""
    return row.actions.count()


def standing(row: PreStamp, *, used_count: int, at: datetime) -> PreStampState:
    """Return whether it decides anything now: used up or expired, it has ended, whatever it says.

    The row itself is moved only when the next one is given.
    """
    state = PreStampState(row.state)
    if state is PreStampState.ACTIVE and (row.until <= at or used_count >= row.count_max):
        return PreStampState.ENDED
    return state


def taken_for(action: Action, envelope: Envelope, *, at: datetime) -> PreStamp | None:
    """Return the pre-stamp that decides this step, locked, in the transaction that makes it ready.

    None when the company has given none that holds: then its people are asked.
    """
    unit = action.signatory.unit
    if action.type != ActionType.SEAL or unit is None or unit.pk == envelope.unit_id:
        return None
    home = legal_entity_of(unit)
    row = (
        PreStamp.objects.select_for_update(of=("self",))
        .select_related("seal")
        .filter(unit=home, kind=_kind_of(envelope), state=PreStampState.ACTIVE, until__gt=at)
        .first()
    )
    if row is None or used(row) >= row.count_max:
        return None
    return row


@transaction.atomic(durable=True)
def _give(
    account: Account, wish: PreStampWish, facts: ConsentFacts, *, statement: str, at: datetime
) -> PreStamp:
    actor = f"staff:{account.user.get_username()}"[:64]
    home = OrgUnit.objects.select_for_update().get(pk=legal_entity_of(account.unit).pk)
    earlier = PreStamp.objects.filter(unit=home, kind=wish.kind, state=PreStampState.ACTIVE).first()
    if earlier is not None:
        if earlier.until > at and used(earlier) < earlier.count_max:
            text = f"这类任务已有有效的授权 {earlier.public_id}，请先收回它"
            raise PreStampInvalid(path="kind", reason=text)
        move(earlier, PreStampState.ENDED, actor=actor, at=at, ended_by=actor, ended_at=at)
    row = PreStamp.objects.create(
        public_id=new_id("pst", at=at),
        unit=home,
        seal=wish.seal,
        kind=wish.kind,
        kind_title=kinds_for(account)[wish.kind],
        count_max=wish.count_max,
        until=wish.until,
        statement=statement,
        statement_sha256=facts.document_sha256,
        consent=record_consent(facts, at=at),
        given_by=actor,
        given_at=at,
    )
    enter(row, actor=actor, at=at)
    return row


def _locked(public_id: str, units: QuerySet[OrgUnit]) -> PreStamp:
    rows = PreStamp.objects.select_for_update(of=("self",)).select_related("unit")
    row = rows.filter(public_id=public_id, unit__in=units).first()
    if row is None:
        raise PreStampNotFound
    return row


def _revoke(row: PreStamp, *, reason: str, actor: str, at: datetime) -> PreStamp:
    if not reason.strip():
        raise ReasonMissing(path="reason")
    if row.state != PreStampState.ACTIVE:
        raise PreStampClosed(state=PRE_STAMP_LABELS[PreStampState(row.state)])
    columns = {"ended_by": actor, "ended_at": at, "reason": reason.strip()[:200]}
    move(row, PreStampState.REVOKED, actor=actor, at=at, **columns)
    return row


def _check(account: Account, wish: PreStampWish, *, at: datetime) -> str:
    """Return the title of the kind when the wish can stand."""
    own = outside_units_of(account).filter(pk=wish.seal.unit_id).exists()
    if not own or wish.seal.state != SealState.ACTIVE or wish.seal.kind != SealKind.ELECTRONIC:
        raise PreStampInvalid(path="seal", reason="请选择本单位已启用的电子印章")
    require_power(account.user, Permission.APPROVE_ENVELOPES, wish.seal.unit)
    title = kinds_for(account).get(wish.kind)
    if title is None:
        raise PreStampInvalid(path="kind", reason="请选择一种任务")
    if not 1 <= wish.count_max <= COUNT_MAX:
        raise PreStampInvalid(path="count_max", reason=f"份数应为 1 至 {COUNT_MAX}")
    if not at < wish.until <= at + timedelta(days=DAYS_MAX):
        raise PreStampInvalid(path="until", reason=f"有效期应在今天之后、{DAYS_MAX} 天之内")
    # Sealing with nobody at it wants a grant that allows it, as it does for our own seals.
    silent = wish.seal.grants.filter(is_silent=True, state="active").exclude(until__lte=at)
    if not silent.exists():
        text = "这枚印章没有允许静默用印的授权，请联系保险公司的印章管理员"
        raise PreStampInvalid(path="seal", reason=text)
    return title


def _subject(account: Account, *, at: datetime) -> Subject:
    if not account.mobile and not account.email:
        text = "您的账号没有登记手机号或邮箱，请联系保险公司的组织管理员登记后再授权"
        raise PreStampInvalid(path="code", reason=text)
    facts = SubjectFacts(
        kind="person",
        name=account.display_name,
        mobile=account.mobile or "",
        email=account.email or "",
    )
    return register_subject(facts, actor=f"staff:{account.user.get_username()}"[:64], at=at)


def _kind_of(envelope: Envelope) -> str:
    """A template counts by its version: a new text is a new decision."""
    return str(envelope.rules.get("template") or envelope.flow)


def _digest(statement: str) -> str:
    return sha256(statement.encode()).hex()
