"""Claims for the staff: what is due first, one claim with its clocks, and the acts."""

from collections.abc import Mapping
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from baozhen.faces.acts import record_access
from baozhen.faces.console.access import actor_of, may, needs
from baozhen.faces.console.claims import shown
from baozhen.faces.console.narrowing import asked_narrowing, narrowing_choices
from baozhen.faces.console.registers import (
    Act,
    Cell,
    Choice,
    Link,
    Register,
    Sheet,
    do,
    show_register,
    show_sheet,
)
from baozhen.faces.errors import NotFound
from baozhen.faces.words import CLAIM_STATES, word_for
from baozhen.foundation.audit.queries import entries_of
from baozhen.foundation.clock import SHANGHAI, now, shanghai_date
from baozhen.foundation.money import fen_from_yuan
from baozhen.foundation.storage import get_storage
from baozhen.insurance.claims.errors import DecisionInvalid
from baozhen.insurance.claims.models import Claim
from baozhen.insurance.claims.queries import get_claim, list_claims, overdue_by_clock
from baozhen.insurance.claims.rules import TERM_LABELS
from baozhen.insurance.claims.services import deciding
from baozhen.insurance.claims.services.deciding import Decision
from baozhen.insurance.claims.states import (
    ENTRY_LABELS,
    STATE_LABELS,
)
from baozhen.signing.organizations.roles import Permission

_ACTS: Mapping[str, str] = {
    "claim.registered": "报案登记",
    "claim.collecting": "告知所需材料",
    "claim.file_added": "收到文件",
    "claim.assessing": "开始核定",
    "claim.survey_appointed": "安排查勘",
    "claim.papers_asked_again": "通知补充材料",
    "claim.offered": "核定赔付",
    "claim.refused": "核定不予赔付",
    "claim.refusal_sent": "送达拒赔通知",
    "claim.agreed": "客户同意金额",
    "claim.advanced": "先付可确定的部分",
    "claim.paid": "支付赔款",
    "claim.disputed": "客户提出异议",
    "claim.closed": "复核维持原结论",
    "claim.withdrawn": "报案人撤回",
    "customer.told": "通知客户",
}


@needs(Permission.VIEW_CLAIMS)
@require_GET
def claims(request: HttpRequest) -> HttpResponse:
    """List the claims, newest first."""
    register = Register(
        here="claims",
        title="理赔案件",
        note="电子保单与纸质保单同一入口、同一标准",
        columns=("报案号", "状态", "最近期限", "保单", "出险", "途径", "报案人"),
        empty=("alert", "还没有报案", "客户在手机页面、小程序或热线报案后，案件出现在这里。"),
        filters=(
            Choice(name="state", label="状态", choices=tuple(STATE_LABELS.items())),
            Choice(name="overdue", label="逾期", choices=tuple(TERM_LABELS.items())),
            Choice(name="entry", label="途径", choices=tuple(ENTRY_LABELS.items())),
            Choice(name="search", label="报案号或保单号"),
            *narrowing_choices("报案"),
        ),
    )
    names = ("state", "entry", "search")
    rows = list_claims({name: request.GET.get(name, "").strip() for name in names})
    rows = asked_narrowing(request).within(rows, "registered_at", "policy__branch_code")
    today = shanghai_date(now())
    if overdue := request.GET.get("overdue", "").strip():
        rows = rows.filter(pk__in=overdue_by_clock(on=today).get(overdue, set()))
    return show_register(request, register, rows, lambda row: shown.cells(row, today))


