"""After the channel: a page that waits for the money, and one that shows what became of it."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET

from baozhen.faces.acts import record_access
from baozhen.faces.errors import NotFound
from baozhen.faces.files import pdf_response
from baozhen.faces.frame import page
from baozhen.faces.mobile.applying.frames import own_application
from baozhen.faces.mobile.way import DONE, PAYING, steps_at
from baozhen.foundation.clock import now
from baozhen.insurance.applications.models import Application
from baozhen.insurance.applications.states import ApplicationState
from baozhen.insurance.payments.models import PaymentOrder
from baozhen.insurance.payments.queries import latest_order, receipts_of, refunds_of
from baozhen.insurance.payments.states import (
    PAYABLE,
    REFUND_LABELS,
    OrderState,
    Purpose,
    ReceiptVerdict,
)
from baozhen.insurance.policies.models import Policy, PolicyFile
from baozhen.insurance.policies.states import FILE_TITLES, PolicyKind, Standing

_S = ApplicationState
_KINDS = {PolicyKind.COMPULSORY: "交强险保单", PolicyKind.COMMERCIAL: "商业险保单"}
_WHY = {
    ReceiptVerdict.WRONG_PAYER: "付款人不是投保人本人。按监管要求，车险保费须由投保人本人支付。",
    ReceiptVerdict.PAYER_UNPROVEN: "无法核实付款人是不是投保人本人。",
    ReceiptVerdict.WRONG_AMOUNT: "支付的金额与应缴金额不一致。",
    ReceiptVerdict.LATE: "付款时订单已经关闭。",
    ReceiptVerdict.DOUBLE: "这张投保单已经付过款，这一笔是重复支付。",
}


@require_GET
@own_application
def waiting(request: HttpRequest, application: Application) -> HttpResponse:
    """Wait for the channel's word; whoever comes back early, or never paid, sees it here."""
    over, target = _where(application)
    if over:
        return redirect(target)
    context = {
        "steps": steps_at(PAYING),
        "proposal_no": application.proposal_no,
        "wait": reverse("journey:paying_state", args=[application.proposal_no]),
    }
    return page(request, "mobile/paying/waiting.html", context)


@require_GET
@own_application
def state(request: HttpRequest, application: Application) -> JsonResponse:
    """Tell the waiting pages whether there is something new: money, or the policies."""
    over, target = _where(application)
    words = "正在等待支付结果"
    if request.GET.get("for") == "policies":
        over, words = over and _is_settled(application), "已收款，正在出具保单"
    return JsonResponse({"over": over, "next": target, "message": words})


@require_GET
@own_application
def refused(request: HttpRequest, application: Application) -> HttpResponse:
    """Tell kindly that the money could not be taken, why, and that it goes back."""
    order = latest_order(Purpose.APPLICATION, application.proposal_no)
    receipt = receipts_of(order).last() if order is not None else None
    if order is None or receipt is None or receipt.verdict == ReceiptVerdict.ACCEPTED:
        return redirect("journey:paying", application.proposal_no)
    refund = receipt.refunds.order_by("pk").first()
    context = {
        "steps": steps_at(PAYING),
        "proposal_no": application.proposal_no,
        "why": _WHY.get(ReceiptVerdict(receipt.verdict), "这笔款项不能使用。"),
        "amount_fen": receipt.amount_fen,
        "payer": receipt.payer_masked,
        "account": receipt.account_masked,
        "refund_no": refund.refund_no if refund else "",
        "refund_state": REFUND_LABELS[refund.state] if refund else "",
        "may_pay": order.state in PAYABLE and application.state == _S.SIGNED,
    }
    return page(request, "mobile/paying/refused.html", context)


@require_GET
@own_application
def paid(request: HttpRequest, application: Application) -> HttpResponse:
    """Show the policy numbers (S0-4.3.4a2); until they are there, that the money has come."""
    order = latest_order(Purpose.APPLICATION, application.proposal_no)
    if order is None or order.confirmed_at is None:
        return redirect("journey:paying", application.proposal_no)
    context: dict[str, Any] = {
        "steps": steps_at(DONE),
        "proposal_no": application.proposal_no,
        "order": order,
        "refunds": [{"row": row, "state": REFUND_LABELS[row.state]} for row in refunds_of(order)],
    }
    if order.state in {OrderState.REFUNDING, OrderState.REFUNDED}:
        return page(request, "mobile/paying/failed.html", context)
    if application.state != _S.ISSUED:
        address = reverse("journey:paying_state", args=[application.proposal_no])
        context["wait"] = f"{address}?for=policies"
        return page(request, "mobile/paying/issuing.html", context)
    context["policies"] = [_policy(row, application) for row in _policies(application)]
    return page(request, "mobile/paying/paid.html", context)


@require_GET
@own_application
def document(request: HttpRequest, application: Application, file_no: str) -> HttpResponse:
    """Send a sealed file of the person's own new policies."""
    file = PolicyFile.objects.filter(
        number=file_no,
        policy__proposal__proposal_no=application.proposal_no,
        standing=Standing.CURRENT,
        sha256__isnull=False,
    ).first()
    if file is None:
        raise NotFound(what="可下载的文件")
    record_access(
        "downloaded",
        policy_id=file.policy_id,
        actor="journey:holder",
        at=now(),
        facts={"file": file.number, "sha256": file.sha256},
    )
    return pdf_response(file, request)


def _where(application: Application) -> tuple[bool, str]:
    """Return whether there is something to tell, and where."""
    number = application.proposal_no
    order = latest_order(Purpose.APPLICATION, number)
    if order is None:
        return True, reverse("journey:paying", args=[number])
    if order.confirmed_at is not None:
        return True, reverse("journey:paid", args=[number])
    if _is_refused(order):
        return True, reverse("journey:paying_refused", args=[number])
    return order.state == OrderState.CLOSED, reverse("journey:paying", args=[number])


def _is_settled(application: Application) -> bool:
    """Tell whether the money has become policies, or goes back."""
    order = latest_order(Purpose.APPLICATION, application.proposal_no)
    goes_back = {OrderState.REFUNDING, OrderState.REFUNDED}
    return application.state == _S.ISSUED or (order is not None and order.state in goes_back)


def _is_refused(order: PaymentOrder) -> bool:
    """Tell whether the newest thing that happened is money that could not be taken."""
    receipt = receipts_of(order).last()
    attempt = order.attempts.order_by("-pk").first()
    return receipt is not None and attempt is not None and receipt.attempt_id == attempt.pk


def _policies(application: Application) -> list[Policy]:
    rows = Policy.objects.filter(proposal__proposal_no=application.proposal_no)
    return list(rows.order_by("pk").prefetch_related("files"))


def _policy(policy: Policy, application: Application) -> dict[str, Any]:
    files = [file for file in policy.files.all() if file.standing == Standing.CURRENT]
    return {
        "row": policy,
        "kind": _KINDS[PolicyKind(policy.kind)],
        "files": [
            {
                "title": FILE_TITLES[file.kind, policy.kind],
                "href": reverse("journey:paid_file", args=[application.proposal_no, file.number]),
                "size": file.size,
            }
            for file in files
            if file.sha256
        ],
    }
