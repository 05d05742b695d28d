"""SCIM 2.0 without a network: filters, patches and what a resource means. Pure.

RFC 7643 says what a User and a Group are; a Group is a unit here: its members of type User work
in it, its members of type Group are the units below it (RFC 7643 §4.2). RFC 7644 §3.4.2.2 is the
filter, §3.5.2 the PATCH.
"""

import copy
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from baozhen.signing.organizations.directory.planning import (
    DirectoryPerson,
    DirectoryUnit,
    Snapshot,
)
from baozhen.signing.organizations.errors import DirectoryInvalid

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
UNIT = "urn:baozhen:params:scim:schemas:extension:2.0:OrgUnit"
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
CONTENT_TYPE = "application/scim+json"

Resource = dict[str, Any]

_FILTER = re.compile(r'^\s*([\w.:]+)\s+(eq|gt)\s+("(?:[^"\\]|\\.)*"|true|false)\s*$', re.IGNORECASE)
_PATH = re.compile(
    r"^(?:(?P<urn>urn:[\w:.-]+):)?(?P<name>\w+)"
    r'(?:\[(?P<key>\w+) eq "(?P<value>[^"]*)"\])?(?:\.(?P<sub>\w+))?$'
)


class SCIMInvalid(DirectoryInvalid):
    """The request is not SCIM as we read it; `scim_type` is the word of RFC 7644 §3.12."""

    def __init__(self, *, path: str = "", reason: str, scim_type: str = "invalidValue") -> None:
        super().__init__(path=path, reason=reason)
        self.scim_type = scim_type


@dataclass(frozen=True, kw_only=True)
class Filter:
    """`attribute eq "value"`, or `meta.lastModified gt "…"`: what a sync needs."""

    attribute: str
    operator: str
    value: str | bool | datetime


def read_filter(text: str) -> Filter:
    """Read the filter; raises SCIMInvalid (invalidFilter) for all others of RFC 7644."""
    found = _FILTER.match(text)
    if found is None:
        raise SCIMInvalid(reason=f"不支持的过滤条件 {text}", scim_type="invalidFilter")
    attribute, operator, given = found[1].lower(), found[2].lower(), found[3]
    if given.lower() in {"true", "false"}:
        return Filter(attribute=attribute, operator=operator, value=given.lower() == "true")
    value = re.sub(r"\\(.)", r"\1", given[1:-1])
    if operator == "eq":
        return Filter(attribute=attribute, operator=operator, value=value)
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise SCIMInvalid(reason=f"{value} 不是时间", scim_type="invalidFilter") from error
    return Filter(attribute=attribute, operator=operator, value=moment)


def apply_patch(resource: Resource, body: Mapping[str, Any]) -> Resource:
    """Return the resource after the operations of a PATCH, all or none; raises SCIMInvalid."""
    operations = body.get("Operations")
    if PATCH not in body.get("schemas", ()) or not isinstance(operations, list) or not operations:
        raise SCIMInvalid(reason="不是 PatchOp", scim_type="invalidSyntax")
    changed = copy.deepcopy(resource)
    for operation in operations:
        verb = str(operation.get("op", "")).lower()
        if verb not in {"add", "replace", "remove"}:
            raise SCIMInvalid(reason=f"没有操作 {verb}", scim_type="invalidSyntax")
        path = operation.get("path")
        if path is None:
            _merge(changed, verb, operation.get("value"))
        else:
            _at_path(changed, verb, str(path), operation.get("value"))
    return changed


def _merge(resource: Resource, verb: str, value: Any) -> None:
    """Without a path the value is a part of the resource (RFC 7644 §3.5.2.1)."""
    if verb == "remove" or not isinstance(value, dict):
        raise SCIMInvalid(reason="没有 path 的操作须带对象", scim_type="noTarget")
    for name, part in value.items():
        _at_path(resource, verb, name, part) if not name.startswith(
            "urn:"
        ) else resource.setdefault(name, {}).update(part)


def _at_path(resource: Resource, verb: str, path: str, value: Any) -> None:
    found = _PATH.match(path)
    if found is None:
        raise SCIMInvalid(reason=f"不支持的 path {path}", scim_type="invalidPath")
    holder = resource.setdefault(found["urn"], {}) if found["urn"] else resource
    name = _name_in(holder, found["name"])
    if found["key"]:
        _in_list(holder, verb, name, (found["key"], found["value"], found["sub"], value))
    elif found["sub"]:
        _set(holder.setdefault(name, {}), verb, found["sub"], value)
    else:
        _set(holder, verb, name, value)


