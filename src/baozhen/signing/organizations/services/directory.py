"""Take the directory's word: plan a run, apply it, give it up."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from baozhen.foundation.states import enter, move
from baozhen.signing.organizations.directory.planning import (
    Change,
    DirectoryPerson,
    DirectoryUnit,
    Known,
    KnownPerson,
    KnownUnit,
    Plan,
    Snapshot,
    Step,
    plan_changes,
)
from baozhen.signing.organizations.errors import SyncRefused
from baozhen.signing.organizations.models import Account, DirectorySource, OrgUnit, SyncRun
from baozhen.signing.organizations.queries import root_unit
from baozhen.signing.organizations.services.accounts import (
    AccountChange,
    AccountFacts,
    change_account,
    create_account,
    move_account,
    part_with_account,
    unlock_account,
)
from baozhen.signing.organizations.services.units import (
    UnitFacts,
    create_unit,
    move_unit,
    rename_unit,
    suspend_unit,
)
from baozhen.signing.organizations.states import AccountState, SyncState, UnitKind, UnitState

LEAVERS_MAX_PERCENT = 10
_SHOWN_MAX = 5_000

OpenTasks = Callable[[Account], list[str]]
_open_tasks: list[OpenTasks] = []


def install_open_tasks(tasks: OpenTasks) -> None:
    """Install who can tell what a person still has to do: the rooms above know, we do not."""
    _open_tasks[:] = [tasks]


@dataclass(frozen=True, kw_only=True)
class RunRequest:
    """The word of a directory that shall be compared with what we have."""

    snapshot: Snapshot
    source_name: str
    source: DirectorySource | None = None


def plan_of(run: SyncRun) -> Plan:
    """Return what the run would change now; somebody may have worked since it was planned."""
    percent = run.source.leavers_max_percent if run.source else LEAVERS_MAX_PERCENT
    return plan_changes(Snapshot.from_json(run.snapshot), _known(), leavers_max_percent=percent)


@transaction.atomic(durable=True)
def plan_run(request: RunRequest, *, actor: str, at: datetime) -> SyncRun:
    """Keep the directory's word with what it would change; raises DirectoryInvalid."""
    source = request.source
    percent = source.leavers_max_percent if source else LEAVERS_MAX_PERCENT
    plan = plan_changes(request.snapshot, _known(), leavers_max_percent=percent)
    run = SyncRun.objects.create(
        state=SyncState.HELD if plan.is_held else SyncState.PLANNED,
        source=source,
        source_name=request.source_name,
        is_full=request.snapshot.is_full,
        snapshot=request.snapshot.to_json(),
        counts=plan.counts,
        warnings=list(plan.warnings),
        planned_at=at,
        planned_by=actor[:64],
    )
    enter(run, actor=actor, at=at)
    return run


@transaction.atomic(durable=True)
def apply_run(key: int, *, confirmed: bool, actor: str, at: datetime) -> SyncRun:
    """Make the changes, all or none; a held run needs a person's word. Raises SyncRefused."""
    run = SyncRun.objects.select_for_update().get(pk=key)
    plan = plan_of(run)
    if (run.state == SyncState.HELD or plan.is_held) and not confirmed:
        raise SyncRefused(reason="离职人数超过上限，须由系统管理员确认")
    snapshot = Snapshot.from_json(run.snapshot)
    worker = _Worker(snapshot, actor=actor, at=at)
    for change in plan.changes:
        worker.make(change)
    move(
        run, SyncState.APPLIED, actor=actor, at=at,
        applied_at=at,
        counts=plan.counts,
        report={
            "changes": [
                {"step": change.step, "label": change.label} for change in plan.changes
            ][:_SHOWN_MAX],
            "tasks": worker.tasks,
            "powers_ended": worker.powers_ended,
        },
    )  # fmt: skip
    return run


@transaction.atomic(durable=True)
def cancel_run(key: int, *, actor: str, at: datetime) -> None:
    """Give the run up; nothing was changed."""
    run = SyncRun.objects.select_for_update().get(pk=key)
    move(run, SyncState.CANCELLED, actor=actor, at=at)


