"""Find files and look at one: what it is, who got copies, what can be done with it."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_GET

from baozhen.faces.console.access import may, needs
from baozhen.faces.console.frame import page
from baozhen.faces.console.registers import (
    Act,
    Cell,
    Choice,
    Deed,
    Link,
    Register,
    Sheet,
    show_register,
    show_sheet,
)
from baozhen.faces.templatetags.faces import stamp
from baozhen.foundation.audit.queries import entries_of
from baozhen.foundation.clock import SHANGHAI
from baozhen.foundation.errors import Refusal
from baozhen.foundation.masking import mask_name, mask_text
from baozhen.signing.files.models import FileCopy, FileEntry
from baozhen.signing.files.search import Wanted, file_of, find_files
from baozhen.signing.files.services.copies import prints_max
from baozhen.signing.files.states import CopyKind
from baozhen.signing.organizations.models import OrgUnit
from baozhen.signing.organizations.queries import scope_of
from baozhen.signing.organizations.roles import Permission

_COPIES_MAX = 50
_ACTS = {
    "file_entry.copied": "交付副本",
    "file_entry.linked": "创建下载链接",
    "file_entry.link_ended": "停用下载链接",
}


@needs(Permission.VIEW_FILES)
@require_GET
def files(request: HttpRequest) -> HttpResponse:
    """Search the files that this person may see."""
    try:
        rows = find_files(_wanted(request), units=units_of(request)).select_related("unit")
    except Refusal:
        # A keyword without a letter or a digit finds nothing; the filters say so themselves.
        rows = FileEntry.objects.none()
    return show_register(request, _register(request), rows, _cells)


@needs(Permission.VIEW_FILES)
@require_GET
def file(request: HttpRequest, key: str) -> HttpResponse:
    """Show one file."""
    entry = seen(request, key)
    return show_sheet(request, _sheet(request, entry))


def seen(
    request: HttpRequest, key: str, permission: Permission = Permission.VIEW_FILES
) -> FileEntry:
    """Return the file if this person holds the permission where it belongs; else FileUnknown."""
    return file_of(key, units=units_of(request, permission))


def units_of(request: HttpRequest, permission: Permission = Permission.VIEW_FILES) -> list[int]:
    """Return the keys of the units whose files this person may see."""
    return list(scope_of(request.user, permission).values_list("pk", flat=True))


def failed(request: HttpRequest, refusal: Refusal, back: str) -> HttpResponse:
    """Say why something could not be done, with the way back."""
    context = {"here": "files", "fault": str(refusal), "back": back}
    return page(request, "console/archive/refused.html", context, status=422)


def _wanted(request: HttpRequest) -> Wanted:
    asked = {name: str(value).strip() for name, value in request.GET.items()}
    unit = asked.get("unit", "")
    return Wanted(
        words=asked.get("q", "")[:100],
        party=asked.get("party", "")[:100],
        document_type=asked.get("type", ""),
        number=asked.get("number", "")[:64],
        channel=asked.get("channel", ""),
        unit=int(unit) if unit.isdecimal() and unit.isascii() else None,
        since=_day(asked.get("from", "")),
        until=_day(asked.get("to", ""), days=1),
    )


def _day(text: str, *, days: int = 0) -> datetime | None:
    try:
        day = parse_date(text)
    except ValueError:
        return None
    if day is None:
        return None
    return datetime.combine(day + timedelta(days=days), time.min, tzinfo=SHANGHAI)


def _register(request: HttpRequest) -> Register:
    units = OrgUnit.objects.filter(pk__in=units_of(request)).order_by("path")
    return Register(
        here="files",
        title="文件",
        note="文件中心：已签署归档的文件",
        columns=("签署时间", "标题", "类型", "机构", "当事人", "业务编号"),
        empty=("file-text", "没有文件", "签署任务完成后，文件会自动归档并出现在这里。"),
        filters=(
            Choice(name="q", label="关键词（正文或标题）"),
            Choice(name="party", label="当事人姓名、名称或证件号"),
            Choice(name="number", label="业务编号或任务编号"),
            Choice(name="type", label="类型"),
            Choice(
                name="unit", label="机构", choices=[(str(unit.pk), unit.name) for unit in units]
            ),
            Choice(name="from", label="从（年-月-日）"),
            Choice(name="to", label="到（年-月-日）"),
        ),
        links=(
            Link(href=reverse("console:file_compare"), label="文件比对", icon="layers"),
            Link(href=reverse("console:file_mark"), label="读取标记", icon="eye"),
            Link(href=reverse("console:file_copies"), label="副本登记", icon="list"),
        ),
    )


def _cells(entry: FileEntry) -> tuple[Cell, ...]:
    return (
        Cell(text=stamp(entry.signed_at)),
        Cell(text=mask_text(entry.title), href=_address("file_entry", entry)),
        Cell(text=entry.document_type),
        Cell(text=entry.unit.name),
        Cell(text=_parties(entry)),
        Cell(text=entry.biz_no, is_code=True),
    )


def _parties(entry: FileEntry) -> str:
    return "、".join(
        mask_name(party["name"]) if party["is_person"] else party["name"]
        for party in entry.parties or []
    )


def _address(name: str, entry: FileEntry) -> str:
    return reverse(f"console:{name}", kwargs={"key": entry.public_id})


def _sheet(request: HttpRequest, entry: FileEntry) -> Sheet:
    copies = FileCopy.objects.filter(entry=entry).order_by("-at")[:_COPIES_MAX]
    return Sheet(
        here="files",
        title=mask_text(entry.title),
        state=Cell(text="已归档", tone="jade", icon="check"),
        back=Link(href=reverse("console:files"), label="文件", icon="left"),
        facts=(
            ("文件编号", entry.public_id, True),
            ("类型", entry.document_type, False),
            ("机构", entry.unit.name, False),
            ("当事人", _parties(entry) or "未登记", False),
            ("业务编号", entry.biz_no or "无", True),
            ("签署任务", entry.envelope or "无", True),
            ("签署时间", stamp(entry.signed_at), False),
            ("大小", f"{entry.size:,} 字节", False),
            ("SHA-256", entry.sha256, True),
            ("保管至", entry.item.retain_until.isoformat(), False),
            ("正文索引", stamp(entry.indexed_at) if entry.indexed_at else "排队中", False),
        ),
        deeds=tuple(_deeds(request, entry)),
        tables=(
            ("副本登记", ("时间", "种类", "编号", "领取人", "用途", "操作人"), _rows(copies)),
            ("下载链接", ("创建", "接收方", "已用", "失效", "状态"), _links(entry)),
        ),
        acts=tuple(
            Act(label=_ACTS.get(act.action, act.action), at=act.at, actor=act.actor)
            for act in entries_of("file_entry", entry.pk).order_by("-position")[:_COPIES_MAX]
        ),
    )


def _deeds(request: HttpRequest, entry: FileEntry) -> list[Deed]:
    deeds = []
    if may(request, Permission.DOWNLOAD_FILES):
        deeds += [
            Deed(
                href=_address("file_download", entry),
                label="下载原件",
                icon="download",
                asks=(("reason", "用途"),),
            ),
            Deed(
                href=_address("file_link", entry),
                label="创建下载链接（供核心系统取件）",
                icon="link",
                asks=(("recipient", "接收方"), ("hours", "有效小时数")),
                choices=("uses", "次数", (("1", "一次有效"), ("10", "十次"), ("", "不限次数"))),
            ),
            Deed(
                href=_address("file_package", entry),
                label="生成证据包",
                icon="layers",
                asks=(("reason", "用途"),),
            ),
        ]
    if may(request, Permission.PRINT_FILES):
        prints = FileCopy.objects.filter(entry=entry, kind=CopyKind.PRINT).count()
        is_over = prints >= prints_max()
        deeds += [
            Deed(
                href=_address("file_black", entry),
                label="脱敏副本（黑色章）",
                icon="file",
                asks=(("recipient", "领取人"), ("reason", "用途")),
            ),
            Deed(
                href=_address("file_print", entry),
                label=f"防伪打印（已打印 {prints}/{prints_max()} 次）",
                icon="file-text",
                asks=(("reason", "用途"),),
                blocked="已达到打印次数上限" if is_over else "",
            ),
        ]
    return deeds


def _rows(copies: Iterable[FileCopy]) -> list[tuple[Cell, ...]]:
    return [
        (
            Cell(text=stamp(copy.at)),
            Cell(text=copy.get_kind_display()),
            Cell(text=copy.number, is_code=True),
            Cell(text=copy.recipient),
            Cell(text=copy.reason),
            Cell(text=copy.actor, is_code=True),
        )
        for copy in copies
    ]


def _links(entry: FileEntry) -> list[tuple[Cell, ...]]:
    return [
        (
            Cell(text=stamp(link.made_at)),
            Cell(text=link.recipient),
            Cell(text=f"{link.uses}/{link.uses_max if link.uses_max is not None else '不限'}"),
            Cell(text=stamp(link.expires_at)),
            Cell(text="已停用" if link.ended_at else "有效期内"),
        )
        for link in entry.links.order_by("-pk")[:_COPIES_MAX]
    ]
