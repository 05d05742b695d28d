"""States of versions of tables (费率表版本)."""

from collections.abc import Mapping
from enum import StrEnum


class TableState(StrEnum):
    """A draft was imported; submitted waits for a second person; approved is in force by date."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    REJECTED = "rejected"
    RETIRED = "retired"


_S = TableState

TABLE_MOVES: Mapping[str, frozenset[str]] = {
    _S.DRAFT: frozenset({_S.SUBMITTED, _S.REJECTED}),
    _S.SUBMITTED: frozenset({_S.APPROVED, _S.REJECTED}),
    _S.APPROVED: frozenset({_S.RETIRED}),
    _S.REJECTED: frozenset(),
    _S.RETIRED: frozenset(),
}

STATE_LABELS: Mapping[str, str] = {
    _S.DRAFT: "草稿",
    _S.SUBMITTED: "待批准",
    _S.APPROVED: "已批准",
    _S.REJECTED: "未采用",
    _S.RETIRED: "已停用",
}
