"""Split a page as served into what all visitors see and what was this visitor's alone. Pure.

A page becomes a skeleton with numbered gaps and the texts that stood in them. Gaps are: secrets
(CSRF tokens, nonces, link tokens), which are not kept at all; what stands in fields; what a
template marks `data-private`; and whatever looks like a person's or a contract's datum: document
numbers, mobiles, mail addresses, plates, long numbers, public ids, amounts and dates.
Wording stays in the skeleton: another wording is another version.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

# A private-use character: it stands in no page of ours, and one that does is a gap by itself.
GAP: Final = "\ue000"
_BOUND: Final = 8  # shorter secrets would be found where they are not meant

_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_SECRETS = (
    r"(?<=name=\"csrfmiddlewaretoken\" value=\")[^\"]*",
    r"(?<=\bnonce=\")[^\"]*",
)
_VALUES = (
    rf"{GAP}",
    r"<textarea\b[^>]*>(?P<area>[^<]*)",
    r"<(?P<tag>[a-z][a-z0-9-]*)\b[^>]*\bdata-private\b[^>]*>(?P<private>.*?)(?=</(?P=tag)>)",
    r"<input\b(?![^>]*\btype=\"(?:checkbox|radio|submit|button)\")(?![^>]*csrfmiddlewaretoken)"
    r"[^>]*?\bvalue=\"(?P<value>[^\"]*)",
    r"<option\b[^>]*(?P<selected> selected)",
    r"<input\b[^>]*(?P<checked> checked)",
    r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}",
    rf"[{_PROVINCES}][A-Z][·-]?[0-9A-Z*]{{4,6}}",
    r"\b[a-z]{2,5}_[0-9a-z]{26}\b",
    r"[¥￥]\s?-?[0-9][0-9,]*(?:\.[0-9]+)?",
    r"[0-9][0-9,]*\.[0-9]{2}(?=\s*元)",
    r"\b[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[ T][0-9]{2}:[0-9]{2}(?::[0-9]{2})?)?",
    r"[0-9]{4}年[0-9]{1,2}月[0-9]{1,2}日(?:\s?[0-9]{2}:[0-9]{2})?",
    r"(?<![\w#/.-])[0-9*]*[0-9]{3,}[0-9*]{4,}[0-9Xx]?(?![\w-])",
)
_INNER = ("area", "private", "value", "selected", "checked")
_VALUE_PATTERN = re.compile("|".join(_VALUES), re.DOTALL)


@dataclass(frozen=True)
class SplitPage:
    """A page in two: `skeleton` has a GAP for every text of `slots`."""

    skeleton: str
    slots: tuple[str, ...]

    def page(self) -> str:
        """Return the page as it was served, its secrets left out."""
        return fill(self.skeleton, self.slots)


def split(html: str, *, secrets: Sequence[str] = (), private: Sequence[str] = ()) -> SplitPage:
    """Split a page; `secrets` are texts to forget, `private` texts that belong to the visitor."""
    blank = re.compile("|".join([*_SECRETS, *_literals(secrets)]))
    html = blank.sub("", html)
    own = _literals(private)
    pattern = re.compile("|".join([*_VALUES, *own]), re.DOTALL) if own else _VALUE_PATTERN
    parts: list[str] = []
    slots: list[str] = []
    place = 0
    for found in pattern.finditer(html):
        start, end = _span(found)
        parts.append(html[place:start])
        slots.append(html[start:end])
        place = end
    parts.append(html[place:])
    return SplitPage(GAP.join(parts), tuple(slots))


def fill(skeleton: str, slots: Sequence[str]) -> str:
    """Return the page with its gaps filled; ValueError when the texts are not those of the gaps."""
    parts = skeleton.split(GAP)
    if len(parts) != len(slots) + 1:
        raise ValueError(f"{len(parts) - 1} gaps and {len(slots)} texts")
    whole = [parts[0]]
    for slot, part in zip(slots, parts[1:], strict=True):
        whole += [slot, part]
    return "".join(whole)


def _literals(texts: Sequence[str]) -> list[str]:
    known = sorted({text for text in texts if text}, key=len, reverse=True)
    return [re.escape(text) for text in known]


def long_enough(text: str) -> bool:
    """Tell whether a secret is long enough to be found by itself."""
    return len(text) >= _BOUND


def _span(found: re.Match[str]) -> tuple[int, int]:
    for name in _INNER:
        if found.group(name) is not None:
            return found.span(name)
    return found.span()
