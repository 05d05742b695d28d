"""What a person typed, as the record may show it. Pure but for the keyed hash."""

import re
from collections.abc import Callable
from typing import Final

from baozhen.foundation.fields import blind_index
from baozhen.foundation.masking import (
    mask_email,
    mask_id,
    mask_middle,
    mask_mobile,
    mask_name,
    mask_plate,
    mask_text,
    mask_vin,
)

SHOWN_MAX: Final = 120
_NEVER = re.compile(r"code|captcha|password|token|secret|csrf|otp", re.IGNORECASE)
_NAMED: tuple[tuple[re.Pattern[str], Callable[[str], str]], ...] = (
    (re.compile(r"mobile|phone|tel", re.IGNORECASE), mask_mobile),
    (re.compile(r"mail", re.IGNORECASE), mask_email),
    (re.compile(r"vin|engine|frame_no", re.IGNORECASE), mask_vin),
    (re.compile(r"plate", re.IGNORECASE), mask_plate),
    (re.compile(r"id_no|id_number|certificate|licen[cs]e|document_no", re.IGNORECASE), mask_id),
    (re.compile(r"name|holder|owner", re.IGNORECASE), mask_name),
)
# A choice of a list, a number, a date, a version: words of the page, not of the person.
_CHOICE = re.compile(
    r"[a-z][a-z0-9_.:-]{0,39}|-?[0-9]{1,7}(?:\.[0-9]{1,4})?|[0-9]{4}-[0-9]{2}-[0-9]{2}"
)


def is_secret(name: str) -> bool:
    """Tell whether a field of this name may leave nothing behind, not even a hash."""
    return _NEVER.search(name) is not None


def shown_value(name: str, value: str) -> str:
    """Return the value masked: what a rule does not know to be harmless is starred."""
    if is_secret(name):
        return "***" if value else ""
    if len(value) > SHOWN_MAX:
        return f"（{len(value)} 字）"
    for pattern, mask in _NAMED:
        if pattern.search(name):
            return mask(value)
    masked = mask_text(value)
    if masked != value:
        return masked
    return value if _CHOICE.fullmatch(value) else mask_middle(value, head=1, tail=1)


def value_hash(name: str, value: str) -> str:
    """Return the keyed hash by which equal values can be told, or nothing for a secret."""
    return "" if is_secret(name) or not value else blind_index(value, f"trace.{name}")
