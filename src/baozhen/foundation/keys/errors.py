"""What can go wrong with keys: refusals that an operator mends, and outages of a device.

Those of a signing device are SigningErrors too, so that a sealing counts them like any other
failure to sign.
"""

from baozhen.foundation.errors import Outage, Refusal
from baozhen.trust.errors import SigningError


class LoosePermissions(Refusal):
    """A file or folder with secrets is open to others; it is not even read."""

    code = "loose_permissions"
    message = (
        "{file} 的权限 {mode} 过宽：密钥文件须为 0600、目录须为 0700，且属于本程序的用户或 root"
    )


class SecretUnreadable(Refusal):
    """A file with secrets is missing, too large, or not a plain file."""

    code = "secret_unreadable"
    message = "无法读取 {file}：{reason}"


class SecretExists(Refusal):
    """A file with secrets would be overwritten."""

    code = "secret_exists"
    message = "{file} 已存在：密钥不会被覆盖"


class UnknownKey(Refusal):
    """The store has no key of that name."""

    code = "unknown_key"
    message = "密钥库 {store} 中没有密钥 {name}"


class BadKeyReference(Refusal):
    """A key reference cannot be understood, or names what is not configured."""

    code = "key_reference"
    message = "密钥引用 {reference} 不可用：{reason}"


class KeyConfigurationFault(Refusal):
    """The configuration of keys and devices is incomplete or contradicts itself."""

    code = "key_configuration"
    message = "密钥配置有误：{reason}"


class UnknownDataKey(Refusal):
    """Something was encrypted with a data key that the ring does not hold."""

    code = "unknown_data_key"
    message = "数据密钥 {key_id} 不在密钥环中"


class DeviceRefused(Refusal, SigningError):
    """A device or token says no: wrong PIN, no such key, an algorithm that it lacks."""

    code = "device_refused"
    message = "密码设备 {device} 拒绝 {call}：{result}"


class DeviceOutage(Outage, SigningError):
    """A device or token failed; the same call may succeed later."""

    code = "device_outage"
    message = "密码设备 {device} 在 {call} 时发生故障：{result}"
