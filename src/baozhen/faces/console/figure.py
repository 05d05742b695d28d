"""A number of the first page that leads to its rows, with the permission that shows it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import QuerySet
from django.urls import reverse

from baozhen.faces.counts import count
from baozhen.foundation.clock import SHANGHAI
from baozhen.signing.organizations.roles import Permission

Person = User | AnonymousUser


@dataclass(frozen=True)
class Asking:
    """Who asks, and when."""

    user: Person
    actor: str
    at: datetime

    @property
    def midnight(self) -> datetime:
        """When today began."""
        return self.at.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)


Rows = Callable[[Asking], "QuerySet[Any] | int"]


@dataclass(frozen=True)
class Figure:
    """A number that leads to its rows; `warns` when it should be none."""

    permission: Permission
    label: str
    rows: Rows
    place: str  # the name of the address in `console:`
    query: str = ""
    warns: bool = False

    def shown(self, asking: Asking) -> dict[str, object]:
        """Return what the page shows."""
        rows = self.rows(asking)
        number = rows if isinstance(rows, int) else count(rows)
        return {
            "label": self.label,
            "number": number,
            "href": reverse(f"console:{self.place}") + self.query.format(today=_today(asking)),
            "tone": "amber" if self.warns and number else "",
        }


def _today(asking: Asking) -> str:
    return asking.midnight.date().isoformat()
