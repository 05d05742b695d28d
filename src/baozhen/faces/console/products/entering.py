"""New versions: a CSV that was edited, or the solvency figures of a quarter."""

from collections.abc import Mapping
from datetime import date

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from baozhen.faces.console.access import actor_of, needs
from baozhen.faces.console.organizations.forms import Asked, Field, show, text
from baozhen.faces.console.registers import Cell, Link, Sheet, show_sheet
from baozhen.faces.uploads import bytes_of
from baozhen.foundation.clock import now, today
from baozhen.foundation.errors import Refusal
from baozhen.insurance.products.cells import read_csv, write_csv
from baozhen.insurance.products.errors import CellsInvalid, TablePeriodInvalid, TableUnknown
from baozhen.insurance.products.kinds import kinds
from baozhen.insurance.products.queries import content_of, content_on
from baozhen.insurance.products.services import TableDraft, import_table
from baozhen.insurance.products.solvency import RATINGS, SOLVENCY
from baozhen.signing.organizations.roles import Permission

_YES_NO = (("no", "否，显示为“未确认”"), ("yes", "是，已核对原文"))


@needs(Permission.VIEW_PRODUCTS)
@require_GET
def current_csv(request: HttpRequest) -> HttpResponse:
    """Send a table in force today, or one version, as CSV with a column for the new values."""
    name = request.GET.get("table", "")
    if key := request.GET.get("version", ""):
        content = content_of(key)
        name = content["table"]
    elif name in kinds():
        content = content_on(name, today())
    else:
        raise TableUnknown(name=name)
    return HttpResponse(
        write_csv(content),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )


@needs(Permission.MANAGE_PRODUCTS)
@require_http_methods(["GET", "HEAD", "POST"])
def import_csv(request: HttpRequest) -> HttpResponse:
    """Make a new version of a table from an edited CSV; its difference is shown next."""
    chosen = request.GET.get("table", "")
    titles = {name: kind.title for name, kind in kinds().items() if name != SOLVENCY}
    if chosen not in titles:
        return _choose(request, titles)
    asked = _import_form(titles[chosen])
    if request.method != "POST":
        return show(request, asked)
    try:
        made = import_table(_draft(request, chosen), actor=actor_of(request), at=now())
    except Refusal as refusal:
        return show(request, asked, refusal)
    messages.success(request, "已导入为草稿：请核对差异后提交批准。", extra_tags="jade")
    return redirect("console:table", key=made.pk)


def _choose(request: HttpRequest, titles: Mapping[str, str]) -> HttpResponse:
    """Ask which table; each can be taken along as CSV."""
    rows = [
        [
            Cell(text=title),
            Cell(text="下载现行值", href=f"{reverse('console:table_csv')}?table={name}"),
            Cell(text="导入新版本", href=f"{reverse('console:table_import')}?table={name}"),
        ]
        for name, title in titles.items()
    ]
    sheet = Sheet(
        here="tables",
        title="导入新版本",
        state=Cell(text="选一张表"),
        facts=(("做法", "下载现行值，在“新值”一列填写要改的数，再导入；由另一人批准", False),),
        back=Link(href=reverse("console:tables"), label="费率与规则", icon="left"),
        tables=(("表", ("表", "第一步", "第二步"), rows),),
    )
    return show_sheet(request, sheet)


def _import_form(title: str) -> Asked:
    return Asked(
        here="tables",
        title=f"导入：{title}",
        submit="导入并查看差异",
        fields=(
            Field(name="file", label="CSV 文件", kind="file", hint="列：项目、现行值、新值。"),
            Field(name="version", label="版本名", hint="如 2027-01；每个版本名只用一次。"),
            Field(name="effective_from", label="生效日", kind="date"),
            Field(name="effective_to", label="失效日", kind="date", required=False),
            Field(name="source", label="依据", hint="文号、备案号或内部批件。"),
            Field(name="confirmed", label="事实是否已确认", choices=_YES_NO),
            Field(name="note", label="说明", required=False),
        ),
        back=reverse("console:table_import"),
        note="只填要改的“新值”；写“删除”去掉一项，新的项目另起一行。",
        has_file=True,
    )


