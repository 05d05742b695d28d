"""防伪打印: whoever scanned the code of a numbered print learns which document it is a print of."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from baozhen.faces import reports
from baozhen.faces.client import address_of
from baozhen.faces.frame import page
from baozhen.faces.inspection import inspect_file
from baozhen.faces.limits import VERIFICATIONS, spend
from baozhen.faces.templatetags.faces import moment
from baozhen.faces.words import DOCUMENT_TYPES
from baozhen.foundation.clock import now
from baozhen.foundation.storage import ObjectDamaged, ObjectMissing, get_storage
from baozhen.signing.files.models import FileCopy, FileEntry
from baozhen.signing.files.search import printed
from baozhen.signing.files.states import CopyKind
from baozhen.signing.files.titles import open_title


@require_safe
def check(request: HttpRequest, number: str) -> HttpResponse:
    """Tell what was printed under the number and what its file is worth now; nobody's data."""
    spend(VERIFICATIONS, address_of(request))
    given = number.strip().upper()
    copy = printed(given)
    context: dict[str, Any] = {"here": "verify", "number": given[:40]}
    if copy is not None:
        context |= {"facts": _facts(copy), "answer": _answer(copy.entry)}
    return page(request, "portal/print.html", context)


def _facts(copy: FileCopy) -> list[tuple[str, str]]:
    entry = copy.entry
    prints = FileCopy.objects.filter(entry=entry, kind=CopyKind.PRINT).count()
    return [
        ("文件名称", open_title(entry)),
        ("文件类型", DOCUMENT_TYPES.get(entry.document_type, entry.document_type)),
        ("出具机构", entry.unit.name),
        ("签署时间", moment(entry.signed_at)),
        ("打印时间", moment(copy.at)),
        ("打印次数", f"这是第 {copy.count} 次打印，共打印过 {prints} 次"),
    ]


def _answer(entry: FileEntry) -> reports.Answer:
    if not entry.is_living:
        return reports.Answer(
            "文件已过保管期",
            "这份打印件的原文件已超过保管期限并依法销毁，无法再核对内容。",
            "quiet-box",
            "clock",
        )
    try:
        found = inspect_file(get_storage().get(entry.sha256), at=now())
    except (ObjectMissing, ObjectDamaged):
        return reports.Answer(
            "暂时无法核对", "原文件暂时读不出来，请稍后再试或致电客服。", "amber", "alert"
        )
    return reports.answer_for(found.report["verdict"], found.word, is_task=found.is_task)
