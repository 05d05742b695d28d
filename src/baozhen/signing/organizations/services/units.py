"""Make, move, rename and suspend units."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Concat, Length, Substr

from baozhen.foundation.audit import services as audit
from baozhen.foundation.ids import new_id
from baozhen.foundation.states import enter, move
from baozhen.signing.organizations.errors import UnitInvalid, UnitTaken
from baozhen.signing.organizations.models import OrgUnit
from baozhen.signing.organizations.states import (
    LEGAL_ENTITIES,
    PARTS,
    Management,
    UnitKind,
    UnitState,
)

DEPTH_MAX = 12


@dataclass(frozen=True, kw_only=True)
class UnitFacts:
    """A unit to be."""

    name: str
    kind: UnitKind
    parent: OrgUnit | None = None
    code: str | None = None
    uscc: str = ""
    external_id: str | None = None


@transaction.atomic
def create_unit(facts: UnitFacts, *, actor: str, at: datetime) -> OrgUnit:
    """Make a unit below its parent, alone or as part of a greater act; raises UnitInvalid."""
    check_unit(facts)
    unit = OrgUnit.objects.create(
        public_id=new_id("org", at=at),
        parent=facts.parent,
        kind=facts.kind,
        code=facts.code or None,
        external_id=facts.external_id or None,
        name=facts.name.strip(),
        uscc=facts.uscc,
        is_legal_entity=facts.kind in LEGAL_ENTITIES,
        created_at=at,
        updated_at=at,
    )
    unit.path = f"{facts.parent.path if facts.parent else '/'}{unit.pk}/"
    OrgUnit.objects.filter(pk=unit.pk).update(path=unit.path)
    enter(unit, actor=actor, at=at)
    return unit


def check_unit(facts: UnitFacts) -> None:
    """Raise UnitInvalid for what cannot be a unit."""
    if not facts.name.strip():
        raise UnitInvalid(path="name", reason="名称不能为空")
    if facts.kind in PARTS and facts.parent is None:
        raise UnitInvalid(path="parent", reason="分支机构和部门必须有上级机构")
    if facts.parent is not None and facts.parent.depth >= DEPTH_MAX:
        raise UnitInvalid(path="parent", reason=f"机构层级不能超过 {DEPTH_MAX} 层")
    taken = OrgUnit.objects.filter(code=facts.code) if facts.code else OrgUnit.objects.none()
    if taken.exists():
        raise UnitTaken(path="code", reason=f"机构代码 {facts.code} 已被使用")


@transaction.atomic
def rename_unit(unit: OrgUnit, name: str, *, actor: str, at: datetime) -> None:
    """Give the unit another name; nothing happens when it is the same."""
    name = name.strip()
    if not name:
        raise UnitInvalid(path="name", reason="名称不能为空")
    if name == unit.name:
        return
    audit.record(
        "org_unit.renamed",
        subject_id=unit.pk,
        actor=actor,
        at=at,
        facts={"from": unit.name, "to": name},
    )
    unit.name = name
    _touch(unit, at, name=name)


@transaction.atomic
def move_unit(unit: OrgUnit, parent: OrgUnit, *, actor: str, at: datetime) -> None:
    """Hang the unit, with everything below it, under another parent; raises UnitInvalid."""
    # Two moves at once could each put the other's branch below itself.
    list(OrgUnit.objects.select_for_update().filter(parent__isnull=True).order_by("pk"))
    parent.refresh_from_db(fields=["path"])
    unit.refresh_from_db(fields=["path", "parent"])
    if parent.path.startswith(unit.path):
        raise UnitInvalid(path="parent", reason="不能移动到自己的下级机构之中")
    if unit.parent_id == parent.pk:
        return
    if unit.parent_id is None and unit.kind == UnitKind.INSURER:
        raise UnitInvalid(path="parent", reason="保险公司本身不能移动")
    before, after = unit.path, f"{parent.path}{unit.pk}/"
    OrgUnit.objects.filter(path__startswith=before).update(
        path=Concat(Value(after), Substr(F("path"), Length(Value(before)) + 1))
    )
    audit.record(
        "org_unit.moved",
        subject_id=unit.pk,
        actor=actor,
        at=at,
        facts={"from": before, "to": after},
    )
    unit.path, unit.parent = after, parent
    _touch(unit, at, parent=parent)


@transaction.atomic(durable=True)
def set_management(
    unit: OrgUnit, management: Management, roles: list[str], *, actor: str, at: datetime
) -> None:
    """Say who gives powers in the unit: head office, or its own security officer, and which."""
    unit.management, unit.delegated_roles = management, sorted(set(roles))
    _touch(unit, at, management=management, delegated_roles=unit.delegated_roles)
    audit.record(
        f"org_unit.{management}",
        subject_id=unit.pk,
        actor=actor,
        at=at,
        facts={"roles": unit.delegated_roles},
    )


@transaction.atomic
def suspend_unit(unit: OrgUnit, *, reason: str, actor: str, at: datetime) -> None:
    """Stop the unit: nobody's powers hold in it until it is resumed."""
    if unit.kind == UnitKind.INSURER:
        raise UnitInvalid(reason="保险公司本身不能停用")
    _move(unit, UnitState.SUSPENDED, actor=actor, at=at)
    audit.record(
        "org_unit.reason", subject_id=unit.pk, actor=actor, at=at, facts={"reason": reason}
    )


@transaction.atomic
def resume_unit(unit: OrgUnit, *, actor: str, at: datetime) -> None:
    """Let the unit work again."""
    _move(unit, UnitState.ACTIVE, actor=actor, at=at)


def _move(unit: OrgUnit, to: UnitState, *, actor: str, at: datetime) -> None:
    move(unit, to, actor=actor, at=at, updated_at=at, version=unit.version + 1)


def _touch(unit: OrgUnit, at: datetime, **columns: object) -> None:
    OrgUnit.objects.filter(pk=unit.pk).update(updated_at=at, version=F("version") + 1, **columns)
    unit.updated_at, unit.version = at, unit.version + 1
