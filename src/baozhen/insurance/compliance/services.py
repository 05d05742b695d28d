"""Keep the registers: hand evidence in, review it, change who is responsible, remind."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import transaction

from baozhen.foundation.audit import services as audit
from baozhen.foundation.clock import shanghai_date
from baozhen.foundation.notify.services import Letter, queue_letter
from baozhen.foundation.states import enter, move
from baozhen.foundation.storage import get_storage
from baozhen.insurance.compliance.errors import DutyInvalid, EvidenceMissing, ReviewerIsOwner
from baozhen.insurance.compliance.models import DataItem, Duty, DutyEvidence
from baozhen.insurance.compliance.rules import EVIDENCE_BYTES_MAX, next_due, reminder_step
from baozhen.insurance.compliance.seeds import DataItemSeed, DutySeed
from baozhen.insurance.compliance.states import RHYTHM_LABELS, DutyState, Rhythm

SYSTEM = "system"
_LETTER = """{owner}：

管理义务“{title}”（{code}，第 {round} 期）将于 {due} 到期，请在控制台“管理义务”页提交证明材料。

依据条款：{requirements}
"""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What was done, when, with what result, and the file that shows it."""

    conclusion: str
    done_on: date | None
    name: str
    data: bytes = field(repr=False)
    follow_up: str = ""


@transaction.atomic(durable=True)
def seed_registers(
    duties: Mapping[str, DutySeed], items: Mapping[str, DataItemSeed], *, at: datetime
) -> tuple[int, int]:
    """Enter what the registers lack; what people have changed stays. Returns how many were new."""
    known = set(Duty.objects.values_list("code", flat=True))
    count = 0
    for code, seed in duties.items():
        if code in known:
            continue
        duty = Duty.objects.create(
            state=DutyState.OPEN,
            code=code,
            topic=seed.topic,
            title=seed.title,
            requirements=" ".join(seed.requirements),
            demand=seed.demand,
            owner=seed.owner,
            rhythm=seed.rhythm,
            due=next_due(seed.rhythm, after=shanghai_date(at)),
            changed_at=at,
        )
        enter(duty, actor=SYSTEM, at=at)
        count += 1
    named = set(DataItem.objects.values_list("code", flat=True))
    fresh = [
        DataItem(code=code, changed_at=at, changed_by=SYSTEM, **seed.columns())
        for code, seed in items.items()
        if code not in named
    ]
    DataItem.objects.bulk_create(fresh)
    return count, len(fresh)


def hand_in(duty: Duty, evidence: Evidence, *, actor: str, at: datetime) -> DutyEvidence:
    """Hand evidence in for the round that runs; raises EvidenceMissing or IllegalMove."""
    _check(evidence, on=shanghai_date(at))
    [sha256] = get_storage().put_many([evidence.data])
    with transaction.atomic(durable=True):
        kept = DutyEvidence.objects.create(
            duty=duty,
            round=duty.round,
            conclusion=evidence.conclusion.strip(),
            follow_up=evidence.follow_up.strip(),
            name=evidence.name[:120],
            sha256=sha256,
            size=len(evidence.data),
            done_on=evidence.done_on or shanghai_date(at),
            at=at,
            by=actor,
        )
        move(duty, DutyState.HANDED_IN, actor=actor, at=at)
    return kept


@transaction.atomic(durable=True)
def review(duty: Duty, *, is_accepted: bool, note: str, actor: str, at: datetime) -> None:
    """Accept the evidence, or send it back with the reason; never one's own (四眼).

    Raises ReviewerIsOwner, EvidenceMissing, IllegalMove.
    """
    latest = duty.evidence.filter(reviewed_at__isnull=True).order_by("-id").first()
    if latest is None:
        raise EvidenceMissing(what="证明材料后再复核")
    if latest.by == actor:
        raise ReviewerIsOwner
    if not is_accepted and not note.strip():
        raise EvidenceMissing(path="note", what="退回的理由")
    latest.reviewed_at, latest.reviewed_by = at, actor
    latest.is_accepted, latest.review_note = is_accepted, note.strip()[:300]
    latest.save(update_fields=["reviewed_at", "reviewed_by", "is_accepted", "review_note"])
    move(duty, DutyState.MET if is_accepted else DutyState.OPEN, actor=actor, at=at)


@transaction.atomic(durable=True)
def start_round(duty: Duty, *, reason: str, due: date | None, actor: str, at: datetime) -> None:
    """Open a met duty again: its time has come, or something has changed (S0-7.3.5)."""
    if not reason.strip():
        raise EvidenceMissing(path="reason", what="重新开始的原因，例如发生了什么重大变更")
    move(
        duty,
        DutyState.OPEN,
        actor=actor,
        at=at,
        round=duty.round + 1,
        due=due or next_due(duty.rhythm, after=shanghai_date(at)),
        reminded=None,
    )
    audit.record(
        "duty.round_started",
        subject_id=duty.pk,
        actor=actor,
        at=at,
        facts={"round": duty.round, "reason": reason.strip()[:200]},
    )


