"""Writes what the reference documents are: hash, pages and text of each, as one JSON file.

`./dev golden` writes it again, `./dev golden --check` fails when it would change. The documents are
rendered deterministically, so a changed hash is a changed document: look at it before committing.
"""

import argparse
import hashlib
import io
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django
import pikepdf
import pypdfium2

from baozhen.foundation.clock import shanghai_date
from baozhen.insurance.disclosures.texts import NOTICES, combined_texts
from baozhen.insurance.products.clauses import clause_content, clause_products
from baozhen.signing.organizations.insurer import get_insurer
from tests.insurance.endorsements.documents import endorsements
from tests.typesetting import (
    AT,
    DEMO,
    FILINGS,
    FORMS,
    KINDS,
    content_of,
    fonts,
    form_of,
    fullest,
    parsed,
    renderer,
)

GOLDEN = Path(__file__).with_name("documents.json")


def main() -> int:
    """Write or check the file; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail instead of writing")
    check = parser.parse_args().check
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "baozhen.site.settings")
    django.setup()
    text = json.dumps(describe(), ensure_ascii=False, indent=1) + "\n"
    if not check:
        GOLDEN.write_text(text, encoding="utf-8")
        return 0
    committed = GOLDEN.read_text(encoding="utf-8")
    if committed == text:
        return 0
    changed = _changed(json.loads(committed), json.loads(text))
    print("changed: " + ", ".join(changed) + "; run ./dev golden and look at the documents")
    return 1


def describe() -> dict[str, Any]:
    """All reference documents: those of each of the five forms, the files read with it, clauses."""
    return {
        "engine": renderer().engine_version,
        "fonts_sha256": fonts().sha256,
        "documents": dict(_documents()),
    }


def _documents() -> Iterator[tuple[str, dict[str, Any]]]:
    for form in FORMS:
        proposal = parsed(fullest(DEMO, form))
        for kind in KINDS:
            yield f"{kind}-{form}", _describe(kind, content_of(proposal, kind))
        yield f"proposal-{form}", _describe("proposal", form_of(proposal))
    for text in combined_texts(
        "car",
        has_commercial=True,
        insurer_name=get_insurer().name,
        filings=FILINGS,
        day=shanghai_date(AT),
    ):
        if text.kind in NOTICES:
            yield f"combined-{text.kind}", _describe("combined", text.content)
    for name, content in endorsements().items():
        yield name, _describe("endorsement", content)
    for product in clause_products():
        content = clause_content(product, insurer_name=get_insurer().name, filings=FILINGS)
        yield f"clauses-{product}", _describe("clauses", content)


def _describe(code: str, content: dict[str, Any]) -> dict[str, Any]:
    pdf = renderer().render(code, "1", data=content, at=AT)
    document = pypdfium2.PdfDocument(pdf)
    text = "\n".join(page.get_textpage().get_text_bounded() for page in document)
    document.close()
    return {
        "template": renderer().template(code, "1").sha256,
        "sha256": hashlib.sha256(pdf).hexdigest(),
        "pages": len(pikepdf.open(io.BytesIO(pdf)).pages),
        "text": [line.strip() for line in text.splitlines() if line.strip()],
    }


def _changed(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    names = before["documents"].keys() | after["documents"].keys()
    return sorted(
        name for name in names if before["documents"].get(name) != after["documents"].get(name)
    ) or ["engine or fonts"]


if __name__ == "__main__":
    sys.exit(main())
