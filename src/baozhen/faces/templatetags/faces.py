"""Icons, marks of state and the one format of money, dates and sizes on every page."""

import re
from datetime import date, datetime
from decimal import Decimal

from django import template
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from baozhen.faces import words
from baozhen.faces.counts import COUNTED_MAX
from baozhen.faces.icons import PATHS
from baozhen.foundation.money import format_yuan

register = template.Library()
_DAY = re.compile(r"(\b[0-9]{4}-[0-9]{2}-[0-9]{2}\b|[0-9]{4}年[0-9]{1,2}月[0-9]{1,2}日)")


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """Draw an icon; without a label it is an ornament that screen readers skip."""
    strokes = format_html_join("", '<path d="{}"/>', ((path,) for path in PATHS[name].split("|")))
    if label:
        return format_html(
            '<svg class="icon" viewBox="0 0 24 24" role="img" aria-label="{}">{}</svg>',
            label,
            strokes,
        )
    return format_html('<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">{}</svg>', strokes)


_NAMED = {"staff": "员工", "api": "接口"}
_ACTORS = {
    "system": "系统",
    "journey": "系统",
    "receiver": "系统",
    "portal": "网站访客",
    "browser": "网站访客",
    "link": "链接持有人",
    "subject": "客户",
    "holder": "客户",
    "signatory": "签署人",
    "pre_stamp": "预盖章授权",
}


@register.filter
def moment(value: datetime | str | None) -> str:
    """Write an instant in China's time, as in 2026年1月15日 09:30."""
    if not value:
        return "—"
    instant = datetime.fromisoformat(value) if isinstance(value, str) else value
    local = timezone.localtime(instant)
    return f"{local.year}年{local.month}月{local.day}日 {local:%H:%M}"


@register.filter
def stamp(value: datetime | str | None) -> str:
    """Write an instant to the second, for tables and evidence: 2026-01-15 09:30:05."""
    if not value:
        return "—"
    instant = datetime.fromisoformat(value) if isinstance(value, str) else value
    return f"{timezone.localtime(instant):%Y-%m-%d %H:%M:%S}"


@register.filter
def day(value: date | datetime | None) -> str:
    """Write a day in China's calendar: 2026年1月15日."""
    if not value:
        return "—"
    local = timezone.localtime(value) if isinstance(value, datetime) else value
    return f"{local.year}年{local.month}月{local.day}日"


@register.filter
def who(actor: str | None) -> str:
    """Name who did something, as the record of acts has it, in words: staff:amy is 员工 amy."""
    actor = actor or ""
    kind, _, name = actor.partition(":")
    if kind in _NAMED and name:
        return f"{_NAMED[kind]} {name}"
    return _ACTORS.get(kind, actor)


@register.filter
def yuan(fen: int | None) -> str:
    """Write an amount of fen as ¥1,376.45, what goes back as -¥1,376.45."""
    return "—" if fen is None else format_yuan(fen)


@register.filter
def unbroken(text: str) -> SafeString:
    """Keep a day in a text whole: a narrow column would break it at its hyphens."""
    parts = _DAY.split(str(text))
    spans = (
        format_html('<span class="nowrap">{}</span>', part) if place % 2 else part
        for place, part in enumerate(parts)
    )
    return format_html_join("", "{}", ((part,) for part in spans))


@register.filter
def as_yuan(text: str) -> str:
    """Write an amount that stands as `1376.45` as ¥1,376.45."""
    return format_yuan(round(Decimal(text) * 100)) if text else "—"


@register.filter
def size(octets: int | None) -> str:
    """Write the size of a file as people say it: 132 KB."""
    if octets is None:
        return "—"
    if octets < 1024 * 1024:
        return f"{max(1, round(octets / 1024))} KB"
    return f"{octets / 1024 / 1024:.1f} MB"


@register.filter
def grouped(number: int | None) -> str:
    """Write a count with thousands: 12,345."""
    return "—" if number is None else f"{number:,}"


@register.filter
def counted(number: int) -> str:
    """Write a count that stops at its limit: 9,999, then 10,000+."""
    return f"{number:,}+" if number >= COUNTED_MAX else f"{number:,}"


@register.simple_tag
def mark(words_name: str, state: str) -> SafeString:
    """Draw the state as a tag with icon and word; `words_name` is a table of faces.words."""
    word = words.word_for(getattr(words, words_name), str(state))
    return format_html('<span class="tag {}">{}{}</span>', word.tone, icon(word.icon), word.label)


@register.simple_tag
def word(words_name: str, key: str) -> str:
    """Return the Chinese word of a kind, a form or a mode."""
    return str(getattr(words, words_name).get(str(key), key))
