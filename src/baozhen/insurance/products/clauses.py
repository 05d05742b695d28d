"""The clauses 保险条款 of each product: one shared document per product version, said as data."""

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

TEMPLATE_CODE = "clauses"
TEMPLATE_VERSION = "1"


def clause_products() -> tuple[str, ...]:
    """The products that have clauses: the compulsory one and the five commercial ones."""
    return tuple(_clauses()["products"])


def clause_product(form: str, kind: str) -> str:
    """The product whose clauses a cover of this form and kind has."""
    return kind if kind == "compulsory" else f"{kind}_{form}"


def clause_content(
    product: str, *, insurer_name: str, filings: Mapping[str, str]
) -> dict[str, Any]:
    """What the clause document of a product says; raises KeyError for an unknown product.

    `filings` are those of the products table in force (`queries.filings_on`).
    """
    table = _clauses()
    title, vehicle, text = table["products"][product]
    return {
        "kind": "clauses",
        "product": product,
        "version": table["version"],
        "title": title,
        "insurer_name": insurer_name,
        "filing": ["filing_no", "产品备案号", filings[product]],
        "note": table["note"],
        "chapters": [
            {
                "title": chapter["title"],
                "bold": chapter["bold"],
                "paragraphs": [
                    paragraph.replace("{vehicle}", vehicle) for paragraph in chapter["paragraphs"]
                ],
            }
            for chapter in table["texts"][text]
        ],
    }


@cache
def _clauses() -> dict[str, Any]:
    text = resources.files(__package__).joinpath("data/clauses.json").read_text(encoding="utf-8")
    table: dict[str, Any] = json.loads(text)
    return table
