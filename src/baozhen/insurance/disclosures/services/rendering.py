"""Typesets what is read, and keeps each version of a shared file once."""

import hashlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from baozhen.foundation.audit.services import record
from baozhen.foundation.storage import get_storage
from baozhen.insurance.applications.services.drafts import digest_of
from baozhen.insurance.disclosures.models import DisclosureDocument
from baozhen.insurance.disclosures.texts import CLAUSES, Text
from baozhen.insurance.products import clauses
from baozhen.trust.pdf.fonts import FontSet
from baozhen.trust.pdf.pages import seen_pages
from baozhen.trust.pdf.reader import open_pdf
from baozhen.trust.pdf.render import Renderer

TEMPLATES = Path(clauses.__file__).with_name("templates")
COMBINED = ("combined", "1")
# The typesetter of a process serves one thread at a time.
_TYPESETTING = threading.Lock()


@dataclass(frozen=True)
class Made:
    """A file that was typeset and stored."""

    data: bytes
    sha256: str
    pages: int
    template_sha256: str


def typeset(code: str, version: str, content: Mapping[str, Any], *, at: datetime) -> Made:
    """Return the PDF of a content; raises SigningError and LintError of the typesetter."""
    renderer = _renderer(str(settings.BAOZHEN_FONTS))
    with _TYPESETTING:
        data = renderer.render(code, version, data=content, at=at.replace(microsecond=0))
        template = renderer.template(code, version).sha256
    return Made(
        data=data,
        sha256=hashlib.sha256(data).hexdigest(),
        pages=len(seen_pages(open_pdf(data))),
        template_sha256=template,
    )


def document_of(text: Text, *, at: datetime) -> DisclosureDocument:
    """Return the file of a text, typeset when this version is needed for the first time.

    Of two processes that make it at once, one writes the row and the other finds it.
    """
    code, version = _template(text)
    template = _renderer(str(settings.BAOZHEN_FONTS)).template(code, version).sha256
    digest = digest_of(text.content)
    known = DisclosureDocument.objects.filter(content_sha256=digest, template_sha256=template)
    found = known.first()
    if found is not None:
        return found
    made = typeset(code, version, text.content, at=at)
    get_storage().put(made.data)
    row = DisclosureDocument(
        kind=text.kind,
        variant=text.variant,
        version=text.version,
        title=text.title,
        content=text.content,
        content_sha256=digest,
        template_code=code,
        template_version=version,
        template_sha256=made.template_sha256,
        sha256=made.sha256,
        size=len(made.data),
        pages=made.pages,
        made_at=at,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            record(
                "disclosure_document.made",
                subject_id=row.pk,
                actor="system",
                at=at,
                facts={"kind": row.kind, "version": row.version, "sha256": row.sha256},
            )
    except IntegrityError:
        return known.get()
    return row


def _template(text: Text) -> tuple[str, str]:
    if text.kind == CLAUSES:
        return clauses.TEMPLATE_CODE, clauses.TEMPLATE_VERSION
    return COMBINED


@lru_cache(maxsize=2)
def _renderer(fonts: str) -> Renderer:
    return Renderer(templates=TEMPLATES, fonts=FontSet.open(Path(fonts)).folder)