def _name_in(holder: Mapping[str, Any], name: str) -> str:
    """Attribute names are case-insensitive (RFC 7643 §2.1)."""
    return next((known for known in holder if known.lower() == name.lower()), name)


def _set(holder: Any, verb: str, name: str, value: Any) -> None:
    if not isinstance(holder, dict):
        raise SCIMInvalid(reason=f"{name} 不是对象的属性", scim_type="invalidPath")
    before = holder.get(name)
    if verb == "remove":
        if isinstance(value, list) and isinstance(before, list):
            gone = {entry.get("value") for entry in value}
            holder[name] = [entry for entry in before if entry.get("value") not in gone]
        else:
            holder.pop(name, None)
    elif verb == "add" and isinstance(before, list):
        new = value if isinstance(value, list) else [value]
        there = {entry.get("value") for entry in before}
        holder[name] = before + [entry for entry in new if entry.get("value") not in there]
    else:
        holder[name] = value


def _in_list(
    holder: Resource, verb: str, name: str, target: tuple[str, str, str | None, Any]
) -> None:
    key, wanted, sub, value = target
    entries = holder.setdefault(name, [])
    chosen = [entry for entry in entries if str(entry.get(key, "")) == wanted]
    if verb == "remove" and sub is None:
        holder[name] = [entry for entry in entries if entry not in chosen]
        return
    if not chosen:
        if verb != "add":
            raise SCIMInvalid(reason=f"没有 {key} 为 {wanted} 的 {name}", scim_type="noTarget")
        chosen = [{key: wanted}]
        entries.extend(chosen)
    for entry in chosen:
        if sub is None:
            entry.update(value)
        else:
            _set(entry, verb, sub, value)


def first_value(resource: Mapping[str, Any], name: str) -> str:
    """Return the primary entry of a list of contacts, or its first, or nothing."""
    entries = [entry for entry in resource.get(name) or () if entry.get("value")]
    primary = [entry for entry in entries if entry.get("primary")]
    chosen = (primary or entries or [{}])[0]
    return str(chosen.get("value", ""))


def name_of(user: Mapping[str, Any]) -> str:
    """Return the person's name as it is said: displayName, formatted, or family and given."""
    name = user.get("name") or {}
    joined = f"{name.get('familyName', '')}{name.get('givenName', '')}"
    return str(user.get("displayName") or name.get("formatted") or joined)


def snapshot_of(
    users: Iterable[Resource], groups: Iterable[Resource], *, is_full: bool
) -> Snapshot:
    """Return what a business system's Users and Groups say; raises DirectoryInvalid."""
    groups = list(groups)
    parents: dict[str, str] = {}
    places: dict[str, str] = {}
    for group in groups:
        for member in group.get("members") or ():
            is_group = member.get("type") == "Group" or "/Groups/" in str(member.get("$ref", ""))
            (parents if is_group else places)[str(member.get("value"))] = str(group.get("id"))
    try:
        return Snapshot(
            units=tuple(_unit_of(group, parents) for group in groups),
            people=tuple(_person_of(user, places) for user in users),
            is_full=is_full,
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise DirectoryInvalid(reason=f"SCIM 资源缺少 {error}") from error


def _unit_of(group: Resource, parents: Mapping[str, str]) -> DirectoryUnit:
    key = str(group["id"])
    return DirectoryUnit(
        external_id=key,
        name=str(group["displayName"]),
        parent=parents.get(key, ""),
        kind=str((group.get(UNIT) or {}).get("kind", "department")),
    )


def _person_of(user: Resource, places: Mapping[str, str]) -> DirectoryPerson:
    key = str(user["id"])
    groups = user.get("groups") or [{}]
    return DirectoryPerson(
        external_id=key,
        username=str(user["userName"]),
        display_name=name_of(user) or str(user["userName"]),
        unit=places.get(key) or str(groups[0].get("value", "")),
        staff_no=str((user.get(ENTERPRISE) or {}).get("employeeNumber", "")),
        mobile=first_value(user, "phoneNumbers"),
        email=first_value(user, "emails"),
        active=bool(user.get("active", True)),
    )
