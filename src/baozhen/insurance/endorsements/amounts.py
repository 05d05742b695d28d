"""The money of changes: by the day, rounded half up to the fen, never more back than was paid.

DOMAIN 3.3 and 3.8. A premium is paid for the days of a term; each endorsement with a difference
has a term of its own, from the day it takes effect. What is paid back for the days to come is
worked out for each of these premiums over its own term.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

_FEN = Decimal(1)


@dataclass(frozen=True, slots=True)
class Term:
    """The half-open days of cover; `pauses` are half-open days on which cover rested."""

    starts_on: date
    ends_on: date
    pauses: tuple[tuple[date, date], ...] = ()

    @property
    def days(self) -> int:
        """The days of cover that were bought."""
        paused = sum((end - start).days for start, end in self.pauses)
        return (self.ends_on - self.starts_on).days - paused

    def left(self, on: date) -> int:
        """The days of cover that are left at the start of a day."""
        elapsed = (min(max(on, self.starts_on), self.ends_on) - self.starts_on).days
        for start, end in self.pauses:
            elapsed -= max(0, (min(on, end) - start).days)
        return max(0, self.days - max(0, elapsed))


@dataclass(frozen=True, slots=True)
class Premium:
    """One premium: what for, how much, for how many days, under which payment order."""

    name: str
    fen: int
    days: int
    order_no: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a calculation: what, how it was worked out in words, and the amount in fen.

    A negative amount goes back to who paid it, by the order it was paid with. Tax is no premium:
    it does not go back with the days of cover.
    """

    name: str
    words: str
    fen: int
    order_no: str = ""
    is_tax: bool = False


def tax_fen(lines: Iterable[Line]) -> int:
    """Return the part of a calculation that is vehicle tax."""
    return sum(line.fen for line in lines if line.is_tax)


def half_up(amount: Decimal) -> int:
    """Round an amount in fen, half away from zero."""
    return int(amount.quantize(_FEN, rounding=ROUND_HALF_UP))


def difference_fen(yearly: Decimal, *, left: int, days: int) -> int:
    """Return the difference of a yearly premium for the days that are left."""
    return half_up(yearly * left / days)


def share_fen(premium_fen: int, *, left: int, days: int) -> int:
    """Return the part of a premium that is for the days to come."""
    return half_up(Decimal(premium_fen) * min(left, days) / days)


def refund_lines(premiums: Sequence[Premium], *, left: int) -> list[Line]:
    """Return what goes back for the `left` days, premium by premium, once cover has begun.

    交强险条例 第十七条, 保险法 第五十四条. What went back when cover was taken away
    counts against the others: the sum is never more than what was paid.
    """
    lines = [
        Line(
            name=premium.name,
            words=f"{_yuan(premium.fen)} × {min(left, premium.days)} ÷ {premium.days} 天",
            fen=-share_fen(premium.fen, left=left, days=premium.days),
            order_no=premium.order_no,
        )
        for premium in premiums
    ]
    return _capped(lines, paid=sum(premium.fen for premium in premiums))


def early_refund_lines(premiums: Sequence[Premium], *, fee_rate: Decimal) -> list[Line]:
    """Return what goes back before cover has begun: everything less the fee.

    示范条款 通用条款: the fee of commercial cover is 3 % of the premium; compulsory cover has none.
    """
    paid = sum(premium.fen for premium in premiums)
    lines = [
        Line(
            name=premium.name,
            words=f"{_yuan(premium.fen)}，保险责任尚未开始",
            fen=-premium.fen,
            order_no=premium.order_no,
        )
        for premium in premiums
    ]
    if fee_rate and paid > 0:
        percent = f"{(fee_rate * 100).normalize():f}"
        fee = half_up(Decimal(paid) * fee_rate)
        words = f"{_yuan(paid)} × {percent}%"
        lines.append(Line(name="退保手续费", words=words, fen=fee))
    return lines


def refunds_by_order(lines: Sequence[Line], *, paid: Sequence[tuple[str, int]]) -> dict[str, int]:
    """Return how much goes back under which payment order; the sum is that of the lines.

    `paid` has each order with what is left of it, the first one first. Lines name their order;
    what no line's order can bear (a fee, cover taken away) is settled with the others in turn.
    Raises ValueError when more would go back than was paid.
    """
    total = -sum(line.fen for line in lines)
    room = dict(paid)
    back: dict[str, int] = dict.fromkeys(room, 0)
    for line in lines:
        if line.order_no in room:
            back[line.order_no] -= line.fen
    for order_no, limit in room.items():
        back[order_no] = min(max(back[order_no], 0), limit)
    _settle(back, room, total)
    return {order_no: fen for order_no, fen in back.items() if fen}


def _settle(back: dict[str, int], room: dict[str, int], total: int) -> None:
    """Move what is too much or too little to the orders that can bear it, the first one first."""
    for order_no, limit in room.items():
        missing = total - sum(back.values())
        back[order_no] = min(max(back[order_no] + missing, 0), limit)
    if sum(back.values()) != total:
        raise ValueError("more would go back than was paid")


def _capped(lines: list[Line], *, paid: int) -> list[Line]:
    """Keep the sum between nothing and what was paid: rounding may not step over either."""
    total = -sum(line.fen for line in lines)
    wanted = min(max(total, 0), max(paid, 0))
    if wanted != total:
        words = "四舍五入调整" if abs(total - wanted) <= len(lines) else "以已交保险费为限"
        lines.append(Line(name="调整", words=words, fen=total - wanted))
    return lines


def _yuan(fen: int) -> str:
    sign = "-" if fen < 0 else ""
    yuan, rest = divmod(abs(fen), 100)
    return f"{sign}{yuan:,}.{rest:02d}"
