"""The register of duties: what is due, who is responsible, what shows that it was done."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_POST

from baozhen.faces.console.access import actor_of, may, needs
from baozhen.faces.console.compliance.exports import csv_response
from baozhen.faces.console.frame import page
from baozhen.faces.console.registers import (
    Cell,
    Choice,
    Link,
    Register,
    do,
    show_register,
)
from baozhen.faces.console.typed import typed_day
from baozhen.faces.errors import NotFound
from baozhen.faces.templatetags.faces import day
from baozhen.faces.words import DUTY_STATES, word_for
from baozhen.foundation.audit import services as audit
from baozhen.foundation.audit.queries import entries_of
from baozhen.foundation.clock import now, shanghai_date
from baozhen.foundation.storage import get_storage
from baozhen.insurance.compliance import services
from baozhen.insurance.compliance.models import Duty
from baozhen.insurance.compliance.queries import OVERDUE, get_duty, list_duties
from baozhen.insurance.compliance.rules import is_overdue
from baozhen.insurance.compliance.services import Evidence
from baozhen.insurance.compliance.states import (
    RHYTHM_LABELS,
    STATE_LABELS,
    TOPIC_LABELS,
    DutyState,
)
from baozhen.signing.organizations.roles import Permission

_NAMES = ("state", "topic", "search")
_HEAD = ("编号", "义务", "类别", "状态", "到期日", "责任部门", "频次", "依据条款")
_ACTS = {
    "duty.open": "待履行",
    "duty.handed_in": "提交证明",
    "duty.met": "复核通过",
    "duty.round_started": "进入新一期",
    "duty.assigned": "调整责任与期限",
    "duty.evidence_read": "查看证明文件",
}


@needs(Permission.VIEW_DUTIES)
@require_GET
def duties(request: HttpRequest) -> HttpResponse:
    """List the duties, the nearest date first."""
    today = shanghai_date(now())
    register = Register(
        here="duties",
        title="管理义务",
        note="软件只能记录的制度、演练、测评与培训",
        columns=_HEAD,
        empty=("list", "还没有管理义务", "运行 prepare_platform 后，按条款生成的义务出现在这里。"),
        filters=(
            Choice(
                name="state",
                label="状态",
                choices=((OVERDUE, "已逾期"), *STATE_LABELS.items()),
            ),
            Choice(name="topic", label="类别", choices=tuple(TOPIC_LABELS.items())),
            Choice(name="search", label="条款、义务或部门"),
        ),
        links=(Link(href=reverse("console:duties_export"), label="导出", icon="download"),),
    )
    return show_register(request, register, _wanted(request), lambda row: _cells(row, today))


@needs(Permission.VIEW_DUTIES)
@require_GET
def export(request: HttpRequest) -> HttpResponse:
    """Send the register as a file, filtered as the page is."""
    today = shanghai_date(now())
    rows = [[cell.text for cell in _cells(row, today)] for row in _wanted(request)]
    return csv_response("duties", _HEAD, rows)


@needs(Permission.VIEW_DUTIES)
@require_GET
def duty(request: HttpRequest, code: str) -> HttpResponse:
    """Show one duty with the evidence of all its rounds."""
    found = get_duty(code)
    today = shanghai_date(now())
    context: dict[str, Any] = {
        "here": "duties",
        "duty": found,
        "state": "overdue" if is_overdue(found.state, found.due, on=today) else found.state,
        "topic": TOPIC_LABELS[found.topic],
        "rhythm": RHYTHM_LABELS[found.rhythm],
        "rhythms": RHYTHM_LABELS.items(),
        "evidence": found.evidence.order_by("-id"),
        "may_manage": may(request, Permission.MANAGE_DUTIES),
        "is_open": found.state == DutyState.OPEN,
        "is_handed_in": found.state == DutyState.HANDED_IN,
        "is_met": found.state == DutyState.MET,
        "today": today,
        "acts": [
            {"label": _ACTS.get(entry.action, entry.action), "entry": entry}
            for entry in entries_of(Duty.NOUN, found.pk).order_by("-position")
        ],
    }
    return page(request, "console/compliance/duty.html", context)


@needs(Permission.MANAGE_DUTIES)
@require_POST
def hand_in(request: HttpRequest, code: str) -> HttpResponse:
    """Take the evidence of this round."""
    upload = request.FILES.get("file")
    handed = Evidence(
        conclusion=request.POST.get("conclusion", ""),
        follow_up=request.POST.get("follow_up", ""),
        done_on=typed_day(request.POST.get("done_on", "")),
        name=str(upload.name) if upload else "",
        data=bytes(upload.read()) if upload else b"",
    )
    return _act(
        request,
        code,
        lambda found: services.hand_in(found, handed, actor=actor_of(request), at=now()),
        "证明已提交，等待另一位人员复核",
    )


@needs(Permission.MANAGE_DUTIES)
@require_POST
def review(request: HttpRequest, code: str) -> HttpResponse:
    """Accept the evidence or send it back."""
    accepted = request.POST.get("result") == "accept"
    note = request.POST.get("note", "")
    return _act(
        request,
        code,
        lambda found: services.review(
            found, is_accepted=accepted, note=note, actor=actor_of(request), at=now()
        ),
        "复核通过" if accepted else "已退回补正",
    )


@needs(Permission.MANAGE_DUTIES)
@require_POST
def start_round(request: HttpRequest, code: str) -> HttpResponse:
    """Open a met duty again, for instance after a major change."""
    return _act(
        request,
        code,
        lambda found: services.start_round(
            found,
            reason=request.POST.get("reason", ""),
            due=typed_day(request.POST.get("due", "")),
            actor=actor_of(request),
            at=now(),
        ),
        "已进入新一期",
    )


@needs(Permission.MANAGE_DUTIES)
@require_POST
def assign(request: HttpRequest, code: str) -> HttpResponse:
    """Change who is responsible, how often and until when."""
    return _act(
        request,
        code,
        lambda found: services.assign(
            found,
            owner=request.POST.get("owner", ""),
            mail=request.POST.get("mail", ""),
            rhythm=request.POST.get("rhythm", ""),
            due=typed_day(request.POST.get("due", "")),
            actor=actor_of(request),
            at=now(),
        ),
        "责任与期限已更新",
    )


@needs(Permission.VIEW_DUTIES)
@require_GET
def evidence(request: HttpRequest, code: str, key: int) -> HttpResponse:
    """Send the file of a piece of evidence; a browser never opens it here."""
    found = get_duty(code)
    kept = found.evidence.filter(pk=key).first()
    if kept is None:
        raise NotFound(what="这份证明")
    audit.record(
        "duty.evidence_read",
        subject_id=found.pk,
        actor=actor_of(request),
        at=now(),
        facts={"sha256": kept.sha256},
    )
    response = HttpResponse(get_storage().get(kept.sha256), content_type="application/octet-stream")
    disposition = content_disposition_header(as_attachment=True, filename=kept.name)
    response.headers["Content-Disposition"] = disposition or "attachment"
    return response


def _wanted(request: HttpRequest) -> "QuerySet[Duty]":
    wanted = {name: request.GET.get(name, "").strip() for name in _NAMES}
    return list_duties(wanted, on=shanghai_date(now()))


def _cells(row: Duty, today: date) -> Sequence[Cell]:
    overdue = is_overdue(row.state, row.due, on=today)
    word = word_for(DUTY_STATES, "overdue" if overdue else row.state)
    return (
        Cell(text=row.code, href=reverse("console:duty", kwargs={"code": row.code})),
        Cell(text=row.title),
        Cell(text=TOPIC_LABELS[row.topic]),
        Cell(text=word.label, tone=word.tone, icon=word.icon),
        Cell(text=day(row.due) if row.due else "—"),
        Cell(text=row.owner),
        Cell(text=RHYTHM_LABELS[row.rhythm]),
        Cell(text=row.requirements, is_code=True),
    )


def _act(request: HttpRequest, code: str, deed: Any, done: str) -> HttpResponse:
    found = get_duty(code)
    return do(request, lambda: deed(found), done=done, to="duty", code=code)
