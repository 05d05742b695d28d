"""Start a flow for every row of a table, and see what became of each."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from openpyxl import load_workbook

from baozhen.faces.console.access import actor_of, may, needs
from baozhen.faces.console.frame import page
from baozhen.faces.errors import NotFound
from baozhen.faces.uploads import bytes_of
from baozhen.foundation.clock import now
from baozhen.foundation.errors import Refusal
from baozhen.foundation.timestamps.modes import TimestampMode
from baozhen.signing.envelopes.errors import RowsInvalid
from baozhen.signing.envelopes.forms import Flow, flows
from baozhen.signing.envelopes.models import EnvelopeBatch
from baozhen.signing.envelopes.queries import batch_counts
from baozhen.signing.envelopes.services.batches import (
    BatchOrder,
    create_batch,
    end_batch,
    retry_failed,
)
from baozhen.signing.envelopes.services.from_templates import (
    form_of,
    is_template,
    own_seals_of,
    templates_in_force,
    title_of,
)
from baozhen.signing.organizations.queries import account_of, scope_of
from baozhen.signing.organizations.roles import Permission

_SHOWN_MAX = 200
_BOXES = {"是": True, "true": True, "1": True, "否": False, "false": False, "0": False}
_ZIP = b"PK\x03\x04"


@needs(Permission.VIEW_ENVELOPES)
@require_GET
def batches(request: HttpRequest) -> HttpResponse:
    """List the batches of one's units, the newest first."""
    units = scope_of(request.user, Permission.VIEW_ENVELOPES)
    rows = EnvelopeBatch.objects.filter(unit__in=units).order_by("-pk")[:_SHOWN_MAX]
    context = {
        "here": "envelope_batches",
        "batches": [{"row": row, "counts": batch_counts(row)} for row in rows],
        "may_start": may(request, Permission.START_ENVELOPES),
    }
    return page(request, "console/envelopes/batches.html", context)


@needs(Permission.START_ENVELOPES)
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """Take a table: CSV or XLSX with the fields' names as its head, or NDJSON as the API takes."""
    unit = account_of(request.user).unit
    context: dict[str, Any] = {
        "here": "envelope_batches",
        "flows": list(flows().values()),
        "templates": templates_in_force([unit], at=now()),
        "chosen": request.GET.get("flow", ""),
    }
    if request.method != "POST":
        return page(request, "console/envelopes/upload.html", context)
    given = request.FILES.get("file")
    try:
        if given is None:
            raise RowsInvalid(path="file", reason="请先选择文件")
        flow = form_of(request.POST.get("flow", ""))
        is_each = request.POST.get("timestamp") == TimestampMode.EACH
        order = BatchOrder(
            flow=flow.code,
            client=actor_of(request),
            unit=unit,
            timestamp=TimestampMode.EACH if is_each else TimestampMode.AGGREGATED,
        )
        rows = rows_of(bytes_of(given), flow)
        if is_template(flow.code) and request.POST.get("silent") == "yes":
            rows = _sealed_silently(rows, flow.code)
        batch_row = create_batch(order, rows, actor=actor_of(request), at=now())
    except Refusal as refusal:
        context |= {"fault": str(refusal), "chosen": request.POST.get("flow", "")}
        return page(request, "console/envelopes/upload.html", context, status=422)
    return redirect("console:envelope_batch", public_id=batch_row.public_id)