@transaction.atomic(durable=True)
def assign(  # noqa: PLR0913 -- one form's fields
    duty: Duty, *, owner: str, mail: str, rhythm: str, due: date | None, actor: str, at: datetime
) -> None:
    """Say who is responsible, how often, and until when."""
    if not owner.strip():
        raise DutyInvalid(path="owner", reason="请填写责任部门")
    if rhythm not in RHYTHM_LABELS:
        raise DutyInvalid(path="rhythm", reason="请选择频次")
    if due is None and rhythm not in {Rhythm.ONCE, Rhythm.ON_CHANGE}:
        raise DutyInvalid(path="due", reason="按期履行的义务须有到期日")
    Duty.objects.filter(pk=duty.pk).update(
        owner=owner.strip(),
        owner_mail=mail.strip(),
        rhythm=rhythm,
        due=due,
        reminded=None,
        changed_at=at,
    )
    audit.record(
        "duty.assigned",
        subject_id=duty.pk,
        actor=actor,
        at=at,
        facts={"owner": owner.strip(), "rhythm": rhythm, "due": due.isoformat() if due else ""},
    )


@transaction.atomic(durable=True)
def change_item(item: DataItem, values: Mapping[str, str], *, actor: str, at: datetime) -> None:
    """Change what the catalogue says of a data item; it then waits for a review."""
    for name, value in values.items():
        if not value.strip():
            raise DutyInvalid(path=name, reason="每一栏都要填写；没有的写“不适用”并说明原因")
    DataItem.objects.filter(pk=item.pk).update(
        **values, changed_at=at, changed_by=actor, reviewed_at=None, reviewed_by=""
    )
    audit.record(
        "data_item.changed",
        subject_id=item.pk,
        actor=actor,
        at=at,
        facts={"code": item.code, "fields": sorted(values)},
    )


@transaction.atomic(durable=True)
def review_item(item: DataItem, *, actor: str, at: datetime) -> None:
    """Confirm what the catalogue says; not by whoever changed it. Raises ReviewerIsOwner."""
    if item.changed_by == actor:
        raise ReviewerIsOwner
    DataItem.objects.filter(pk=item.pk).update(reviewed_at=at, reviewed_by=actor)
    audit.record(
        "data_item.reviewed", subject_id=item.pk, actor=actor, at=at, facts={"code": item.code}
    )


def remind_due(*, at: datetime) -> int:
    """Mail the owners of duties that come due, at each step once; return how many were told."""
    waiting = Duty.objects.exclude(state=DutyState.MET).filter(due__isnull=False)
    return sum(
        remind_duty(key, at=at) for key in waiting.order_by("id").values_list("pk", flat=True)
    )


@transaction.atomic(durable=True)
def remind_duty(key: int, *, at: datetime) -> int:
    """Mail the owner of a duty if a reminder is due that was not sent; return 1 when it was."""
    duty = Duty.objects.select_for_update().get(pk=key)
    step = reminder_step(duty.state, duty.due, on=shanghai_date(at))
    if step is None or (duty.reminded is not None and duty.reminded <= step):
        return 0
    Duty.objects.filter(pk=duty.pk).update(reminded=step)
    if not duty.owner_mail:
        return 0
    queue_letter(_reminder(duty, step), actor=SYSTEM, at=at)
    return 1


def reopen_due(*, at: datetime) -> int:
    """Open the next round of met duties whose date has come; return how many."""
    on = shanghai_date(at)
    met = Duty.objects.filter(state=DutyState.MET, due__lt=on)
    due = [duty for duty in met if next_due(duty.rhythm, after=on) is not None]
    for duty in due:
        start_round(
            duty,
            reason="到期，进入下一期",
            due=next_due(duty.rhythm, after=duty.due or on),
            actor=SYSTEM,
            at=at,
        )
    return len(due)


def _reminder(duty: Duty, step: int) -> Letter:
    return Letter(
        reference=f"duty/{duty.code}/{duty.round}/{step}",
        recipient=duty.owner_mail,
        title=f"管理义务到期提醒：{duty.title}",
        text=_LETTER.format(
            owner=duty.owner,
            title=duty.title,
            code=duty.code,
            round=duty.round,
            due=duty.due,
            requirements=duty.requirements,
        ),
        subject_type=Duty.NOUN,
        subject_id=duty.pk,
    )


def _check(evidence: Evidence, *, on: date) -> None:
    if not evidence.conclusion.strip():
        raise EvidenceMissing(path="conclusion", what="结论")
    if evidence.done_on is None or evidence.done_on > on:
        raise EvidenceMissing(path="done_on", what="完成日期，不能晚于今天")
    if not evidence.data or len(evidence.data) > EVIDENCE_BYTES_MAX:
        raise EvidenceMissing(path="file", what="证明文件，不超过 20 MB")
