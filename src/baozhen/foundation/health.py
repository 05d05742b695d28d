"""Health checks of the running platform: `baozhen doctor` and the console show the same ones.

A check returns lines that say what works, or raises; the site installs the checks at start-up,
because only the top floor knows all parts.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

Check = Callable[[], tuple[str, ...]]
_checks: dict[str, Check] = {}


@dataclass(frozen=True)
class Finding:
    """One line of a health report."""

    area: str
    ok: bool
    detail: str


def install_checks(checks: Mapping[str, Check]) -> None:
    """Install the checks by area, in the order in which they are shown."""
    _checks.clear()
    _checks.update(checks)


def find(area: str, check: Check) -> Iterator[Finding]:
    """Yield the findings of one check; whatever it raises is a finding too."""
    try:
        for line in check():
            yield Finding(area, True, line)
    except Exception as error:  # noqa: BLE001 -- a diagnosis reports whatever went wrong
        yield Finding(area, False, str(error) or type(error).__name__)


def findings() -> Iterator[Finding]:
    """Yield the findings of all installed checks; one area's failure never hides the others."""
    for area, check in _checks.items():
        yield from find(area, check)