@needs(Permission.VIEW_CLAIMS)
@require_GET
def claim(request: HttpRequest, number: str) -> HttpResponse:
    """Show one claim; looking at it is an act of its own."""
    found = get_claim(number)
    record_access(
        "queried",
        policy_id=found.policy_id,
        actor=actor_of(request),
        at=now(),
        facts={"way": "claims", "claim": found.pk},
    )
    word = word_for(CLAIM_STATES, found.state)
    sheet = Sheet(
        here="claims",
        title=f"案件 {found.number}",
        state=Cell(text=word.label, tone=word.tone, icon=word.icon),
        facts=shown.facts(found),
        back=Link(href=reverse("console:claims"), label="理赔案件", icon="left"),
        deeds=shown.deeds(found) if may(request, Permission.HANDLE_CLAIMS) else (),
        tables=(
            shown.clocks_table(found),
            shown.policy_table(found),
            shown.endorsements_table(found),
            shown.papers_table(found),
            shown.settlement_table(found),
        ),
        acts=[
            Act(label=_ACTS.get(entry.action, entry.action), at=entry.at, actor=entry.actor)
            for entry in entries_of(Claim.NOUN, found.pk).order_by("-position")
        ],
    )
    return show_sheet(request, sheet)


@needs(Permission.VIEW_CLAIMS)
@require_GET
def file(request: HttpRequest, number: str, key: int) -> HttpResponse:
    """Send a picture or a paper of a claim."""
    found = get_claim(number)
    kept = found.files.filter(pk=key).first()
    if kept is None:
        raise NotFound(what="这个文件")
    record_access(
        "downloaded",
        policy_id=found.policy_id,
        actor=actor_of(request),
        at=now(),
        facts={"claim": found.pk, "sha256": kept.sha256},
    )
    response = HttpResponse(get_storage().get(kept.sha256), content_type=kept.media_type)
    response.headers["Content-Disposition"] = "inline"
    response.headers["Cache-Control"] = "private, no-cache"
    return response


@needs(Permission.HANDLE_CLAIMS)
@require_POST
def survey(request: HttpRequest, number: str) -> HttpResponse:
    """Appoint the surveyor."""
    found = get_claim(number)

    def act() -> None:
        deciding.appoint_survey(
            found,
            survey_at=_moment(request.POST.get("survey_at", "")),
            note=request.POST.get("note", "").strip(),
            actor=actor_of(request),
            at=now(),
        )

    return do(request, act, done="查勘时间已安排，客户可以看到", to="claim", number=number)


@needs(Permission.HANDLE_CLAIMS)
@require_POST
def papers(request: HttpRequest, number: str) -> HttpResponse:
    """Ask for more papers, once and all together."""
    found = get_claim(number)
    titles = [part.strip() for part in request.POST.get("titles", "").split("；") if part.strip()]

    def act() -> None:
        wanted = [(f"supplement_{place}", title) for place, title in enumerate(titles, start=1)]
        deciding.ask_more_papers(found, wanted, actor=actor_of(request), at=now())

    return do(request, act, done="已一次性通知补充材料", to="claim", number=number)


@needs(Permission.HANDLE_CLAIMS)
@require_POST
def decide(request: HttpRequest, number: str) -> HttpResponse:
    """Decide."""
    found = get_claim(number)

    def act() -> None:
        covered = request.POST.get("result") == "covered"
        decision = Decision(
            is_covered=covered,
            reason=request.POST.get("reason", ""),
            amount_fen=_fen(request.POST.get("amount", "")) if covered else 0,
        )
        deciding.decide(found, decision, actor=actor_of(request), at=now())

    return do(request, act, done="核定已作出，客户会收到通知", to="claim", number=number)


@needs(Permission.HANDLE_CLAIMS)
@require_POST
def review(request: HttpRequest, number: str) -> HttpResponse:
    """End a review."""
    found = get_claim(number)

    def act() -> None:
        deciding.review(
            found,
            is_reopened=request.POST.get("result") == "reopen",
            reason=request.POST.get("reason", ""),
            actor=actor_of(request),
            at=now(),
        )

    return do(request, act, done="复核结论已登记", to="claim", number=number)


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise DecisionInvalid(path="survey_at", reason="请按 2026-01-31 09:30 填写时间") from error
    return found if found.tzinfo else found.replace(tzinfo=SHANGHAI)


def _fen(text: str) -> int:
    try:
        return fen_from_yuan(text.strip())
    except ValueError as error:
        raise DecisionInvalid(path="amount", reason="请按 1234.56 填写金额") from error
