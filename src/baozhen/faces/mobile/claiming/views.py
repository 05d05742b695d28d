"""Report a loss and follow it: one form, one number, the list of papers told once."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from baozhen.faces.claim_forms import LossForm
from baozhen.faces.errors import NotFound, TooLarge
from baozhen.faces.frame import page
from baozhen.faces.mobile.holders import holder_only
from baozhen.faces.mobile.wallet.policies import holder_of, own
from baozhen.faces.policy_facts import facts_on
from baozhen.faces.uploads import bytes_of
from baozhen.foundation.clock import now, shanghai_date
from baozhen.foundation.errors import BaozhenError
from baozhen.foundation.storage import get_storage
from baozhen.insurance.claims.errors import (
    ClaimFileInvalid,
    ClaimInvalid,
    ClaimUnknown,
    LossOutsideCover,
    LossReportedAlready,
    LossWhileResting,
)
from baozhen.insurance.claims.models import Claim
from baozhen.insurance.claims.queries import clocks_of, own_claim, steps_of
from baozhen.insurance.claims.rules import PHOTOS_MAX
from baozhen.insurance.claims.services import deciding, reporting
from baozhen.insurance.claims.services.reporting import Reporter
from baozhen.insurance.claims.states import (
    CAUSE_LABELS,
    INJURY_LABELS,
    STATE_LABELS,
    ClaimState,
    Entry,
)
from baozhen.insurance.policies.errors import PolicyUnknown
from baozhen.insurance.verification.holders import OwnPolicy

_TONES = {
    ClaimState.REFUSED: "amber",
    ClaimState.PAID: "jade",
    ClaimState.OFFERED: "azure",
    ClaimState.COLLECTING: "amber",
}
_MAY_WITHDRAW = (ClaimState.COLLECTING, ClaimState.ASSESSING)


@holder_only
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest, number: str) -> HttpResponse:
    """Take the report; a double press finds the claim that is there."""
    mine = own(request, number)
    holder = holder_of(request)
    if request.method != "POST":
        known = {"reporter": str(holder.name), "mobile": str(holder.mobile)}
        return _ask(request, mine, LossForm(initial=known))
    form = LossForm(request.POST)
    if not form.is_valid():
        return _ask(request, mine, form, status=422)
    reporter = Reporter(entry=Entry.WALLET, actor=_actor(request), subject=holder)
    try:
        photos = _photos(request)
        claim = reporting.report_loss(mine.policy, form.loss(), reporter, at=now())
    except LossReportedAlready as refusal:
        return redirect("journey:claim", number=str(refusal.facts["number"]))
    except BaozhenError as failure:
        return _ask_again(request, mine, form, failure)
    _keep(request, claim, photos)
    return redirect("journey:claim", number=claim.number)


@holder_only
@require_GET
def claim(request: HttpRequest, number: str) -> HttpResponse:
    """Show how far the claim is, what is still wanted, and by when the insurer answers."""
    return _show(request, _own(request, number))


@holder_only
@require_POST
def upload(request: HttpRequest, number: str) -> HttpResponse:
    """Take pages of one paper, or more pictures of the scene."""
    found = _own(request, number)
    paper = request.POST.get("paper", "")
    try:
        files = [bytes_of(item) for item in request.FILES.getlist("files")]
        if not files:
            raise ClaimFileInvalid(most=PHOTOS_MAX, path=paper)
        for data in files:
            reporting.add_file(found, data, actor=_actor(request), at=now(), paper_code=paper)
    except (BaozhenError, TooLarge) as failure:
        return _show(request, found, fault=str(failure), status=422)
    messages.success(request, f"已收到 {len(files)} 个文件", extra_tags="jade")
    return redirect("journey:claim", number=found.number)


@holder_only
@require_POST
def act(request: HttpRequest, number: str) -> HttpResponse:
    """Hand in, agree, dispute or withdraw."""
    found = _own(request, number)
    actor, at = _actor(request), now()
    acts = {
        "hand_in": lambda: reporting.hand_in(found, actor=actor, at=at),
        "agree": lambda: deciding.agree(found, actor=actor, at=at),
        "dispute": lambda: deciding.dispute(
            found, request.POST.get("reason", ""), actor=actor, at=at
        ),
        "withdraw": lambda: reporting.withdraw(found, actor=actor, at=at),
    }
    wanted = acts.get(request.POST.get("act", ""))
    if wanted is None:
        raise NotFound(what="这个操作")
    try:
        wanted()
    except BaozhenError as failure:
        found.refresh_from_db()
        return _show(request, found, fault=str(failure), status=422)
    return redirect("journey:claim", number=found.number)


@holder_only
@require_GET
def file(request: HttpRequest, number: str, key: int) -> HttpResponse:
    """Send back what was uploaded."""
    kept = _own(request, number).files.filter(pk=key).first()
    if kept is None:
        raise NotFound(what="这个文件")
    response = HttpResponse(get_storage().get(kept.sha256), content_type=kept.media_type)
    response.headers["Content-Disposition"] = "inline"
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _ask_again(
    request: HttpRequest, mine: OwnPolicy, form: LossForm, failure: BaozhenError
) -> HttpResponse:
    """Show the form with the fault where it belongs; what was typed stays."""
    if isinstance(failure, ClaimInvalid):
        form.blame(failure)
    elif isinstance(failure, (LossOutsideCover, LossWhileResting)):
        form.add_error("day", str(failure))
    else:
        return _ask(request, mine, form, fault=str(failure), status=422)
    return _ask(request, mine, form, status=422)


def _ask(
    request: HttpRequest, mine: OwnPolicy, form: LossForm, *, fault: str = "", status: int = 200
) -> HttpResponse:
    context = {"policy": mine.policy, "form": form, "fault": fault, "most": PHOTOS_MAX}
    return page(request, "mobile/claiming/report.html", context, status=status)


def _show(
    request: HttpRequest, found: Claim, *, fault: str = "", status: int = 200
) -> HttpResponse:
    today = shanghai_date(now())
    steps = steps_of(found)
    context: dict[str, Any] = {
        "claim": found,
        "content": found.content,
        "cause": CAUSE_LABELS[found.cause],
        "injury": INJURY_LABELS[found.injury],
        "label": STATE_LABELS[found.state],
        "tone": _TONES.get(ClaimState(found.state), ""),
        "papers": [
            {"paper": paper, "files": list(paper.files.order_by("id"))}
            for paper in found.papers.prefetch_related("files").order_by("id")
        ],
        "photos": list(found.files.filter(paper__isnull=True).order_by("id")),
        "missing": len(reporting.missing_papers(found)),
        "progress": steps,
        "insured": facts_on(found.policy, on=found.occurred_at),
        "clocks": [clock for clock in clocks_of(found) if clock.done is None],
        "today": today,
        "may_upload": found.state == ClaimState.COLLECTING,
        "may_withdraw": found.state in _MAY_WITHDRAW,
        "fault": fault,
        "back": reverse("journey:policy", kwargs={"number": found.policy.number}),
    }
    return page(request, "mobile/claiming/claim.html", context, status=status)


def _own(request: HttpRequest, number: str) -> Claim:
    try:
        return own_claim(holder_of(request), number)
    except (ClaimUnknown, PolicyUnknown) as unknown:
        raise NotFound(what="这起案件，请核对报案号") from unknown


def _photos(request: HttpRequest) -> list[bytes]:
    """Read the pictures before anything is written, so that one too large costs no typing."""
    return [bytes_of(item) for item in request.FILES.getlist("photos")[:PHOTOS_MAX]]


def _keep(request: HttpRequest, claim: Claim, photos: list[bytes]) -> None:
    """Keep the pictures; one that is none does not undo the report."""
    for data in photos:
        try:
            reporting.add_file(claim, data, actor=_actor(request), at=now())
        except ClaimFileInvalid as refusal:
            messages.warning(request, f"有照片没有收下：{refusal}", extra_tags="amber")


def _actor(request: HttpRequest) -> str:
    return f"holder:{holder_of(request).public_id}"