def _draft(request: HttpRequest, chosen: str) -> TableDraft:
    upload = request.FILES.get("file")
    if upload is None:
        raise CellsInvalid(path="file", problems="没有选择文件")
    begin = _day(request, "effective_from")
    if begin is None:
        raise TablePeriodInvalid(path="effective_from", why="请填写生效日")
    try:
        content = read_csv(bytes_of(upload), content_on(chosen, begin))
    except CellsInvalid as refusal:
        raise CellsInvalid(path="file", **refusal.facts) from refusal
    return TableDraft(
        table=chosen,
        version=text(request, "version")[:40],
        effective_from=begin,
        effective_to=_day(request, "effective_to"),
        source=text(request, "source")[:300],
        confirmed=text(request, "confirmed") == "yes",
        content=content,
        note=text(request, "note"),
    )


def _day(request: HttpRequest, name: str) -> date | None:
    typed = text(request, name)
    if not typed:
        return None
    try:
        return date.fromisoformat(typed)
    except ValueError:
        raise TablePeriodInvalid(path=name, why="日期应写作 2027-01-01") from None


@needs(Permission.MANAGE_PRODUCTS)
@require_http_methods(["GET", "HEAD", "POST"])
def solvency(request: HttpRequest) -> HttpResponse:
    """Enter the solvency figures of a quarter; a second person approves them."""
    ratings = [(one, f"{one} 类") for one in RATINGS]
    asked = Asked(
        here="tables",
        title="录入偿付能力",
        submit="保存为草稿",
        fields=(
            Field(name="quarter", label="报告期", hint="写作 2026-Q4。"),
            Field(name="core_percent", label="核心偿付能力充足率（%）", hint="如 215.60。"),
            Field(name="comprehensive_percent", label="综合偿付能力充足率（%）"),
            Field(name="rating", label="最近一期风险综合评级", choices=ratings),
            Field(name="rating_quarter", label="评级所属季度", hint="写作 2026-Q3。"),
            Field(
                name="is_sufficient",
                label="是否达到监管要求",
                choices=(("yes", "达到"), ("no", "未达到")),
            ),
            Field(name="link", label="信息披露链接", kind="url"),
            Field(name="effective_from", label="披露日（生效日）", kind="date"),
            Field(name="source", label="依据", hint="如：2026 年第 4 季度偿付能力报告摘要。"),
        ),
        back=reverse("console:tables"),
        note="投保单写明最近一期已披露的偿付能力（批准后从披露日起使用）。",
    )
    if request.method != "POST":
        return show(request, asked)
    try:
        made = import_table(_figures(request), actor=actor_of(request), at=now())
    except Refusal as refusal:
        return show(request, asked, refusal)
    messages.success(request, "已存为草稿：请核对后提交批准。", extra_tags="jade")
    return redirect("console:table", key=made.pk)


def _figures(request: HttpRequest) -> TableDraft:
    begin = _day(request, "effective_from")
    if begin is None:
        raise TablePeriodInvalid(path="effective_from", why="请填写披露日")
    quarter = text(request, "quarter")
    content = {
        name: text(request, name)
        for name in ("core_percent", "comprehensive_percent", "rating", "link")
    }
    return TableDraft(
        table=SOLVENCY,
        version=quarter[:40],
        effective_from=begin,
        source=text(request, "source")[:300],
        confirmed=True,
        content={
            **content,
            "quarter": quarter,
            "label": _in_words(quarter),
            "rating_quarter": _in_words(text(request, "rating_quarter")),
            "is_sufficient": text(request, "is_sufficient") == "yes",
        },
    )


def _in_words(quarter: str) -> str:
    """Return 2026-Q4 as 2026年第4季度; anything else as it was typed."""
    year, mark, number = quarter.partition("-Q")
    return f"{year}年第{number}季度" if mark else quarter
