"""What the staff's pages of claims show: rows, facts, clocks, papers, and what may be done."""

from collections.abc import Sequence
from datetime import date

from django.urls import reverse

from baozhen.faces.console.registers import Cell, Deed
from baozhen.faces.policy_facts import endorsement_label, facts_on
from baozhen.faces.templatetags.faces import day, stamp, yuan
from baozhen.faces.words import CLAIM_STATES, KINDS, word_for
from baozhen.foundation.clock import now, shanghai_date
from baozhen.insurance.claims.models import Claim
from baozhen.insurance.claims.queries import clocks_of
from baozhen.insurance.claims.rules import Clock
from baozhen.insurance.claims.states import (
    CAUSE_LABELS,
    ENTRY_LABELS,
    INJURY_LABELS,
    ClaimState,
)
from baozhen.insurance.endorsements.queries import endorsements_of


def cells(row: Claim, today: date) -> Sequence[Cell]:
    """Return the row of a claim in the list."""
    word = word_for(CLAIM_STATES, row.state)
    return (
        Cell(text=row.number, href=reverse("console:claim", kwargs={"number": row.number})),
        Cell(text=word.label, tone=word.tone, icon=word.icon),
        _next_clock(clocks_of(row), today),
        Cell(text=row.policy.number, is_code=True),
        Cell(text=stamp(row.occurred_at)),
        Cell(text=ENTRY_LABELS[row.entry]),
        Cell(text=row.reporter_masked),
    )


def _next_clock(running: Sequence[Clock], today: date) -> Cell:
    open_ones = [clock for clock in running if clock.done is None]
    if not open_ones:
        return Cell(text="—")
    clock = min(open_ones, key=lambda item: item.due)
    text = f"{day(clock.due)} {clock.label}"
    if clock.is_overdue(today):
        return Cell(text=f"{text}，已逾期", tone="seal", icon="alert")
    return Cell(text=text, tone="amber" if clock.days_left(today) <= 1 else "", icon="clock")


def facts(found: Claim) -> Sequence[tuple[str, str, bool]]:
    """Return what was reported and decided."""
    content = found.content
    late = "（超过 48 小时报案）" if found.is_late else ""
    police = f"已报警 {content['police_no']}" if found.is_police_informed else "没有报警"
    rows = [
        ("保单", found.policy.number, True),
        ("险种", KINDS[found.policy.kind], False),
        ("报案时间", stamp(found.registered_at), False),
        ("报案途径", ENTRY_LABELS[found.entry], False),
        ("报案人", f"{found.reporter_masked}，电话 {content['mobile']}", False),
        ("出险时间", stamp(found.occurred_at) + late, False),
        ("出险地点", content["place"], False),
        ("事故类型", CAUSE_LABELS[found.cause], False),
        ("人员伤亡", INJURY_LABELS[found.injury], False),
        ("报警", police, False),
        ("经过", content["story"], False),
    ]
    if found.survey_at is not None:
        rows.append(("查勘", f"{stamp(found.survey_at)} {found.survey_note}", False))
    if found.amount_fen is not None:
        rows.append(("核定金额", yuan(found.amount_fen), False))
    if found.decision:
        rows.append(("核定理由", str(found.decision), False))
    if found.dispute:
        rows.append(("客户异议", str(found.dispute), False))
    return rows


def deeds(found: Claim) -> Sequence[Deed]:
    """Return what may be done in the state in which the claim is."""

    def address(name: str) -> str:
        return reverse(f"console:{name}", kwargs={"number": found.number})

    state, deeds = found.state, []
    if state in {ClaimState.COLLECTING, ClaimState.ASSESSING}:
        deeds.append(
            Deed(
                href=address("claim_survey"),
                label="安排查勘",
                asks=(("survey_at", "时间，例如 2026-01-31 09:30"), ("note", "地点与联系人")),
            )
        )
        told = found.papers_asked_again_at is not None
        deeds.append(
            Deed(
                href=address("claim_papers"),
                label="一次性通知补充材料",
                asks=(("titles", "全部需要补充的材料，用“；”分开"),),
                blocked="已经通知过一次（保险法第二十二条）" if told else "",
            )
        )
    if state == ClaimState.ASSESSING:
        deeds.append(
            Deed(
                href=address("claim_decide"),
                label="作出核定",
                choices=(
                    "result",
                    "结论",
                    (("covered", "属于保险责任"), ("refused", "不属于保险责任")),
                ),
                asks=(("amount", "赔付金额（元），不赔付填 0"), ("reason", "理由和依据")),
                is_dangerous=True,
            )
        )
    if state == ClaimState.DISPUTED:
        deeds.append(
            Deed(
                href=address("claim_review"),
                label="登记复核结论",
                choices=("result", "结论", (("reopen", "重新核定"), ("keep", "维持原结论"))),
                asks=(("reason", "结论和理由"),),
                is_dangerous=True,
            )
        )
    return deeds


