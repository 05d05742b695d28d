"""A plain form of a staff page: what it asks, what was wrong, and one template for all."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.http import HttpRequest, HttpResponse

from baozhen.faces.console.frame import page
from baozhen.faces.console.typed import end_of_day, typed_midnight
from baozhen.foundation.errors import Refusal

_FIGURES_MAX = 9


class EntryUnreadable(Refusal):
    """What was typed is no number or no date: a limit that is not understood is not dropped."""

    code = "entry_unreadable"
    message = "请把“{what}”写成{wanted}，或留空"


@dataclass(frozen=True, kw_only=True)
class Field:
    """One question; `choices` make it a list, `many` a set of boxes; `known` are only offered."""

    name: str
    label: str
    kind: str = "text"
    value: str = ""
    hint: str = ""
    required: bool = True
    choices: Sequence[tuple[str, str]] = ()
    known: Sequence[tuple[str, str]] = ()
    many: bool = False
    chosen: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The form as a whole."""

    here: str
    title: str
    submit: str
    fields: Sequence[Field]
    back: str
    note: str = ""
    has_file: bool = False
    values: Mapping[str, str] = field(default_factory=dict)


def show(request: HttpRequest, asked: Asked, refusal: Refusal | None = None) -> HttpResponse:
    """Render the form; after a refusal with what was typed, the fault beside its field."""
    path = refusal.path if refusal is not None else ""
    fields = [_with_answer(request, one) for one in asked.fields]
    context = {
        "here": asked.here,
        "asked": asked,
        "fields": fields,
        "fault": str(refusal) if refusal is not None else "",
        "fault_path": path if any(one.name == path for one in fields) else "",
    }
    status = 200 if refusal is None else 422
    return page(request, "console/organizations/form.html", context, status=status)


def _with_answer(request: HttpRequest, one: Field) -> Field:
    if request.method != "POST" or one.kind in {"password", "file"}:
        return one
    if one.many:
        return replace(one, chosen=frozenset(request.POST.getlist(one.name)))
    return replace(one, value=request.POST.get(one.name, ""))


def text(request: HttpRequest, name: str) -> str:
    """Return what was typed, without the spaces around it."""
    return request.POST.get(name, "").strip()


def number(request: HttpRequest, name: str) -> int:
    """Return the key that was chosen, or 0, which no row has."""
    typed = text(request, name)
    return int(typed) if typed.isdecimal() and typed.isascii() else 0


def limit(request: HttpRequest, name: str, what: str, *, least: int = 1) -> int | None:
    """Return the whole number that was typed, None for an empty field.

    Raises EntryUnreadable: a limit that cannot be read must never become no limit.
    """
    typed = text(request, name).replace(",", "").replace("，", "")
    if not typed:
        return None
    is_number = typed.isdecimal() and typed.isascii() and len(typed) <= _FIGURES_MAX
    if not is_number or int(typed) < least:
        raise EntryUnreadable(path=name, what=what, wanted=f"不小于 {least} 的整数")
    return int(typed)


def first_day(request: HttpRequest, name: str, what: str) -> datetime | None:
    """Return when the typed day begins, None for an empty field; raises EntryUnreadable."""
    return _day(request, name, what, typed_midnight)


def last_day(request: HttpRequest, name: str, what: str) -> datetime | None:
    """Return when the typed day ends, None for an empty field; raises EntryUnreadable."""
    return _day(request, name, what, end_of_day)


def _day(
    request: HttpRequest, name: str, what: str, read: Callable[[str], datetime | None]
) -> datetime | None:
    typed = text(request, name)
    found = read(typed)
    if typed and found is None:
        raise EntryUnreadable(path=name, what=what, wanted="日期（如 2026-01-15）")
    return found
