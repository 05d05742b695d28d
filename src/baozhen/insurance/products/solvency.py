"""Solvency figures 偿付能力 of one quarter, as the insurer publishes them: versioned data."""

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from baozhen.insurance.products.table_parts import TableError

SOLVENCY = "solvency"
RATINGS = ("AAA", "AA", "A", "BBB", "BB", "B", "C", "D")
# 保险公司偿付能力管理规定 第八条: core 50 %, comprehensive 100 %, rating B at least.
CORE_PERCENT_MIN, COMPREHENSIVE_PERCENT_MIN = 50, 100
_INSUFFICIENT = frozenset({"C", "D"})
_QUARTER = re.compile(r"20[0-9]{2}-Q[1-4]")


def check_solvency(table: Mapping[str, Any]) -> None:
    """Raise TableError unless the figures are whole and the verdict follows from them."""
    try:
        core, whole = Decimal(table["core_percent"]), Decimal(table["comprehensive_percent"])
    except InvalidOperation:
        raise TableError("偿付能力充足率须为数字，如 215.60") from None
    if not _QUARTER.fullmatch(table["quarter"]):
        raise TableError("报告期须写作 2026-Q3")
    if table["rating"] not in RATINGS:
        raise TableError(f"风险综合评级只能是 {'、'.join(RATINGS)}")
    if not core.is_finite() or not whole.is_finite() or not 0 <= core <= whole:
        raise TableError("核心偿付能力充足率不能高于综合偿付能力充足率")
    sufficient = (
        core >= CORE_PERCENT_MIN
        and whole >= COMPREHENSIVE_PERCENT_MIN
        and table["rating"] not in _INSUFFICIENT
    )
    if table["is_sufficient"] != sufficient:
        raise TableError("是否达标与充足率、评级不符（核心不低于 50%、综合不低于 100%、B 类以上）")
    if not table["link"].startswith("https://"):
        raise TableError("信息披露链接须以 https:// 开头")
