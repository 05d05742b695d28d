"""Money: in, out, in words."""

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baozhen.foundation.money import (
    FEN_MAX,
    AmountOutOfRange,
    MalformedAmount,
    chinese_capitals,
    fen_from_yuan,
    format_yuan,
    split_vat,
    yuan_from_fen,
)


@pytest.mark.parametrize(
    ("text", "fen"),
    [("0", 0), ("0.00", 0), ("1376.45", 137645), ("1376.4", 137640), ("-12.05", -1205), ("7", 700)],
)
def test_yuan_is_read(text, fen):
    assert fen_from_yuan(text) == fen


@pytest.mark.parametrize(
    "text",
    ["", " 1", "1.", ".5", "01", "1.234", "1e3", "1,000", "¥1", "NaN", "--1", "１", "+1", "1" * 14],
)
def test_anything_else_is_refused(text):
    with pytest.raises(MalformedAmount):
        fen_from_yuan(text)


@given(st.integers(-(10**14), 10**14))
def test_reading_undoes_writing(fen):
    assert fen_from_yuan(yuan_from_fen(fen)) == fen


def test_people_read_groups():
    assert format_yuan(137645) == "¥1,376.45"
    assert format_yuan(-5) == "-¥0.05"
    assert format_yuan(0) == "¥0.00"


@pytest.mark.parametrize(
    ("gross", "net", "tax"),
    [(137645, 129854, 7791), (61750, 58255, 3495), (0, 0, 0), (1, 1, 0), (106, 100, 6)],
)
def test_vat_is_split_as_the_scenarios_show(gross, net, tax):
    assert split_vat(gross) == (net, tax)


@given(st.integers(0, 10**13), st.sampled_from(["0", "0.06", "0.13"]))
def test_vat_parts_always_add_up(gross, rate):
    net, tax = split_vat(gross, rate=Decimal(rate))
    assert net + tax == gross
    assert net >= 0
    assert tax >= 0


@pytest.mark.parametrize(
    ("yuan", "words"),
    [
        ("0", "零元整"),
        ("0.01", "壹分"),
        ("0.10", "壹角整"),
        ("0.32", "叁角贰分"),
        ("1", "壹元整"),
        ("10", "壹拾元整"),
        ("15", "壹拾伍元整"),
        ("100.05", "壹佰元零伍分"),
        ("325.04", "叁佰贰拾伍元零肆分"),
        ("617.50", "陆佰壹拾柒元伍角整"),
        ("1376.45", "壹仟叁佰柒拾陆元肆角伍分"),
        ("1409.50", "壹仟肆佰零玖元伍角整"),
        ("2473.95", "贰仟肆佰柒拾叁元玖角伍分"),
        ("6007.14", "陆仟零柒元壹角肆分"),
        ("16409.02", "壹万陆仟肆佰零玖元零贰分"),
        ("107000.53", "壹拾万柒仟元伍角叁分"),
        ("100001", "壹拾万零壹元整"),
        ("100000000", "壹亿元整"),
        ("100000001", "壹亿零壹元整"),
        ("100010000", "壹亿零壹万元整"),
        ("1000000000000", "壹万亿元整"),
        ("1000000000005", "壹万亿零伍元整"),
        ("1002300000000", "壹万零贰拾叁亿元整"),
        ("9999999999999.99", "玖万玖仟玖佰玖拾玖亿玖仟玖佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分"),
    ],
)
def test_capitals(yuan, words):
    if len(yuan) > 16:
        assert chinese_capitals(FEN_MAX - 1).endswith("玖仟玖佰玖拾玖元玖角玖分")
        return
    assert chinese_capitals(fen_from_yuan(yuan)) == "人民币" + words


@pytest.mark.parametrize("fen", [-1, FEN_MAX])
def test_capitals_refuse_what_they_cannot_say(fen):
    with pytest.raises(AmountOutOfRange):
        chinese_capitals(fen)


_VALUES = {digit: value for value, digit in enumerate("零壹贰叁肆伍陆柒捌玖")}
_PLACES = {"拾": 10, "佰": 100, "仟": 1_000}


def _read_group(text):
    value = digit = 0
    for character in text:
        if character in _PLACES:
            value, digit = value + digit * _PLACES[character], 0
        else:
            digit = _VALUES[character]
    return value + digit


def _read(words):
    """Read capitals back, by another road than they were written."""
    text = words.removeprefix("人民币").removesuffix("整")
    yuan, _, cents = text.rpartition("元") if "元" in text else ("", "", text)
    total = 0
    above, _, below = yuan.rpartition("亿")
    for part, factor in ((above, 10**8), (below, 1)):
        high, _, low = part.rpartition("万")
        total += (_read_group(high) * 10_000 + _read_group(low)) * factor
    found = re.fullmatch(r"零?(?:(.)角)?零?(?:(.)分)?", cents)
    jiao, fen = (_VALUES[digit] if digit else 0 for digit in found.groups())
    return total * 100 + jiao * 10 + fen


@given(st.integers(0, FEN_MAX - 1))
def test_capitals_say_the_amount_and_nothing_else(fen):
    words = chinese_capitals(fen)
    assert _read(words) == fen
    assert "零零" not in words
    assert words.endswith(("整", "分"))
