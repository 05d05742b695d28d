"""A page of a list, and where the next one begins."""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True)
class Page(Generic[Item]):
    """Some items in order; ask again with `cursor` while `has_more`."""

    items: list[Item]
    has_more: bool
    cursor: str | None


def page_from(answer: dict[str, Any]) -> Page[Any]:
    """Return the page of an answer."""
    return Page(answer["items"], bool(answer["has_more"]), answer.get("cursor"))
