"""Decisions about signing tasks: whose turn it is, what a condition says, what is read."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from baozhen.signing.envelopes.errors import DraftInvalid
from baozhen.signing.envelopes.states import PASSIVE_TYPES, ActionState, ActionType

_OVER = frozenset({ActionState.DONE, ActionState.SKIPPED})
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    ">": lambda a, b: _are_alike(a, b) and a > b,
    ">=": lambda a, b: _are_alike(a, b) and a >= b,
    "<": lambda a, b: _are_alike(a, b) and a < b,
    "<=": lambda a, b: _are_alike(a, b) and a <= b,
}


@dataclass(frozen=True)
class Step:
    """What the order of work needs to know of an action."""

    key: int
    type: str
    order: int
    state: str
    condition: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Turn:
    """What becomes ready, what is skipped, and whether everything is done or being done."""

    ready: tuple[int, ...]
    skipped: tuple[int, ...]
    is_all_decided: bool
    is_all_done: bool


def next_turn(steps: Sequence[Step], values: Mapping[str, Any]) -> Turn:
    """Return whose turn it is: the lowest order that is not over; equal orders work in parallel.

    Nobody waits for copies and viewers.
    """
    active = [step for step in steps if step.type not in PASSIVE_TYPES]
    skipped = tuple(
        step.key
        for step in active
        if step.state == ActionState.WAITING and not holds(step.condition, values)
    )
    left = [step for step in active if step.state not in _OVER and step.key not in skipped]
    current = min((step.order for step in left), default=None)
    ready = tuple(
        step.key for step in left if step.order == current and step.state == ActionState.WAITING
    )
    undecided = [step for step in left if step.state != ActionState.PERFORMING]
    return Turn(ready, skipped, not undecided, not left)


def holds(condition: Mapping[str, Any] | None, values: Mapping[str, Any]) -> bool:
    """Tell whether a condition such as {"field": "sum_fen", "op": ">", "value": 100} holds."""
    if not condition:
        return True
    return bool(_COMPARE[condition["op"]](values.get(condition["field"]), condition["value"]))


def check_condition(condition: Mapping[str, Any] | None, *, path: str) -> None:
    """Raise DraftInvalid for a condition that cannot be read."""
    if condition is None:
        return
    if set(condition) != {"field", "op", "value"} or condition["op"] not in _COMPARE:
        raise DraftInvalid(path=path, reason="条件须写明 field、op（= != > >= < <=）和 value")
    if not isinstance(condition["field"], str) or not isinstance(
        condition["value"], str | int | float | None
    ):
        reason = "条件的 field 应为文字，value 应为文字、数字或 true、false"
        raise DraftInvalid(path=path, reason=reason)


def _are_alike(left: Any, right: Any) -> bool:
    """Tell whether two values have an order: a text is neither more nor less than a number."""
    numbers = isinstance(left, int | float) and isinstance(right, int | float)
    return numbers or (isinstance(left, str) and isinstance(right, str))


def check_steps(types: Collection[str], *, path: str) -> None:
    """Raise DraftInvalid when nobody signs, or an action has an unknown type."""
    unknown = [kind for kind in types if kind not in tuple(ActionType)]
    if unknown:
        raise DraftInvalid(path=path, reason=f"没有动作 {unknown[0]}")
    if not any(kind in {"seal", "sign", "legal_rep_sign"} for kind in types):
        raise DraftInvalid(path=path, reason="至少要有一个签名或盖章的步骤")


@dataclass(frozen=True)
class PageRead:
    """How far one page was read."""

    document: int
    page: int
    seconds: int
    has_ended: bool


@dataclass(frozen=True)
class ReadingFacts:
    """All pages there are, and what was read of them."""

    pages: Mapping[int, int]  # document id -> number of pages
    read: tuple[PageRead, ...]
    seconds_min: int = 0


def pages_left(facts: ReadingFacts) -> int:
    """Return how many pages were not read to their end."""
    ended = {(page.document, page.page) for page in facts.read if page.has_ended}
    return sum(
        (document, number) not in ended
        for document, count in facts.pages.items()
        for number in range(1, count + 1)
    )


def seconds_left(facts: ReadingFacts) -> int:
    """Return how many seconds of the least reading time are missing."""
    return max(0, facts.seconds_min - sum(page.seconds for page in facts.read))


def share_read(facts: ReadingFacts) -> int:
    """Return how much is read, in percent."""
    total = sum(facts.pages.values())
    return 100 if not total else round(100 * (total - pages_left(facts)) / total)


def is_read(facts: ReadingFacts) -> bool:
    """Tell whether everything was read to its end, and long enough."""
    return not pages_left(facts) and not seconds_left(facts)


def missing_papers(papers: Iterable[tuple[str, bool, bool]]) -> tuple[str, ...]:
    """Return the labels of required papers that are not there: (label, required, received)."""
    return tuple(label for label, required, received in papers if required and not received)
