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
