"""Which numbers belong together: a policy was a proposal first. Told by the rooms above."""

from collections.abc import Callable, Iterable

_installed: list[Callable[[str], Iterable[str]]] = []


def install_relations(source: Callable[[str], Iterable[str]]) -> None:
    """Install what gives the numbers of the same business; called at start-up."""
    _installed[:] = [source]


def related(number: str) -> set[str]:
    """Return the number and those of the same business."""
    return {number, *(found for source in _installed for found in source(number))}
