"""Refusals of the request itself, before any rule of insurance is asked."""

from baozhen.foundation.errors import Refusal


class MalformedRequest(Refusal):
    """The body is not what its content type says."""

    code = "malformed_request"
    message = "无法读取请求内容：{reason}"


class NotSignedIn(Refusal):
    """No credentials, or credentials that are unknown, expired or withdrawn."""

    code = "not_signed_in"
    message = "缺少有效的访问凭证"


class NotPermitted(Refusal):
    """Known, but without the right."""

    code = "not_permitted"
    message = "没有“{right}”权限"


class StaffOutside(Refusal):
    """The staff work inside: no account of theirs is used through the front server."""

    code = "staff_outside"
    message = "员工账号不能从外网使用：请在公司内网打开工作台"


class NotFound(Refusal):
    """Nothing of this name, or nothing that the asker may know of."""

    code = "not_found"
    message = "没有找到{what}"


class MethodNotAllowed(Refusal):
    """The address exists, the verb does not."""

    code = "method_not_allowed"
    message = "该地址不支持 {method}"


class TooLarge(Refusal):
    """The body is larger than this address takes."""

    code = "too_large"
    message = "内容超过上限 {limit}"


class WrongContentType(Refusal):
    """The body is of a type that this address does not take."""

    code = "wrong_content_type"
    message = "内容类型应为 {expected}"


class TooManyRequests(Refusal):
    """The key or the address asks more often than agreed."""

    code = "too_many_requests"
    message = "请求过于频繁，请在 {retry_after_seconds} 秒后再试"


class IdempotencyKeyMissing(Refusal):
    """A write without a key cannot be repeated safely after a lost answer."""

    code = "idempotency_key_missing"
    message = "请在 Idempotency-Key 请求头中提供 1 至 128 个字符的幂等键"


class InvalidRequest(Refusal):
    """Parameters of the request are wrong; the facts hold one fault each."""

    code = "invalid_request"
    message = "请求参数有误"
