"""Missing glyphs in page content: text of composite fonts that shows glyph 0."""

import re

from baozhen.trust.pdf.objects import ObjectParser

# A text-showing operator with its operands (ISO 32000-1 §9.4.3); codes have two bytes in fonts
# encoded Identity-H, the only ones that lint lets pass.
_SHOWN = re.compile(
    rb"(\[(?:[^\[\]()]|\((?:[^()\\]|\\[\s\S])*+\))*+\])\s*TJ"
    rb"|(\((?:[^()\\]|\\[\s\S])*+\)|<[0-9A-Fa-f\s]*+>)\s*(?:Tj|'|\")"
)
# Without one of these no string holds two zero bytes; looking for them is a hundred times cheaper.
_ZERO_MARKS = (rb"\000\000", b"\x00\x00", b"\\000\x00", b"\x00\\000", rb"\0\0")
_HEX_ZERO = re.compile(rb"<(?:[0-9A-Fa-f]{4})*?0000")


def has_missing_glyph(content: bytes) -> bool:
    """Say whether decoded page content shows glyph 0 anywhere."""
    if not (any(mark in content for mark in _ZERO_MARKS) or _HEX_ZERO.search(content)):
        return False
    for match in _SHOWN.finditer(content):
        shown = ObjectParser(match[1] or match[2]).value()
        for item in shown if isinstance(shown, list) else [shown]:
            if isinstance(item, bytes) and _has_zero_code(item):
                return True
    return False


def _has_zero_code(codes: bytes) -> bool:
    return any(codes[i : i + 2] == b"\x00\x00" for i in range(0, len(codes) - 1, 2))
