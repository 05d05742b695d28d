"""Refusals of the registers."""

from baozhen.foundation.errors import Refusal


class DutyUnknown(Refusal):
    """No such duty."""

    code = "duty_unknown"
    message = "没有编号为 {code} 的管理义务"


class DataItemUnknown(Refusal):
    """No such item in the catalogue."""

    code = "data_item_unknown"
    message = "数据目录中没有 {code}"


class EvidenceMissing(Refusal):
    """A duty is handed in with a file and a conclusion."""

    code = "duty_evidence_missing"
    message = "请填写{what}"


class ReviewerIsOwner(Refusal):
    """Whoever handed the evidence in does not review it."""

    code = "duty_reviewer_is_owner"
    message = "证明材料须由另一位人员复核"


class DutyInvalid(Refusal):
    """A field of a duty or an item is wrong."""

    code = "duty_invalid"
    message = "{reason}"
