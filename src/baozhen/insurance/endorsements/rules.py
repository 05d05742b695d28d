"""Which change is allowed when, what it needs, and who has to agree. Pure: the rules are data.

交强险条例 第十六条: compulsory cover ends on three grounds only. 第十三条 and 第十八条: what
changes in the vehicle or its owner is endorsed. 保险法 第五十四条: other cover may be given up.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path

from baozhen.insurance.endorsements.errors import (
    ChangeIncomplete,
    ChangeNotAllowed,
    CompulsoryStays,
)
from baozhen.insurance.endorsements.states import ENDING_KINDS, ChangeKind

_DATA = Path(__file__).with_name("data") / "changes.json"
COMPULSORY, COMMERCIAL = "compulsory", "commercial"
_COVER_NAMES: Mapping[str, str] = {COMPULSORY: "交强险", COMMERCIAL: "商业险"}


@dataclass(frozen=True, slots=True, kw_only=True)
class KindRule:
    """What one kind of change touches, when it may be made, and what it needs."""

    label: str
    plain: str
    covers: tuple[str, ...]
    when: str
    is_immediate: bool
    needs_approval: bool
    papers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """A ground on which compulsory cover may end, and the paper that shows it."""

    label: str
    papers: tuple[str, ...]
    basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeTable:
    """The table of changes in force."""

    version: str
    kinds: Mapping[str, KindRule]
    grounds: Mapping[str, Ground]
    papers: Mapping[str, str]
    early_surrender_fee_rate: Decimal
    effective_days_max: int
    open_days: int
    period_shift_days_max: int
    suspension_days_max: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyFacts:
    """What the rules ask of one policy, as it stands with its endorsements."""

    kind: str
    is_issued: bool
    starts_at: datetime
    ends_at: datetime
    suspended_from: date | None = None
    rested_days: int = 0

    @property
    def name(self) -> str:
        """What people call it."""
        return _COVER_NAMES[self.kind]


@cache
def change_table() -> ChangeTable:
    """Return the table of changes, read once."""
    raw = json.loads(_DATA.read_text(encoding="utf-8"))
    kinds = {
        code: KindRule(
            label=entry["label"],
            plain=entry["plain"],
            covers=tuple(entry["covers"]),
            when=entry["when"],
            is_immediate=entry["takes_effect"] == "now",
            needs_approval=entry["approval"] == "always",
            papers=tuple(entry["papers"]),
        )
        for code, entry in raw["kinds"].items()
    }
    grounds = {
        code: Ground(label=entry["label"], papers=tuple(entry["papers"]), basis=entry["basis"])
        for code, entry in raw["grounds"].items()
    }
    return ChangeTable(
        version=raw["version"],
        kinds=kinds,
        grounds=grounds,
        papers=raw["papers"],
        early_surrender_fee_rate=Decimal(raw["early_surrender_fee_rate"]),
        **{
            name: raw[name]
            for name in (
                "effective_days_max",
                "open_days",
                "period_shift_days_max",
                "suspension_days_max",
            )
        },
    )


def papers_of(kind: str, ground: str = "") -> tuple[str, ...]:
    """Return the papers that a change needs; one on a ground needs the ground's papers too."""
    table = change_table()
    own = table.kinds[kind].papers
    return (*own, *table.grounds[ground].papers) if ground else own


def check_papers(kind: str, ground: str, given: Collection[str]) -> None:
    """Raise ChangeIncomplete for the first paper that is missing."""
    for paper in papers_of(kind, ground):
        if paper not in given:
            name = change_table().papers[paper]
            raise ChangeIncomplete(path=f"papers.{paper}", what=f"请上传{name}的照片或扫描件")


def check_ground(kind: str, ground: str, covers: Collection[str]) -> None:
    """交强险条例 第十六条: to end compulsory cover one of the three grounds must hold."""
    if kind in ENDING_KINDS and COMPULSORY in covers and ground not in change_table().grounds:
        raise CompulsoryStays(path="ground")


def covers_changed(kind: str, policies: Collection[PolicyFacts], chosen: str) -> tuple[str, ...]:
    """Return the covers that a change touches: those in force; of a period the chosen one alone.

    Raises ChangeNotAllowed when none is left.
    """
    rule = change_table().kinds[kind]
    in_force = {policy.kind for policy in policies if policy.is_issued}
    if kind == ChangeKind.PERIOD:
        in_force &= {chosen}
    if kind == ChangeKind.SURRENDER and chosen == COMPULSORY:
        # Who asks to give up the compulsory policy is told why not, see check_ground.
        return (COMPULSORY,)
    found = tuple(cover for cover in rule.covers if cover in in_force)
    if not found:
        names = "、".join(_COVER_NAMES[cover] for cover in rule.covers)
        raise ChangeNotAllowed(reason=f"“{rule.label}”针对有效的{names}保单，这份保单不能办理")
    return found


def check_allowed(kind: str, policy: PolicyFacts, *, at: datetime) -> None:
    """Raise ChangeNotAllowed unless the policy is at the point of its life that a change asks."""
    rule, most = change_table().kinds[kind], change_table().suspension_days_max
    if not policy.is_issued:
        raise ChangeNotAllowed(reason=f"{policy.name}保单已经注销或尚未签发，不能批改")
    if at >= policy.ends_at:
        raise ChangeNotAllowed(reason=f"{policy.name}的保险期间已经届满，不能再批改")
    started, suspended = at >= policy.starts_at, policy.suspended_from is not None
    refusals = (
        (
            rule.when == "before_start" and started,
            f"{policy.name}已经起保，不能再变更保险期间",
        ),
        (rule.when == "running" and not started, f"{policy.name}还没有起保，不需要办理停驶"),
        (rule.when == "running" and suspended, f"{policy.name}已经办理了停驶"),
        (
            rule.when == "running" and policy.rested_days >= most,
            f"{policy.name}在保险期间内停驶累计最长{most}天，已经用完，不能再办理停驶",
        ),
        (rule.when == "suspended" and not suspended, f"{policy.name}没有办理过停驶，不需要复驶"),
        # While cover rests only its end or its return is spoken of.
        (
            suspended
            and rule.when == "any"
            and rule.covers == (COMMERCIAL,)
            and kind not in ENDING_KINDS,
            f"{policy.name}正在停驶，请先办理复驶",
        ),
    )
    for is_so, reason in refusals:
        if is_so:
            raise ChangeNotAllowed(reason=reason)


def check_effective_on(kind: str, chosen: date | None, *, today: date) -> None:
    """Raise unless the day is tomorrow or later, and not farther off than the table allows."""
    rule, table = change_table().kinds[kind], change_table()
    if rule.is_immediate:
        return
    if chosen is None:
        raise ChangeIncomplete(path="effective_on", what="请选择批改从哪一天开始生效")
    last = today + timedelta(days=table.effective_days_max)
    if not today < chosen <= last:
        raise ChangeIncomplete(
            path="effective_on",
            what=f"生效日期最早为明天，最晚为{last.year}年{last.month}月{last.day}日",
        )
