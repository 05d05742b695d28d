"""Who the insurer is: names, addresses, phones, licence, branches and filing numbers, as data.

The demonstration insurer comes with the product; BAOZHEN_INSURER names another JSON file.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from baozhen.foundation.errors import Refusal
from baozhen.foundation.keys.configuration import configured

_DATA = Path(__file__).with_name("data") / "insurer.json"


class BranchUnknown(Refusal):
    """The insurer has no such branch."""

    code = "branch_unknown"
    message = "没有代码为 {branch} 的分支机构"


@dataclass(frozen=True, kw_only=True)
class Branch:
    """One branch; `region` is the first-level code of GB/T 2260."""

    code: str
    region: str
    name: str
    address: str
    postcode: str


@dataclass(frozen=True, kw_only=True)
class Insurer:
    """The insurer as its documents and pages name it."""

    code: str
    name: str
    short_name: str
    english_name: str
    unified_code: str
    licence_no: str
    address: str
    postcode: str
    service_phone: str
    claim_phone: str
    complaint_phone: str
    website: str
    email: str
    branches: Mapping[str, Branch]

    @property
    def is_demonstration(self) -> bool:
        """Whether this is the insurer of the demonstration, which must not do business."""
        return self.code == "DEMO"

    def branch(self, code: str) -> Branch:
        """Return the branch of that code, or raise BranchUnknown."""
        try:
            return self.branches[code]
        except KeyError:
            raise BranchUnknown(path="branch.code", branch=code) from None


def get_insurer() -> Insurer:
    """Return the configured insurer."""
    return _load(configured("BAOZHEN_INSURER") or str(_DATA))


@cache
def _load(path: str) -> Insurer:
    raw: dict[str, Any] = json.loads(Path(path).read_text(encoding="utf-8"))
    raw["branches"] = {entry["code"]: Branch(**entry) for entry in raw["branches"]}
    return Insurer(**raw)
