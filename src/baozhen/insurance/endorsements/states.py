"""States of changes (批改申请) and of the endorsements 批单 that they become."""

from collections.abc import Mapping
from enum import StrEnum


class ChangeState(StrEnum):
    """Each state names what holds.

    `draft`: worked out and shown, nothing is asked yet; `submitted`: a leader decides;
    `accepted`: the holder is to confirm the changed content; `paying`: confirmed, the difference
    is to come; `sealing`: nothing is missing, the endorsements are numbered; `issued`: sealed.
    """

    DRAFT = "draft"
    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    PAYING = "paying"
    SEALING = "sealing"
    ISSUED = "issued"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


_C = ChangeState

CHANGE_MOVES: Mapping[str, frozenset[str]] = {
    _C.DRAFT: frozenset({_C.SUBMITTED, _C.ACCEPTED, _C.WITHDRAWN}),
    _C.SUBMITTED: frozenset({_C.ACCEPTED, _C.REFUSED, _C.WITHDRAWN, _C.EXPIRED}),
    _C.ACCEPTED: frozenset({_C.PAYING, _C.SEALING, _C.WITHDRAWN, _C.EXPIRED}),
    _C.PAYING: frozenset({_C.SEALING, _C.WITHDRAWN, _C.EXPIRED}),
    _C.SEALING: frozenset({_C.ISSUED}),
    _C.ISSUED: frozenset(),
    _C.REFUSED: frozenset(),
    _C.WITHDRAWN: frozenset(),
    _C.EXPIRED: frozenset(),
}

# A proposal has at most one change in these: two at once would be worked out from one content.
OPEN_STATES = (_C.SUBMITTED, _C.ACCEPTED, _C.PAYING, _C.SEALING)

STATE_LABELS: Mapping[str, str] = {
    _C.DRAFT: "未提交",
    _C.SUBMITTED: "审批中",
    _C.ACCEPTED: "待您确认",
    _C.PAYING: "待补缴保险费",
    _C.SEALING: "批单签发中",
    _C.ISSUED: "已生成批单",
    _C.REFUSED: "未同意",
    _C.WITHDRAWN: "已撤回",
    _C.EXPIRED: "已过期",
}


class EndorsementState(StrEnum):
    """`numbered`: content frozen, a promise; `issued`: the sealed file is archived."""

    NUMBERED = "numbered"
    ISSUED = "issued"


ENDORSEMENT_MOVES: Mapping[str, frozenset[str]] = {
    EndorsementState.NUMBERED: frozenset({EndorsementState.ISSUED}),
    EndorsementState.ISSUED: frozenset(),
}


class ChangeKind(StrEnum):
    """What people change (DOMAIN 2.7); labels, papers and approvals stand in data/changes.json."""

    PLATE = "plate"
    CORRECTION = "correction"
    TRANSFER = "transfer"
    INSURED_NAME = "insured_name"
    USE_NATURE = "use_nature"
    SEATS = "seats"
    TAX = "tax"
    LIMIT = "limit"
    COVER_ADD = "cover_add"
    COVER_REMOVE = "cover_remove"
    AGREEMENT = "agreement"
    PERIOD = "period"
    SUSPENSION = "suspension"
    RESUMPTION = "resumption"
    SURRENDER = "surrender"
    CANCELLATION = "cancellation"


# With these the policy ends, and what was paid for the time to come goes back.
ENDING_KINDS = frozenset({ChangeKind.SURRENDER, ChangeKind.CANCELLATION})
