"""Hand out copies of a file, each on record; read the mark of a copy that turned up somewhere."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from baozhen.faces.client import address_of
from baozhen.faces.console.access import actor_of, needs
from baozhen.faces.console.archive.files import failed, seen, units_of
from baozhen.faces.console.frame import page
from baozhen.faces.console.organizations.forms import Asked, Field, show, text
from baozhen.faces.console.registers import Cell, Choice, Link, Register, show_register
from baozhen.faces.files import print_link
from baozhen.faces.templatetags.faces import stamp, who
from baozhen.faces.uploads import bytes_of
from baozhen.foundation.clock import now
from baozhen.foundation.errors import Refusal
from baozhen.signing.files.models import FileCopy
from baozhen.signing.files.services import (
    CopyOrder,
    MadeCopy,
    download,
    make_black_copy,
    make_print,
    note_mark_read,
    read_copy_mark,
)
from baozhen.signing.files.states import COPY_LABELS
from baozhen.signing.files.titles import open_title
from baozhen.signing.organizations.queries import account_of
from baozhen.signing.organizations.roles import Permission

_PDF = "application/pdf"


@needs(Permission.DOWNLOAD_FILES)
@require_POST
def original(request: HttpRequest, key: str) -> HttpResponse:
    """Send the archived original, for a reason that is kept."""
    entry = seen(request, key, Permission.DOWNLOAD_FILES)
    order = _order(request, account_of(request.user).display_name)
    return _send(request, key, lambda: download(entry, order, actor=actor_of(request), at=now()))


@needs(Permission.PRINT_FILES)
@require_POST
def black(request: HttpRequest, key: str) -> HttpResponse:
    """Send a copy with black seals that names its recipient."""
    entry = seen(request, key, Permission.PRINT_FILES)
    order = _order(request, text(request, "recipient"))
    return _send(
        request, key, lambda: make_black_copy(entry, order, actor=actor_of(request), at=now())
    )


@needs(Permission.PRINT_FILES)
@require_POST
def printing(request: HttpRequest, key: str) -> HttpResponse:
    """Send the numbered file for the printer."""
    entry = seen(request, key, Permission.PRINT_FILES)
    order = _order(request, account_of(request.user).display_name)
    return _send(
        request,
        key,
        lambda: make_print(entry, order, link=print_link(), actor=actor_of(request), at=now()),
    )


@needs(Permission.VIEW_FILES)
@require_http_methods(["GET", "POST"])
def mark(request: HttpRequest) -> HttpResponse:
    """Read who got a copy from its file, its scan or a photograph."""
    asked = Asked(
        here="files",
        title="读取下载标记",
        submit="读取",
        back=reverse("console:files"),
        has_file=True,
        note="上传脱敏副本的 PDF、扫描件或照片（PNG、JPEG），读出领取人、时间和编号。",
        fields=(Field(name="file", label="文件", kind="file"),),
    )
    upload = request.FILES.get("file")
    if request.method != "POST" or not upload:
        return show(request, asked)
    try:
        found, copy = read_copy_mark(bytes_of(upload))
    except Refusal as refusal:
        return show(request, asked, refusal)
    if copy is not None and copy.entry.unit_id not in units_of(request):
        copy = None
    if copy is not None:
        note_mark_read(copy, actor=actor_of(request), at=now())
    context = {"here": "files", "found": found, "copy": copy}
    return page(request, "console/archive/mark.html", context)


@needs(Permission.VIEW_FILES)
@require_GET
def register(request: HttpRequest) -> HttpResponse:
    """List the copies that left the house."""
    rows = FileCopy.objects.filter(entry__unit__in=units_of(request)).select_related("entry")
    kind, number = request.GET.get("kind", ""), request.GET.get("number", "").strip()
    rows = rows.filter(kind=kind) if kind else rows
    rows = rows.filter(number=number.upper()) if number else rows
    shown = Register(
        here="files",
        title="副本登记",
        note="谁在什么时间领取了哪份文件",
        columns=("时间", "种类", "编号", "文件", "领取人", "用途", "操作人"),
        empty=("list", "没有副本", "下载、防伪打印或脱敏下载后会登记在这里。"),
        filters=(
            Choice(
                name="kind",
                label="种类",
                choices=[(value.value, label) for value, label in COPY_LABELS.items()],
            ),
            Choice(name="number", label="编号"),
        ),
        links=(
            Link(href=reverse("console:files"), label="文件", icon="left"),
            Link(href=reverse("console:file_mark"), label="读取标记", icon="eye"),
        ),
    )
    return show_register(request, shown, rows.order_by("-at", "-pk"), _cells)


def send_file(data: bytes, *, name: str, media_type: str = _PDF) -> HttpResponse:
    """Answer with a file that nobody may keep in a cache."""
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return HttpResponse(data, content_type=media_type, headers=headers)


def _order(request: HttpRequest, recipient: str) -> CopyOrder:
    return CopyOrder(
        recipient=recipient, reason=text(request, "reason"), address=address_of(request)
    )


def _send(request: HttpRequest, key: str, make: Callable[[], MadeCopy]) -> HttpResponse:
    try:
        made = make()
    except Refusal as refusal:
        return failed(request, refusal, reverse("console:file_entry", kwargs={"key": key}))
    return send_file(made.data, name=f"{made.copy.number}.pdf")


def _cells(copy: FileCopy) -> tuple[Cell, ...]:
    address = reverse("console:file_entry", kwargs={"key": copy.entry.public_id})
    return (
        Cell(text=stamp(copy.at)),
        Cell(text=copy.get_kind_display()),
        Cell(text=copy.number, is_code=True),
        Cell(text=open_title(copy.entry), href=address),
        Cell(text=copy.recipient),
        Cell(text=copy.reason),
        Cell(text=who(copy.actor)),
    )
