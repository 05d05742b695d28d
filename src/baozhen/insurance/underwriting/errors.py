"""Refusals and outages of the underwriting stage."""

from baozhen.foundation.errors import Outage, Refusal


class RegisterOutage(Outage):
    """The industry platform did not answer."""

    code = "cover_register_outage"
    message = "车险信息平台暂时没有答复，核保稍后自动重试"


class ReferralUnknown(Refusal):
    """No such referral."""

    code = "referral_unknown"
    message = "没有这个人工核保任务：{key}"


class ReferralDecided(Refusal):
    """Somebody decided meanwhile, or the proposal was withdrawn."""

    code = "referral_decided"
    message = "投保单 {proposal_no} 的核保任务已处理或撤回；请刷新页面"


class ReferralReasonMissing(Refusal):
    """Declining and offering want words for the applicant."""

    code = "referral_reason_missing"
    message = "请写明理由：投保人会看到它"


class OfferInvalid(Refusal):
    """A counter-offer that changes nothing, or something that cannot be changed."""

    code = "referral_offer_invalid"
    message = "新方案有误：{why}"
