"""Lays out a paper of facts and tables and seals it for a company."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Final

from django.conf import settings

from baozhen.foundation.sealing.parties import (
    Mark,
    PartyOrder,
    accept,
    organization_party,
    sign_party,
)
from baozhen.foundation.timestamps.port import Timestamper
from baozhen.foundation.transactions import refuse_inside_transaction
from baozhen.signing.certificates.queries import bound_certificates
from baozhen.signing.files.errors import CopyImpossible
from baozhen.signing.organizations.models import OrgUnit
from baozhen.signing.organizations.queries import legal_entity_of
from baozhen.trust.errors import TrustError
from baozhen.trust.pdf.fonts import FontSet
from baozhen.trust.pdf.positions import find_keyword
from baozhen.trust.pdf.render import Renderer

_TEMPLATES: Final = Path(__file__).parent
_CODE: Final = "record"
_VERSION: Final = "1"
_CHARACTERS_MAX: Final = 240
_POINTS: Final = 72 / 25.4  # a millimetre
# As the template has it: the word before the company's name, and the middle of its block.
_CLOSING: Final = "出具单位"
_CLOSING_X: Final = (210 - 15 - 35) * _POINTS
# What the fonts of our papers have for certain; anything else becomes a box.
_STRANGE: Final = re.compile(
    r"[^\x20-\x7e\u00a5\u00b7\u00d7\u2014\u2018-\u201d\u2026\u3000-\u303f\u4e00-\u9fff\uff01-\uff5e\u2192\n]"
)


@dataclass(frozen=True, kw_only=True)
class Section:
    """A heading with a table under it; `widths` are shares."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    widths: Sequence[int]


@dataclass(frozen=True, kw_only=True)
class Paper:
    """What a paper says. `keywords` go into the file's own metadata, under the seal.

    `closing` stands under the company's name at the end, where a visible seal goes.
    """

    title: str
    number: str
    note: str
    facts: Sequence[tuple[str, str]]
    sections: Sequence[Section] = ()
    keywords: Sequence[str] = ()
    closing: str = ""


@dataclass(frozen=True, kw_only=True)
class VisibleSeal:
    """What a seal looks like, and how large it is."""

    picture: bytes
    width_mm: int
    height_mm: int


def seal_paper(
    paper: Paper,
    *,
    unit: OrgUnit,
    at: datetime,
    seal: VisibleSeal | None = None,
    timestamper: Timestamper | None = None,
) -> bytes:
    """Return the paper as PDF, sealed by the company of the unit; a seal shows at its `closing`.

    Raises CopyImpossible, and TimestampOutage of the timestamper.
    """
    refuse_inside_transaction("sealing a paper")
    company = legal_entity_of(unit)
    moment = at.replace(microsecond=0)
    try:
        drawn = _renderer(str(settings.BAOZHEN_FONTS)).render(
            _CODE, _VERSION, data={**asdict(paper), "company": company.name}, at=moment
        )
        party = organization_party(bound_certificates(company, at), at=at)
        marks = [_mark(drawn, seal)] if seal else []
        order = PartyOrder("Paper", moment, paper.title, marks)
        return sign_party(accept(drawn, is_own=True), party, order, timestamper=timestamper).data
    except TrustError as error:
        raise CopyImpossible(problem=error) from error


def printable(text: str) -> str:
    """Return a stranger's text short and in characters that can be printed."""
    shown = _STRANGE.sub("□", text)
    return shown if len(shown) <= _CHARACTERS_MAX else f"{shown[:_CHARACTERS_MAX]}…"


def _mark(drawn: bytes, seal: VisibleSeal) -> Mark:
    """Put the seal over the company's name at the end; whatever else is named so stands before."""
    place = find_keyword(drawn, _CLOSING, occurrence=-1)
    middle = (place.rect[1] + place.rect[3]) / 2
    width, height = seal.width_mm * _POINTS, seal.height_mm * _POINTS
    left, bottom = _CLOSING_X - width / 2, middle - height / 2
    return Mark(seal.picture, (left, bottom, left + width, bottom + height), place.page)


@lru_cache(maxsize=2)
def _renderer(fonts: str) -> Renderer:
    return Renderer(templates=_TEMPLATES, fonts=FontSet.open(Path(fonts)).folder)
