"""What the registers hold from the beginning: data files of this room. Pure."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

_DATA = Path(__file__).with_name("data")


@dataclass(frozen=True, kw_only=True)
class DutySeed:
    """One duty as the requirement rows demand it; people change owner, date and rhythm."""

    topic: str
    title: str
    requirements: tuple[str, ...]
    rhythm: str
    owner: str
    demand: str


@dataclass(frozen=True, kw_only=True)
class DataItemSeed:
    """One line of the data catalogue."""

    name: str
    standard: str
    level: str
    owner: str
    entry: str
    use: str
    correction: str
    reporting: str
    storage: str
    backup: str
    security: str
    quality: str

    def columns(self) -> dict[str, str]:
        """Return the columns by name."""
        return asdict(self)


@lru_cache(maxsize=1)
def duty_seeds() -> Mapping[str, DutySeed]:
    """Return the duties by code."""
    rows = json.loads((_DATA / "duties.json").read_text(encoding="utf-8"))
    return {
        row.pop("code"): DutySeed(**row | {"requirements": tuple(row["requirements"])})
        for row in rows
    }


@lru_cache(maxsize=1)
def data_item_seeds() -> Mapping[str, DataItemSeed]:
    """Return the data items by code."""
    rows = json.loads((_DATA / "data_items.json").read_text(encoding="utf-8"))
    return {row.pop("code"): DataItemSeed(**row) for row in rows}
