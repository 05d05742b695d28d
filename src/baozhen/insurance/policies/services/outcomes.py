"""What goes into the acceptance of proposals, and what comes out for each. Plain values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from baozhen.insurance.proposals.faults import Fault
from baozhen.insurance.proposals.states import ItemStatus


@dataclass(frozen=True, kw_only=True)
class Sender:
    """Who sent the proposals, in which batch if any, and how their time is to be attested."""

    client: str
    timestamp_mode: str
    batch_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One line or request body, already decoded from JSON."""

    line: int
    raw: Mapping[str, object]


@dataclass(kw_only=True)
class Outcome:
    """What became of one candidate: `issued` stands for "its proposal is accepted" here."""

    line: int
    status: ItemStatus
    proposal_no: str = ""
    proposal_id: int | None = None
    is_repeat: bool = False
    errors: Sequence[Fault] = field(default=())
    trace_no: str = ""
    policies: list[dict[str, str]] = field(default_factory=list)


def errors_as_json(errors: Sequence[Fault]) -> list[dict[str, str]]:
    """Return faults in the words of reports and of the API."""
    return [{"code": fault.code, "path": fault.path, "message": fault.message} for fault in errors]
