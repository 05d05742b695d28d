"""Tables of figures: as the page draws them, and as CSV or XLSX."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.http import Http404, HttpResponse
from openpyxl import Workbook

from baozhen.faces.console.spreadsheets import safe
from baozhen.faces.templatetags.faces import yuan

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, kw_only=True)
class Line:
    """One figure with its name; `href` leads to the rows that it counts."""

    label: str
    value: int
    href: str = ""


@dataclass(frozen=True, kw_only=True)
class Chart:
    """One table and its picture: a line over days, or lying bars; fen are shown as yuan."""

    title: str
    lines: Sequence[Line]
    is_line: bool = False
    is_money: bool = False

    def rows(self) -> list[tuple[str, str, str]]:
        """Return label, figure in words, and address."""
        return [(line.label or "未注明", self._shown(line.value), line.href) for line in self.lines]

    def drawn(self) -> dict[str, object]:
        """Return what the script draws."""
        scale = 100 if self.is_money else 1
        return {
            "line": self.is_line,
            "money": self.is_money,
            "rows": [[line.label, line.value / scale, line.href] for line in self.lines],
        }

    def exported(self) -> list[tuple[str, str, int | float]]:
        """Return the rows of a spreadsheet: money in yuan."""
        return [
            (self.title, line.label, line.value / 100 if self.is_money else line.value)
            for line in self.lines
        ]

    def _shown(self, value: int) -> str:
        return yuan(value) if self.is_money else f"{value:,}"


def drawn(charts: Iterable[Chart]) -> dict[str, object]:
    """Return everything that the script draws, by title."""
    return {chart.title: chart.drawn() for chart in charts}


def export(charts: Iterable[Chart], kind: str, *, name: str) -> HttpResponse:
    """Send the tables as CSV or XLSX; raises Http404 for anything else."""
    rows = [row for chart in charts for row in chart.exported()]
    headers = {"Content-Disposition": f'attachment; filename="{name}.{kind}"'}
    if kind == "csv":
        return HttpResponse(_csv(rows), content_type="text/csv; charset=utf-8", headers=headers)
    if kind == "xlsx":
        return HttpResponse(_xlsx(rows), content_type=_XLSX, headers=headers)
    raise Http404


def _csv(rows: Sequence[tuple[str, str, int | float]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("统计", "项目", "数值"))
    writer.writerows((title, safe(label), value) for title, label, value in rows)
    # Excel reads UTF-8 by the mark in front.
    return ("\ufeff" + out.getvalue()).encode()


def _xlsx(rows: Sequence[tuple[str, str, int | float]]) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("统计")
    sheet.append(("统计", "项目", "数值"))
    for title, label, value in rows:
        sheet.append((title, safe(label), value))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
