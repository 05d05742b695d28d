"""Refusals of the verification stage."""

from baozhen.foundation.errors import Refusal


class NoMatch(Refusal):
    """Unknown number and wrong facts get the same answer: it must not tell which was wrong."""

    code = "query_no_match"
    message = "没有查到相符的保单，请核对保单号、证件号后六位和号牌号或车架号后六位"


class TooManyAttempts(Refusal):
    """The number or the address has used up its tries."""

    code = "too_many_attempts"
    message = "查询次数过多，请在 {minutes} 分钟后再试"


class CodeTooSoon(Refusal):
    """A code was sent a moment ago, or too many were sent."""

    code = "code_too_soon"
    message = "验证码发送过于频繁，请稍候再试"


class CodeWrong(Refusal):
    """The code is wrong, used, expired or was tried too often; the answer does not tell which."""

    code = "code_wrong"
    message = "验证码不正确或已失效，请重新获取"


class NothingToProve(Refusal):
    """The policy has no sealed file yet."""

    code = "file_not_ready"
    message = "保单 {number} 还没有已签章的文件"


class CallerUnlike(Refusal):
    """Too few answers, or one that does not fit; the agent is not told which."""

    code = "caller_unlike"
    message = "核对未通过：来电人的回答与登记的信息不符，或回答的问题不足 {least} 项"


class CallerLocked(Refusal):
    """Nothing more is asked about this number for a while."""

    code = "caller_locked"
    message = (
        "该保单核对失败次数过多，{minutes} 分钟内不再核对；请来电人改用官网、公众号或到网点办理"
    )


class CallEnded(Refusal):
    """The call is over, or was never passed."""

    code = "call_ended"
    message = "本次来电核身已结束或失效，请重新核对来电人身份"


class WeChatTaken(Refusal):
    """The WeChat account stands for another person."""

    code = "wechat_taken"
    message = "这个微信已绑定另一位客户；如需更换，请原客户先解除绑定"
