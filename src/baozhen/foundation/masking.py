"""Personal data as strangers may see it, and the net that catches it in free text."""

import re

_ID_PATTERN = re.compile(r"(?<![0-9A-Za-z])[0-9]{17}[0-9Xx](?![0-9A-Za-z])", re.ASCII)
_MOBILE_PATTERN = re.compile(r"(?<![0-9A-Za-z])(?:\+?86)?1[3-9][0-9]{9}(?![0-9A-Za-z])", re.ASCII)
_CARD_PATTERN = re.compile(r"(?<![0-9A-Za-z])[1-9][0-9]{14,18}(?![0-9A-Za-z])", re.ASCII)
_EMAIL_PATTERN = re.compile(
    r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}", re.ASCII
)
_PLATE_PATTERN = re.compile(
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z][·-]?[0-9A-Z]{4,5}"
    r"[0-9A-Z挂学警港澳]"
)
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"


def mask_middle(text: str, *, head: int, tail: int) -> str:
    """Return the text with everything but its head and tail starred; short text is all stars."""
    if len(text) <= head + tail:
        return "*" * len(text)
    return text[:head] + "*" * (len(text) - head - tail) + text[len(text) - tail :]


def mask_id(number: str) -> str:
    """110199199001011017 becomes 1101**********1017; any other document number likewise."""
    return mask_middle(number, head=4, tail=4)


def mask_mobile(number: str) -> str:
    """16112340001 becomes 161****0001."""
    return mask_middle(number, head=3, tail=4)


def mask_name(name: str) -> str:
    """测试欣 becomes 测*欣, 张三 becomes 张*; an organisation keeps its first four and last two."""
    if len(name) <= 1:
        return "*"
    if len(name) == 2:  # noqa: PLR2004
        return name[0] + "*"
    if len(name) > 8:  # noqa: PLR2004 -- longer than people's names: a company
        return mask_middle(name, head=4, tail=2)
    return mask_middle(name, head=1, tail=1)


def mask_email(address: str) -> str:
    """test1@example.com becomes t***1@example.com."""
    local, at, domain = address.rpartition("@")
    if not at:
        return "*" * len(address)
    return (f"{local[0]}***{local[-1]}" if len(local) > 1 else "***") + at + domain


def mask_plate(plate: str) -> str:
    """川A12345 becomes 川A***45."""
    return mask_middle(plate, head=2, tail=2)


def mask_vin(vin: str) -> str:
    """A vehicle identification number keeps its maker and its last four characters."""
    return mask_middle(vin, head=3, tail=4)


def mask_card(number: str) -> str:
    """A bank card keeps its bank (six digits) and its last four digits."""
    return mask_middle(number, head=6, tail=4)


def mask_text(text: str) -> str:
    """Return free text with ids, mobiles, cards, plates and mail addresses masked."""
    text = _EMAIL_PATTERN.sub(lambda found: mask_email(found[0]), text)
    text = _ID_PATTERN.sub(lambda found: _mask_if_id(found[0]), text)
    text = _CARD_PATTERN.sub(lambda found: _mask_if_card(found[0]), text)
    text = _MOBILE_PATTERN.sub(lambda found: mask_middle(found[0], head=3, tail=4), text)
    return _PLATE_PATTERN.sub(lambda found: mask_plate(found[0]), text)


def _mask_if_id(number: str) -> str:
    """Mask numbers that pass the check character, so that policy numbers stay readable."""
    # GB 11643-1999: ISO 7064 MOD 11-2
    total = sum(int(digit) * weight for digit, weight in zip(number, _ID_WEIGHTS, strict=False))
    return mask_id(number) if _ID_CHECKS[total % 11] == number[17].upper() else number


def _mask_if_card(number: str) -> str:
    """Mask numbers that pass the Luhn check of bank cards."""
    total = 0
    for index, digit in enumerate(reversed(number)):
        value = int(digit) * (1 + index % 2)
        total += value - 9 if value > 9 else value  # noqa: PLR2004 -- ISO/IEC 7812-1 annex B
    return mask_card(number) if total % 10 == 0 else number
