"""The desk of physical seals: ask, hand out, photograph, take back; made for a telephone."""

from datetime import datetime, timedelta
from functools import partial

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from baozhen.faces.console.access import actor_of, may, needs
from baozhen.faces.console.frame import page
from baozhen.faces.console.organizations.forms import Asked, Field, number, show, text
from baozhen.faces.console.registers import do
from baozhen.faces.console.seals.shown import acts_in_words, loan_tag, seals_seen
from baozhen.faces.console.typed import typed_moment
from baozhen.foundation.clock import SHANGHAI, now
from baozhen.foundation.errors import Refusal
from baozhen.foundation.storage import get_storage
from baozhen.signing.organizations.queries import account_of, require_power
from baozhen.signing.organizations.roles import Permission
from baozhen.signing.seals.errors import LoanFault
from baozhen.signing.seals.models import Seal, SealLoan, Stamping
from baozhen.signing.seals.services import (
    LoanRequest,
    hand_out,
    record_stamping,
    request_loan,
    take_back,
    withdraw_loan,
)
from baozhen.signing.seals.states import LOAN_LABELS, LOAN_MOVES, LoanState, SealKind, SealState

_SHOWN_MAX = 200
_ENDED = [state for state, nexts in LOAN_MOVES.items() if not nexts]
_PHOTO_MAX = 8_388_608


@needs(Permission.VIEW_SEALS)
@require_GET
def desk(request: HttpRequest) -> HttpResponse:
    """Show who has which seal and who waits; late ones first."""
    at = now()
    loans = SealLoan.objects.filter(seal__in=seals_seen(request)).select_related("seal", "borrower")
    state = request.GET.get("state", "")
    if state in set(LoanState):
        loans = loans.filter(state=state)
    elif state != "all":
        loans = loans.exclude(state__in=_ENDED)
    rows = [
        {"row": loan, "tag": loan_tag(loan), "late": loan.is_overdue(at)}
        for loan in loans.order_by("-pk")[:_SHOWN_MAX]
    ]
    rows.sort(key=lambda one: not one["late"])
    context = {
        "here": "seal_desk",
        "loans": rows,
        "state": state,
        "states": [(value.value, label) for value, label in LOAN_LABELS.items()],
        "seals": _physical(request),
    }
    return page(request, "console/seals/desk.html", context)


@needs(Permission.VIEW_SEALS)
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """Ask to use a physical seal."""
    if request.method != "POST":
        return show(request, _form(request))
    copies = text(request, "copies")
    try:
        seal = seals_seen(request).filter(pk=number(request, "seal")).first()
        if seal is None:
            raise LoanFault(reason="请选择印章", path="seal")
        loan = request_loan(
            LoanRequest(
                seal=seal,
                borrower=account_of(request.user),
                document=text(request, "document"),
                document_type=text(request, "document_type"),
                copies=int(copies) if copies.isdecimal() and copies.isascii() else 0,
                reason=text(request, "reason"),
                due_at=_moment(text(request, "due_at")),
                is_taken_out=text(request, "is_taken_out") == "yes",
            ),
            actor=actor_of(request),
            at=now(),
        )
    except Refusal as refusal:
        return show(request, _form(request), refusal)
    messages.success(request, "已提交，等待审批。", extra_tags="jade")
    return redirect("console:seal_loan", key=loan.pk)


@needs(Permission.VIEW_SEALS)
@require_GET
def loan(request: HttpRequest, key: int) -> HttpResponse:
    """Show one loan with what comes next."""
    row = _loan(request, key)
    stampings = list(row.stampings.order_by("pk"))
    context = {
        "here": "seal_desk",
        "loan": row,
        "tag": loan_tag(row),
        "late": row.is_overdue(now()),
        "stampings": stampings,
        "left": row.copies - sum(one.copies for one in stampings),
        "acts": acts_in_words(SealLoan.NOUN, row.pk),
        "may_manage": may(request, Permission.MANAGE_SEALS),
        "may_approve": may(request, Permission.APPROVE_SEALS)
        and row.requested_by != actor_of(request),
        "may_withdraw": row.requested_by == actor_of(request)
        and LoanState.WITHDRAWN in LOAN_MOVES[LoanState(row.state)],
        "is_mine": row.borrower.user_id == request.user.pk,
    }
    return page(request, "console/seals/loan.html", context)


