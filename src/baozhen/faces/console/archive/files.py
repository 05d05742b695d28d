"""Find files among those that one may see."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from baozhen.faces.console.access import needs
from baozhen.faces.console.archive.standing import standing_cell, with_standing
from baozhen.faces.console.frame import page
from baozhen.faces.console.registers import Cell, Choice, Link, Register, show_register
from baozhen.faces.console.typed import typed_midnight
from baozhen.faces.templatetags.faces import stamp
from baozhen.faces.words import DOCUMENT_TYPES
from baozhen.foundation.clock import now
from baozhen.foundation.errors import Refusal
from baozhen.signing.files.models import FileEntry
from baozhen.signing.files.search import Wanted, file_of, find_files
from baozhen.signing.files.titles import Party, open_parties, open_title
from baozhen.signing.organizations.models import OrgUnit
from baozhen.signing.organizations.queries import scope_of
from baozhen.signing.organizations.roles import Permission


@needs(Permission.VIEW_FILES)
@require_GET
def files(request: HttpRequest) -> HttpResponse:
    """Search the files that this person may see."""
    try:
        rows = find_files(_wanted(request), units=units_of(request)).select_related("unit")
    except Refusal:
        # A keyword without a letter or a digit finds nothing; the filters say so themselves.
        rows = FileEntry.objects.none()
    return show_register(request, _register(request), with_standing(rows), _cells)


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
        since=typed_midnight(asked.get("from", "")),
        until=typed_midnight(asked.get("to", ""), days=1),
    )


def _register(request: HttpRequest) -> Register:
    units = OrgUnit.objects.filter(pk__in=units_of(request)).order_by("path")
    return Register(
        here="files",
        title="文件",
        note="文件中心：已签署归档的文件",
        columns=("签署时间", "标题", "状态", "类型", "机构", "当事人", "业务编号"),
        empty=("file-text", "没有文件", "签署任务完成后，文件会自动归档并出现在这里。"),
        filters=(
            Choice(name="q", label="关键词（正文、标题）"),
            Choice(name="party", label="当事人（姓名、名称或证件号，原当事人也可）"),
            Choice(name="number", label="业务编号、任务编号或 SHA-256"),
            Choice(name="type", label="类型", choices=list(DOCUMENT_TYPES.items())),
            Choice(
                name="unit", label="机构", choices=[(str(unit.pk), unit.name) for unit in units]
            ),
            Choice(name="from", label="签署日期从", kind="date"),
            Choice(name="to", label="到", kind="date"),
        ),
        links=(
            Link(href=reverse("console:dossier"), label="查卷宗", icon="book"),
            Link(href=reverse("console:file_compare"), label="文件比对", icon="layers"),
            Link(href=reverse("console:file_inspect"), label="核验文件", icon="search"),
            Link(href=reverse("console:inspection_reports"), label="核验报告", icon="shield-check"),
            Link(href=reverse("console:file_mark"), label="读取标记", icon="eye"),
            Link(href=reverse("console:file_copies"), label="副本登记", icon="list"),
            Link(href=reverse("console:deposits"), label="存证", icon="shield-check"),
        ),
    )


def _cells(entry: FileEntry) -> tuple[Cell, ...]:
    return (
        Cell(text=stamp(entry.signed_at)),
        Cell(text=open_title(entry), href=address_of_file("file_entry", entry)),
        standing_cell(entry),
        Cell(text=type_word(entry)),
        Cell(text=entry.unit.name),
        Cell(text=parties_of(entry, at=now())),
        Cell(text=entry.biz_no, is_code=True),
    )


def parties_of(entry: FileEntry, *, at: datetime) -> str:
    """Return the parties of today, then former ones as such: people masked, companies in full."""
    parties = open_parties(entry)
    present = [party.name for party in parties if not is_former(party, at=at)]
    former = [party.name for party in parties if is_former(party, at=at)]
    return "、".join(present) + (f"（原：{'、'.join(former)}）" if former else "")


def is_former(party: Party, *, at: datetime) -> bool:
    """Return whether somebody else stands in this party's place by now."""
    return party.until is not None and party.until <= at


def type_word(entry: FileEntry) -> str:
    """Return the type in Chinese, or the code that a client chose."""
    return DOCUMENT_TYPES.get(entry.document_type, entry.document_type)


def address_of_file(name: str, entry: FileEntry) -> str:
    """Return the address of a page of one file."""
    return reverse(f"console:{name}", kwargs={"key": entry.public_id})
