"""What a page of a sale must not do: tick for the person, or let one tick mean two agreements.

银保监发〔2020〕26号 and 保险销售行为管理办法 第二十三条: every confirmation is an act of its own.
Pure: it reads HTML as it is served.
"""

import re
from dataclasses import dataclass
from typing import Final

_CONFIRMING: Final = re.compile(r"同意|已阅读|已知悉|知晓|确认|声明|授权|承诺|接受|告知")
_TITLE: Final = re.compile(r"《[^》]+》")
_INPUT: Final = re.compile(r"<input\b(?=[^>]*\btype=\"(?:checkbox|radio)\")[^>]*>", re.IGNORECASE)
_CHECKED: Final = re.compile(r"\schecked\b", re.IGNORECASE)
_NAME: Final = re.compile(r"\bname=\"([^\"]*)\"")
_ID: Final = re.compile(r"\bid=\"([^\"]*)\"")
_LABEL: Final = re.compile(r"<label\b([^>]*)>(.*?)</label>", re.DOTALL | re.IGNORECASE)
_FOR: Final = re.compile(r"\bfor=\"([^\"]*)\"")
_TAGS: Final = re.compile(r"<[^>]+>")


@dataclass(frozen=True)
class PageFault:
    """One thing that a page must not do, and where."""

    code: str
    field: str
    message: str


def lint_page(html: str, *, may_be_ticked: frozenset[str] = frozenset()) -> list[PageFault]:
    """Return the faults of a page that nobody has filled in yet.

    `may_be_ticked` names fields whose answer the person gave before, on a page that comes back.
    """
    return [*_ticked(html, may_be_ticked), *_merged(html)]


def _ticked(html: str, given: frozenset[str]) -> list[PageFault]:
    faults = []
    for found in _INPUT.finditer(html):
        name = _first(_NAME, found[0])
        if _CHECKED.search(found[0]) and name not in given:
            faults.append(PageFault("default_tick", name, f"“{name}”一打开就已选中"))
    return faults


def _merged(html: str) -> list[PageFault]:
    """Find ticks that confirm more than one document at once."""
    faults = []
    ticks = {
        _first(_ID, found[0]) or f"@{found.start()}": _first(_NAME, found[0])
        for found in _INPUT.finditer(html)
    }
    for label in _LABEL.finditer(html):
        inner = _INPUT.search(label[2])
        name = _first(_NAME, inner[0]) if inner else ticks.get(_first(_FOR, label[1]), "")
        text = _TAGS.sub("", label[2])
        titles = set(_TITLE.findall(text))
        if name and len(titles) > 1 and _CONFIRMING.search(text):
            told = "、".join(sorted(titles))
            faults.append(PageFault("merged_confirmation", name, f"“{name}”一次确认了 {told}"))
    return faults


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return found[1] if found else ""
