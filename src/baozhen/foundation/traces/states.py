"""What acts are recorded, and the states of exports and destructions. Pure."""

from collections.abc import Mapping
from enum import StrEnum


class Kind(StrEnum):
    """What a person did, or was shown; RECORD is a piece of the moving picture."""

    ENTER = "ENTER"
    LEAVE = "LEAVE"
    SCROLL_END = "SCROLL_END"
    CLICK = "CLICK"
    TICK = "TICK"
    UNTICK = "UNTICK"
    INPUT = "INPUT"
    VIEW_FILE = "VIEW_FILE"
    PLAY = "PLAY"
    CONFIRM = "CONFIRM"
    OTP = "OTP"
    FACE = "FACE"
    SIGN = "SIGN"
    SUBMIT = "SUBMIT"
    PAY = "PAY"
    CHAT = "CHAT"
    RECORD = "RECORD"


KIND_LABELS: Mapping[Kind, str] = {
    Kind.ENTER: "进入页面",
    Kind.LEAVE: "离开页面",
    Kind.SCROLL_END: "滚动到底",
    Kind.CLICK: "点击",
    Kind.TICK: "勾选",
    Kind.UNTICK: "取消勾选",
    Kind.INPUT: "填写",
    Kind.VIEW_FILE: "查看文件",
    Kind.PLAY: "播放",
    Kind.CONFIRM: "确认",
    Kind.OTP: "短信验证",
    Kind.FACE: "人脸核验",
    Kind.SIGN: "签名",
    Kind.SUBMIT: "提交",
    Kind.PAY: "支付",
    Kind.CHAT: "对话",
    Kind.RECORD: "画面记录",
}
# What a page may tell by itself; everything else only the server can know.
BROWSER_KINDS = frozenset(
    {
        Kind.LEAVE,
        Kind.SCROLL_END,
        Kind.CLICK,
        Kind.TICK,
        Kind.UNTICK,
        Kind.INPUT,
        Kind.VIEW_FILE,
        Kind.PLAY,
    }
)


class Number(StrEnum):
    """What a session may be about."""

    PROPOSAL = "proposal"
    POLICY = "policy"
    ENDORSEMENT = "endorsement"
    ORDER = "order"
    ENVELOPE = "envelope"
    CLAIM = "claim"
    BUSINESS = "business"
    PRODUCT = "product"


NUMBER_LABELS: Mapping[Number, str] = {
    Number.PROPOSAL: "投保单",
    Number.POLICY: "保单",
    Number.ENDORSEMENT: "批单",
    Number.ORDER: "支付订单",
    Number.ENVELOPE: "签署任务",
    Number.CLAIM: "报案",
    Number.BUSINESS: "业务",
    Number.PRODUCT: "产品",
}


class ExportState(StrEnum):
    """A package: asked for by one person, allowed by another, made by the platform."""

    REQUESTED = "requested"
    REFUSED = "refused"
    APPROVED = "approved"
    MADE = "made"


EXPORT_LABELS: Mapping[ExportState, str] = {
    ExportState.REQUESTED: "待批准",
    ExportState.REFUSED: "未批准",
    ExportState.APPROVED: "正在生成",
    ExportState.MADE: "已生成",
}
EXPORT_MOVES: Mapping[ExportState, frozenset[ExportState]] = {
    ExportState.REQUESTED: frozenset({ExportState.APPROVED, ExportState.REFUSED}),
    ExportState.REFUSED: frozenset(),
    ExportState.APPROVED: frozenset({ExportState.MADE}),
    ExportState.MADE: frozenset(),
}


class DestructionState(StrEnum):
    """A list of sessions to destroy: two people besides the one who proposed it must agree."""

    PROPOSED = "proposed"
    APPROVED_ONCE = "approved_once"
    REFUSED = "refused"
    APPROVED = "approved"
    DONE = "done"


DESTRUCTION_LABELS: Mapping[DestructionState, str] = {
    DestructionState.PROPOSED: "待第一次批准",
    DestructionState.APPROVED_ONCE: "待第二次批准",
    DestructionState.REFUSED: "未批准",
    DestructionState.APPROVED: "正在销毁",
    DestructionState.DONE: "已销毁",
}
DESTRUCTION_MOVES: Mapping[DestructionState, frozenset[DestructionState]] = {
    DestructionState.PROPOSED: frozenset(
        {DestructionState.APPROVED_ONCE, DestructionState.REFUSED}
    ),
    DestructionState.APPROVED_ONCE: frozenset(
        {DestructionState.APPROVED, DestructionState.REFUSED}
    ),
    DestructionState.REFUSED: frozenset(),
    DestructionState.APPROVED: frozenset({DestructionState.DONE}),
    DestructionState.DONE: frozenset(),
}
