"""The list of applications, filtered by the address, and one application."""

from collections.abc import Sequence
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from baozhen.faces.console.access import may, needs
from baozhen.faces.console.applications.shown import facts_of, row_of
from baozhen.faces.console.frame import page
from baozhen.faces.console.narrowing import asked_narrowing, branch_choices
from baozhen.foundation.audit.models import AuditEntry
from baozhen.insurance.applications.errors import ApplicationUnknown
from baozhen.insurance.applications.models import Application
from baozhen.insurance.applications.queries import application_of, list_applications
from baozhen.insurance.applications.services.closing import MAY_WITHDRAW
from baozhen.insurance.applications.states import OUTCOME_LABELS, STATE_LABELS, ApplicationState
from baozhen.insurance.products.enumerations import ENUMERATIONS
from baozhen.signing.organizations.roles import Permission

_PAGE = 50
_FILTERS = ("state", "form", "branch", "reached", "outcome", "q")
_DAYS = ("from", "to")
_REACHED = (
    ("submitted", "已提交核保"),
    ("signed", "已签名"),
    ("paid", "已缴费"),
    ("issued", "已出单"),
)


@needs(Permission.VIEW_POLICIES)
@require_GET
def applications(request: HttpRequest) -> HttpResponse:
    """List applications, newest first."""
    asked = {name: request.GET.get(name, "").strip() for name in (*_FILTERS, *_DAYS)}
    rows = asked_narrowing(request).within(list_applications(asked), "created_at")
    before = request.GET.get("before", "")
    if before.isdecimal():
        rows = rows.filter(pk__lt=int(before))
    shown = list(rows[: _PAGE + 1])
    kept = {name: value for name, value in asked.items() if value}
    next_href = ""
    if len(shown) > _PAGE:
        shown = shown[:_PAGE]
        next_href = "?" + urlencode(kept | {"before": shown[-1].pk})
    forms = [(word, entry[1]) for word, entry in ENUMERATIONS["form"].items()]
    context = {
        "here": "applications",
        "rows": [row_of(one) for one in shown],
        "filtered": bool(kept),
        "search": asked["q"],
        "filters": [
            _filter("state", "状态", list(STATE_LABELS.items()), asked),
            _filter("form", "投保单", forms, asked),
            _filter("branch", "机构", branch_choices(), asked),
            _filter("reached", "走到", _REACHED, asked),
            _filter("outcome", "核保", list(OUTCOME_LABELS.items()), asked),
        ],
        "from": asked["from"],
        "to": asked["to"],
        "next_href": next_href,
    }
    return page(request, "console/applications/list.html", context)


@needs(Permission.VIEW_POLICIES)
@require_GET
def application(request: HttpRequest, number: str) -> HttpResponse:
    """Show everything about one application, personal data masked."""
    shown = one_of(number)
    may_act = may(request, Permission.MANAGE_APPLICATIONS)
    acts = AuditEntry.objects.filter(subject_type=Application.NOUN, subject_id=shown.pk)
    context = {
        "here": "applications",
        "item": row_of(shown),
        "facts": facts_of(shown),
        "content": shown.content,
        "decision": shown.decision or {},
        "steps": (shown.quote or {}).get("steps", []),
        "may_link": may_act and shown.state == ApplicationState.ACCEPTED,
        "may_withdraw": may_act and shown.state in MAY_WITHDRAW,
        "successor": Application.objects.filter(replaces=shown).first(),
        "timeline": acts.order_by("position") if may(request, Permission.VIEW_AUDIT) else None,
    }
    return page(request, "console/applications/one.html", context)


def one_of(number: str) -> Application:
    """Return the application of a number, or raise Http404."""
    try:
        return application_of(number)
    except ApplicationUnknown as unknown:
        raise Http404 from unknown


def _filter(
    name: str, label: str, choices: Sequence[tuple[str, str]], asked: dict[str, str]
) -> dict[str, object]:
    return {"name": name, "label": label, "choices": choices, "value": asked[name]}
