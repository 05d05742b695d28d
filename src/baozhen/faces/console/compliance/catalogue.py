"""The data catalogue: what each kind of data is, who answers for it, how it is kept."""

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from baozhen.faces.console.access import actor_of, may, needs
from baozhen.faces.console.compliance.exports import csv_response
from baozhen.faces.console.frame import page
from baozhen.faces.console.registers import Cell, Choice, Link, Register, do, show_register
from baozhen.foundation.audit.queries import entries_of
from baozhen.foundation.clock import now
from baozhen.insurance.compliance import services
from baozhen.insurance.compliance.models import DataItem
from baozhen.insurance.compliance.queries import get_item, list_items
from baozhen.signing.organizations.roles import Permission

COLUMNS: Sequence[tuple[str, str]] = (
    ("name", "数据项"),
    ("standard", "标准与口径"),
    ("level", "级别"),
    ("owner", "责任部门"),
    ("entry", "采集与录入审核"),
    ("use", "使用"),
    ("correction", "修改"),
    ("reporting", "对外报送"),
    ("storage", "存储与保管期限"),
    ("backup", "备份"),
    ("security", "安全措施"),
    ("quality", "质量检查"),
)
_LEVELS = (("个人敏感", "个人敏感"), ("个人一般", "个人一般"), ("业务重要", "业务重要"))
_ACTS = {"data_item.changed": "修改", "data_item.reviewed": "复核"}


@needs(Permission.VIEW_DUTIES)
@require_GET
def items(request: HttpRequest) -> HttpResponse:
    """List the catalogue."""
    register = Register(
        here="data_items",
        title="数据目录",
        note="每类数据从标准、采集到备份、安全的规定",
        columns=("编号", "数据项", "级别", "责任部门", "存储与保管期限", "复核"),
        empty=("book", "数据目录是空的", "运行 prepare_platform 后，平台保管的数据出现在这里。"),
        filters=(
            Choice(name="level", label="级别", choices=_LEVELS),
            Choice(name="search", label="数据项或部门"),
        ),
        links=(Link(href=reverse("console:data_items_export"), label="导出", icon="download"),),
    )
    wanted = {name: request.GET.get(name, "").strip() for name in ("level", "search")}
    return show_register(request, register, list_items(wanted), _cells)


@needs(Permission.VIEW_DUTIES)
@require_GET
def export(request: HttpRequest) -> HttpResponse:
    """Send the catalogue as a file."""
    rows = [[row.code, *(getattr(row, name) for name, _ in COLUMNS)] for row in list_items({})]
    return csv_response("data-items", ["编号", *(label for _, label in COLUMNS)], rows)


@needs(Permission.VIEW_DUTIES)
@require_GET
def item(request: HttpRequest, code: str) -> HttpResponse:
    """Show one kind of data."""
    found = get_item(code)
    context = {
        "here": "data_items",
        "item": found,
        "columns": [(name, label, getattr(found, name)) for name, label in COLUMNS],
        "may_manage": may(request, Permission.MANAGE_DUTIES),
        "acts": [
            {"label": _ACTS.get(entry.action, entry.action), "entry": entry}
            for entry in entries_of(DataItem.NOUN, found.pk).order_by("-position")
        ],
    }
    return page(request, "console/compliance/item.html", context)


@needs(Permission.MANAGE_DUTIES)
@require_POST
def change(request: HttpRequest, code: str) -> HttpResponse:
    """Change what the catalogue says; another person then reviews it."""
    found = get_item(code)
    values = {name: request.POST.get(name, "").strip()[:240] for name, _ in COLUMNS}
    return do(
        request,
        lambda: services.change_item(found, values, actor=actor_of(request), at=now()),
        done="已修改，等待另一位人员复核",
        to="data_item",
        code=code,
    )


@needs(Permission.MANAGE_DUTIES)
@require_POST
def review(request: HttpRequest, code: str) -> HttpResponse:
    """Confirm what the catalogue says."""
    found = get_item(code)
    return do(
        request,
        lambda: services.review_item(found, actor=actor_of(request), at=now()),
        done="复核通过",
        to="data_item",
        code=code,
    )


def _cells(row: DataItem) -> Sequence[Cell]:
    reviewed = row.reviewed_at is not None
    return (
        Cell(text=row.code, href=reverse("console:data_item", kwargs={"code": row.code})),
        Cell(text=row.name),
        Cell(text=row.level),
        Cell(text=row.owner),
        Cell(text=row.storage),
        Cell(
            text="已复核" if reviewed else "待复核",
            tone="jade" if reviewed else "amber",
            icon="check" if reviewed else "clock",
        ),
    )
