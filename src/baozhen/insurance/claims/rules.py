"""Rules of claims: what a report needs, which papers, and the clocks of the law. Pure.

保险法 22 to 26 and 交强险条例 28 to 29; days count from the day after the event (民法典 201).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType

from baozhen.insurance.claims.states import Cause, ClaimState, Injury

PLACE_CHARACTERS = (4, 120)
STORY_CHARACTERS = (10, 2000)
PHOTOS_MAX = 9
FILES_PER_PAPER_MAX = 12
_NAME_CHARACTERS_MAX = 60
_MOBILE = re.compile(r"1[0-9]{10}", re.ASCII)
_HEADS = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"%PDF-", "application/pdf"),
)
# 保险法 21: in time; a public clause asks for 48 hours. Later reports are taken too.
PROMPT = timedelta(hours=48)

COMPULSORY, COMMERCIAL = "compulsory", "commercial"


@dataclass(frozen=True, kw_only=True)
class Term:
    """So many days after an event; `source` is the article that says so."""

    days: int
    source: str


# What the insurer has to do, by cover. Every figure is the law's longest; ours may be shorter.
TERMS: Mapping[str, Mapping[str, Term]] = MappingProxyType(
    {
        COMPULSORY: {
            "list": Term(days=1, source="交强险条例第二十八条"),
            "decide": Term(days=5, source="交强险条例第二十九条"),
            "refusal": Term(days=3, source="保险法第二十四条"),
            "pay": Term(days=10, source="交强险条例第二十九条"),
            "advance": Term(days=60, source="保险法第二十五条"),
        },
        COMMERCIAL: {
            "list": Term(days=1, source="公司服务承诺"),
            "decide": Term(days=30, source="保险法第二十三条"),
            "refusal": Term(days=3, source="保险法第二十四条"),
            "pay": Term(days=10, source="保险法第二十三条"),
            "advance": Term(days=60, source="保险法第二十五条"),
        },
    }
)
TERM_LABELS: Mapping[str, str] = MappingProxyType(
    {
        "list": "一次性告知所需材料",
        "decide": "作出核定",
        "refusal": "送达拒赔通知",
        "pay": "支付赔款",
        "advance": "先付可确定的部分",
    }
)


@dataclass(frozen=True, kw_only=True)
class ClaimDates:
    """On which day what happened to a claim; None where it has not."""

    registered: date
    papers_told: date | None = None
    papers_complete: date | None = None
    decided: date | None = None
    refusal_sent: date | None = None
    agreed: date | None = None
    advanced: date | None = None
    paid: date | None = None


@dataclass(frozen=True, kw_only=True)
class Clock:
    """One duty with its last day; `done` is the day on which it was fulfilled."""

    name: str
    label: str
    due: date
    source: str
    done: date | None

    def is_overdue(self, on: date) -> bool:
        """Return whether the last day has gone by without the act."""
        return self.done is None and on > self.due

    def days_left(self, on: date) -> int:
        """Return how many days are left after this one; negative when the last has gone by."""
        return (self.due - on).days


def clocks(dates: ClaimDates, *, kind: str, state: str) -> list[Clock]:
    """Return the clocks that have begun for a claim, in the order of their acts."""
    terms = TERMS[kind]
    begun: list[tuple[str, date | None, date | None]] = [
        ("list", dates.registered, dates.papers_told),
        ("decide", dates.papers_complete, dates.decided),
    ]
    if state == ClaimState.REFUSED or dates.refusal_sent is not None:
        begun.append(("refusal", dates.decided, dates.refusal_sent))
    begun.append(("pay", dates.agreed, dates.paid))
    if state not in _REFUSED:
        begun.append(("advance", dates.papers_complete, dates.advanced or dates.decided))
    return [
        Clock(
            name=name,
            label=TERM_LABELS[name],
            due=start + timedelta(days=terms[name].days),
            source=terms[name].source,
            done=done,
        )
        for name, start, done in begun
        if start is not None
    ]


_REFUSED = frozenset({ClaimState.REFUSED, ClaimState.CLOSED, ClaimState.WITHDRAWN})


@dataclass(frozen=True, kw_only=True)
class NeededPaper:
    """One kind of paper that a claim needs."""

    code: str
    title: str
    note: str = ""


_ALWAYS = (
    NeededPaper(code="id", title="被保险人身份证件", note="正反面照片"),
    NeededPaper(code="driving_licence", title="驾驶人的驾驶证", note="出险时的驾驶人"),
    NeededPaper(code="vehicle_licence", title="机动车行驶证", note="正页和副页"),
    NeededPaper(code="account", title="收款账户", note="被保险人本人的银行卡照片"),
)
_BY_CAUSE: Mapping[str, Sequence[NeededPaper]] = MappingProxyType(
    {
        Cause.COLLISION: (
            NeededPaper(
                code="accident_certificate",
                title="事故认定书或快处协议",
                note="交警出具，或双方签字的协议",
            ),
            NeededPaper(code="repair_bill", title="车辆修理费用清单和发票"),
        ),
        Cause.SINGLE: (NeededPaper(code="repair_bill", title="车辆修理费用清单和发票"),),
        Cause.THEFT: (
            NeededPaper(code="theft_certificate", title="公安机关的盗抢立案证明"),
            NeededPaper(code="registration", title="机动车登记证书和购车发票"),
        ),
        Cause.FIRE: (
            NeededPaper(code="fire_certificate", title="消防部门的火灾证明"),
            NeededPaper(code="repair_bill", title="车辆修理费用清单和发票"),
        ),
        Cause.NATURE: (NeededPaper(code="repair_bill", title="车辆修理费用清单和发票"),),
        Cause.GLASS: (NeededPaper(code="repair_bill", title="玻璃更换的清单和发票"),),
    }
)
_HURT = (
    NeededPaper(code="diagnosis", title="伤者的诊断证明和病历"),
    NeededPaper(code="medical_bill", title="医疗费用发票和清单"),
)
_DEATH = (
    NeededPaper(code="death_certificate", title="死亡证明和户籍注销证明"),
    NeededPaper(code="relatives", title="死者亲属关系和被扶养人证明"),
)


def needed_papers(cause: str, injury: str) -> list[NeededPaper]:
    """Return the whole list, told once (保险法 22): the same whatever form the policy has."""
    papers = [*_ALWAYS, *_BY_CAUSE[cause]]
    if injury in {Injury.HURT, Injury.DEATH}:
        papers += _HURT
    if injury == Injury.DEATH:
        papers += _DEATH
    return papers


@dataclass(frozen=True, kw_only=True)
class LossFacts:
    """What somebody reports."""

    occurred_at: datetime | None
    place: str
    story: str
    cause: str
    injury: str
    is_police_informed: bool | None
    reporter: str
    mobile: str
    police_no: str = ""
    driver: str = ""


@dataclass(frozen=True)
class LossFault:
    """One thing wrong with a report: the field, and what is wanted."""

    path: str
    message: str


def loss_faults(loss: LossFacts, *, at: datetime) -> list[LossFault]:
    """Return what is missing or wrong, in the order of the form."""
    found = [
        *_time_faults(loss.occurred_at, at=at),
        *_length_faults("place", loss.place, PLACE_CHARACTERS, "出险地点，例如道路名和附近的建筑"),
        *_length_faults("story", loss.story, STORY_CHARACTERS, "事故经过：怎么发生的，损失了什么"),
    ]
    if loss.cause not in set(Cause):
        found.append(LossFault("cause", "请选择发生了什么"))
    if loss.injury not in set(Injury):
        found.append(LossFault("injury", "请选择是否有人受伤"))
    if loss.is_police_informed is None:
        found.append(LossFault("is_police_informed", "请选择是否已经报警"))
    if not 1 <= len(loss.reporter.strip()) <= _NAME_CHARACTERS_MAX:
        found.append(LossFault("reporter", "请填写报案人姓名"))
    if not _MOBILE.fullmatch(loss.mobile):
        found.append(LossFault("mobile", "请填写 11 位联系手机号"))
    return found


def _time_faults(occurred_at: datetime | None, *, at: datetime) -> list[LossFault]:
    if occurred_at is None:
        return [LossFault("occurred_at", "请填写出险的日期和时间")]
    if occurred_at > at:
        return [LossFault("occurred_at", "出险时间晚于现在，请核对日期和时间")]
    return []


def _length_faults(path: str, text: str, limits: tuple[int, int], what: str) -> list[LossFault]:
    least, most = limits
    size = len(text.strip())
    if size < least:
        return [LossFault(path, f"请填写{what}（至少 {least} 个字）")]
    if size > most:
        return [LossFault(path, f"请把内容控制在 {most} 个字以内，现在是 {size} 个字")]
    return []


def media_type_of(data: bytes) -> str | None:
    """Return what a file is by its first bytes; None for what is not taken."""
    for head, media_type in _HEADS:
        if data.startswith(head):
            return media_type
    return None


def is_within_cover(occurred_at: datetime, *, starts_at: datetime, ends_at: datetime) -> bool:
    """Return whether an instant lies in the cover period, its end excluded."""
    return starts_at <= occurred_at < ends_at


def rest_on(day: date, rests: Sequence[tuple[date, date]]) -> tuple[date, date] | None:
    """Return the half-open rest in which a day lies, if cover rested on it."""
    return next(((start, end) for start, end in rests if start <= day < end), None)
