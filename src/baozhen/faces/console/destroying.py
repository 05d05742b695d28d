"""What lists of things to destroy look like, whoever's they are: traces, dossiers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Protocol

from django.http import HttpRequest

from baozhen.faces.console.organizations.forms import Field, text
from baozhen.faces.console.registers import Cell
from baozhen.faces.console.typed import end_of_day
from baozhen.faces.templatetags.faces import stamp, who

_TONES: Final[Mapping[str, str]] = {
    "proposed": "amber",
    "approved_once": "amber",
    "refused": "seal",
    "approved": "azure",
    "done": "jade",
}
_ICONS: Final[Mapping[str, str]] = {"refused": "cross", "done": "check"}
REASON: Final = Field(name="reason", label="事由")


class DestructionList(Protocol):
    """A list that was proposed; its state is one of those that `_TONES` names."""

    state: str
    public_id: str
    reason: str
    proposed_by: str
    proposed_at: datetime

    def get_state_display(self) -> str:
        """Return the state in words."""


def columns(counted: str) -> tuple[str, ...]:
    """Return the columns of a register of lists; `counted` is what stands on them."""
    return ("提出时间", "清单", "事由", "提出人", counted, "状态")


def cells(row: DestructionList, *, href: str, count: int) -> tuple[Cell, ...]:
    """Return one line of a register of lists."""
    return (
        Cell(text=stamp(row.proposed_at), href=href),
        Cell(text=row.public_id, is_code=True),
        Cell(text=row.reason),
        Cell(text=who(row.proposed_by)),
        Cell(text=f"{count:,}"),
        state_cell(row),
    )


def state_cell(row: DestructionList) -> Cell:
    """Return the state of a list as a tag."""
    icon = _ICONS.get(row.state, "clock")
    return Cell(text=row.get_state_display(), tone=_TONES[row.state], icon=icon)


def first_facts(row: DestructionList) -> tuple[tuple[str, str, bool], ...]:
    """Return what every list says of itself: which it is, why, who proposed it and when."""
    return (
        ("清单编号", row.public_id, True),
        ("事由", row.reason, False),
        ("提出", f"{who(row.proposed_by)} · {stamp(row.proposed_at)}", False),
    )


def typed_until(request: HttpRequest, at: datetime) -> datetime:
    """Return the end of the day that was typed as the last one that counts, else now."""
    return end_of_day(text(request, "until")) or at
