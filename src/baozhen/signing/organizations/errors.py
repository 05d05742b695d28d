"""The refusals of programs that call."""

from baozhen.foundation.errors import Refusal


class APIKeyRefused(Refusal):
    """The key is unknown, switched off or expired: the caller is not told which."""

    code = "api_key_refused"
    message = "接口密钥无效或已失效"


class APIScopeMissing(Refusal):
    """The key is good, but not for this."""

    code = "api_scope_missing"
    message = "接口密钥没有 {scope} 权限"


class APIScopeUnknown(Refusal):
    """There is no such scope to give."""

    code = "api_scope_unknown"
    message = "没有名为 {scope} 的接口权限"


class APINetworkInvalid(Refusal):
    """The text is not a network."""

    code = "api_network_invalid"
    message = "“{network}”不是合法网段"


class APINetworkRefused(Refusal):
    """The key may not be used from there."""

    code = "api_network_refused"
    message = "接口密钥不允许从当前网络地址使用"
