"""The Chinese word, the tone and the icon of every state, kind and form that pages show."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Word:
    """A state as people see it: never by colour alone."""

    label: str
    tone: str = ""
    icon: str = "info"


UNKNOWN = Word("未知", "amber", "question")

POLICY_STATES: Mapping[str, Word] = {
    "numbered": Word("签章中", "amber", "clock"),
    "issued": Word("已签发", "jade", "check"),
    "cancelled": Word("已注销", "", "cross"),
}
STANDINGS: Mapping[str, Word] = {
    "current": Word("现行", "jade", "check"),
    "superseded": Word("已批改", "", "clock"),
    "cancelled": Word("已注销", "", "cross"),
}
TIMESTAMP_STATES: Mapping[str, Word] = {
    "stamped": Word("已盖时间戳", "jade", "check"),
    "pending": Word("时间戳待补", "amber", "clock"),
    "none": Word("无时间戳", "", "info"),
}
TIMESTAMP_MODES: Mapping[str, str] = {
    "each": "逐个签名",
    "aggregated": "聚合",
    "none": "不加",
}
PROPOSAL_STATES: Mapping[str, Word] = {
    "submitted": Word("出单中", "amber", "clock"),
    "issued": Word("已出单", "jade", "check"),
}
BATCH_STATES: Mapping[str, Word] = {
    "receiving": Word("接收中", "amber", "clock"),
    "processing": Word("处理中", "azure", "clock"),
    "finished": Word("已完成", "jade", "check"),
}
ENVELOPE_STATES: Mapping[str, Word] = {
    "draft": Word("草稿", "", "file"),
    "in_progress": Word("签署中", "azure", "clock"),
    "sealing": Word("封签中", "amber", "clock"),
    "completed": Word("已完成", "jade", "check"),
    "declined": Word("已退回", "seal", "cross"),
    "recalled": Word("已撤回", "", "cross"),
    "expired": Word("已过期", "", "clock"),
    "voiding": Word("作废中", "amber", "alert"),
    "voided": Word("已作废", "", "cross"),
}
ACTION_STATES: Mapping[str, Word] = {
    "waiting": Word("未轮到", "", "clock"),
    "ready": Word("待处理", "azure", "person"),
    "performing": Word("处理中", "amber", "clock"),
    "done": Word("已完成", "jade", "check"),
    "declined": Word("已退回", "seal", "cross"),
    "skipped": Word("无需处理", "", "info"),
}
ENVELOPE_BATCH_STATES: Mapping[str, Word] = {
    "processing": Word("处理中", "azure", "clock"),
    "finished": Word("已处理完", "jade", "check"),
}
ROW_STATUSES: Mapping[str, Word] = {
    "waiting": Word("待处理", "", "clock"),
    "started": Word("已发起", "jade", "check"),
    "failed": Word("有误", "seal", "alert"),
}
ITEM_STATUSES: Mapping[str, Word] = {
    "pending": Word("等待", "", "clock"),
    "issued": Word("已出单", "jade", "check"),
    "refused": Word("被拒绝", "amber", "cross"),
    "conflict": Word("冲突", "amber", "alert"),
    "failed": Word("失败", "seal", "alert"),
}
DELIVERY_STATES: Mapping[str, Word] = {
    "queued": Word("待发送", "amber", "clock"),
    "sent": Word("已发送", "jade", "check"),
    "failed": Word("失败", "seal", "alert"),
}
CALL_STATES: Mapping[str, Word] = {
    "passed": Word("已通过，通话中", "jade", "check"),
    "refused": Word("未通过", "amber", "cross"),
    "ended": Word("已结束", "", "exit"),
}
CLAIM_STATES: Mapping[str, Word] = {
    "registered": Word("已报案", "", "clock"),
    "collecting": Word("等待材料", "amber", "clock"),
    "assessing": Word("核定中", "azure", "clock"),
    "offered": Word("已核定，待确认金额", "azure", "check"),
    "refused": Word("不予赔付", "amber", "cross"),
    "agreed": Word("已达成协议，赔付中", "azure", "check"),
    "paid": Word("已赔付", "jade", "check"),
    "disputed": Word("有异议，复核中", "amber", "alert"),
    "withdrawn": Word("已撤回", "", "cross"),
    "closed": Word("复核维持原结论", "", "check"),
}
INVOICE_STATES: Mapping[str, Word] = {
    "requested": Word("开具中", "azure", "clock"),
    "issued": Word("已开具", "jade", "check"),
    "refused": Word("未能开具", "seal", "alert"),
}
DUTY_STATES: Mapping[str, Word] = {
    "open": Word("待履行", "amber", "clock"),
    "handed_in": Word("待复核", "azure", "clock"),
    "met": Word("已履行", "jade", "check"),
    "overdue": Word("已逾期", "seal", "alert"),
}
KINDS: Mapping[str, str] = {
    "compulsory": "交强险",
    "commercial": "商业险",
}
KINDS_IN_FULL: Mapping[str, str] = {
    "compulsory": "机动车交通事故责任强制保险",
    "commercial": "机动车商业保险",
}
DOCUMENT_TYPES: Mapping[str, str] = {
    "policy": "电子保单",
    "mark": "电子保险标志",
    "clauses": "保险条款",
    "application_contract": "投保合同",
    "proposal_confirmation": "投保确认书",
    "endorsement": "批单",
    "change_application": "保全申请书",
    "beneficiary_change": "受益人变更申请",
    "beneficiary_qualification": "受益人资格证明",
    "claim_application": "理赔申请书",
    "customer_receipt": "客户回执",
    "insured_list": "被保险人清单",
    "agent_contract": "代理合同",
    "reinsurance_contract": "再保险合同",
    "litigation_guarantee": "诉讼保全保函",
    "inspection_report": "核验报告",
}
FILE_KINDS: Mapping[str, str] = {
    "policy": "电子保单",
    "mark": "电子保险标志",
}
FORMS: Mapping[str, str] = {
    "car": "汽车",
    "special": "特种车",
    "motorcycle_tractor": "摩托车、拖拉机",
    "single_trip": "单程提车",
    "new_energy": "新能源汽车",
}
ALGORITHMS: Mapping[str, str] = {
    "sm2-sm3": "国密 SM2",
    "rsa-sha256": "RSA",
    "ecdsa-p256-sha256": "ECDSA P-256",
}
# Facts of the audit chain (`noun.state`), as the timeline tells them.
ACTS: Mapping[str, str] = {
    "proposal.submitted": "收到投保单",
    "proposal.issued": "投保单出单完成",
    "payment.confirmed": "保费收讫",
    "payment.excepted": "按批准的例外先行出单",
    "policy.numbered": "生成保单号，内容冻结",
    "policy.issued": "签章归档，保单签发",
    "policy.timestamped": "补齐时间戳",
    "policy.delivered": "保单送达投保人",
    "policy.cancelled": "保单注销",
    "policy_file.timestamped": "补齐时间戳",
    "clause_document.published": "发布条款",
    "table_version.draft": "起草新版本",
    "table_version.submitted": "提交审核",
    "table_version.approved": "审核通过",
    "table_version.rejected": "审核未通过",
    "table_version.retired": "停用版本",
    "application.draft": "开始投保",
    "application.submitted": "提交投保申请",
    "application.referred": "转人工核保",
    "application.offered": "提出新承保方案",
    "application.accepted": "核保通过",
    "application.declined": "未能承保",
    "application.signed": "投保人完成签名",
    "application.paid": "保费收讫",
    "application.issued": "投保出单完成",
    "application.withdrawn": "撤回投保",
    "application.expired": "投保申请过期",
    "application.superseded": "被新投保单替代",
    "application.failed": "未能出单，安排退款",
    "referral.open": "进入人工核保",
    "referral.accepted": "人工核保通过",
    "referral.offered": "人工核保提出新方案",
    "referral.declined": "人工核保不予承保",
    "referral.withdrawn": "人工核保撤销",
    "reading_set.open": "开始阅读投保文件",
    "reading_set.signed": "投保文件签署归档",
    "reading_set.void": "内容变更，阅读记录作废",
    "reading_set.superseded": "签署文件被新的替代",
    "payment_order.opened": "建立支付订单",
    "payment_order.paying": "等待付款",
    "payment_order.confirmed": "付款确认",
    "payment_order.refunding": "正在退款",
    "payment_order.refunded": "款项已退回",
    "payment_order.closed": "支付订单关闭",
    "refund.proposed": "申请退款",
    "refund.requested": "安排退款",
    "refund.sent": "退款已提交渠道",
    "refund.succeeded": "退款成功",
    "refund.failed": "退款失败",
    "refund.rejected": "退款申请未通过",
    "payment_difference.open": "对账发现差异",
    "payment_difference.handled": "对账差异已处理",
    "invoice.requested": "申请开具发票",
    "invoice.issued": "发票已开具",
    "invoice.refused": "发票未能开具",
    "receipt.asked": "请客户签收保单",
    "receipt.signed": "客户签署回执",
    "caller_check.passed": "来电核身通过",
    "caller_check.refused": "来电核身未通过",
    "caller_check.ended": "来电结束",
    "wechat_binding.bound": "绑定微信",
    "wechat_binding.released": "解除微信绑定",
    "claim.registered": "报案登记",
    "claim.collecting": "通知索赔材料",
    "claim.assessing": "开始核定",
    "claim.offered": "告知核定结果",
    "claim.refused": "告知不予赔付及理由",
    "claim.agreed": "达成赔付协议",
    "claim.paid": "赔款支付",
    "claim.disputed": "客户提出异议",
    "claim.withdrawn": "撤销报案",
    "claim.closed": "结案",
    "duty.open": "登记职责事项",
    "duty.handed_in": "提交履行证据",
    "duty.met": "复核通过",
    "change.draft": "起草批改申请",
    "change.submitted": "提交批改申请",
    "change.accepted": "批改申请通过",
    "change.paying": "等待补缴保费",
    "change.sealing": "批单签章中",
    "change.issued": "批改完成",
    "change.refused": "批改申请未通过",
    "change.withdrawn": "撤回批改申请",
    "change.expired": "批改申请过期",
    "endorsement.numbered": "生成批单号，内容冻结",
    "endorsement.issued": "批单签章归档",
    "envelope.completed": "签署任务完成",
    "delivery.queued": "安排发送",
    "delivery.sent": "已发送给客户",
    "delivery.failed": "发送失败",
    "access.downloaded": "下载了文件",
    "access.queried": "查看了保单",
    "customer.told": "已通知客户",
    "access.revealed": "查看了完整个人信息",
    "access.previewed": "预览了文件",
    "batch.receiving": "开始接收批次",
    "batch.processing": "批次开始处理",
    "batch.finished": "批次处理完成",
    "parked_job.retried": "重试搁置任务",
    "batch.refused": "批次未被接收",
    "binding.pending": "导入证书",
    "binding.probed": "证书试签通过",
    "binding.active": "启用证书",
    "binding.suspended": "停用证书",
    "binding.revoked": "证书被吊销",
    "binding.expired": "证书到期",
    "api_client.created": "开通接口客户端",
    "api_client.switched_off": "停用接口客户端",
    "api_client.key_renewed": "换发接口密钥",
    "api_client.changed": "修改接口客户端的授权",
    "legal_hold.placed": "冻结归档件",
    "legal_hold.released": "解除冻结",
}


def word_for(words: Mapping[str, Word], state: str) -> Word:
    """Return the word of a state, or one that admits that there is none."""
    return words.get(state, UNKNOWN)
