"""The refusals of signing tasks."""

from baozhen.foundation.errors import Refusal


class EnvelopeNotFound(Refusal):
    """No such envelope, or not yours to see: the difference is not told."""

    code = "envelope_not_found"
    message = "没有这个签署任务"


class SketchNotFound(Refusal):
    """No such sketch, or another person's."""

    code = "sketch_not_found"
    message = "没有这个草稿，可能已经发起或删除"


class AnswersMissing(Refusal):
    """The party has not answered what it is asked."""

    code = "answers_missing"
    message = "请先逐项回答询问事项，还有 {count} 项"


class AnswersInvalid(Refusal):
    """Some answers are missing or do not fit; `facts["faults"]` lists all of them."""

    code = "answers_invalid"
    message = "有 {count} 项没有回答或填写有误"


class LinkInvalid(Refusal):
    """The link is unknown, replaced or too old."""

    code = "link_invalid"
    message = "链接已失效，请向发起人索取新的链接"


class EmbedOriginRefused(Refusal):
    """The host page's origin is not one that may frame signing pages."""

    code = "embed_origin_refused"
    message = "来源 {origin} 没有登记为可以嵌入签署页，请在控制台“接口客户端”页登记"


class BizNumberTaken(Refusal):
    """The caller's own number is used by another envelope."""

    code = "biz_no_taken"
    message = "业务编号 {biz_no} 已用于签署任务 {envelope}，内容不同"


class DraftInvalid(Refusal):
    """What was asked for cannot be a signing task."""

    code = "envelope_draft_invalid"
    message = "签署任务内容有误：{reason}"


class PreStampInvalid(Refusal):
    """What was asked for cannot be a pre-stamp."""

    code = "pre_stamp_invalid"
    message = "预盖章授权有误：{reason}"


class PreStampNotFound(Refusal):
    """There is no such pre-stamp, or it is another company's."""

    code = "pre_stamp_not_found"
    message = "没有这份预盖章授权"


class PreStampClosed(Refusal):
    """The pre-stamp was taken back, or had ended, before."""

    code = "pre_stamp_closed"
    message = "这份预盖章授权{state}，不用再收回"


class FlowUnknown(Refusal):
    """There is no such ready-made flow."""

    code = "flow_unknown"
    message = "没有流程 {flow}"


class ValuesInvalid(Refusal):
    """The template's parameters are wrong; `facts["faults"]` lists all of them."""

    code = "template_values_invalid"
    message = "填写内容有 {count} 处问题"


class HandOnRefused(Refusal):
    """The colleague may not do what is handed on."""

    code = "hand_on_refused"
    message = (
        "{colleague} 在{unit}没有“{right}”权限，不能接手这一步{step}；"
        "请改选有权限的同事，或请安全管理员先授权"
    )


class NotYourTurn(Refusal):
    """Somebody before has not acted yet, or the action is over."""

    code = "not_your_turn"
    message = "还没有轮到这一步，或者这一步已经结束"


class EnvelopeClosed(Refusal):
    """Nothing more can be done with it."""

    code = "envelope_closed"
    message = "签署任务{state}，不能再操作"


class ReadingIncomplete(Refusal):
    """The documents were not read to their end."""

    code = "reading_incomplete"
    message = "文件还没有读完，请读到末尾再签署"


class PapersMissing(Refusal):
    """Attachments are still to be handed in."""

    code = "papers_missing"
    message = "还有材料没有提交：{papers}"


class PaperRefused(Refusal):
    """The file handed in is not one that can be kept."""

    code = "paper_refused"
    message = "材料不能接收：{reason}"


class SignatureMissing(Refusal):
    """There is no picture of a signature."""

    code = "signature_empty"
    message = "请先签名"


class SignatureUnlikeName(Refusal):
    """The typed signature is not the person's name."""

    code = "signature_unlike_name"
    message = "输入的姓名与签署人不一致"


class ReasonMissing(Refusal):
    """An act that needs a reason came without one."""

    code = "reason_missing"
    message = "请写明原因"


class ContentFrozen(Refusal):
    """A signature stands on the content: it cannot change any more."""

    code = "content_frozen"
    message = "已有签署方签署，内容不能再改；需要修改请撤回后重新发起"


class VoidNotOpen(Refusal):
    """There is no request to void that waits for this party."""

    code = "void_not_open"
    message = "没有待您确认的作废申请"


class ReminderTooSoon(Refusal):
    """Somebody was reminded a short while ago."""

    code = "reminder_too_soon"
    message = "刚刚提醒过，请在 {minutes} 分钟后再提醒"


class PlaceNotFound(Refusal):
    """The place for a signature does not exist in the document."""

    code = "place_not_found"
    message = "文件中找不到签章位置：{reason}"


class RowsInvalid(Refusal):
    """The table of a batch cannot be read."""

    code = "rows_invalid"
    message = "表格不能读取：{reason}"


class BatchEnding(Refusal):
    """The batch was ended as a whole: nothing of it is started any more."""

    code = "batch_ended"
    message = "批次 {batch} 已批量终止"


class SelectionInvalid(Refusal):
    """What was chosen cannot be done together."""

    code = "selection_invalid"
    message = "不能一起处理：{reason}"


class SealRefused(Refusal):
    """The seal may not be used for a chunk of silent envelopes."""

    code = "seal_refused"
    message = "不能用印：{reason}"
