"""What kinds of copies there are, and the life of a deposit. Pure."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class CopyKind(StrEnum):
    """How a file left the house."""

    ORIGINAL = "original"
    BLACK = "black"
    PRINT = "print"
    LINK = "link"
    PACKAGE = "package"


COPY_LABELS: Mapping[CopyKind, str] = {
    CopyKind.ORIGINAL: "原件下载",
    CopyKind.BLACK: "脱敏副本（黑色章）",
    CopyKind.PRINT: "防伪打印",
    CopyKind.LINK: "链接下载",
    CopyKind.PACKAGE: "证据包",
}


class DepositState(StrEnum):
    """What became of a deposit with the notary."""

    QUEUED = "queued"
    RECORDED = "recorded"
    REFUSED = "refused"


DEPOSIT_LABELS: Mapping[DepositState, str] = {
    DepositState.QUEUED: "办理中",
    DepositState.RECORDED: "已存证",
    DepositState.REFUSED: "被拒绝",
}
DEPOSIT_MOVES: Final[Mapping[DepositState, frozenset[DepositState]]] = {
    DepositState.QUEUED: frozenset({DepositState.RECORDED, DepositState.REFUSED}),
    DepositState.RECORDED: frozenset(),
    # A person may ask again, for instance after the contract with the notary was renewed.
    DepositState.REFUSED: frozenset({DepositState.QUEUED}),
}
