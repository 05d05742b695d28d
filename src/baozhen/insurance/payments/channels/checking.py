"""Whether the channels' settings can work: keys readable and strong, whose key stands where, dates.

Nothing is asked of a channel: what is found here would only show itself when a person pays.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from baozhen.foundation.errors import BaozhenError
from baozhen.foundation.keys.configuration import is_production
from baozhen.insurance.payments.channels import exchange
from baozhen.insurance.payments.channels.registry import build_channel, channel_lines
from baozhen.insurance.payments.channels.unionpay import certificate_of
from baozhen.insurance.payments.states import CHANNEL_LABELS

KEY_BITS_MIN: Final = 2048
_V3_KEY_BYTES: Final = 32
_ADDRESS_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "wechat": ("root",),
    "alipay": ("gateway",),
    "unionpay": ("gateway", "file_gateway"),
}
Settings = Mapping[str, Any]


class ChannelsUnfit(RuntimeError):
    """Something about the channels would fail when a person pays; the message says what to do."""


def check_channels(at: datetime) -> tuple[str, ...]:
    """Say what can be paid with; raises ChannelsUnfit with everything that is wrong."""
    try:
        lines = channel_lines()
    except (OSError, ValueError, BaozhenError) as error:
        raise ChannelsUnfit(f"BAOZHEN_PAYMENT_CHANNELS 读不出来：{error}") from error
    if is_production() and not lines:
        raise ChannelsUnfit(
            "没有配置任何支付渠道，客户无法缴费（开发收银台不能用于生产）："
            "请设置 BAOZHEN_PAYMENT_CHANNELS"
        )
    faults = [fault for name, line in lines.items() for fault in _faults(name, line, at)]
    if faults:
        raise ChannelsUnfit("；".join(faults))
    return tuple(_word(name, lines) for name in CHANNEL_LABELS)


def _word(name: str, lines: Settings) -> str:
    label = CHANNEL_LABELS[name]
    if name in lines:
        return f"{label}：密钥与证书可用"
    return f"{label}：未配置，不提供" if is_production() else f"{label}：开发收银台，不收款"


def _faults(name: str, line: Settings, at: datetime) -> Iterator[str]:
    """Yield what is wrong with one channel's line, in words that name the setting."""
    label = CHANNEL_LABELS.get(name)
    if label is None:
        yield f"没有“{name}”这种支付渠道，可以是 {'、'.join(CHANNEL_LABELS)}"
        return
    try:
        found = [*_FAULTS[name](line, at)]
        if not found:
            build_channel(name, line)
    except KeyError as error:
        found = [f"缺少设置 {error.args[0]}"]
    except OSError as error:
        found = [f"读不到 {error.filename or '密钥文件'}"]
    except BaozhenError as error:
        found = [str(error)]
    except (ValueError, TypeError, AttributeError) as error:
        found = [f"密钥、证书或设置不对（{error}）"]
    if is_production():
        found += [f"{key} 是测试地址，生产不用" for key in _ADDRESS_NAMES[name] if key in line]
    yield from (f"{label}：{fault}" for fault in found)


def _wechat(line: Settings, _at: datetime) -> Iterator[str]:
    own = exchange.private_key(str(line["private_key"]))
    yield from _weak("private_key", own)
    if len(str(line["api_v3_key"]).encode()) != _V3_KEY_BYTES:
        yield "api_v3_key 须为 32 个字节"
    if not line["platform_keys"]:
        yield "platform_keys 为空，无法核对微信支付的应答和通知"
    for serial, pem in line["platform_keys"].items():
        yield from _own("platform_keys " + str(serial), own, exchange.public_key(str(pem)))


def _alipay(line: Settings, _at: datetime) -> Iterator[str]:
    own = exchange.private_key(str(line["private_key"]))
    yield from _weak("private_key", own)
    yield from _own("alipay_public_key", own, exchange.public_key(str(line["alipay_public_key"])))


def _unionpay(line: Settings, at: datetime) -> Iterator[str]:
    yield from _weak("private_key", exchange.private_key(str(line["private_key"])))
    if not str(line["cert_id"]).isdecimal():
        yield "cert_id 须为签名证书序列号的十进制数"
    root, middle = certificate_of(line["root"]), certificate_of(line["middle"])
    try:
        middle.verify_directly_issued_by(root)
    except (ValueError, TypeError, InvalidSignature):
        yield "middle 不是 root 签发的"
    yield from _dated("root", root, at)
    yield from _dated("middle", middle, at)


_FAULTS: Final[Mapping[str, Callable[[Settings, datetime], Iterator[str]]]] = {
    "wechat": _wechat,
    "alipay": _alipay,
    "unionpay": _unionpay,
}


def _weak(setting: str, key: RSAPrivateKey) -> Iterator[str]:
    if key.key_size < KEY_BITS_MIN:
        yield f"{setting} 只有 {key.key_size} 位，须不少于 {KEY_BITS_MIN} 位"


def _own(setting: str, own: RSAPrivateKey, theirs: RSAPublicKey) -> Iterator[str]:
    """The commonest mistake: our own public key where the channel's belongs."""
    if theirs.public_numbers() == own.public_key().public_numbers():
        yield f"{setting} 是商户自己的公钥，应填渠道的公钥"


def _dated(setting: str, certificate: x509.Certificate, at: datetime) -> Iterator[str]:
    if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
        yield f"{setting} 证书不在有效期内（至 {certificate.not_valid_after_utc:%Y-%m-%d}）"
