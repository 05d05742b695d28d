"""A fault: what is wrong, where, and what to do about it; and the way to collect all of them."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from baozhen.insurance.parties.errors import Unfit
from baozhen.insurance.proposals.catalogue import CATALOGUE

FAULTS_MAX = 200


@dataclass(frozen=True, slots=True)
class Fault:
    """A stable code, the path of the field as in `vehicle.vin`, and a Chinese sentence."""

    code: str
    path: str
    message: str


def fault(code: str, path: str, **facts: object) -> Fault:
    """Return the fault of a code in the catalogue, its sentence filled with facts."""
    return Fault(code, path, CATALOGUE[code].message.format(**facts))


class Unreadable:
    """What stands in place of a value that could not be read: touching it ends the check.

    The value's own fault has been reported, so a check that needs it has nothing to say.
    """

    __slots__ = ()

    def _refuse(self, *_args: object) -> bool:
        raise TouchedUnreadable

    def __getattr__(self, name: str) -> object:
        raise TouchedUnreadable

    def __str__(self) -> str:
        raise TouchedUnreadable

    def __format__(self, spec: str) -> str:
        raise TouchedUnreadable

    def __hash__(self) -> int:
        raise TouchedUnreadable

    def __len__(self) -> int:
        raise TouchedUnreadable

    def __iter__(self) -> Iterator[object]:
        raise TouchedUnreadable

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _refuse
    __bool__ = __contains__ = __getitem__ = _refuse
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _refuse


class TouchedUnreadable(Exception):
    """A check met a value that could not be read."""


UNREADABLE: Any = Unreadable()

T = TypeVar("T")


class Findings:
    """The faults and warnings found so far; faults beyond the maximum are counted, not kept."""

    __slots__ = ("faults", "warnings")

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.warnings: list[Fault] = []

    def add(self, code: str, path: str, **facts: object) -> None:
        """Note a fault."""
        if len(self.faults) < FAULTS_MAX:
            self.faults.append(fault(code, path, **facts))

    def warn(self, code: str, path: str, **facts: object) -> None:
        """Note a warning: worth a look, no reason to refuse."""
        if len(self.warnings) < FAULTS_MAX:
            self.warnings.append(fault(code, path, **facts))

    def unfit(self, error: Unfit, path: str) -> None:
        """Note the fault of a value that a rule refused."""
        self.add(error.code, path, **error.facts)


def require(value: T) -> T:
    """Return a value that goes to a function which cannot tell that it was not read."""
    if value is UNREADABLE:
        raise TouchedUnreadable
    return value


def collect(found: list[Fault], check: Callable[..., Iterable[Fault]], *facts: Any) -> None:
    """Run a check to its end, or to the first value that it could not read."""
    try:
        for one in check(*facts):
            found.append(one)
    except TouchedUnreadable:
        return
