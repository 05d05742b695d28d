"""What would change when the directory's word is taken. Pure: two pictures in, a plan out."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from baozhen.signing.organizations.errors import DirectoryInvalid

LEAVERS_ALWAYS_ALLOWED = 3


@dataclass(frozen=True, kw_only=True)
class DirectoryUnit:
    """A unit as the directory knows it."""

    external_id: str
    name: str
    parent: str = ""
    kind: str = "department"


@dataclass(frozen=True, kw_only=True)
class DirectoryPerson:
    """A person as the directory knows him; `unit` is the unit's id there."""

    external_id: str
    username: str
    display_name: str
    unit: str = ""
    staff_no: str = ""
    mobile: str = ""
    email: str = ""
    active: bool = True


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """What the directory says; in a full one, who is not in it has left."""

    units: tuple[DirectoryUnit, ...]
    people: tuple[DirectoryPerson, ...]
    is_full: bool

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> "Snapshot":
        """Return what `to_json` was made from."""
        return cls(
            units=tuple(DirectoryUnit(**unit) for unit in given["units"]),
            people=tuple(DirectoryPerson(**person) for person in given["people"]),
            is_full=given["is_full"],
        )


class Step(StrEnum):
    """The kinds of change, in the order in which they are made."""

    UNIT_CREATED = "unit_created"
    UNIT_RENAMED = "unit_renamed"
    UNIT_MOVED = "unit_moved"
    PERSON_CREATED = "person_created"
    PERSON_CHANGED = "person_changed"
    PERSON_MOVED = "person_moved"
    PERSON_RETURNED = "person_returned"
    PERSON_LEFT = "person_left"
    UNIT_GONE = "unit_gone"


STEPS: dict[Step, str] = {
    Step.UNIT_CREATED: "新增机构",
    Step.UNIT_RENAMED: "机构更名",
    Step.UNIT_MOVED: "机构调整上级",
    Step.PERSON_CREATED: "新增人员",
    Step.PERSON_CHANGED: "人员信息变化",
    Step.PERSON_MOVED: "人员调动",
    Step.PERSON_RETURNED: "人员恢复",
    Step.PERSON_LEFT: "人员离职",
    Step.UNIT_GONE: "机构撤销",
}


@dataclass(frozen=True, kw_only=True)
class Change:
    """One change: what, of whom (the directory's id), and from what to what."""

    step: Step
    external_id: str
    label: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True, kw_only=True)
class KnownUnit:
    """A unit as we have it."""

    name: str
    parent: str
    is_active: bool


@dataclass(frozen=True, kw_only=True)
class KnownPerson:
    """A person as we have him; `fingerprint` are the values that the directory may change."""

    username: str
    unit: str
    fingerprint: tuple[str, ...]
    is_active: bool


