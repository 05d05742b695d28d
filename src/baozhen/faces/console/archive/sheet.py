"""One file: what it is, who got copies, what was deposited, what can be done with it."""

from collections.abc import Iterable

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from baozhen.faces.console.access import may, needs
from baozhen.faces.console.archive.deposits import COLUMNS, deed_of, rows_of
from baozhen.faces.console.archive.files import (
    address_of_file,
    parties_of,
    seen,
    type_word,
)
from baozhen.faces.console.archive.standing import standing_cell, standing_words, with_standing
from baozhen.faces.console.registers import Act, Cell, Deed, Link, Sheet, show_sheet
from baozhen.faces.templatetags.faces import stamp, who
from baozhen.foundation.audit.queries import entries_of
from baozhen.signing.files.models import FileCopy, FileEntry
from baozhen.signing.files.services.copies import prints_max
from baozhen.signing.files.states import CopyKind
from baozhen.signing.files.titles import open_title
from baozhen.signing.organizations.roles import Permission

_COPIES_MAX = 50
_ACTS = {
    "file_entry.copied": "交付副本",
    "file_entry.linked": "创建下载链接",
    "file_entry.link_ended": "停用下载链接",
}


@needs(Permission.VIEW_FILES)
@require_GET
def file(request: HttpRequest, key: str) -> HttpResponse:
    """Show one file."""
    entry = seen(request, key)
    told = with_standing(FileEntry.objects.filter(pk=entry.pk).select_related("unit", "item"))
    return show_sheet(request, _sheet(request, told.get()))


def _sheet(request: HttpRequest, entry: FileEntry) -> Sheet:
    copies = FileCopy.objects.filter(entry=entry).order_by("-at")[:_COPIES_MAX]
    return Sheet(
        here="files",
        title=open_title(entry),
        state=standing_cell(entry),
        back=Link(href=reverse("console:files"), label="文件", icon="left"),
        facts=(
            ("文件编号", entry.public_id, True),
            ("类型", type_word(entry), False),
            ("效力", standing_words(entry), False),
            ("机构", entry.unit.name, False),
            ("当事人", parties_of(entry) or "未登记", False),
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
            ("第三方存证", COLUMNS, rows_of(entry)),
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
                href=address_of_file("file_download", entry),
                label="下载原件",
                icon="download",
                asks=(("reason", "用途"),),
            ),
            Deed(
                href=address_of_file("file_link", entry),
                label="创建下载链接（供核心系统取件）",
                icon="link",
                asks=(("recipient", "接收方"), ("hours", "有效小时数")),
                choices=("uses", "次数", (("1", "一次有效"), ("10", "十次"), ("", "不限次数"))),
            ),
            Deed(
                href=address_of_file("file_package", entry),
                label="生成证据包",
                icon="layers",
                asks=(("reason", "用途"),),
            ),
            deed_of(entry),
        ]
    if may(request, Permission.PRINT_FILES):
        prints = FileCopy.objects.filter(entry=entry, kind=CopyKind.PRINT).count()
        is_over = prints >= prints_max()
        deeds += [
            Deed(
                href=address_of_file("file_black", entry),
                label="脱敏副本（黑色章）",
                icon="file",
                asks=(("recipient", "领取人"), ("reason", "用途")),
            ),
            Deed(
                href=address_of_file("file_print", entry),
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
            Cell(text=who(copy.actor)),
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