_Table = tuple[str, Sequence[str], Sequence[Sequence[Cell]]]


def policy_table(found: Claim) -> _Table:
    """Return what the policy said when the loss happened: by this the claim is judged."""
    said = facts_on(found.policy, on=found.occurred_at)
    rows = [(Cell(text=label), Cell(text=text)) for label, text in said]
    return ("出险时的保单内容", ("项目", "内容"), rows)


def endorsements_table(found: Claim) -> _Table:
    """Return the policy's endorsements, and which of them the loss is judged with."""
    rows = []
    for row in endorsements_of(found.policy):
        change = row.change
        is_before = change.effective_at <= found.occurred_at
        rows.append(
            (
                Cell(text=row.number, href=reverse("console:change", args=[change.public_id])),
                Cell(text=endorsement_label(row)),
                Cell(text=stamp(change.effective_at)),
                Cell(text="出险前生效，适用" if is_before else "出险后生效，不适用"),
            )
        )
    return ("批改", ("批单号", "批改类型", "生效时间", "对本案"), rows)


def clocks_table(found: Claim) -> _Table:
    """Return the clocks of the law, with what became of them."""
    today = shanghai_date(now())
    rows = []
    for clock in clocks_of(found):
        if clock.done is not None:
            late = clock.done > clock.due
            state = Cell(
                text=f"{day(clock.done)} 完成" + ("（逾期）" if late else ""),
                tone="amber" if late else "jade",
                icon="check",
            )
        else:
            state = _next_clock([clock], today)
        rows.append(
            (Cell(text=clock.label), Cell(text=day(clock.due)), state, Cell(text=clock.source))
        )
    return ("法定期限", ("事项", "最后一日", "进展", "依据"), rows)


def papers_table(found: Claim) -> _Table:
    """Return the papers and the pictures: a line for each file, one for what has not come."""
    rows: list[Sequence[Cell]] = []
    for paper in found.papers.prefetch_related("files").order_by("id"):
        received = paper.received_at is not None
        state = Cell(
            text="已收到" if received else "未收到",
            tone="jade" if received else "amber",
            icon="check" if received else "clock",
        )
        title = paper.title + ("（补充）" if paper.is_supplement else "")
        rows += _file_lines(found, title, state, [file.pk for file in paper.files.all()])
    photos = list(found.files.filter(paper__isnull=True).values_list("pk", flat=True))
    if photos:
        rows += _file_lines(found, "现场照片", Cell(text=f"{len(photos)} 张"), photos)
    return ("材料", ("材料", "状态", "文件"), rows)


def _file_lines(
    found: Claim, title: str, state: Cell, keys: Sequence[int]
) -> Sequence[Sequence[Cell]]:
    lines = [
        (
            Cell(text=title),
            state,
            Cell(
                text=f"文件 {place}",
                href=reverse("console:claim_file", kwargs={"number": found.number, "key": key}),
            ),
        )
        for place, key in enumerate(keys, start=1)
    ]
    return lines or [(Cell(text=title), state, Cell(text="—"))]


def settlement_table(found: Claim) -> _Table:
    """Return the lines of the settlement."""
    names = ("item", "claimed", "accepted", "note")
    rows = [[Cell(text=str(line.get(name, ""))) for name in names] for line in found.settlement]
    return ("理算明细", ("项目", "索赔（元）", "核定（元）", "说明"), rows)