@dataclass(frozen=True, kw_only=True)
class Known:
    """What came from the directory before, by its ids."""

    units: Mapping[str, KnownUnit]
    people: Mapping[str, KnownPerson]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Every change in order, and what a person should look at first."""

    changes: tuple[Change, ...]
    is_held: bool = False
    warnings: tuple[str, ...] = field(default=())

    @property
    def counts(self) -> dict[str, int]:
        """How many changes of each kind."""
        found = dict.fromkeys(Step, 0)
        for change in self.changes:
            found[change.step] += 1
        return {step.value: count for step, count in found.items() if count}


def fingerprint_of(person: DirectoryPerson) -> tuple[str, ...]:
    """Return the values of a person that a change of the directory carries over."""
    return (person.display_name, person.mobile, person.email)


def plan_changes(snapshot: Snapshot, known: Known, *, leavers_max_percent: int) -> Plan:
    """Compare; raises DirectoryInvalid for a directory that contradicts itself.

    The plan is held for a person when more people would leave than the given share: an empty or
    half answer of the directory must not lock out the company.
    """
    _check(snapshot, known)
    changes = [
        *_units(snapshot, known),
        *_people(snapshot, known),
        *(_missing(snapshot, known) if snapshot.is_full else ()),
    ]
    order = list(Step)
    changes.sort(key=lambda change: order.index(change.step))
    leavers = sum(change.step == Step.PERSON_LEFT for change in changes)
    staff = sum(person.is_active for person in known.people.values())
    is_held = leavers > max(LEAVERS_ALWAYS_ALLOWED, staff * leavers_max_percent // 100)
    warnings = []
    if is_held:
        warnings.append(
            f"将有 {leavers} 人被标记离职，占 {staff} 人的 {leavers * 100 // max(1, staff)}%，"
            f"超过上限 {leavers_max_percent}%：请核对目录后再确认执行"
        )
    return Plan(changes=tuple(changes), is_held=is_held, warnings=tuple(warnings))


def in_order(units: Iterable[DirectoryUnit]) -> list[DirectoryUnit]:
    """Return the units parents first; raises DirectoryInvalid for a circle."""
    waiting = {unit.external_id: unit for unit in units}
    ordered: list[DirectoryUnit] = []
    while waiting:
        ready = [unit for unit in waiting.values() if unit.parent not in waiting]
        if not ready:
            raise DirectoryInvalid(reason=f"机构 {next(iter(waiting))} 的上级关系成环")
        for unit in ready:
            del waiting[unit.external_id]
        ordered.extend(ready)
    return ordered


def _check(snapshot: Snapshot, known: Known) -> None:
    in_order(snapshot.units)
    _check_keys("机构", [unit.external_id for unit in snapshot.units])
    _check_keys("人员", [person.external_id for person in snapshot.people])
    units = {unit.external_id for unit in snapshot.units} | set(known.units) | {""}
    for unit in snapshot.units:
        if not unit.name.strip():
            raise DirectoryInvalid(reason=f"机构 {unit.external_id} 没有名称")
        if unit.parent not in units:
            raise DirectoryInvalid(reason=f"机构 {unit.external_id} 的上级 {unit.parent} 不存在")
    for person in snapshot.people:
        if person.unit not in units:
            raise DirectoryInvalid(reason=f"人员 {person.external_id} 的机构 {person.unit} 不存在")


def _check_keys(kind: str, keys: list[str]) -> None:
    if "" in keys:
        raise DirectoryInvalid(reason=f"有{kind}没有编号")
    seen: set[str] = set()
    for key in keys:
        if key in seen:
            raise DirectoryInvalid(reason=f"{kind}编号 {key} 出现多次")
        seen.add(key)


def _units(snapshot: Snapshot, known: Known) -> Iterable[Change]:
    for unit in in_order(snapshot.units):
        key, ours = unit.external_id, known.units.get(unit.external_id)
        if ours is None:
            yield Change(step=Step.UNIT_CREATED, external_id=key, label=unit.name)
            continue
        if ours.name != unit.name:
            yield Change(
                step=Step.UNIT_RENAMED,
                external_id=key,
                label=unit.name,
                before=ours.name,
                after=unit.name,
            )
        if unit.parent and ours.parent != unit.parent:
            yield Change(
                step=Step.UNIT_MOVED,
                external_id=key,
                label=unit.name,
                before=ours.parent,
                after=unit.parent,
            )


def _people(snapshot: Snapshot, known: Known) -> Iterable[Change]:
    for person in snapshot.people:
        ours = known.people.get(person.external_id)
        if ours is not None:
            yield from _of_known(person, ours)
        elif person.active:
            yield _of(Step.PERSON_CREATED, person, after=person.unit)


def _of_known(person: DirectoryPerson, ours: KnownPerson) -> Iterable[Change]:
    if not person.active:
        if ours.is_active:
            yield _of(Step.PERSON_LEFT, person, before=ours.unit)
        return
    if not ours.is_active:
        yield _of(Step.PERSON_RETURNED, person, after=person.unit)
    if ours.fingerprint != fingerprint_of(person):
        yield _of(Step.PERSON_CHANGED, person)
    if person.unit and ours.unit != person.unit:
        yield _of(Step.PERSON_MOVED, person, before=ours.unit, after=person.unit)


def _missing(snapshot: Snapshot, known: Known) -> Iterable[Change]:
    people = {person.external_id for person in snapshot.people}
    for key, person in known.people.items():
        if key not in people and person.is_active:
            yield Change(
                step=Step.PERSON_LEFT, external_id=key, label=person.username, before=person.unit
            )
    units = {unit.external_id for unit in snapshot.units}
    for key, unit in known.units.items():
        if key not in units and unit.is_active:
            yield Change(step=Step.UNIT_GONE, external_id=key, label=unit.name)


def _of(step: Step, person: DirectoryPerson, *, before: str = "", after: str = "") -> Change:
    return Change(
        step=step,
        external_id=person.external_id,
        label=person.staff_no or person.username,
        before=before,
        after=after,
    )
