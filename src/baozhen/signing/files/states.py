"""What kinds of copies there are, the life of a deposit and of a list to destroy. Pure."""

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


class DestructionState(StrEnum):
    """A list of dossiers to destroy: somebody besides the one who proposed it must agree."""

    PROPOSED = "proposed"
    REFUSED = "refused"
    APPROVED = "approved"
    DONE = "done"


DESTRUCTION_LABELS: Mapping[DestructionState, str] = {
    DestructionState.PROPOSED: "待批准",
    DestructionState.REFUSED: "未批准",
    DestructionState.APPROVED: "正在销毁",
    DestructionState.DONE: "已销毁",
}
DESTRUCTION_MOVES: Final[Mapping[DestructionState, frozenset[DestructionState]]] = {
    DestructionState.PROPOSED: frozenset({DestructionState.APPROVED, DestructionState.REFUSED}),
    DestructionState.REFUSED: frozenset(),
    DestructionState.APPROVED: frozenset({DestructionState.DONE}),
    DestructionState.DONE: frozenset(),
}
DESTRUCTIONS_OPEN: Final = (DestructionState.PROPOSED, DestructionState.APPROVED)
