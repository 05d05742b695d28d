"""Two documents compared by REST: in what their texts differ, and which pages look different."""

import base64
import binascii
from dataclasses import dataclass
from typing import Any, Final, Literal

from django.http import HttpRequest
from ninja import Field, Router, Schema

from baozhen.faces.api.archive_files import own_file
from baozhen.faces.api.auth import Bearer
from baozhen.faces.api.conventions import PublicId, client_name
from baozhen.faces.api.documents import PROBLEMS
from baozhen.faces.errors import TooLarge
from baozhen.faces.limits import BULK
from baozhen.faces.uploads import UPLOAD_BYTES_MAX, UPLOAD_MAX
from baozhen.foundation.clock import now
from baozhen.foundation.errors import Refusal
from baozhen.foundation.storage import get_storage
from baozhen.signing.files.errors import ComparisonImpossible
from baozhen.signing.files.models import FileEntry
from baozhen.signing.files.services import compare_documents, note_compared
from baozhen.signing.organizations.services import Scope
from baozhen.trust.crypto.digests import sha256

router = Router(tags=["文件"])

TEXTS_MAX: Final = 1000
PLACES_MAX: Final = 20
REGIONS_MAX: Final = 100
SHEETS_MAX: Final = 10
_SHEETS_BYTES_MAX: Final = 8 * 1024 * 1024
_Rect = tuple[float, float, float, float]
_Pair = tuple[int | None, int | None]


class ComparedIn(Schema):
    """One of the two documents: an archived file, or a PDF of one's own; exactly one of them."""

    file: PublicId | None = Field(None, description="文件编号 file_…，只能是本客户端的文件")
    content: str | None = Field(
        None, description="或 PDF 的 Base64；PDF 不超过 10 MB、100 页、20 万字，比对后不保存"
    )


class ComparisonIn(Schema):
    """Which two documents are compared; the whole request takes 20 MB."""

    before: ComparedIn = Field(description="原文件")
    after: ComparedIn = Field(description="新文件")
    sheets: bool = Field(False, description="同时返回有差异的页的对照图，最多 10 对")


class ComparedInfo(Schema):
    """A document that was compared."""

    file: PublicId | None = Field(description="文件编号；上传的为 null")
    sha256: str
    pages: int = Field(description="页数")


class ComparedPlace(Schema):
    """A place on a page."""

    x: float = Field(description="左下角起横坐标，磅（1/72 英寸），按看到的页面")
    y: float = Field(description="左下角起纵坐标，磅")
    width: float = Field(description="宽，磅")
    height: float = Field(description="高，磅")


class TextDifferenceInfo(Schema):
    """One change of the text: what stood before, and what stands now."""

    before: str = Field(description="原文件的文字；空为新增")
    after: str = Field(description="新文件的文字；空为删除")
    before_page: int | None = Field(description="在原文件第几页开始，从 1 起；新增的为 null")
    after_page: int | None = Field(description="在新文件第几页开始，从 1 起；删除的为 null")
    before_places: list[ComparedPlace] = Field(description="在该页的位置，每行一处，至多 20 处")
    after_places: list[ComparedPlace] = Field(description="在该页的位置，每行一处，至多 20 处")


class PictureDifferenceInfo(Schema):
    """A pair of pages that do not look alike: texts, seals, handwriting and drawings."""

    before_page: int | None = Field(description="原文件第几页，从 1 起；null 为新增的页")
    after_page: int | None = Field(description="新文件第几页，从 1 起；null 为删除的页")
    regions: list[ComparedPlace] = Field(
        description="画面不同的区域，按新文件的页面，至多 100 处；整页新增或删除的为空"
    )
    region_count: int = Field(description="画面不同的区域共几处")


class ComparedSheet(Schema):
    """Two pages beside each other, with frames around what differs."""

    before_page: int | None = Field(description="左，原文件第几页；null 为没有")
    after_page: int | None = Field(description="右，新文件第几页；null 为没有")
    png: str = Field(description="PNG 的 Base64；红框为删除，绿框为新增，蓝框为画面不同")


class ComparisonInfo(Schema):
    """In what two documents differ."""

    is_alike: bool = Field(description="文字和画面完全一致")
    before: ComparedInfo
    after: ComparedInfo
    texts: list[TextDifferenceInfo] = Field(description="文字差异，按页序，至多 1000 处")
    text_count: int = Field(description="文字差异共几处")
    pictures: list[PictureDifferenceInfo] = Field(description="画面有差异的每一对页")
    sheets: list[ComparedSheet] = Field(description="对照图；没有要求时为空")
    sheets_left_off: int = Field(description="因超过 10 对或 8 MB 没有给出的对照图")


