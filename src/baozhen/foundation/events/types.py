"""The events that outside systems may hear, by their dotted names."""

from collections.abc import Mapping

EVENT_TYPES: Mapping[str, str] = {
    "envelope.in_progress": "签署任务已发起",
    "envelope.completed": "签署任务已完成",
    "envelope.declined": "签署任务被退回",
    "envelope.recalled": "签署任务已撤回",
    "envelope.expired": "签署任务已过期",
    "envelope.voided": "签署任务已作废",
    "envelope_batch.finished": "批量签署已完成",
    "signatory.completed": "一方已完成签署",
    "identity_check.passed": "身份核验已通过",
    "identity_check.failed": "身份核验未通过",
    "seal.suspended": "印章已停用",
    "seal.abolished": "印章已废止",
    "certificate.expiring": "证书即将到期",
    "risk.raised": "风险提醒",
    "proposal.submitted": "投保单已提交",
    "proposal.signed": "投保单已签署",
    "payment.confirmed": "收费已确认",
    "policy.issued": "保单已签发",
    "policy.timestamped": "保单已加时间戳",
    "policy.delivered": "保单已送达",
    "receipt.signed": "回执已签署",
    "endorsement.issued": "批单已签发",
    "policy_change.effective": "保全变更已生效",
    "claim.reported": "已报案",
    "claim.settled": "理赔已结案",
    "archive.disposed": "归档件已处置",
    "batch.finished": "批次已完成",
    "webhook.test": "回调测试",
}

# A state's name tells a condition; these events tell that it began.
_OTHER_NAMES: Mapping[str, str] = {
    "risk.open": "risk.raised",
    "risk.held": "risk.raised",
    "reading_set.signed": "proposal.signed",
    "claim.registered": "claim.reported",
    "claim.paid": "claim.settled",
    "claim.closed": "claim.settled",
}


def event_type_of(fact: str) -> str | None:
    """Return the event that a fact of a state machine is told as, or None."""
    name = _OTHER_NAMES.get(fact, fact)
    return name if name in EVENT_TYPES else None
