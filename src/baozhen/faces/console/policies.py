"""The list of policies: search, filters in the address, pages that cost the same however deep."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_GET

from baozhen.faces.console.access import may, needs
from baozhen.faces.console.frame import page
from baozhen.faces.console.narrowing import branch_choices
from baozhen.faces.console.typed import midnight, typed_day
from baozhen.faces.words import FORMS, KINDS, POLICY_STATES
from baozhen.insurance.policies.queries import Place, PolicyFilter, list_policies
from baozhen.signing.organizations.roles import Permission

_PAGE = 50
_NAMES = ("q", "state", "kind", "form", "branch", "from", "to")


@needs(Permission.VIEW_POLICIES)
@require_GET
def policies(request: HttpRequest) -> HttpResponse:
    """List policies, newest first, personal data masked."""
    asked = {name: request.GET.get(name, "").strip() for name in _NAMES}
    wanted, fault = _filter(asked)
    found = list_policies(wanted, after=_place(request.GET), limit=_PAGE)
    kept = {name: value for name, value in asked.items() if value}
    next_place = found.next_place
    context: dict[str, Any] = {
        "here": "policies",
        "policies": found.policies,
        "q": asked["q"],
        "from": asked["from"],
        "to": asked["to"],
        "fault": fault,
        "filters": _choices(asked),
        "filtered": bool(kept),
        "may_batch": may(request, Permission.START_BATCHES),
        "newest_href": f"?{urlencode(kept)}" if "after" in request.GET else "",
        "next_href": "",
    }
    if next_place is not None:
        after = f"{next_place.numbered_at.isoformat()}|{next_place.id}"
        context["next_href"] = "?" + urlencode(kept | {"after": after})
    return page(request, "console/policies.html", context)


def _filter(asked: dict[str, str]) -> tuple[PolicyFilter, str]:
    """Return the filter, and what was wrong with the dates if they were."""
    wanted = PolicyFilter(
        state=asked["state"],
        kind=asked["kind"],
        form=asked["form"],
        branch_code=asked["branch"],
        search=asked["q"],
    )
    first, last = typed_day(asked["from"]), typed_day(asked["to"])
    if (asked["from"] and first is None) or (asked["to"] and last is None):
        return wanted, "日期不对，已忽略。请按 2026-01-15 的格式填写。"
    if first and last and first > last:
        return wanted, "开始日期晚于结束日期，已忽略。"
    return replace(
        wanted,
        numbered_from=midnight(first) if first else None,
        numbered_before=midnight(last + timedelta(days=1)) if last else None,
    ), ""


def _place(given: QueryDict) -> Place | None:
    """Return where the page before ended; a place that cannot be read is the beginning."""
    instant, _, key = given.get("after", "").partition("|")
    try:
        at = parse_datetime(instant)
    except ValueError:
        return None
    if at is None or at.tzinfo is None or not key.isdecimal():
        return None
    return Place(numbered_at=at, id=int(key))


def _choices(asked: dict[str, str]) -> list[dict[str, Any]]:
    lists = (
        ("state", "状态", [(name, word.label) for name, word in POLICY_STATES.items()]),
        ("kind", "险种", list(KINDS.items())),
        ("form", "版本", list(FORMS.items())),
        ("branch", "机构", branch_choices()),
    )
    return [
        {"name": name, "label": label, "choices": choices, "value": asked[name]}
        for name, label, choices in lists
    ]
