"""The norm register: the standards and laws that documents, terms and rules cite, with edition."""

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True)
class Norm:
    """One edition of one norm; `text_read` tells whether its full text was at hand."""

    id: str
    kind: str
    title: str
    edition: str
    issuer: str
    jurisdiction: str
    text_read: bool
    status: str
    note: str


@cache
def norms() -> dict[str, Norm]:
    """Return the register by id."""
    text = resources.files(__package__).joinpath("data/norms.json").read_text(encoding="utf-8")
    return {entry["id"]: Norm(**entry) for entry in json.loads(text)["norms"]}


@cache
def register_version() -> str:
    """Return the version of the register, its date."""
    text = resources.files(__package__).joinpath("data/norms.json").read_text(encoding="utf-8")
    return str(json.loads(text)["version"])
