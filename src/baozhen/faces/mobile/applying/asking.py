"""Fields of a page: what was typed becomes the content of a proposal, and back again.

A field reads what was typed into the value that a proposal wants, or keeps it as it is: then the
proposal's own checks say what is wrong with it. Nothing is ticked beforehand.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from baozhen.insurance.products.enumerations import ENUMERATIONS
from baozhen.insurance.proposals.faults import Fault

_INTEGER = re.compile(r"[0-9]{1,9}")
_YUAN = re.compile(r"[0-9]{1,11}(\.[0-9]{1,2})?")
_KINDS_WITH_CHOICES = frozenset({"select", "radio"})
Choices = tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One field: where it stands (`vehicle.vin`), what it is called, how it is asked.

    `kind`: text, upper, number, money, date, select, radio, yes_no. `when` names the answer that
    makes it needed, as in `vehicle.plate_status=issued`: elsewhere it is hidden and not read.
    """

    path: str
    label: str
    kind: str = "text"
    choices: Choices = ()
    hint: str = ""
    when: str = ""
    is_integer: bool = False
    inputmode: str = ""
    optional: bool = False

    @property
    def html_id(self) -> str:
        """The id of its input."""
        return "f-" + self.path.replace(".", "-")


@dataclass(frozen=True, kw_only=True)
class Group:
    """Fields under one heading; a folded group is of no concern to most people."""

    title: str
    fields: tuple[Asked, ...]
    folded: bool = False
    note: str = ""
    when: str = ""


def words_of(enumeration: str, *only: str) -> Choices:
    """Return the words of an enumeration as choices, all of them or only some."""
    known = ENUMERATIONS[enumeration]
    return tuple((word, known[word][1]) for word in (only or known))


def read(groups: Iterable[Group], typed: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was typed as nested content; what is empty or not asked is left out."""
    content: dict[str, Any] = {}
    for group in groups:
        for asked in group.fields:
            if not _is_asked(asked.when, typed):
                continue
            found, value = _value(asked, typed)
            if found:
                _put(content, asked.path.split("."), value)
    return _listed(content)


def shown(
    groups: Iterable[Group], content: Mapping[str, Any], faults: Iterable[Fault]
) -> tuple[list[dict[str, Any]], list[Fault]]:
    """Return the groups for a template, and the faults that belong to no field of them."""
    left = list(faults)
    made = []
    for group in groups:
        fields = [_shown(asked, content, left) for asked in group.fields]
        has_fault = any(field["fault"] for field in fields)
        has_value = any(field["value"] for field in fields)
        made.append({"group": group, "fields": fields, "is_open": has_fault or has_value})
    return made, left


def in_words(groups: Iterable[Group], content: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what was filled in as pairs of label and words."""
    rows = []
    for group in groups:
        for asked in group.fields:
            if not _is_asked(asked.when, _Told(content)):
                continue
            if asked.kind == "date_or_forever" and _is_null(content, asked.path):
                rows.append((asked.label, "长期"))
                continue
            value = _as_typed(_get(content, asked.path))
            if asked.kind == "yes_no":
                value = {"yes": "是", "no": "否"}.get(value, value)
            if value:
                rows.append((asked.label, dict(asked.choices).get(value, value)))
    return rows


def differing(
    groups: Iterable[Group], saved: Mapping[str, Any], typed: Mapping[str, Any]
) -> list[str]:
    """Return the names of the fields that say something else than what is saved."""
    return [
        asked.label
        for group in groups
        for asked in group.fields
        if _get(saved, asked.path) != _get(typed, asked.path)
    ]


def _shown(asked: Asked, content: Mapping[str, Any], left: list[Fault]) -> dict[str, Any]:
    mine = [one for one in left if one.path in _paths_of(asked)]
    for one in mine:
        left.remove(one)
    value = _get(content, asked.path)
    return {
        "asked": asked,
        "value": _as_typed(value),
        "is_forever": asked.kind == "date_or_forever" and _is_null(content, asked.path),
        "fault": mine[0].message if mine else "",
        "has_choices": asked.kind in _KINDS_WITH_CHOICES,
    }


def _as_typed(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def _paths_of(asked: Asked) -> tuple[str, ...]:
    """A fault of a whole part is said at its first field."""
    path = asked.path
    if path.endswith(".answer"):
        return path, path.removesuffix(".answer")
    if path.endswith((".address.province", ".charging_pile.model", ".trip.origin")):
        return path, path.rpartition(".")[0]
    return (path,)


class _Told:
    """A content asked like what was typed: by the whole path, for the text."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        self._content = content

    def get(self, path: str) -> str:
        """Return what stands there as it would be typed."""
        return _as_typed(_get(self._content, path))


def _is_asked(when: str, typed: Mapping[str, Any] | _Told) -> bool:
    if not when:
        return True
    if "!=" in when:
        name, _, value = when.partition("!=")
        return typed.get(name) not in {None, "", value}
    name, _, value = when.partition("=")
    return bool(typed.get(name) == value)


def _value(asked: Asked, typed: Mapping[str, Any]) -> tuple[bool, Any]:
    text = str(typed.get(asked.path) or "").strip()
    if asked.kind == "date_or_forever" and typed.get(f"{asked.path}.forever"):
        return True, None
    if not text:
        return False, None
    return True, _typed_value(asked, text)


def _typed_value(asked: Asked, text: str) -> Any:
    if asked.kind == "yes_no":
        return {"yes": True, "no": False}.get(text, text)
    if asked.kind == "upper":
        return text.upper().replace(" ", "")
    if asked.kind == "money":
        plain = text.replace(",", "").replace("，", "")
        return f"{_with_cents(plain)}" if _YUAN.fullmatch(plain) else text
    if asked.is_integer and _INTEGER.fullmatch(text):
        return int(text)
    return text


def _with_cents(plain: str) -> str:
    whole, _, part = plain.partition(".")
    return f"{int(whole)}.{part:0<2}"


def _put(content: dict[str, Any], path: list[str], value: Any) -> None:
    part = content
    for name in path[:-1]:
        part = part.setdefault(name, {})
    part[path[-1]] = value


def _listed(content: dict[str, Any]) -> dict[str, Any]:
    """Turn parts whose names are numbers into lists."""
    made = {
        name: _listed(value) if isinstance(value, dict) else value
        for name, value in content.items()
    }
    for name, value in made.items():
        if isinstance(value, dict) and value and all(key.isdigit() for key in value):
            made[name] = [value[key] for key in sorted(value, key=int)]
    return made


def _get(content: Any, path: str) -> Any:
    for name in path.split("."):
        if isinstance(content, Mapping):
            content = content.get(name)
        elif isinstance(content, list) and name.isdigit() and int(name) < len(content):
            content = content[int(name)]
        else:
            return None
    return content


def _is_null(content: Mapping[str, Any], path: str) -> bool:
    parent, _, name = path.rpartition(".")
    part = _get(content, parent)
    return isinstance(part, Mapping) and name in part and part[name] is None
