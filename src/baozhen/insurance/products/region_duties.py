"""What payment demands by region (S0-4.2.4d6): the proposal's SMS code, and who pays. Data.

The industry's notice applies region by region. The table is products/data/region_duties.json, or
the file that BAOZHEN_REGION_DUTIES names; what a region does not say is as everywhere else.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_DATA = Path(__file__).with_name("data") / "region_duties.json"


@dataclass(frozen=True, slots=True)
class RegionDuties:
    """What is demanded before payment; `region` is a code's two or six digits, "" everywhere."""

    region: str
    code: bool
    payer: bool


def region_of_branch(branch_code: str) -> str:
    """Return the two digits of a branch's region: DEMO51 is 51."""
    return "".join(character for character in branch_code if character.isdigit())[:2]


def demands_code(region_code: str) -> bool:
    """Tell whether a region demands the proposal's SMS code before payment (S0-4.2.4d1)."""
    return duties_in(region_code).code


def demands_payer(region_code: str) -> bool:
    """Tell whether a region demands that the policyholder pays (S0-4.2.4d2)."""
    return duties_in(region_code).payer


def duties_in(region_code: str) -> RegionDuties:
    """Return a region's duties: its whole code counts, else its province, else everywhere."""
    table = _table()
    regions = table["regions"]
    for code in (region_code, region_code[:2]):
        if code in regions:
            return _read(code, regions[code], table["default"])
    return _read("", table["default"], {})


def all_duties() -> tuple[RegionDuties, ...]:
    """Return what holds everywhere, then every region that has a rule of its own."""
    table = _table()
    own = [_read(code, said, table["default"]) for code, said in sorted(table["regions"].items())]
    return (_read("", table["default"], {}), *own)


def duties_source() -> tuple[str, str]:
    """Return the version of the table and what it rests on."""
    table = _table()
    return table.get("version", ""), table.get("source", "")


def _read(region: str, said: Mapping[str, bool], default: Mapping[str, bool]) -> RegionDuties:
    duties = {"code": True, "payer": True, **default, **said}
    return RegionDuties(region, duties["code"], duties["payer"])


def _table() -> Mapping[str, Any]:
    return _load(os.environ.get("BAOZHEN_REGION_DUTIES") or str(_DATA))


@cache
def _load(path: str) -> Mapping[str, Any]:
    table: Mapping[str, Any] = json.loads(Path(path).read_text(encoding="utf-8"))
    return table
