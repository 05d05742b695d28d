"""How a JSON object becomes a frozen dataclass and back: a section is a list of named fields."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from enum import Enum
from typing import Any, Protocol

from baozhen.insurance.parties.errors import Unfit
from baozhen.insurance.proposals.faults import UNREADABLE, Findings
from baozhen.insurance.proposals.values import Read

Write = Callable[[Any], object]
_MISSING = object()
_UNKNOWN_NAMES_MAX = 20


class Presence(Enum):
    """Whether a field must be there."""

    REQUIRED = 1  # must be there and not null
    NULLABLE = 2  # must be there; null says something
    OPTIONAL = 3  # may be missing; null means the same


class Part(Protocol):
    """Something with fields of its own: a section, a list of sections, a party."""

    def read(self, raw: object, path: str, findings: Findings) -> Any:
        """Return the typed content of raw JSON, noting what is wrong with it."""
        ...

    def write(self, content: Any) -> object:
        """Return the JSON of typed content."""
        ...


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its name in JSON, how its value is read and written."""

    name: str
    read: Read
    presence: Presence = Presence.REQUIRED
    write: Write | None = None  # None: the value stands in JSON as it is
    nested: "Part | None" = None


@dataclass(frozen=True, slots=True)
class List:
    """A list of sections, at least `low` and at most `high` long."""

    section: "Section"
    low: int
    high: int

    def read(self, raw: object, path: str, findings: Findings) -> Any:
        """Return a tuple of what the items say."""
        if type(raw) is not list:
            findings.add("list_expected", path)
            return UNREADABLE
        if len(raw) > self.high:
            findings.add("list_too_long", path, limit=self.high)
            return UNREADABLE
        if len(raw) < self.low:
            findings.add("list_empty", path)
            return UNREADABLE
        section = self.section
        return tuple(
            [section.read(item, f"{path}.{index}", findings) for index, item in enumerate(raw)]
        )

    def write(self, items: Sequence[Any]) -> object:
        """Return the JSON of the items."""
        return [self.section.write(item) for item in items]


class Section:
    """The fields of one dataclass, in the dataclass's order."""

    __slots__ = ("_names", "_plan", "build", "fields")

    def __init__(self, build: type[Any], *parts: Field) -> None:
        if len(parts) != len(fields(build)):
            raise TypeError(f"{build.__name__}: fields of the section and the class differ")
        self.build = build
        self.fields = tuple(zip(parts, (field.name for field in fields(build)), strict=True))
        self._names = frozenset(part.name for part in parts)
        # The same fields, flat: reading is the hot path of a batch.
        self._plan = tuple((part.name, part.read, part.nested, part) for part in parts)

    def read(self, raw: object, path: str, findings: Findings) -> Any:
        """Return the dataclass, with UNREADABLE where a value is at fault."""
        if type(raw) is not dict:
            findings.add("object_expected", path)
            return UNREADABLE
        prefix = f"{path}." if path else ""
        values: list[Any] = []
        append = values.append
        known = 0
        for name, read, nested, field in self._plan:
            value = raw.get(name, _MISSING)
            if value is None or value is _MISSING:
                known += value is None
                append(_absent(field, value, prefix, findings))
                continue
            known += 1
            if nested is not None:
                append(nested.read(value, prefix + name, findings))
                continue
            try:
                append(read(value))
            except Unfit as error:
                findings.unfit(error, prefix + name)
                append(UNREADABLE)
        if known != len(raw):
            self._warn_unknown(raw, prefix, findings)
        return self.build(*values)

    def write(self, content: Any) -> dict[str, object]:
        """Return the JSON object of the dataclass, which `read` reads back."""
        written: dict[str, object] = {}
        for field, attribute in self.fields:
            value = getattr(content, attribute)
            if value is None:
                if field.presence is Presence.NULLABLE:
                    written[field.name] = None
            elif field.nested is not None:
                written[field.name] = field.nested.write(value)
            else:
                written[field.name] = value if field.write is None else field.write(value)
        return written

    def _warn_unknown(self, raw: dict[Any, object], prefix: str, findings: Findings) -> None:
        # Core systems add fields; what is not read is not printed either, so say so.
        unknown = [name for name in raw if name not in self._names]
        for name in unknown[:_UNKNOWN_NAMES_MAX]:
            shown = ascii(str(name)[:40])[1:-1][:60]
            findings.warn("field_unknown", f"{prefix}{shown}")


def _absent(field: Field, value: object, prefix: str, findings: Findings) -> Any:
    if field.presence is Presence.OPTIONAL:
        return None
    if field.presence is Presence.NULLABLE and value is None:
        return None
    findings.add("field_missing", prefix + field.name)
    return UNREADABLE
