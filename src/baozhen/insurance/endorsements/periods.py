"""Changes of time: cover that begins on another day, rests, and runs again."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from baozhen.foundation.clock import shanghai_date
from baozhen.insurance.endorsements.errors import ChangeIncomplete
from baozhen.insurance.endorsements.patching import (
    Asked,
    Content,
    Patch,
    day_of,
    require_new,
    value_of,
)
from baozhen.insurance.endorsements.rules import change_table
from baozhen.insurance.proposals.print_wording import format_date

# Cover rests on the half-open days between these two, unless it is resumed before.
SUSPENDED, SUSPENDED_UNTIL = "suspended_from", "suspended_until"


def period(content: Content, asked: Asked) -> Iterator[Patch]:
    """Cover begins on another day, and lasts as long."""
    starts = datetime.fromisoformat(content[asked.cover]["cover_starts_at"])
    ends = datetime.fromisoformat(content[asked.cover]["cover_ends_at"])
    chosen = day_of(value_of(asked, "starts_on", "请选择新的起保日期"), "starts_on")
    require_new(chosen, starts.date(), "starts_on", "起保日期没有变化")
    _require_near(chosen, asked)
    moved = starts + (chosen - starts.date())
    yield Patch(f"{asked.cover}.cover_starts_at", moved.isoformat())
    is_year = (ends.month, ends.day) == (starts.month, starts.day)
    end = moved.replace(year=moved.year + 1) if is_year else moved + (ends - starts)
    yield Patch(f"{asked.cover}.cover_ends_at", end.isoformat())


def _require_near(chosen: date, asked: Asked) -> None:
    """Cover never begins in the past, nor farther from the day first agreed than the table says."""
    if chosen <= asked.effective_on:
        raise ChangeIncomplete(path="starts_on", what="新的起保日期最早为明天")
    most = change_table().period_shift_days_max
    agreed = shanghai_date(datetime.fromisoformat(asked.first[asked.cover]["cover_starts_at"]))
    if abs((chosen - agreed).days) > most:
        least, last = agreed - timedelta(days=most), agreed + timedelta(days=most)
        raise ChangeIncomplete(
            path="starts_on",
            what=f"起保日期最多比原来约定的提前或推后{most}天，"
            f"请在{format_date(least)}至{format_date(last)}之间选择",
        )


def suspension(content: Content, asked: Asked) -> Iterator[Patch]:
    """Cover rests for the days that are left to rest, then runs again by itself."""
    commercial = content["commercial"]
    rests = rests_of(commercial)
    room = timedelta(days=change_table().suspension_days_max - rested_days(rests))
    if rests:
        said = [[start.isoformat(), end.isoformat()] for start, end in rests]
        yield Patch("commercial.pauses", said)
    yield Patch(f"commercial.{SUSPENDED}", asked.effective_on.isoformat())
    yield Patch(f"commercial.{SUSPENDED_UNTIL}", (asked.effective_on + room).isoformat())
    ends = datetime.fromisoformat(commercial["cover_ends_at"]) + room
    yield Patch("commercial.cover_ends_at", ends.isoformat())


def resumption(content: Content, asked: Asked) -> Iterator[Patch]:
    """Cover runs again before its rest is over: the days not rested come off its end."""
    commercial = content["commercial"]
    since = date.fromisoformat(commercial[SUSPENDED])
    until = date.fromisoformat(commercial[SUSPENDED_UNTIL])
    if asked.effective_on <= since:
        raise ChangeIncomplete(path="effective_on", what="复驶日期须晚于停驶日期")
    if asked.effective_on >= until:
        most = change_table().suspension_days_max
        raise ChangeIncomplete(
            path="effective_on",
            what=f"停驶累计最长{most}天，{format_date(until)}零时自动恢复保险责任，复驶日期须早于这一天",
        )
    unused = until - asked.effective_on
    ends = datetime.fromisoformat(commercial["cover_ends_at"]) - unused
    yield Patch(f"commercial.{SUSPENDED}", None)
    yield Patch(f"commercial.{SUSPENDED_UNTIL}", None)
    yield Patch("commercial.cover_ends_at", ends.isoformat())
    pauses = [*commercial.get("pauses", ())]
    yield Patch("commercial.pauses", [*pauses, [since.isoformat(), asked.effective_on.isoformat()]])


def rests_of(cover: Mapping[str, Any]) -> list[tuple[date, date]]:
    """Return the half-open days on which a cover rested or is to rest, the last rest included."""
    rests = [*cover.get("pauses", ())]
    if cover.get(SUSPENDED):
        rests.append([cover[SUSPENDED], cover[SUSPENDED_UNTIL]])
    return [(date.fromisoformat(start), date.fromisoformat(end)) for start, end in rests]


def rested_days(rests: Sequence[tuple[date, date]]) -> int:
    """Return how many days rests last together."""
    return sum((end - start).days for start, end in rests)
