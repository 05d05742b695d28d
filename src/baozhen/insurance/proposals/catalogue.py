"""Every fault on one page: its stable code, its Chinese sentence, and where it can occur.

The page itself is data/faults.json; docs/errors.md is made from it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Entry:
    """A sentence with {facts}, and the place of the fault in words for docs/errors.md."""

    message: str
    where: str


def _load() -> Mapping[str, Entry]:
    text = resources.files(__package__).joinpath("data/faults.json").read_text("utf-8")
    entries: dict[str, Entry] = {}
    for group in json.loads(text):
        for code, sentence in group["sentences"].items():
            if code in entries:
                raise ValueError(f"faults.json: {code} stands there twice")
            entries[code] = Entry(sentence, group["where"])
    return MappingProxyType(entries)


CATALOGUE: Mapping[str, Entry] = _load()
