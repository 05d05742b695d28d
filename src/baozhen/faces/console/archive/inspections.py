"""Verify anybody's file and take the sealed report about it."""

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from baozhen.faces import reports
from baozhen.faces.client import address_of
from baozhen.faces.console.access import actor_of, needs
from baozhen.faces.console.archive.files import failed
from baozhen.faces.console.frame import page
from baozhen.faces.console.organizations.forms import Asked, Field, show
from baozhen.faces.console.registers import Cell, Choice, Link, Register, show_register
from baozhen.faces.inspection import inspect_upload
from baozhen.faces.inspection_reports import carried, carry, inspection_of, send_report
from baozhen.faces.templatetags.faces import stamp
from baozhen.faces.uploads import bytes_of
from baozhen.foundation.clock import now
from baozhen.foundation.errors import Refusal
from baozhen.signing.envelopes.evidence import CANCELLED
from baozhen.signing.files.models import InspectionReport
from baozhen.signing.files.search import entry_with
from baozhen.signing.organizations.roles import Permission

_SOURCES = {"portal": "公众验真", "console": "控制台", "api": "接口"}


@needs(Permission.VIEW_FILES)
@require_http_methods(["GET", "POST"])
def inspect(request: HttpRequest) -> HttpResponse:
    """Ask for a file, or show what it is worth."""
    upload = request.FILES.get("file")
    if request.method != "POST" or not upload:
        return show(request, _asked())
    at = now()
    try:
        data = bytes_of(upload)
    except Refusal as refusal:
        return show(request, _asked(), refusal)
    found = inspect_upload(data, source="console", at=at, client_address=address_of(request))
    context = {
        "here": "files",
        "report": found.report,
        "answer": reports.answer_for(
            found.report["verdict"],
            found.word,
            is_strangers=found.is_strangers,
            is_task=found.is_task,
        ),
        "checks": reports.checks_of(found.report),
        "signatures": reports.signatures_of(found.report),
        "entry": found.entry,
        "finding": carry(inspection_of(found, source="console", at=at)),
    }
    return page(request, "console/archive/inspected.html", context)


@needs(Permission.VIEW_FILES)
@require_GET
def handed_out(request: HttpRequest) -> HttpResponse:
    """List the sealed reports that were handed out: whoever is shown one can look it up here."""
    register = Register(
        here="files",
        title="核验报告",
        note="已出具的盖章报告；不保存被核验的文件和报告本身，按编号和摘要核对",
        columns=("时间", "编号", "结论", "途径", "被核验文件 SHA-256", "报告 SHA-256"),
        empty=("shield-check", "没有核验报告", "核验文件后下载报告，会登记在这里。"),
        filters=(
            Choice(name="number", label="报告编号，或任一 SHA-256"),
            Choice(name="source", label="途径", choices=list(_SOURCES.items())),
        ),
        links=(
            Link(href=reverse("console:files"), label="文件", icon="left"),
            Link(href=reverse("console:file_inspect"), label="核验文件", icon="search"),
        ),
    )
    rows = InspectionReport.objects.order_by("-at", "-pk")
    asked = request.GET.get("number", "").strip()[:64]
    if asked:
        digest = asked.lower()
        rows = rows.filter(Q(number=asked.upper()) | Q(file_sha256=digest) | Q(sha256=digest))
    source = request.GET.get("source", "")
    if source in _SOURCES:
        rows = rows.filter(source=source)
    return show_register(request, register, rows, _cells)


def _is_task(row: InspectionReport) -> bool:
    """Tell whether the file is a signing task's; only a cancelled one is called otherwise."""
    entry = entry_with(row.file_sha256) if row.word == CANCELLED else None
    return entry is not None and bool(entry.envelope)


def _cells(row: InspectionReport) -> tuple[Cell, ...]:
    return (
        Cell(text=stamp(row.at)),
        Cell(text=row.number, is_code=True),
        Cell(text=reports.answer_for(row.verdict, row.word, is_task=_is_task(row)).title),
        Cell(text=_SOURCES.get(row.source, row.source)),
        Cell(text=row.file_sha256, is_code=True),
        Cell(text=row.sha256, is_code=True),
    )


@needs(Permission.VIEW_FILES)
@require_POST
def report(request: HttpRequest) -> HttpResponse:
    """Send the sealed report of what was found a moment ago."""
    try:
        found = carried(request.POST.get("finding", ""))
        return send_report(found, actor=actor_of(request))
    except Refusal as refusal:
        return failed(request, refusal, reverse("console:file_inspect"))


def _asked() -> Asked:
    return Asked(
        here="files",
        title="核验文件",
        submit="核验",
        back=reverse("console:files"),
        has_file=True,
        note="上传任何一方签署的 PDF，逐项核验签章、证书和改动；结果可以做成盖章的核验报告。"
        "文件不保存。",
        fields=(Field(name="file", label="文件（PDF，不超过 10 MB）", kind="file"),),
    )
