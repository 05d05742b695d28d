"""The list of changes and one of them; a leader decides here, on a desk's screen or a phone's."""

from collections.abc import Sequence
from functools import partial

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from baozhen.faces.acts import record_access
from baozhen.faces.console.access import actor_of, may, needs
from baozhen.faces.console.narrowing import asked_narrowing, narrowing_choices
from baozhen.faces.console.organizations.forms import text
from baozhen.faces.console.registers import (
    Cell,
    Choice,
    Deed,
    Link,
    Register,
    Sheet,
    acts_of,
    do,
    show_register,
    show_sheet,
)
from baozhen.faces.files import sealed_response
from baozhen.faces.templatetags.faces import day, moment, size, yuan
from baozhen.faces.words import KINDS
from baozhen.foundation.clock import now
from baozhen.foundation.storage import get_storage
from baozhen.insurance.endorsements.errors import ChangeUnknown
from baozhen.insurance.endorsements.models import Change
from baozhen.insurance.endorsements.queries import (
    ChangeFilter,
    change_of,
    get_endorsement,
    list_changes,
)
from baozhen.insurance.endorsements.rules import change_table
from baozhen.insurance.endorsements.services.asking import decide_change, note_paper_seen
from baozhen.insurance.endorsements.states import STATE_LABELS, ChangeState
from baozhen.signing.organizations.queries import account_of
from baozhen.signing.organizations.roles import Permission

_TONES = {
    ChangeState.SUBMITTED: ("amber", "person"),
    ChangeState.ACCEPTED: ("azure", "clock"),
    ChangeState.PAYING: ("azure", "clock"),
    ChangeState.SEALING: ("azure", "clock"),
    ChangeState.ISSUED: ("jade", "check"),
    ChangeState.REFUSED: ("seal", "cross"),
}
# What the staff reads; the holder's own pages say it to the holder.
_LABELS = {
    **STATE_LABELS,
    ChangeState.ACCEPTED: "待客户确认",
    ChangeState.PAYING: "待客户补缴",
}
_NEXT = {
    ChangeState.SUBMITTED: "领导审批：核对材料和前后对照，同意或写明理由不同意",
    ChangeState.ACCEPTED: "客户在手机上核对内容，用短信验证码确认",
    ChangeState.PAYING: "客户补缴保险费，到账后自动签发",
    ChangeState.SEALING: "正在签章，通常几秒钟内完成",
}


@needs(Permission.VIEW_POLICIES)
@require_GET
def register(request: HttpRequest) -> HttpResponse:
    """List changes, newest first."""
    table = change_table()
    states = [(state.value, _LABELS[state]) for state in ChangeState if state != ChangeState.DRAFT]
    shown = Register(
        here="changes",
        title="批改",
        note="客户或核心系统提出的批改申请。需要审批的由业务负责人决定，客户确认后自动签发批单。",
        columns=("申请时间", "类型", "保单", "保险费变动", "状态"),
        empty=(
            "again",
            "还没有批改申请",
            "客户在手机上打开保单，点“批改”即可提出；也可由接口提交。",
        ),
        filters=(
            Choice(name="state", label="状态", choices=states),
            Choice(
                name="kind",
                label="类型",
                choices=[(code, rule.label) for code, rule in table.kinds.items()],
            ),
            Choice(name="number", label="保单号、批单号或投保单号"),
            *narrowing_choices("申请"),
        ),
    )
    wanted = ChangeFilter(
        state=request.GET.get("state", "").strip(),
        kind=request.GET.get("kind", "").strip(),
        number=request.GET.get("number", "").strip(),
    )
    narrowing = asked_narrowing(request)
    rows = narrowing.within(list_changes(wanted), "created_at", "proposal__branch_code")
    return show_register(request, shown, rows, _cells)


