"""Which channels there are: a table in the settings; development has a twin of each.

`BAOZHEN_PAYMENT_CHANNELS` names a private JSON file, or is the JSON itself:

    {"wechat": {"mchid": "…", "appid": "…", …}, "alipay": {…}, "unionpay": {…}}

What each channel needs stands in docs/howto/payments.md.
"""

import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from baozhen.foundation.keys.configuration import configured, is_production
from baozhen.foundation.keys.private_files import read_private
from baozhen.insurance.payments.channels.alipay import Alipay
from baozhen.insurance.payments.channels.development import DevelopmentCashier
from baozhen.insurance.payments.channels.ports import PaymentChannel
from baozhen.insurance.payments.channels.unionpay import UnionPay
from baozhen.insurance.payments.channels.wechat import WeChatPay
from baozhen.insurance.payments.errors import PaymentChannelMissing
from baozhen.insurance.payments.states import CHANNEL_LABELS

_ADAPTERS: Mapping[str, Callable[[Mapping[str, Any]], PaymentChannel]] = {
    "wechat": WeChatPay.from_settings,
    "alipay": Alipay.from_settings,
    "unionpay": UnionPay.from_settings,
}


def channel_of(name: str) -> PaymentChannel:
    """Return a channel; raises PaymentChannelMissing where nobody has configured it."""
    found = _build(configured("BAOZHEN_PAYMENT_CHANNELS"), name, is_production())
    if found is None:
        raise PaymentChannelMissing(path="channel", channel=CHANNEL_LABELS.get(name, name))
    return found


def channel_names() -> list[str]:
    """Return the channels that people can choose here, in their usual order."""
    source = configured("BAOZHEN_PAYMENT_CHANNELS")
    return [name for name in _ADAPTERS if _build(source, name, is_production()) is not None]


def channel_lines() -> dict[str, Any]:
    """Return what is configured, by channel; ValueError for what is no table."""
    found: object = _lines(configured("BAOZHEN_PAYMENT_CHANNELS"))
    if not isinstance(found, dict) or not all(isinstance(line, dict) for line in found.values()):
        raise ValueError("BAOZHEN_PAYMENT_CHANNELS is no table of channels")
    return found


def build_channel(name: str, line: Mapping[str, Any]) -> PaymentChannel:
    """Return a channel of a line of the settings; whatever is wrong with the line is raised."""
    return _ADAPTERS[name](line)


@lru_cache(maxsize=16)
def _build(source: str, name: str, production: bool) -> PaymentChannel | None:
    if name not in _ADAPTERS:
        return None
    line = _lines(source).get(name)
    if line is not None:
        return _ADAPTERS[name](line)
    return None if production else DevelopmentCashier(name)


def _lines(source: str) -> dict[str, Any]:
    if not source:
        return {}
    text = source if source.lstrip().startswith("{") else read_private(Path(source)).decode()
    found: dict[str, Any] = json.loads(text)
    return found
