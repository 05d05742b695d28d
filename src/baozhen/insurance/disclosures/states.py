"""States of reading sets 阅读文件组: what was frozen for one applicant to read and sign."""

from collections.abc import Mapping
from enum import StrEnum


class ReadingState(StrEnum):
    """`open`: being read; `void`: the content changed, what was read of it counts no more.

    `signed`: signed and archived; `superseded`: another application made anew was signed instead,
    so it stays archived and is shown to customers no more (S0-4.2.4c4).
    """

    OPEN = "open"
    SIGNED = "signed"
    VOID = "void"
    SUPERSEDED = "superseded"


_S = ReadingState

READING_MOVES: Mapping[str, frozenset[str]] = {
    _S.OPEN: frozenset({_S.SIGNED, _S.VOID}),
    _S.SIGNED: frozenset({_S.SUPERSEDED}),
    _S.VOID: frozenset(),
    _S.SUPERSEDED: frozenset(),
}

READING_LABELS: Mapping[str, str] = {
    _S.OPEN: "阅读中",
    _S.SIGNED: "已签名归档",
    _S.VOID: "内容已变更，作废",
    _S.SUPERSEDED: "已被新投保单替代",
}