@needs(Permission.VIEW_POLICIES)
@require_GET
def show(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show one change: before and after, the calculation, papers, what comes next."""
    change = _change(public_id)
    sheet = Sheet(
        here="changes",
        title=change_table().kinds[change.kind].label,
        state=_state(change),
        facts=_facts(change),
        back=Link(href=reverse("console:changes"), label="批改", icon="left"),
        deeds=_deeds(request, change),
        tables=_tables(change),
        acts=acts_of(change.NOUN, change.pk),
    )
    return show_sheet(request, sheet)


@needs(Permission.APPROVE_ENDORSEMENTS)
@require_POST
def approve(request: HttpRequest, public_id: str) -> HttpResponse:
    """Agree; the holder confirms next."""
    return _decide(request, public_id, approved=True)


@needs(Permission.APPROVE_ENDORSEMENTS)
@require_POST
def refuse(request: HttpRequest, public_id: str) -> HttpResponse:
    """Refuse, with the reason that the holder will read."""
    return _decide(request, public_id, approved=False)


@needs(Permission.VIEW_PERSONAL_DATA)
@require_GET
def paper(request: HttpRequest, public_id: str, key: int) -> HttpResponse:
    """Send a paper as it was handed in; that somebody looked is recorded."""
    found = _change(public_id).papers.filter(pk=key).first()
    if found is None:
        raise Http404
    note_paper_seen(found, actor=actor_of(request), at=now())
    response = HttpResponse(get_storage().get(found.sha256), content_type=found.media_type)
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@needs(Permission.DOWNLOAD_FILES)
@require_GET
def file(request: HttpRequest, public_id: str, number: str) -> HttpResponse:
    """Send the sealed endorsement."""
    change = _change(public_id)
    try:
        found = get_endorsement(number)
    except ChangeUnknown as unknown:
        raise Http404 from unknown
    if found.change_id != change.pk:
        raise Http404
    record_access(
        "downloaded",
        policy_id=found.policy_id,
        actor=actor_of(request),
        at=now(),
        facts={"file": found.number, "sha256": found.sha256},
    )
    return sealed_response(str(found.sha256), name=found.number, request=request)


def _decide(request: HttpRequest, public_id: str, *, approved: bool) -> HttpResponse:
    change = _change(public_id)
    name = account_of(request.user).display_name
    deed = partial(
        decide_change,
        change.pk,
        approved=approved,
        decision=text(request, "decision"),
        actor=actor_of(request),
        name=name[:80],
        at=now(),
    )
    done = "已同意，请客户确认。" if approved else "已答复客户不同意。"
    return do(request, deed, done=done, to="change", public_id=public_id)


def _change(public_id: str) -> Change:
    try:
        return change_of(public_id)
    except ChangeUnknown as unknown:
        raise Http404 from unknown


def _cells(change: Change) -> Sequence[Cell]:
    numbers = "、".join(part["policy_no"] for part in change.parts)
    return (
        Cell(
            text=moment(change.created_at),
            href=reverse("console:change", kwargs={"public_id": change.public_id}),
        ),
        Cell(text=change_table().kinds[change.kind].label),
        Cell(text=numbers, is_code=True),
        Cell(text=yuan(change.premium_fen) if change.premium_fen else "不变"),
        _state(change),
    )


def _state(change: Change) -> Cell:
    state = ChangeState(change.state)
    tone, icon = _TONES.get(state, ("", "pause"))
    return Cell(text=_LABELS[state], tone=tone, icon=icon)


def _facts(change: Change) -> list[tuple[str, str, bool]]:
    ground = change_table().grounds.get(change.ground)
    facts = [
        ("下一步", _NEXT.get(ChangeState(change.state), "没有，已经结束"), False),
        ("投保单号", change.proposal.proposal_no, True),
        ("来源", "客户本人" if change.client == "mobile" else change.client, False),
        ("申请时间", moment(change.created_at), False),
        ("生效时间", moment(change.effective_at), False),
        ("保险费变动", yuan(change.premium_fen) if change.premium_fen else "不变", False),
    ]
    if ground is not None:
        facts.append(("解除事由", f"{ground.label}（{ground.basis}）", False))
    if change.reason:
        facts.append(("原因", change.reason, False))
    if change.decided_by:
        words = f"{change.decided_by}，{moment(change.decided_at)}"
        facts.append(("审批", f"{words}：{change.decision}" if change.decision else words, False))
    if change.consent is not None:
        said = f"{moment(change.confirmed_at)}，{change.consent.public_id}"
        facts.append(("客户确认", said, False))
    facts.append(("内容摘要", change.content_sha256, True))
    return facts


def _deeds(request: HttpRequest, change: Change) -> list[Deed]:
    if change.state != ChangeState.SUBMITTED:
        return []
    allowed = may(request, Permission.APPROVE_ENDORSEMENTS)
    blocked = "" if allowed else "需要“审批批改申请”的权限"
    place = {"public_id": change.public_id}
    return [
        Deed(href=reverse("console:change_approve", kwargs=place), label="同意", blocked=blocked),
        Deed(
            href=reverse("console:change_refuse", kwargs=place),
            label="不同意",
            icon="cross",
            asks=(("decision", "理由（客户会看到）"),),
            is_dangerous=True,
            blocked=blocked,
        ),
    ]


def _tables(
    change: Change,
) -> list[tuple[str, Sequence[str], Sequence[Sequence[Cell]]]]:
    tables: list[tuple[str, Sequence[str], Sequence[Sequence[Cell]]]] = []
    for part in change.parts:
        title = f"{KINDS[part['cover']]} {part['policy_no']}"
        rows = [[Cell(text=str(said)) for said in row] for row in part["rows"]]
        tables.append((title, ("批改项目", "批改前", "批改后"), rows))
        if part["lines"]:
            lines = [
                [Cell(text=line["name"]), Cell(text=line["words"]), Cell(text=yuan(line["fen"]))]
                for line in part["lines"]
            ]
            tables.append((f"{KINDS[part['cover']]}的计算", ("项目", "算式", "金额"), lines))
    tables.append(("材料", ("材料", "大小", "上传时间"), _papers(change)))
    tables.append(("批单", ("批单号", "保险费变动", "签章时间"), _endorsements(change)))
    if change.premium_fen < 0:
        refunds = [
            [
                Cell(text=row.order_no, is_code=True),
                Cell(text=yuan(row.amount_fen)),
                Cell(text="由核心系统退费" if row.is_outside else f"{day(row.at)} 原路退回"),
            ]
            for row in change.refunds.order_by("id")
        ]
        tables.append(("退费", ("原支付订单", "金额", "办理"), refunds))
    return tables


def _papers(change: Change) -> list[Sequence[Cell]]:
    names = change_table().papers
    return [
        (
            Cell(
                text=names[row.paper],
                href=reverse(
                    "console:change_paper",
                    kwargs={"public_id": change.public_id, "key": row.pk},
                ),
            ),
            Cell(text=size(row.size)),
            Cell(text=moment(row.uploaded_at)),
        )
        for row in change.papers.order_by("id")
    ]


def _endorsements(change: Change) -> list[Sequence[Cell]]:
    return [
        (
            Cell(
                text=row.number,
                href=reverse(
                    "console:change_file",
                    kwargs={"public_id": change.public_id, "number": row.number},
                )
                if row.sha256
                else "",
                is_code=True,
            ),
            Cell(text=yuan(row.premium_fen) if row.premium_fen else "不变"),
            Cell(text=moment(row.sealed_at)),
        )
        for row in change.endorsements.order_by("id")
    ]
