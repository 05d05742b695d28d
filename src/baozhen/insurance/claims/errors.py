"""Refusals of the claims stage."""

from collections.abc import Sequence
from dataclasses import dataclass

from baozhen.foundation.errors import Refusal
from baozhen.insurance.claims.rules import LossFault


class ClaimUnknown(Refusal):
    """No such claim, or another person's: the difference is not told."""

    code = "claim_unknown"
    message = "没有报案号为 {number} 的案件"


@dataclass(frozen=True)
class FieldFault:
    """One field at fault, as the API lists it."""

    code: str
    path: str
    message: str


class ClaimInvalid(Refusal):
    """Fields of the report are wrong or missing; `faults` names each."""

    code = "claim_invalid"
    message = "报案信息有 {count} 处需要补充或更正：{first}"

    def __init__(self, *, faults: Sequence[LossFault]) -> None:
        super().__init__(
            path=faults[0].path, count=len(faults), first=faults[0].message, faults=tuple(faults)
        )
        self.faults = tuple(FieldFault(self.code, fault.path, fault.message) for fault in faults)

    def __reduce__(self) -> tuple[object, ...]:
        return (_claim_invalid, (self.facts["faults"],))


def _claim_invalid(faults: Sequence[LossFault]) -> ClaimInvalid:
    return ClaimInvalid(faults=faults)


class ClaimFileInvalid(Refusal):
    """The file is not one of those that are taken."""

    code = "claim_file_invalid"
    message = "请上传 JPG、PNG 图片或 PDF 文件，单个不超过 10 MB，每项不超过 {most} 个"


class DecisionInvalid(Refusal):
    """A decision needs an amount or a reason."""

    code = "claim_decision_invalid"
    message = "{reason}"


class LossOutsideCover(Refusal):
    """The loss did not happen within the cover period."""

    code = "loss_outside_cover"
    message = (
        "出险时间不在保险期间（{starts} 起至 {ends} 止）内，请核对日期和时间；"
        "如对结果有疑问，请致电 {phone}，人工为您登记"
    )


class LossWhileResting(Refusal):
    """The cover rested by an endorsement (停驶) when the loss happened."""

    code = "loss_while_resting"
    message = (
        "出险时商业险处于停驶期间（{starts} 起至 {ends} 止），停驶期间商业险不承担保险责任。"
        "请核对日期和时间；交强险不受停驶影响，仍可报案；"
        "如对结果有疑问，请致电 {phone}，人工为您登记"
    )


class PolicyNotIssued(Refusal):
    """The policy has no sealed file yet."""

    code = "policy_not_issued"
    message = "保单 {number} 正在签章，请稍候再报案；紧急情况请致电 {phone}"


class LossReportedAlready(Refusal):
    """The same loss of the same policy was reported a moment ago."""

    code = "loss_reported"
    message = "这起事故已经报案，报案号 {number}，无需重复提交"


class PaperUnknown(Refusal):
    """Not on the list of this claim."""

    code = "claim_paper_unknown"
    message = "材料清单中没有 {code}"


class PapersMissing(Refusal):
    """The papers are not whole yet."""

    code = "claim_papers_missing"
    message = "还缺以下材料：{missing}"


class PapersToldOnce(Refusal):
    """The list was told: 保险法 22 lets the insurer ask for more once only."""

    code = "claim_papers_told"
    message = "补充材料只能一次性通知，案件 {number} 已经通知过"


class ClaimConflict(Refusal):
    """The claims system sent the same message with other content."""

    code = "claim_conflict"
    message = "消息 {message_no} 已经收到过，内容不同"
