"""One file: what it is, who got copies, what was deposited, what can be done with it."""

from collections.abc import Iterable
from datetime import datetime

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
from baozhen.foundation.clock import now
from baozhen.signing.files.models import DownloadLink, FileCopy, FileEntry, LegalHold
from baozhen.signing.files.services.copies import prints_max
from baozhen.signing.files.states import CopyKind
from baozhen.signing.files.titles import open_parties, open_title
from baozhen.signing.organizations.roles import Permission

_COPIES_MAX = 50
_WORKS = "有效"
_ACTS = {
    "file_entry.copied": "交付副本",
    "file_entry.linked": "创建下载链接",
    "file_entry.link_ended": "停用下载链接",
    "file_entry.mark_read": "读取下载标记",
    "file_entry.compared": "比对",
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
            ("当事人", parties_of(entry, at=now()) or "未登记", False),
            *_changed_parties(entry),
            ("业务编号", entry.biz_no or "无", True),
            ("签署任务", entry.envelope or "无", True),
            ("签署时间", stamp(entry.signed_at), False),
            *_shared_timestamp(entry),
            ("大小", f"{entry.size:,} 字节", False),
            ("SHA-256", entry.sha256, True),
            ("保管至", _kept_until(entry), False),
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


def _changed_parties(entry: FileEntry) -> list[tuple[str, str, bool]]:
    """Return who stands no longer in the policy, and since when; or will not from that day."""
    gone = [
        f"{party.name}（{stamp(party.until)} 起变更）"
        for party in open_parties(entry)
        if party.until is not None
    ]
    return [("原当事人", "、".join(gone), False)] if gone else []


def _shared_timestamp(entry: FileEntry) -> list[tuple[str, str, bool]]:
    """Return what is said of a token beside the file; one in the signatures needs no word here."""
    batch = entry.item.timestamp_batch
    if batch is None:
        return []
    told = f"{stamp(batch.stamped_at)}，{batch.size} 份文件合盖一个，证明在证据包里"
    return [("时间戳", told, False)]


def _endings(entry: FileEntry) -> list[Deed]:
    """Return a deed for each link that still works: one that leaked is ended here."""
    at = now()
    return [
        Deed(
            href=reverse("console:file_link_end", kwargs={"key": link.pk}),
            label=f"停用下载链接：{link.recipient}（{stamp(link.made_at)}）",
            icon="cross",
            is_dangerous=True,
        )
        for link in entry.links.order_by("-pk")[:_COPIES_MAX]
        if _link_word(link, at=at) == _WORKS
    ]


def _link_word(link: DownloadLink, *, at: datetime) -> str:
    if link.ended_at is not None:
        return "已停用"
    if link.expires_at <= at:
        return "已失效"
    if link.uses_max is not None and link.uses >= link.uses_max:
        return "已用完"
    return _WORKS


def _kept_until(entry: FileEntry) -> str:
    until = entry.item.retain_until.isoformat()
    held = LegalHold.objects.filter(dossier=entry.item.dossier, released_at__isnull=True)
    return f"{until}（法律冻结中，到期也不销毁）" if held.exists() else until


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
            *_endings(entry),
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
    at = now()
    return [
        (
            Cell(text=stamp(link.made_at)),
            Cell(text=link.recipient),
            Cell(text=f"{link.uses}/{link.uses_max if link.uses_max is not None else '不限'}"),
            Cell(text=stamp(link.expires_at)),
            Cell(text=_link_word(link, at=at)),
        )
        for link in entry.links.order_by("-pk")[:_COPIES_MAX]
    ]