@needs(Permission.VIEW_SEALS)
@require_POST
def withdraw(request: HttpRequest, key: int) -> HttpResponse:
    """Take one's own request back before the seal is handed out."""
    _loan(request, key)
    deed = partial(withdraw_loan, key, actor=actor_of(request), at=now())
    return do(request, deed, done="用印申请已撤回。", to="seal_loan", key=key)


@needs(Permission.MANAGE_SEALS)
@require_POST
def give(request: HttpRequest, key: int) -> HttpResponse:
    """Hand the seal out."""
    _managed(request, key)
    deed = partial(hand_out, key, actor=actor_of(request), at=now())
    return do(request, deed, done="已交付领用。", to="seal_loan", key=key)


@needs(Permission.MANAGE_SEALS)
@require_POST
def receive(request: HttpRequest, key: int) -> HttpResponse:
    """Take the seal back."""
    _managed(request, key)
    deed = partial(take_back, key, note=text(request, "note"), actor=actor_of(request), at=now())
    return do(request, deed, done="已归还。", to="seal_loan", key=key)


@needs(Permission.VIEW_SEALS)
@require_POST
def stamped(request: HttpRequest, key: int) -> HttpResponse:
    """Record a use with its photograph; the borrower's own act, or the keeper's."""
    row = _loan(request, key)
    if row.borrower.user_id != request.user.pk:
        require_power(request.user, Permission.MANAGE_SEALS, row.seal.unit)
    copies = text(request, "copies")
    photo = request.FILES.get("photo")
    if photo is None or photo.size is None or photo.size > _PHOTO_MAX:
        messages.error(request, "请拍摄或选择一张不超过 8 MB 的照片。", extra_tags="seal")
        return redirect("console:seal_loan", key=key)
    deed = partial(
        record_stamping,
        key,
        copies=int(copies) if copies.isdecimal() and copies.isascii() else 0,
        photo=photo.read(),
        note=text(request, "note"),
        actor=actor_of(request),
        at=now(),
    )
    return do(request, deed, done="用印已登记。", to="seal_loan", key=key)


@needs(Permission.VIEW_SEALS)
@require_GET
def photo(request: HttpRequest, key: int) -> HttpResponse:
    """Send the photograph of a use."""
    row = Stamping.objects.filter(pk=key).first()
    if row is None:
        raise Http404
    _loan(request, row.loan_id)
    return HttpResponse(get_storage().get(row.photo_sha256), content_type="image/jpeg")


def _loan(request: HttpRequest, key: int) -> SealLoan:
    found = SealLoan.objects.filter(pk=key, seal__in=seals_seen(request))
    row = found.select_related("seal__unit", "borrower__unit").first()
    if row is None:
        raise Http404
    return row


def _managed(request: HttpRequest, key: int) -> SealLoan:
    row = SealLoan.objects.select_related("seal__unit").filter(pk=key).first()
    if row is None:
        raise Http404
    require_power(request.user, Permission.MANAGE_SEALS, row.seal.unit)
    return row


def _physical(request: HttpRequest) -> list[Seal]:
    found = seals_seen(request).filter(kind=SealKind.PHYSICAL, state=SealState.ACTIVE)
    return list(found.order_by("name"))


def _moment(value: str) -> datetime:
    found = typed_moment(value)
    if found is None:
        raise LoanFault(reason="请填写应还时间", path="due_at")
    return found


def _form(request: HttpRequest) -> Asked:
    tomorrow = (now() + timedelta(hours=8)).astimezone(SHANGHAI)
    return Asked(
        here="seal_desk",
        title="申请实物用印",
        submit="提交申请",
        back=reverse("console:seal_desk"),
        note="提交后由另一人审批，再向保管人领用；每次用印拍照登记，用后归还。",
        fields=[
            Field(
                name="seal",
                label="印章",
                choices=[
                    (str(one.pk), f"{one.name} · {one.unit.name}") for one in _physical(request)
                ],
            ),
            Field(name="document", label="用印文件"),
            Field(name="document_type", label="文件类型", hint="如 contract、report"),
            Field(name="copies", label="份数", kind="number", value="1"),
            Field(
                name="due_at",
                label="应还时间",
                kind="datetime-local",
                value=f"{tomorrow:%Y-%m-%dT%H:%M}",
            ),
            Field(
                name="is_taken_out",
                label="是否外带",
                choices=[("no", "不外带，当场使用"), ("yes", "外带使用")],
            ),
            Field(name="reason", label="事由"),
        ],
    )
