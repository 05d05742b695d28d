"""Compares what a finished PDF says with what the data say, field by field.

S0-4.3.1a: the electronic policy's content equals the system's data. The tests do it for all five
forms, `fsck` for a sample. Text comes out of the file by pypdfium2, which knows nothing of how it
was made.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pypdfium2

from baozhen.insurance.policies.documents import expected_text


@dataclass(frozen=True)
class TextDifference:
    """A field whose text the document does not have."""

    key: str
    text: str


def extract_text(pdf: bytes) -> str:
    """All text of a PDF, page by page, with white space removed: lines break where they like."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        pages = [page.get_textpage().get_text_bounded() for page in document]
    finally:
        document.close()
    return _squeeze("".join(pages))


def missing_text(pdf: bytes, content: Mapping[str, Any]) -> list[TextDifference]:
    """The fields of the content that the document does not say; none means that they are equal."""
    said = extract_text(pdf)
    return [
        TextDifference(key, text)
        for key, text in expected_text(content)
        if _squeeze(text) not in said
    ]


def _squeeze(text: str) -> str:
    return "".join(text.split())