class _Worker:
    """Makes one change after the other; units first, so that people find their place."""

    def __init__(self, snapshot: Snapshot, *, actor: str, at: datetime) -> None:
        self.units = {unit.external_id: unit for unit in snapshot.units}
        self.people = {person.external_id: person for person in snapshot.people}
        self.act: dict[str, Any] = {"actor": actor, "at": at}
        self.tasks: dict[str, list[str]] = {}
        self.powers_ended = 0

    def make(self, change: Change) -> None:
        """Make the change."""
        key = change.external_id
        match change.step:
            case Step.UNIT_CREATED:
                self._create_unit(self.units[key])
            case Step.UNIT_RENAMED:
                rename_unit(_unit(key), self.units[key].name, **self.act)
            case Step.UNIT_MOVED:
                move_unit(_unit(key), self._place(self.units[key].parent), **self.act)
            case Step.UNIT_GONE:
                suspend_unit(_unit(key), reason="目录中已撤销", **self.act)
            case _:
                self._of_person(change)

    def _of_person(self, change: Change) -> None:
        if change.step == Step.PERSON_CREATED:
            self._create_person(self.people[change.external_id])
            return
        account = Account.objects.select_related("unit").get(external_id=change.external_id)
        match change.step:
            case Step.PERSON_CHANGED:
                person = self.people[change.external_id]
                facts = AccountChange(
                    display_name=person.display_name, mobile=person.mobile, email=person.email
                )
                change_account(account, facts, **self.act)
            case Step.PERSON_MOVED:
                move_account(account, self._place(change.after), **self.act)
            case Step.PERSON_RETURNED:
                unlock_account(account, **self.act)
            case Step.PERSON_LEFT:
                self._part_with(account)

    def _part_with(self, account: Account) -> None:
        for tasks in _open_tasks:
            if found := tasks(account):
                self.tasks[account.public_id] = found
        self.powers_ended += part_with_account(account, **self.act)

    def _place(self, external_id: str) -> OrgUnit:
        return _unit(external_id) if external_id else root_unit()

    def _create_unit(self, unit: DirectoryUnit) -> None:
        kind = UnitKind.BRANCH if unit.kind == UnitKind.BRANCH else UnitKind.DEPARTMENT
        parent = self._place(unit.parent)
        facts = UnitFacts(name=unit.name, kind=kind, parent=parent, external_id=unit.external_id)
        create_unit(facts, **self.act)

    def _create_person(self, person: DirectoryPerson) -> None:
        unit = self._place(person.unit)
        ours = _same_person(person)
        if ours is not None:  # made by hand before the directory was connected
            facts = AccountChange(
                external_id=person.external_id,
                display_name=person.display_name,
                mobile=person.mobile,
                email=person.email,
            )
            change_account(ours, facts, **self.act)
            move_account(ours, unit, **self.act)
            return
        create_account(
            AccountFacts(
                username=person.username,
                display_name=person.display_name,
                unit=unit,
                staff_no=person.staff_no,
                external_id=person.external_id,
                mobile=person.mobile,
                email=person.email,
            ),
            **self.act,
        )


def _same_person(person: DirectoryPerson) -> Account | None:
    """Find the account that was made by hand: by the staff number alone, which is nobody else's."""
    if not person.staff_no:
        return None
    return (
        Account.objects.select_related("unit")
        .filter(staff_no=person.staff_no, external_id__isnull=True)
        .first()
    )


def _unit(external_id: str) -> OrgUnit:
    return OrgUnit.objects.get(external_id=external_id)


def _known() -> Known:
    """Return what came from the directory before."""
    units = OrgUnit.objects.filter(external_id__isnull=False).select_related("parent")
    people = Account.objects.filter(external_id__isnull=False).select_related("unit", "user")
    return Known(
        units={
            str(unit.external_id): KnownUnit(
                name=unit.name,
                parent=(unit.parent.external_id or "") if unit.parent else "",
                is_active=unit.state == UnitState.ACTIVE,
            )
            for unit in units
        },
        people={
            str(account.external_id): KnownPerson(
                username=account.staff_no or account.user.get_username(),
                unit=account.unit.external_id or "",
                fingerprint=(account.display_name, account.mobile or "", account.email or ""),
                is_active=account.state != AccountState.LEFT,
            )
            for account in people
        },
    )
