"""Lists that go back in time by the last row's number."""

from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpRequest

PAGE = 50


def page_back(rows: "QuerySet[Any]", request: HttpRequest, kept: dict[str, str]) -> dict[str, Any]:
    """Return a page of rows, newest first, and where the next one is."""
    before = request.GET.get("before", "")
    if before.isdecimal() and len(before) < 19:  # noqa: PLR2004 -- a bigint
        rows = rows.filter(pk__lt=int(before))
    found = list(rows.order_by("-pk")[: PAGE + 1])
    shown = found[:PAGE]
    more = len(found) > PAGE
    return {
        "rows": shown,
        "next_href": "?" + urlencode(kept | {"before": shown[-1].pk}) if more else "",
        "newest_href": "?" + urlencode(kept) if before else "",
    }
