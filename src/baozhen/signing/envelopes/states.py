"""The life of an envelope, of an action and of a request to void, at a glance."""

from enum import StrEnum


class EnvelopeState(StrEnum):
    """Where a signing task stands; `sealing` is visible, watched and goes on by itself."""

    DRAFT = "draft"
    IN_PROGRESS = "in_progress"
    SEALING = "sealing"
    COMPLETED = "completed"
    DECLINED = "declined"
    RECALLED = "recalled"
    EXPIRED = "expired"
    VOIDING = "voiding"
    VOIDED = "voided"


LABELS = {
    EnvelopeState.DRAFT: "草稿",
    EnvelopeState.IN_PROGRESS: "签署中",
    EnvelopeState.SEALING: "封签中",
    EnvelopeState.COMPLETED: "已完成",
    EnvelopeState.DECLINED: "已退回",
    EnvelopeState.RECALLED: "已撤回",
    EnvelopeState.EXPIRED: "已过期",
    EnvelopeState.VOIDING: "作废中",
    EnvelopeState.VOIDED: "已作废",
}

MOVES: dict[EnvelopeState, frozenset[EnvelopeState]] = {
    EnvelopeState.DRAFT: frozenset({EnvelopeState.IN_PROGRESS, EnvelopeState.RECALLED}),
    EnvelopeState.IN_PROGRESS: frozenset(
        {
            EnvelopeState.SEALING,
            EnvelopeState.DECLINED,
            EnvelopeState.RECALLED,
            EnvelopeState.EXPIRED,
        }
    ),
    # Back, when a seal was refused at the last step: a person has to decide again.
    EnvelopeState.SEALING: frozenset({EnvelopeState.COMPLETED, EnvelopeState.IN_PROGRESS}),
    EnvelopeState.COMPLETED: frozenset({EnvelopeState.VOIDING}),
    EnvelopeState.VOIDING: frozenset({EnvelopeState.VOIDED, EnvelopeState.COMPLETED}),
    EnvelopeState.DECLINED: frozenset(),
    EnvelopeState.RECALLED: frozenset(),
    EnvelopeState.EXPIRED: frozenset(),
    EnvelopeState.VOIDED: frozenset(),
}
OPEN = (EnvelopeState.DRAFT, EnvelopeState.IN_PROGRESS, EnvelopeState.SEALING)


class ActionType(StrEnum):
    """What a signatory has to do."""

    SEAL = "seal"
    SIGN = "sign"
    LEGAL_REP_SIGN = "legal_rep_sign"
    APPROVE = "approve"
    PRE_STAMP = "pre_stamp"
    VIEW = "view"
    CC = "cc"


TYPE_LABELS = {
    ActionType.SEAL: "盖章",
    ActionType.SIGN: "签名",
    ActionType.LEGAL_REP_SIGN: "法定代表人签章",
    ActionType.APPROVE: "审批",
    ActionType.PRE_STAMP: "预盖章",
    ActionType.VIEW: "查阅",
    ActionType.CC: "抄送",
}
# These put a signature on the documents; the others leave the bytes as they are.
SIGNING_TYPES = frozenset({ActionType.SEAL, ActionType.SIGN, ActionType.LEGAL_REP_SIGN})
# Nobody waits for these.
PASSIVE_TYPES = frozenset({ActionType.VIEW, ActionType.CC})


class ActionState(StrEnum):
    """`performing`: the decision is recorded, the signature is being made."""

    WAITING = "waiting"
    READY = "ready"
    PERFORMING = "performing"
    DONE = "done"
    DECLINED = "declined"
    SKIPPED = "skipped"


ACTION_LABELS = {
    ActionState.WAITING: "未轮到",
    ActionState.READY: "待处理",
    ActionState.PERFORMING: "处理中",
    ActionState.DONE: "已完成",
    ActionState.DECLINED: "已退回",
    ActionState.SKIPPED: "无需处理",
}
ACTION_MOVES: dict[ActionState, frozenset[ActionState]] = {
    ActionState.WAITING: frozenset({ActionState.READY, ActionState.SKIPPED}),
    ActionState.READY: frozenset(
        {
            ActionState.PERFORMING,
            ActionState.DONE,
            ActionState.DECLINED,
            ActionState.SKIPPED,
        }
    ),
    # A refusal while performing (a suspended seal, say) gives the action back to its person.
    ActionState.PERFORMING: frozenset({ActionState.DONE, ActionState.READY}),
    ActionState.DONE: frozenset(),
    ActionState.DECLINED: frozenset(),
    ActionState.SKIPPED: frozenset(),
}


class VoidState(StrEnum):
    """A request to void waits for everybody's consent; one refusal ends it, and so does silence."""

    OPEN = "open"
    AGREED = "agreed"
    REFUSED = "refused"
    LAPSED = "lapsed"


VOID_LABELS = {
    VoidState.OPEN: "待各方确认",
    VoidState.AGREED: "各方已同意",
    VoidState.REFUSED: "有一方不同意",
    VoidState.LAPSED: "逾期没有答复",
}
VOID_MOVES: dict[VoidState, frozenset[VoidState]] = {
    VoidState.OPEN: frozenset({VoidState.AGREED, VoidState.REFUSED, VoidState.LAPSED}),
    VoidState.AGREED: frozenset(),
    VoidState.REFUSED: frozenset(),
    VoidState.LAPSED: frozenset(),
}


class PreStampState(StrEnum):
    """A pre-stamp in force is used up to its count and its day; then it has ended."""

    ACTIVE = "active"
    REVOKED = "revoked"
    ENDED = "ended"


PRE_STAMP_LABELS = {
    PreStampState.ACTIVE: "有效",
    PreStampState.REVOKED: "已收回",
    PreStampState.ENDED: "已用完或到期",
}
PRE_STAMP_MOVES: dict[PreStampState, frozenset[PreStampState]] = {
    PreStampState.ACTIVE: frozenset({PreStampState.REVOKED, PreStampState.ENDED}),
    PreStampState.REVOKED: frozenset(),
    PreStampState.ENDED: frozenset(),
}


class BatchState(StrEnum):
    """Rows come in, are worked off in chunks, and each has its own result."""

    PROCESSING = "processing"
    FINISHED = "finished"


BATCH_LABELS = {BatchState.PROCESSING: "处理中", BatchState.FINISHED: "已处理完"}
BATCH_MOVES: dict[BatchState, frozenset[BatchState]] = {
    BatchState.PROCESSING: frozenset({BatchState.FINISHED}),
    BatchState.FINISHED: frozenset(),
}


class RowStatus(StrEnum):
    """The result of one row of a batch."""

    WAITING = "waiting"
    STARTED = "started"
    FAILED = "failed"
