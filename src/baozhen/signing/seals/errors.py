"""The refusals of seals: of making and changing them, and of using them."""

from dataclasses import dataclass

from baozhen.foundation.errors import Refusal


@dataclass(frozen=True)
class Suspect:
    """Whom or what a risk concerns: `account`, `api_client` or `seal`, and its key."""

    type: str
    key: int


class SealUnknown(Refusal):
    """There is no such seal."""

    code = "seal_unknown"
    message = "没有编号为 {seal} 的印章"


class NoSealFits(Refusal):
    """No active seal may be used for this document in this flow."""

    code = "no_seal_fits"
    message = "{company} 没有可用于“{document_type}”的在用印章"


class ReasonMissing(Refusal):
    """An act on a seal without words."""

    code = "seal_reason_missing"
    message = "请写明理由"


class ChangeUnfit(Refusal):
    """The request does not fit the seal's state."""

    code = "seal_change_unfit"
    message = "印章{state}，不能申请{change}"


class ChangePending(Refusal):
    """Another request about the same seal waits for its decision."""

    code = "seal_change_pending"
    message = "该印章已有一份待审批的申请 {change}，请先处理"


class OwnApproval(Refusal):
    """Nobody decides what they asked for themselves."""

    code = "seal_own_approval"
    message = "申请人不能审批自己的申请，请由另一人处理"


class RequestForeign(Refusal):
    """Only who asked may take a request back."""

    code = "seal_request_foreign"
    message = "只有申请人能撤回自己的申请"


class DesignFault(Refusal):
    """The seal cannot be drawn like this."""

    code = "seal_design_fault"
    message = "{reason}"


class PhotoFault(Refusal):
    """The photograph cannot be read."""

    code = "seal_photo_fault"
    message = "照片不能使用：{reason}"


class GrantFault(Refusal):
    """The grant does not say what it should."""

    code = "seal_grant_fault"
    message = "{reason}"


class LoanFault(Refusal):
    """The loan cannot go on like this."""

    code = "seal_loan_fault"
    message = "{reason}"


class SealUseRefused(Refusal):
    """The seal may not be used; `request` is what was asked, `suspicion` what it looks like."""

    code = "seal_use_refused"
    message = "不能使用印章 {seal}：{reason}"
    suspicion: str = ""
    suspect: Suspect | None = None
    request: object = None


class SealNotActive(SealUseRefused):
    """The seal is being made, suspended or abolished."""

    code = "seal_not_active"
    message = "印章 {seal} {reason}，不能用印"
    suspicion = "seals.not_active"


class SealHeld(SealUseRefused):
    """A risk keeps the seal, or the one who asks, from sealing until somebody has decided."""

    code = "seal_held"
    message = "印章 {seal} 的使用因风险 {reason} 被暂停，处置后方可继续"


class GrantMissing(SealUseRefused):
    """Nobody gave this person or program the use of the seal for this."""

    code = "seal_grant_missing"
    message = "没有使用印章 {seal} 的授权：{reason}"
    suspicion = "seals.no_grant"


class GrantRevoked(SealUseRefused):
    """The grant was taken back or has ended."""

    code = "seal_grant_revoked"
    message = "使用印章 {seal} 的授权{reason}"
    suspicion = "seals.revoked_grant"


class GrantUsedUp(SealUseRefused):
    """The grant's count is used up."""

    code = "seal_grant_used_up"
    message = "使用印章 {seal} 的授权次数已用完（{reason}）"


class SilentNotGranted(SealUseRefused):
    """A program may seal silently only where a grant says so."""

    code = "seal_silent_not_granted"
    message = "印章 {seal} 的授权不含静默用印：{reason}"
    suspicion = "seals.silent"


class RuleForbids(SealUseRefused):
    """A rule seal × organisation, × flow or × document type says no."""

    code = "seal_rule_forbids"
    message = "印章 {seal} 的使用规则不允许：{reason}"
    suspicion = "seals.rule"


class LooksWrong(SealUseRefused):
    """Unusual hour, volume or place: held until somebody has decided."""

    code = "seal_use_unusual"
    message = "印章 {seal} 的这次使用异常（{reason}），已暂停并通知安全管理员"
