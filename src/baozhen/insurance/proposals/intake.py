"""The way in: any JSON value becomes a typed proposal, or all the faults that it has.

Form and values are judged here; whether a policy may be issued is the gate's to say
(`policies.rules`), which also reads `Intake.readable` when some values were at fault.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from baozhen.insurance.products.tables import SHIPPED, Tables
from baozhen.insurance.proposals.consistency import check_values, find_warnings
from baozhen.insurance.proposals.content import ProposalData
from baozhen.insurance.proposals.faults import UNREADABLE, Fault, Findings
from baozhen.insurance.proposals.shape import PROPOSAL

_PATHS_MAX = 100


@dataclass(frozen=True, slots=True)
class Intake:
    """What came in: the proposal, or None and its faults; warnings either way.

    `readable` is the proposal as far as it could be read, with UNREADABLE in place of the values
    at fault: only for checks that run under `run_checks`, never to be stored or printed.
    """

    proposal: ProposalData | None
    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]
    readable: ProposalData | None


TablesOn = Callable[[date], Tables]


def parse_proposal(raw: object, *, at: datetime, tables_on: TablesOn | None = None) -> Intake:
    """Read and judge a proposal as received at an instant; never raises for what came in.

    `tables_on` gives the tables in force on the day the proposal was made; without it the tables
    that ship with us are taken.
    """
    findings = Findings()
    read = PROPOSAL.read(raw, "", findings)
    if read is UNREADABLE:
        return Intake(None, tuple(findings.faults), (), None)
    faults = tuple(
        dict.fromkeys([*findings.faults, *check_values(read, at, _tables(read, tables_on))])
    )
    warnings = (*findings.warnings, *find_warnings(read))
    return Intake(None if faults else read, faults, warnings, read)


def _tables(read: ProposalData, tables_on: TablesOn | None) -> Tables:
    if tables_on is None or read.submitted_at is UNREADABLE:
        return SHIPPED
    return tables_on(read.submitted_at.date())


def canonical(proposal: ProposalData) -> dict[str, object]:
    """Return the proposal as JSON that `parse_proposal` reads back to an equal one.

    Proposals that say the same give the same, whatever the order of their fields, their zones or
    their trailing zeros: hash it with sorted keys.
    """
    return PROPOSAL.write(proposal)


def changed_paths(before: dict[str, Any], after: dict[str, Any]) -> tuple[str, ...]:
    """Return the paths at which two canonical proposals differ, in order."""
    return tuple(sorted(_differences(before, after, "")))[:_PATHS_MAX]


def _differences(before: object, after: object, path: str) -> Iterator[str]:
    if isinstance(before, dict) and isinstance(after, dict):
        for name in before.keys() | after.keys():
            yield from _differences(before.get(name), after.get(name), f"{path}.{name}".lstrip("."))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from _differences(one, other, f"{path}.{index}")
    elif before != after:
        yield path
