"""What `doctor` says of the payment channels' settings, before a person has to find out."""

import json
from datetime import timedelta

import pytest

from baozhen.foundation.clock import now
from baozhen.insurance.payments.channels.checking import ChannelsUnfit, check_channels
from tests.insurance.payments.doubles import certificate, private_pem, public_pem


@pytest.fixture
def check(settings):
    """Say what production says of these lines: a tuple when all is well, else its complaint."""
    settings.BAOZHEN_MODE = "production"

    def run(lines, *, later=timedelta()):
        settings.BAOZHEN_PAYMENT_CHANNELS = lines if isinstance(lines, str) else json.dumps(lines)
        try:
            return check_channels(now() + later)
        except ChannelsUnfit as complaint:
            return str(complaint)

    return run


def lines():
    merchant = private_pem("merchant")
    return {
        "wechat": {
            "mchid": "1900000001",
            "appid": "wxtest0000000001",
            "serial_no": "5A0000000000000001",
            "private_key": merchant,
            "api_v3_key": "0123456789abcdef0123456789abcdef",
            "platform_keys": {"PUB_KEY_ID_1": public_pem("wechat")},
        },
        "alipay": {
            "app_id": "2021000000000001",
            "private_key": merchant,
            "alipay_public_key": public_pem("alipay"),
        },
        "unionpay": {
            "mer_id": "777290000000001",
            "cert_id": "68759663125",
            "private_key": merchant,
            "root": certificate("up-root", "up-root", "up-root"),
            "middle": certificate("up-middle", "up-root", "up-middle"),
        },
    }


def test_what_is_well_is_said_of_each_channel(check, settings):
    assert check(lines()) == tuple(
        f"{label}：密钥与证书可用" for label in ("微信支付", "支付宝", "银联在线支付")
    )
    assert check({"alipay": lines()["alipay"]})[0] == "微信支付：未配置，不提供"
    # Production has no twin to fall back to; development says that its cashier takes no money.
    assert "开发收银台不能用于生产" in check("")
    settings.BAOZHEN_MODE = "development"
    assert all("开发收银台，不收款" in line for line in check(""))


@pytest.mark.parametrize(
    ("channel", "change", "words"),
    [
        ("wechat", {"api_v3_key": "short"}, "api_v3_key 须为 32 个字节"),
        ("wechat", {"platform_keys": {}}, "platform_keys 为空"),
        ("wechat", {"private_key": "/no/such/key.pem"}, "无法读取 /no/such/key.pem"),
        ("wechat", {"root": "https://example.com"}, "root 是测试地址，生产不用"),
        ("alipay", {"alipay_public_key": public_pem("merchant")}, "商户自己的公钥"),
        ("alipay", {"private_key": "-----BEGIN nothing-----"}, "密钥、证书或设置不对"),
        ("unionpay", {"middle": certificate("up-middle", "other", "x")}, "middle 不是 root 签发的"),
        ("unionpay", {"cert_id": "5A"}, "cert_id 须为签名证书序列号的十进制数"),
        ("unionpay", {"root": None}, "缺少设置 root"),
    ],
)
def test_what_would_fail_when_a_person_pays_is_named(check, channel, change, words):
    found = lines()
    found[channel] = {k: v for k, v in (found[channel] | change).items() if v is not None}
    complaint = check(found)
    assert words in complaint
    assert "；" not in complaint, "nothing else is wrong"


def test_ended_certificates_and_odd_settings_are_named(check):
    assert "root 证书不在有效期内" in check(lines(), later=timedelta(days=9))
    assert "没有“paypal”这种支付渠道" in check({"paypal": {}})
    for odd in ("{", "[1]", '{"wechat": 1}', "/no/such/file.json"):
        assert "读不出来" in check(odd)
