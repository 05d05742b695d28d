"""Which regions demand that the payer is the policyholder: data (S0-4.2.4d6).

The table is payments/data/payer_check.json, or the file that BAOZHEN_PAYER_CHECK names.
"""

import json
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

_DATA = Path(__file__).with_name("data") / "payer_check.json"


def demands_payer(region_code: str) -> bool:
    """Tell whether a region demands it: its whole code counts, else its province, else all."""
    table = _load(os.environ.get("BAOZHEN_PAYER_CHECK") or str(_DATA))
    regions = table["regions"]
    found = regions.get(region_code) or regions.get(region_code[:2]) or table["default"]
    return bool(found["payer"])


@cache
def _load(path: str) -> Mapping[str, Any]:
    table: Mapping[str, Any] = json.loads(Path(path).read_text(encoding="utf-8"))
    return table
