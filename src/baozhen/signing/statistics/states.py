"""What is counted, what is charged, and the life of a statement. Pure."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Measure(StrEnum):
    """What a figure counts."""

    SEALS = "seals"
    FILES = "files"
    SIGNATURES = "signatures"


MEASURE_LABELS: Mapping[Measure, str] = {
    Measure.SEALS: "用印",
    Measure.FILES: "文件",
    Measure.SIGNATURES: "签署",
}


class UsageKind(StrEnum):
    """What costs something."""

    ENVELOPE = "envelope"
    SEAL = "seal"
    SIGNATURE = "signature"
    SMS = "sms"
    IDENTITY = "identity"


USAGE_LABELS: Mapping[UsageKind, str] = {
    UsageKind.ENVELOPE: "完成的签署任务",
    UsageKind.SEAL: "用印",
    UsageKind.SIGNATURE: "个人签名",
    UsageKind.SMS: "短信",
    UsageKind.IDENTITY: "身份认证",
}


class ChargeMode(StrEnum):
    """How it is charged."""

    PIECE = "piece"
    PACKAGE = "package"
    MONTHLY = "monthly"


MODE_LABELS: Mapping[ChargeMode, str] = {
    ChargeMode.PIECE: "按次",
    ChargeMode.PACKAGE: "套餐：月费含若干次，超出按次",
    ChargeMode.MONTHLY: "包月",
}


class StatementState(StrEnum):
    """A locked statement is never changed again."""

    DRAFT = "draft"
    CONFIRMED = "confirmed"
    LOCKED = "locked"


STATEMENT_LABELS: Mapping[StatementState, str] = {
    StatementState.DRAFT: "待确认",
    StatementState.CONFIRMED: "已确认",
    StatementState.LOCKED: "已锁定",
}
STATEMENT_MOVES: Final[Mapping[StatementState, frozenset[StatementState]]] = {
    StatementState.DRAFT: frozenset({StatementState.CONFIRMED}),
    StatementState.CONFIRMED: frozenset({StatementState.LOCKED}),
    StatementState.LOCKED: frozenset(),
}
