"""The queue of requests about seals, and their decision by another person."""

from functools import partial

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET, require_POST

from baozhen.faces.console.access import actor_of, needs
from baozhen.faces.console.frame import page
from baozhen.faces.console.organizations.forms import text
from baozhen.faces.console.registers import do
from baozhen.faces.console.seals.registering import differences_of
from baozhen.foundation.clock import now
from baozhen.foundation.errors import Refusal
from baozhen.signing.organizations.queries import require_power, scope_of
from baozhen.signing.organizations.roles import Permission
from baozhen.signing.seals.models import SealChange, SealLoan
from baozhen.signing.seals.services import decide_change, decide_loan, make_look
from baozhen.signing.seals.services.making import look_of
from baozhen.signing.seals.states import ChangeState, LoanState

_SHOWN_MAX = 200


@needs(Permission.APPROVE_SEALS)
@require_GET
def approvals(request: HttpRequest) -> HttpResponse:
    """Show what waits for a decision: requests about seals, and loans of physical ones."""
    scope = scope_of(request.user, Permission.APPROVE_SEALS)
    changes = SealChange.objects.filter(state=ChangeState.REQUESTED, seal__unit__in=scope)
    loans = SealLoan.objects.filter(state=LoanState.REQUESTED, seal__unit__in=scope)
    me = actor_of(request)
    context = {
        "here": "seals",
        "changes": [
            {
                "row": change,
                "is_own": change.requested_by == me,
                "has_look": bool(change.design),
                "differences": differences_of(change),
            }
            for change in changes.select_related("seal__unit").order_by("pk")[:_SHOWN_MAX]
        ],
        "loans": [
            {"row": loan, "is_own": loan.requested_by == me}
            for loan in loans.select_related("seal", "borrower").order_by("pk")[:_SHOWN_MAX]
        ],
    }
    return page(request, "console/seals/approvals.html", context)


@needs(Permission.APPROVE_SEALS)
@require_GET
def look(request: HttpRequest, key: int) -> HttpResponse:
    """Send the picture that a request would make."""
    change = _change(request, key)
    if not change.design or change.state != ChangeState.REQUESTED:
        raise Http404
    try:
        made = make_look(look_of(change.design, change.material))
    except Refusal as refusal:
        raise Http404 from refusal
    return HttpResponse(made.png, content_type="image/png")


@needs(Permission.APPROVE_SEALS)
@require_POST
def decide(request: HttpRequest, key: int) -> HttpResponse:
    """Approve or refuse a request about a seal."""
    change = _change(request, key)
    approved = request.POST.get("verdict") == "approve"
    deed = partial(
        decide_change,
        change.pk,
        approved=approved,
        decision=text(request, "decision"),
        actor=actor_of(request),
        at=now(),
    )
    done = "已批准。" if approved else "已驳回。"
    return do(request, deed, done=done, to="seal_approvals")


@needs(Permission.APPROVE_SEALS)
@require_POST
def decide_on_loan(request: HttpRequest, key: int) -> HttpResponse:
    """Approve or refuse the loan of a physical seal."""
    loan = SealLoan.objects.select_related("seal__unit").filter(pk=key).first()
    if loan is None:
        raise Http404
    require_power(request.user, Permission.APPROVE_SEALS, loan.seal.unit)
    approved = request.POST.get("verdict") == "approve"
    deed = partial(
        decide_loan,
        key,
        approved=approved,
        decision=text(request, "decision"),
        actor=actor_of(request),
        at=now(),
    )
    done = "已批准，可以领用。" if approved else "已驳回。"
    return do(request, deed, done=done, to="seal_approvals")


def _change(request: HttpRequest, key: int) -> SealChange:
    change = SealChange.objects.select_related("seal__unit").filter(pk=key).first()
    if change is None:
        raise Http404
    require_power(request.user, Permission.APPROVE_SEALS, change.seal.unit)
    return change
