"""The refusals of organisations: programs, units, powers, officers, sign-in, the directory."""

from baozhen.foundation.errors import Outage, Refusal


class APIKeyRefused(Refusal):
    """The key is unknown, switched off or expired: the caller is not told which."""

    code = "api_key_refused"
    message = "接口密钥无效或已失效"


class APIClientUnknown(Refusal):
    """No such program, or one that was switched off for good."""

    code = "api_client_unknown"
    message = "没有找到接口客户端，或它已经停用；停用的不能恢复，请另建一个"


class APIScopeMissing(Refusal):
    """The key is good, but not for this."""

    code = "api_scope_missing"
    message = "接口密钥没有 {scope} 权限"


class APIScopeUnknown(Refusal):
    """There is no such scope to give."""

    code = "api_scope_unknown"
    message = "没有名为 {scope} 的接口权限"


class APIScopeLeftOut(Refusal):
    """The scope is of insurance, and the signing centre stands alone here."""

    code = "api_scope_left_out"
    message = "接口权限 {scope} 属于保险业务：这里只开放签署中心，请去掉它"


class APINetworkInvalid(Refusal):
    """The text is not a network."""

    code = "api_network_invalid"
    message = "“{network}”不是合法网段"


class APIOriginInvalid(Refusal):
    """The text is not one exact origin."""

    code = "api_origin_invalid"
    message = "“{origin}”不能作为嵌入来源：请写 https:// 加主机名（可加端口），不带路径，不用 *"


class APIOriginsTooMany(Refusal):
    """More origins than one program may have."""

    code = "api_origins_too_many"
    message = "一个接口客户端至多登记 {count} 个嵌入来源"


class APINetworkRefused(Refusal):
    """The key may not be used from there."""

    code = "api_network_refused"
    message = "接口密钥不允许从当前网络地址使用"


class UnitUnknown(Refusal):
    """There is no such unit, or none that the asker may know of."""

    code = "org_unit_unknown"
    message = "没有编号为 {unit} 的机构"


class UnitInvalid(Refusal):
    """The unit cannot be made or changed like this."""

    code = "org_unit_invalid"
    message = "机构信息有误：{reason}"


class AccountUnknown(Refusal):
    """There is no such account."""

    code = "account_unknown"
    message = "没有编号为 {account} 的账号"


class AccountInvalid(Refusal):
    """The account cannot be made or changed like this."""

    code = "account_invalid"
    message = "账号信息有误：{reason}"


class UnitTaken(UnitInvalid):
    """Another unit has this code."""

    code = "org_unit_taken"


class AccountTaken(AccountInvalid):
    """Another account has this name or number."""

    code = "account_taken"


class PowerMissing(Refusal):
    """The person does not hold this permission in this unit."""

    code = "power_missing"
    message = "您在“{unit}”没有“{right}”权限"


class PowerExceeded(Refusal):
    """The person holds the permission, but not for so much."""

    code = "power_exceeded"
    message = "超出授权限额：“{right}”{limit}"


class GrantRefused(Refusal):
    """The power may not be given by this person, to this person or there."""

    code = "grant_refused"
    message = "不能授权：{reason}"


class OfficerRefused(Refusal):
    """The separation of the three officers forbids it."""

    code = "officer_refused"
    message = "三员分立不允许：{reason}"


class PasswordRefused(Refusal):
    """The new password does not meet the rules."""

    code = "password_refused"
    message = "密码不符合要求：{reason}"


class SecondFactorRefused(Refusal):
    """The code, key or answer is wrong, spent or unknown; the caller is not told which."""

    code = "second_factor_refused"
    message = "验证没有通过，请重试或换一种方式"


class SignOnRefused(Refusal):
    """The provider's or the proxy's word does not sign anybody in."""

    code = "sign_on_refused"
    message = "单点登录没有成功：{reason}"


class ProviderUnavailable(Outage):
    """The identity provider does not answer, or answers what nobody can read."""

    code = "provider_unavailable"
    message = "统一身份认证暂时不可用：{reason}"


class DirectoryUnavailable(Outage):
    """The directory does not answer, or answers what nobody can read."""

    code = "directory_unavailable"
    message = "目录系统暂时不可用：{reason}"


class DirectoryInvalid(Refusal):
    """The directory's content cannot be taken over."""

    code = "directory_invalid"
    message = "目录内容有误：{reason}"


class SyncRefused(Refusal):
    """The run cannot be applied as it stands."""

    code = "sync_refused"
    message = "不能执行同步：{reason}"
