"""Readers of single JSON values: a typed value out, or Unfit with the code of the fault.

Each reader refuses what is not of its JSON type first, then what breaks its rule; none coerces.
"""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

from baozhen.insurance.parties.errors import Unfit
from baozhen.insurance.products.enumerations import words

Read = Callable[[object], object]

CHINA = timezone(timedelta(hours=8), "CST")
YEAR_MIN, YEAR_MAX = 1900, 2200
_YUAN_LENGTH_MAX = 14
_INSTANT_LENGTH_MAX = 40

_YUAN = re.compile(r"(0|[1-9][0-9]{0,10})\.[0-9]{2}")
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,6})(\.[0-9]{1,6})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})"
)
# Controls, invisible and direction-changing characters, halves of pairs, tags: none can be read.
_INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


def text(max_length: int, rule: Callable[[str], str] | None = None) -> Read:
    """Return a reader of visible text of 1 to `max_length` characters that also keeps `rule`."""

    def read(value: object) -> object:
        if type(value) is not str:
            raise Unfit("text_expected")
        if len(value) > max_length:
            raise Unfit("text_too_long", limit=max_length)
        stripped = value.strip()
        if not stripped:
            raise Unfit("text_empty")
        if len(stripped) != len(value):
            raise Unfit("text_padded")
        # The first half of the question is cheap and true of most values.
        if not (value.isascii() and value.isprintable()) and _INVISIBLE.search(value):
            raise Unfit("text_characters_wrong")
        return value if rule is None else rule(value)

    return read


def choice(enumeration: str, code: str = "word_unknown") -> Read:
    """Return a reader of one word of an enumeration."""
    known = words(enumeration)

    def read(value: object) -> object:
        if type(value) is not str:
            raise Unfit("text_expected")
        if value not in known:
            raise Unfit(code)
        return value

    return read


def choices(enumeration: str) -> Read:
    """Return a reader of a list of different words of an enumeration."""
    known = words(enumeration)

    def read(value: object) -> object:
        if type(value) is not list:
            raise Unfit("list_expected")
        if len(value) > len(known):
            raise Unfit("list_too_long", limit=len(known))
        if not all(type(word) is str and word in known for word in value):
            raise Unfit("word_unknown")
        if len(set(value)) != len(value):
            raise Unfit("list_repeats")
        return tuple(value)

    return read


def integer(low: int, high: int) -> Read:
    """Return a reader of a whole number in [low, high]; true and false are no numbers."""

    def read(value: object) -> object:
        if type(value) is not int:
            raise Unfit("integer_expected")
        if not low <= value <= high:
            raise Unfit("number_out_of_range", low=low, high=high)
        return value

    return read


def decimal(low: str, high: str) -> Read:
    """Return a reader of a decimal written as text, in [low, high]."""
    least, most = Decimal(low), Decimal(high)

    def read(value: object) -> object:
        if type(value) is not str or not _DECIMAL.fullmatch(value):
            raise Unfit("decimal_expected")
        number = Decimal(value)
        if not least <= number <= most:
            raise Unfit("number_out_of_range", low=low, high=high)
        return number

    return read


def money(value: object) -> object:
    """Read an amount written in yuan with two decimals; the value is in fen."""
    if type(value) is not str or len(value) > _YUAN_LENGTH_MAX or not _YUAN.fullmatch(value):
        raise Unfit("amount_expected")
    return int(value[:-3] + value[-2:])


def boolean(value: object) -> object:
    """Read true or false."""
    if type(value) is not bool:
        raise Unfit("boolean_expected")
    return value


def day(value: object) -> object:
    """Read a date as in 2026-01-15."""
    if type(value) is not str or not _DATE.fullmatch(value):
        raise Unfit("date_expected")
    try:
        read = date.fromisoformat(value)
    except ValueError:
        raise Unfit("date_impossible") from None
    if not YEAR_MIN <= read.year <= YEAR_MAX:
        raise Unfit("date_out_of_range")
    return read


def instant(value: object) -> object:
    """Read a date and time with its zone; the value is in China Standard Time."""
    if type(value) is not str or len(value) > _INSTANT_LENGTH_MAX or not _INSTANT.fullmatch(value):
        raise Unfit("instant_expected")
    try:
        read = datetime.fromisoformat(value)
    except ValueError:
        raise Unfit("date_impossible") from None
    if not YEAR_MIN <= read.year <= YEAR_MAX:
        raise Unfit("date_out_of_range")
    return read.astimezone(CHINA)


def write_money(fen: int) -> str:
    """Return the text that `money` reads."""
    return f"{fen // 100}.{fen % 100:02d}"


def write_decimal(number: Decimal) -> str:
    """Return the shortest text that `decimal` reads, so that 1 and 1.0 are written alike."""
    return f"{number.normalize():f}"
