"""Money is a whole number of fen (分); this page is its way in, its way out and its words."""

import re
from decimal import ROUND_HALF_UP, Decimal

from baozhen.foundation.errors import Refusal

VAT_RATE = Decimal("0.06")
FEN_MAX = 10**15  # 10 万亿元: far above any premium, far below what a bigint holds

_YUAN = re.compile(r"-?(0|[1-9][0-9]{0,12})(\.[0-9]{1,2})?", re.ASCII)
_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_GROUPS = ("", "万", "亿", "万")
_YI = 2
_THOUSAND = 1_000


class MalformedAmount(Refusal):
    """The text is not an amount in yuan."""

    code = "malformed_amount"
    message = "“{text}”不是合法金额：应为元，最多两位小数"


class AmountOutOfRange(Refusal):
    """No words are defined for the amount."""

    code = "amount_out_of_range"
    message = "金额 {fen} 分超出可书写的范围"


def fen_from_yuan(text: str) -> int:
    """Return the fen of a text in yuan such as `1376.45`, or raise MalformedAmount."""
    if not _YUAN.fullmatch(text):
        raise MalformedAmount(text=text)
    return int(Decimal(text).scaleb(2))


def yuan_from_fen(fen: int) -> str:
    """Return the plain text in yuan with two decimals: 137645 becomes `1376.45`."""
    sign = "-" if fen < 0 else ""
    yuan, rest = divmod(abs(fen), 100)
    return f"{sign}{yuan}.{rest:02d}"


def format_yuan(fen: int) -> str:
    """Return the text for people: 137645 becomes `¥1,376.45`."""
    sign = "-" if fen < 0 else ""
    yuan, rest = divmod(abs(fen), 100)
    return f"{sign}¥{yuan:,}.{rest:02d}"


def split_vat(gross_fen: int, *, rate: Decimal = VAT_RATE) -> tuple[int, int]:
    """Return (net, tax) of an amount that includes VAT; the two always add up to it."""
    # 增值税暂行条例实施细则 第十四条: 销售额 = 含税销售额 ÷ (1 + 税率)
    net = (Decimal(gross_fen) / (1 + rate)).quantize(Decimal(1), rounding=ROUND_HALF_UP)
    return int(net), gross_fen - int(net)


def chinese_capitals(fen: int) -> str:
    """Return the amount in Chinese capitals, as in 人民币壹仟叁佰柒拾陆元肆角伍分.

    After the rules of 支付结算办法 附一《正确填写票据和结算凭证的基本规定》: 整 after yuan or jiao,
    one 零 for any run of zeros inside, 零 before fen when there are yuan but no jiao.
    """
    if not 0 <= fen < FEN_MAX:
        raise AmountOutOfRange(fen=fen)
    yuan, cents = divmod(fen, 100)
    jiao, last = divmod(cents, 10)
    words = f"{_yuan_words(yuan)}元" if yuan else ""
    if jiao:
        words += f"{_DIGITS[jiao]}角"
    elif last and yuan:
        words += "零"
    if last:
        return f"人民币{words}{_DIGITS[last]}分"
    return f"人民币{words or '零元'}整"


def _yuan_words(yuan: int) -> str:
    groups = []
    while yuan:
        yuan, group = divmod(yuan, 10_000)
        groups.append(group)
    words, gap = "", False
    for index in range(len(groups) - 1, -1, -1):
        group = groups[index]
        if group == 0:
            gap = bool(words)
            # 万亿 with nothing in the 亿 group still needs its 亿.
            words += "亿" if words and index == _YI else ""
            continue
        gap = gap or (bool(words) and group < _THOUSAND)
        words += ("零" if gap else "") + _group_words(group) + _GROUPS[index]
        gap = False
    return words


def _group_words(group: int) -> str:
    words, gap = "", False
    for place in range(3, -1, -1):
        digit = group // 10**place % 10
        if digit == 0:
            gap = bool(words)
            continue
        words += ("零" if gap else "") + _DIGITS[digit] + _PLACES[place]
        gap = False
    return words
