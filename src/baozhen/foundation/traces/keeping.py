"""How long traces stay: what the contract says, told by the rooms above, or the rule of our own.

银保监发〔2020〕26号: five years from the end of a contract of up to a year, ten years beyond, and
three years after a dispute. What became no contract stays a year.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from baozhen.foundation.clock import shanghai_date
from baozhen.foundation.traces.models import TraceLink, TraceSession
from baozhen.foundation.traces.states import Number

YEARS_WITHOUT_CONTRACT: Final = 1
LIST_MAX: Final = 1_000


@dataclass(frozen=True, kw_only=True)
class Keeping:
    """What the rooms above know of a number: until when it must stay, and whether it is held."""

    until: date | None
    is_held: bool = False


Keeper = Callable[[Collection[str]], Keeping]
_installed: list[Keeper] = []


def install_keeper(keeper: Keeper) -> None:
    """Install what knows of contracts and holds; called at start-up."""
    _installed[:] = [keeper]


def why_kept(session: TraceSession, *, at: datetime) -> str:
    """Return why a session must stay, in words, or nothing when its time is over."""
    links = TraceLink.objects.filter(session=session).exclude(kind=Number.PRODUCT)
    numbers = list(links.values_list("number", flat=True))
    told = _installed[0](numbers) if _installed and numbers else Keeping(until=None)
    if told.is_held:
        return "业务处于法律冻结状态"
    until = max(filter(None, [told.until, _own_end(session)]))
    if shanghai_date(at) <= until:
        return f"须保管至 {until.isoformat()}"
    return ""


def _own_end(session: TraceSession) -> date:
    last = shanghai_date(session.last_at)
    year = last.year + YEARS_WITHOUT_CONTRACT
    try:
        return last.replace(year=year)
    except ValueError:  # 29 February: never a day too early
        return date(year, 3, 1)


def due_sessions(*, until: datetime, at: datetime) -> list[TraceSession]:
    """Return the sessions without acts after `until` whose time is over, the oldest first."""
    old = TraceSession.objects.filter(last_at__lt=until, destroyed_at__isnull=True)
    found: list[TraceSession] = []
    for session in old.order_by("pk").iterator(chunk_size=500):
        if not why_kept(session, at=at):
            found.append(session)
        if len(found) == LIST_MAX:
            break
    return found
