"""The refusals and outages of identity."""

from baozhen.foundation.errors import Outage, Refusal


class IdentityInputMissing(Refusal):
    """A check cannot start without this."""

    code = "identity_input_missing"
    message = "缺少{what}，无法核验"


class IdentityKindMismatch(Refusal):
    """A person cannot be checked like a company, nor the other way round."""

    code = "identity_kind_mismatch"
    message = "{subject}不能用“{kind}”核验"


class IdentityProviderMissing(Refusal):
    """Nobody is configured for this kind of check."""

    code = "identity_provider_missing"
    message = "没有配置“{kind}”的核验服务"


class IdentityOutage(Outage):
    """The provider did not answer as documented."""

    code = "identity_outage"
    message = "核验服务 {provider} 暂时不可用：{reason}"


class IdentityCallRefused(Refusal):
    """The provider refuses our call itself: a fault of the configuration, not of a person."""

    code = "identity_call_refused"
    message = "核验服务 {provider} 拒绝了请求：{reason}"


class CheckNotFound(Refusal):
    """There is no such check, or not for this caller."""

    code = "identity_check_unknown"
    message = "没有编号为 {check} 的认证记录"


class SubjectNotFound(Refusal):
    """There is no such subject."""

    code = "subject_unknown"
    message = "没有编号为 {subject} 的签署主体"


class CheckClosed(Refusal):
    """The check has its result."""

    code = "identity_check_closed"
    message = "认证 {check} 已经有结果"


class CallbackRefused(Refusal):
    """A result came with a wrong or stale signature."""

    code = "identity_callback_refused"
    message = "实名系统的结果通知无法验证"


class ChallengeWrong(Refusal):
    """The answer to a U-key's challenge does not prove possession of the key."""

    code = "ukey_challenge_wrong"
    message = "U-key 签名未通过验证：{reason}"


class TransferGuessWrong(Refusal):
    """The amount is not the one that was paid."""

    code = "transfer_amount_wrong"
    message = "金额与到账金额不符，还可以填写 {left} 次"


class PapersExpired(Refusal):
    """A paper's end lies in the past."""

    code = "papers_expired"
    message = "证件已于 {until} 到期"


class CodeError(Refusal):
    """A code was refused."""


class CodeWrong(CodeError):
    """Not this code; `left` tries remain."""

    code = "identity_code_wrong"
    message = "验证码不正确，还可以输入 {left} 次"


class CodeExpired(CodeError):
    """Too late."""

    code = "identity_code_expired"
    message = "验证码已过期，请重新获取"


class CodeSpent(CodeError):
    """Used already, or guessed at too often."""

    code = "identity_code_spent"
    message = "验证码已失效，请重新获取"


class CodeNotYours(CodeError):
    """The code was sent to another person, or for another purpose, document or device."""

    code = "identity_code_not_yours"
    message = "验证码不是为本次操作发送的，请重新获取"


class CodeElsewhere(CodeError):
    """The code was confirmed on another device or in another browser than the one that signs."""

    code = "identity_code_elsewhere"
    message = (
        "验证码是在另一台设备或另一个浏览器中确认的，不能用于这里的签署，您的签署没有提交；"
        "请在当前页面重新获取验证码并填写"
    )


class CodeTooSoon(CodeError):
    """The last one was sent a moment ago."""

    code = "identity_code_too_soon"
    message = "验证码刚刚发送，请在 {seconds} 秒后重新获取"


class CodeTooMany(CodeError):
    """Too many were sent."""

    code = "identity_code_too_many"
    message = "验证码获取次数过多，请在 {minutes} 分钟后再试"


class NoAddress(CodeError):
    """The subject has no mobile or mail address on record."""

    code = "identity_code_no_address"
    message = "没有登记{what}，无法发送验证码"


class ConsentNotProved(Refusal):
    """The confirmation does not rest on anything that was done for this document."""

    code = "consent_not_proved"
    message = "意愿认证缺少有效的凭据：{reason}"


class ConsentStale(Refusal):
    """The will was confirmed too long ago, or for something else."""

    code = "consent_stale"
    message = "意愿认证已失效，请重新确认"


class AgentActsForClient(Refusal):
    """保险法 第一百三十一条; S2-L311: nobody confirms on another's behalf."""

    code = "agent_acts_for_client"
    message = "该{what}属于业务人员，不能代客户确认；请由客户本人使用自己的手机或设备完成"


class IdentityNotVerified(Refusal):
    """The subject has not been verified as this tier needs."""

    code = "identity_not_verified"
    message = "尚未完成实名认证，还需要：{kinds}"
