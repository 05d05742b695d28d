"""Filling a template: values in, a document fit to be signed out, with the places left open."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from django.conf import settings

from baozhen.foundation.drawing import document_overlay
from baozhen.signing.templates.errors import SourceInvalid, ValuesInvalid
from baozhen.signing.templates.fields import LEFT_OPEN, Field, FieldKind, fields_from_json
from baozhen.signing.templates.models import TemplateVersion
from baozhen.signing.templates.queries import newest_clauses
from baozhen.signing.templates.services.drafting import Content, check_source, checked_fields
from baozhen.signing.templates.states import SourceKind, VersionState
from baozhen.signing.templates.typesetting import Sheet, linked_clauses
from baozhen.signing.templates.typesetting_child import (
    typeset_in_kept_child,
    typeset_in_subprocess,
)
from baozhen.signing.templates.values import Answers, check_values, picture_of, show_values
from baozhen.trust.errors import TrustError
from baozhen.trust.pdf.fonts import FontSet
from baozhen.trust.pdf.overlay import (
    Align,
    CodeItem,
    Item,
    PictureItem,
    TableItem,
    TextItem,
    TickItem,
)
from baozhen.trust.pdf.pages import Rect, SeenPage
from baozhen.trust.pdf.positions import around, find_keyword, from_fractions, to_fractions
from baozhen.trust.pdf.prepare import PreparedPdf, recognize
from baozhen.trust.pdf.qr import qr_png

_SEAL = (119.0, 119.0)  # points: 42 mm, the size of a company's round seal
_SIGNATURE = (128.0, 52.0)
_QR_PIXELS = 4
_ALIGNS: Final[Mapping[str, Align]] = {"left": "left", "center": "center", "right": "right"}


@dataclass(frozen=True)
class FilledDocument:
    """A document fit to be signed; `fields` are what the parties still put in, each on its page.

    Signing fields have a `rect` and a page from 0, whether they were placed by hand or by keyword.
    """

    prepared: PreparedPdf
    fields: tuple[Field, ...]

    @property
    def pdf(self) -> bytes:
        """The bytes."""
        return self.prepared.data

    @property
    def sha256(self) -> str:
        """Their digest in lower-case hex."""
        return self.prepared.sha256

    @property
    def pages(self) -> tuple[SeenPage, ...]:
        """The pages as a person sees them."""
        return self.prepared.pages


@dataclass(frozen=True)
class _Material:
    kind: SourceKind
    source: str
    document: bytes
    fields: tuple[Field, ...]
    clauses: Mapping[str, str]


def fill(version: TemplateVersion, values: Mapping[str, Any], *, at: datetime) -> FilledDocument:
    """Fill an approved version; raises ValuesInvalid with every fault, SourceInvalid otherwise."""
    if version.state != VersionState.APPROVED:
        raise SourceInvalid(reason=f"第 {version.number} 版没有获得批准或已停用")
    return _fill(_approved_material(version.pk), values, at=at, is_draft=False)


def refill(version: TemplateVersion, values: Mapping[str, Any], *, at: datetime) -> FilledDocument:
    """Fill once more what a task began with, now with the parties' answers; raises as `fill`.

    A version that was retired meanwhile still ends the tasks that began with it.
    """
    material = _approved_material(version.pk)
    return _fill(material, values, at=at, is_draft=False, answers=Answers.ALL)


def try_fill(
    version: TemplateVersion, values: Mapping[str, Any], *, at: datetime
) -> FilledDocument:
    """Fill any version to look at the result; a draft is set in a process of its own."""
    is_draft = version.state != VersionState.APPROVED
    return _fill(_material(version), values, at=at, is_draft=is_draft, answers=Answers.SOME)


def try_content(content: Content, *, document: bytes, at: datetime) -> FilledDocument:
    """Fill what is being edited with its sample; nothing is kept.

    `document` is the file of the version. Raises FieldsInvalid, ClauseUnknown, ValuesInvalid,
    SourceInvalid.
    """
    pages = None
    if content.source_kind is SourceKind.TYPST:
        check_source(content.source)
    else:
        pages = len(recognize(document).pages)
    fields = fields_from_json(checked_fields(content, pages=pages))
    wordings = newest_clauses(linked_clauses(content.source))
    clauses = {one.clause.code: one.text for one in wordings}
    material = _Material(content.source_kind, content.source, document, fields, clauses)
    return _fill(material, content.sample, at=at, is_draft=True, answers=Answers.SOME)


def _fill(
    material: _Material,
    values: Mapping[str, Any],
    *,
    at: datetime,
    is_draft: bool,
    answers: Answers = Answers.NONE,
) -> FilledDocument:
    faults = check_values(material.fields, values, answers=answers)
    if faults:
        refusal = ValuesInvalid(
            path=f"values.{faults[0].path}", count=len(faults), first=faults[0].message
        )
        refusal.facts["faults"] = faults
        raise refusal
    try:
        if material.kind is SourceKind.TYPST:
            document = _set(material, values, at=at, is_draft=is_draft)
        else:
            document = _draw(material, values, at=at)
        left = _left_open(material.fields, values, document)
    except TrustError as error:
        raise SourceInvalid(path="values", reason=str(error)) from error
    return FilledDocument(document, left)


@lru_cache(maxsize=256)
def _approved_material(key: int) -> _Material:
    # An approved version never changes, so a process reads it once.
    return _material(TemplateVersion.objects.get(pk=key))


def _material(version: TemplateVersion) -> _Material:
    return _Material(
        SourceKind(version.source_kind),
        version.source,
        bytes(version.document or b""),
        fields_from_json(version.fields),
        {one.clause.code: one.text for one in version.clauses.select_related("clause")},
    )


def _set(
    material: _Material, values: Mapping[str, Any], *, at: datetime, is_draft: bool
) -> PreparedPdf:
    there = [field for field in material.fields if field.is_there(values)]
    pictures = {
        field.name: picture_of(values[field.name])
        for field in there
        if field.kind is FieldKind.PICTURE and values.get(field.name)
    }
    pictures |= {
        field.name: qr_png(values[field.source or field.name], pixels_per_module=_QR_PIXELS)
        for field in there
        if field.kind is FieldKind.QR and values.get(field.source or field.name)
    }
    data = {
        "values": {name: value for name, value in values.items() if name not in pictures},
        "shown": {field.name: "" for field in material.fields}
        | show_values(material.fields, values),
        "there": [field.name for field in there],
    }
    sheet = Sheet(material.source, material.clauses, data, pictures)
    typeset = typeset_in_subprocess if is_draft else typeset_in_kept_child
    return typeset(sheet, fonts=_fonts(Path(settings.BAOZHEN_FONTS)), at=at)


def _draw(material: _Material, values: Mapping[str, Any], *, at: datetime) -> PreparedPdf:
    pages = recognize(material.document).pages
    shown = show_values(material.fields, values)
    items = []
    for field in material.fields:
        if field.rect is None or field.name not in shown:
            continue
        number = field.page % len(pages)
        rect = from_fractions(pages[number], field.rect)
        value = values.get(field.source or field.name)
        item = _item(field, number, rect, value, shown[field.name])
        items += [item] if item is not None else []
    return document_overlay().draw(material.document, items, at=at.replace(microsecond=0))


def _item(field: Field, page: int, rect: Rect, value: Any, shown: str) -> Item | None:
    if field.kind is FieldKind.CHECKBOX:
        return TickItem(page, rect, is_ticked=bool(value), name=field.name)
    if value is None or value in ("", []):
        return None
    if field.kind is FieldKind.PICTURE:
        return PictureItem(page, rect, picture=picture_of(value), name=field.name)
    if field.kind is FieldKind.QR:
        return CodeItem(page, rect, text=str(value), name=field.name)
    if field.kind is FieldKind.TABLE:
        rows = [list(field.columns), *value]
        return TableItem(page, rect, rows=rows, size=field.size, name=field.name)
    align = _ALIGNS.get(field.align, "left")
    return TextItem(page, rect, text=shown, size=field.size, align=align, name=field.name)


def _left_open(
    fields: Sequence[Field], values: Mapping[str, Any], document: PreparedPdf
) -> tuple[Field, ...]:
    return tuple(
        _placed(field, document)
        for field in fields
        if field.kind in LEFT_OPEN and field.is_there(values)
    )


def _placed(field: Field, document: PreparedPdf) -> Field:
    if field.rect is not None:
        return replace(field, page=field.page % len(document.pages))
    if not field.keyword:
        return field
    found = find_keyword(document.data, field.keyword)
    page = document.pages[found.page]
    size = _SIGNATURE if field.kind is FieldKind.SIGNATURE else _SEAL
    return replace(field, page=found.page, rect=to_fractions(page, around(found, page, size)))


@lru_cache(maxsize=1)
def _fonts(folder: Path) -> Path:
    """Return the folder of fonts, prepared; a process looks once."""
    return FontSet.open(folder).folder