@needs(Permission.VIEW_ENVELOPES)
@require_GET
def batch(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show how far a batch is and which rows failed."""
    row = _own(request, public_id)
    context = {
        "here": "envelope_batches",
        "batch": row,
        "counts": batch_counts(row),
        "failed": row.rows.filter(status="failed").order_by("line")[:_SHOWN_MAX],
        "title": title_of(row.flow),
        "may_start": may(request, Permission.START_ENVELOPES),
    }
    return page(request, "console/envelopes/batch.html", context)


@needs(Permission.START_ENVELOPES)
@require_POST
def retry(request: HttpRequest, public_id: str) -> HttpResponse:
    """Put the failed rows back to work."""
    try:
        count = retry_failed(_own(request, public_id).pk)
    except Refusal as refusal:
        messages.warning(request, str(refusal), extra_tags="amber")
    else:
        messages.success(request, f"{count} 行已重新排队。", extra_tags="jade")
    return redirect("console:envelope_batch", public_id=public_id)


@needs(Permission.START_ENVELOPES)
@require_http_methods(["GET", "HEAD", "POST"])
def end(request: HttpRequest, public_id: str) -> HttpResponse:
    """Ask for the reason, then end everything that came of the batch."""
    row = _own(request, public_id)
    context: dict[str, Any] = {"here": "envelope_batches", "batch": row}
    if request.method != "POST":
        return page(request, "console/envelopes/end_batch.html", context)
    reason = request.POST.get("reason", "")
    try:
        end_batch(row.pk, reason=reason, actor=actor_of(request), at=now())
    except Refusal as refusal:
        context |= {"fault": str(refusal), "reason": reason}
        return page(request, "console/envelopes/end_batch.html", context, status=422)
    messages.success(request, "正在终止本批次的任务。", extra_tags="jade")
    return redirect("console:envelope_batch", public_id=public_id)


def _own(request: HttpRequest, public_id: str) -> EnvelopeBatch:
    units = scope_of(request.user, Permission.VIEW_ENVELOPES)
    row = EnvelopeBatch.objects.filter(public_id=public_id, unit__in=units).first()
    if row is None:
        raise NotFound(what="这个批次")
    return row


def rows_of(data: bytes, flow: Flow) -> Iterator[Mapping[str, Any]]:
    """Yield the rows of a table; raises RowsInvalid.

    Columns: the fields' names or labels, `biz_no`, and for each person `role.name`, `role.id_no`,
    `role.mobile`.
    """
    if data.startswith(_ZIP):
        return _table(_sheet(data), flow)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RowsInvalid(path="file", reason="请用 UTF-8 编码保存 CSV") from error
    if text.lstrip().startswith("{"):
        return _lines(text)
    return _table(iter(csv.reader(io.StringIO(text))), flow)


def _sheet(data: bytes) -> Iterator[list[str]]:
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    except Exception as error:  # the library raises whatever its parsers raise
        raise RowsInvalid(path="file", reason="不是可以读取的 XLSX 文件") from error
    sheet = book.active
    if sheet is None:
        raise RowsInvalid(path="file", reason="工作簿里没有工作表")
    for row in sheet.iter_rows(values_only=True):
        yield ["" if cell is None else str(cell) for cell in row]


def _lines(text: str) -> Iterator[Mapping[str, Any]]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise RowsInvalid(path="file", reason=f"第 {number} 行不是 JSON") from error
        if not isinstance(row, dict):
            raise RowsInvalid(path="file", reason=f"第 {number} 行不是对象")
        yield row


def _table(rows: Iterator[list[str]], flow: Flow) -> Iterator[Mapping[str, Any]]:
    head = next(rows, None)
    if not head:
        raise RowsInvalid(path="file", reason="表格是空的")
    names = {entry.label: entry.name for entry in flow.fields}
    columns = [names.get(cell.strip(), cell.strip()) for cell in head]
    kinds = {entry.name: entry.kind for entry in flow.fields}
    unknown = [c for c in columns if c not in kinds and c != "biz_no" and "." not in c and c]
    if unknown:
        raise RowsInvalid(path="file", reason=f"没有列 {unknown[0]}")
    for row in rows:
        if any(cell.strip() for cell in row):
            yield _row(dict(zip(columns, row, strict=False)), kinds)


def _sealed_silently(rows: Iterable[Mapping[str, Any]], flow: str) -> Iterator[Mapping[str, Any]]:
    """Name in each row the company's seals that nobody has to put there."""
    own = own_seals_of(flow)
    for row in rows:
        named = row.get("parties")
        others = named if isinstance(named, dict) else {}
        yield {"silent": [role for role in own if role not in others], **row}


def _row(cells: Mapping[str, str], kinds: Mapping[str, str]) -> Mapping[str, Any]:
    values: dict[str, Any] = {}
    parties: dict[str, dict[str, str]] = {}
    for name, cell in cells.items():
        text = cell.strip()
        if not text or not name:
            continue
        if name in kinds:
            values[name] = _typed(kinds[name], text)
        elif "." in name:
            role, _, fact = name.partition(".")
            parties.setdefault(role, {"kind": "person", "id_type": "id_card"})[fact] = text
    return {"values": values, "parties": parties, "biz_no": cells.get("biz_no", "").strip()}


def _typed(kind: str, text: str) -> Any:
    """Numbers as numbers, amounts in yuan as fen; what does not fit stays text and is refused."""
    try:
        if kind == "number":
            return float(text)
        if kind == "amount":
            return round(float(text.replace(",", "")) * 100)
    except ValueError:
        return text
    if kind == "checkbox":
        return _BOXES.get(text, text)
    return text[:10] if kind == "date" else text