@dataclass(frozen=True)
class _Document:
    data: bytes
    entry: FileEntry | None


@router.post(
    "/file-comparisons",
    response={200: ComparisonInfo, **PROBLEMS},
    auth=Bearer(Scope.FILES_READ, BULK),
    summary="比对两份文件",
)
def compare_files(request: HttpRequest, body: ComparisonIn) -> dict[str, Any]:
    """Say in what two PDFs differ, page by page; nothing of them is kept.

    Pages are paired by their texts, so an inserted page is one difference. The comparison of an
    archived file is on its record.
    """
    before = _document(request, "before", body.before)
    after = _document(request, "after", body.after)
    work = compare_documents(before.data, after.data, with_sheets=body.sheets)
    archived = [entry for entry in (before.entry, after.entry) if entry is not None]
    note_compared(archived, actor=client_name(request), at=now())
    values = work.values
    sheets, left_off = _sheets(values, work.files)
    return {
        "is_alike": values["is_alike"],
        "before": _side(before, values["before_pages"]),
        "after": _side(after, values["after_pages"]),
        "texts": [_text(one) for one in values["text"][:TEXTS_MAX]],
        "text_count": len(values["text"]),
        "pictures": [_picture(one) for one in values["pictures"]],
        "sheets": sheets,
        "sheets_left_off": left_off,
    }


def _document(
    request: HttpRequest, name: Literal["before", "after"], given: ComparedIn
) -> _Document:
    """Return the document; the paths of refusals begin with its name."""
    if given.file is not None and given.content is None:
        try:
            entry = own_file(request, given.file)
        except Refusal as refusal:
            refusal.path = f"{name}.file"
            raise
        return _Document(get_storage().get(entry.sha256), entry)
    if given.content is None or given.file is not None:
        problem = "请给出 file（文件编号）或 content（PDF 的 Base64），只给一个"
        raise ComparisonImpossible(path=name, problem=problem)
    return _Document(_decoded(given.content, f"{name}.content"), None)


def _decoded(content: str, path: str) -> bytes:
    try:
        data = base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ComparisonImpossible(path=path, problem="内容不是 Base64") from error
    if len(data) > UPLOAD_BYTES_MAX:
        raise TooLarge(path=path, limit=UPLOAD_MAX)
    return data


def _side(document: _Document, pages: int) -> dict[str, Any]:
    entry = document.entry
    return {
        "file": entry.public_id if entry is not None else None,
        "sha256": sha256(document.data).hex(),
        "pages": pages,
    }


def _text(one: dict[str, Any]) -> dict[str, Any]:
    return {
        "before": one["before"],
        "after": one["after"],
        "before_page": _number(one["before_page"]),
        "after_page": _number(one["after_page"]),
        "before_places": [_place(rect) for rect in one["before_rects"][:PLACES_MAX]],
        "after_places": [_place(rect) for rect in one["after_rects"][:PLACES_MAX]],
    }


def _picture(one: dict[str, Any]) -> dict[str, Any]:
    return {
        "before_page": _number(one["before_page"]),
        "after_page": _number(one["after_page"]),
        "regions": [_place(rect) for rect in one["regions"][:REGIONS_MAX]],
        "region_count": len(one["regions"]),
    }


def _sheets(values: Any, files: tuple[bytes, ...]) -> tuple[list[dict[str, Any]], int]:
    """Return the sheets of pages that differ, as many as may be, and how many are left off."""
    if not files:
        return [], 0
    wanted = [number for number, pair in enumerate(values["pairs"]) if _differs(pair, values)]
    sheets: list[dict[str, Any]] = []
    size = 0
    for number in wanted[:SHEETS_MAX]:
        size += len(files[number])
        if size > _SHEETS_BYTES_MAX:
            break
        left, right = values["pairs"][number]
        png = base64.b64encode(files[number]).decode()
        sheets.append({"before_page": _number(left), "after_page": _number(right), "png": png})
    return sheets, len(wanted) - len(sheets)


def _differs(pair: _Pair, values: Any) -> bool:
    """Tell whether something on these two pages differs; a text that is not seen counts too."""
    left, right = pair
    if any([one["before_page"], one["after_page"]] == [left, right] for one in values["pictures"]):
        return True
    return any(
        (left is not None and one["before_page"] == left)
        or (right is not None and one["after_page"] == right)
        for one in values["text"]
    )


def _number(page: int | None) -> int | None:
    """People count pages from 1."""
    return page + 1 if page is not None else None


def _place(rect: _Rect) -> dict[str, float]:
    left, bottom, right, top = rect
    return {
        "x": round(left, 2),
        "y": round(bottom, 2),
        "width": round(right - left, 2),
        "height": round(top - bottom, 2),
    }
