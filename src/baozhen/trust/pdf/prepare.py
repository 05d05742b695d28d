"""Makes an uploaded PDF fit to be signed: plain, nothing that acts, forms drawn into the page.

What can be taken away without changing what one reads is taken away; what can't is refused with a
reason. The result is deterministic: the same upload gives the same bytes.
"""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import pikepdf

from baozhen.trust.crypto.digests import sha256
from baozhen.trust.errors import LintError, ParseError
from baozhen.trust.pdf.lint import FORBIDDEN
from baozhen.trust.pdf.objects import Stream, Value, read_text
from baozhen.trust.pdf.pages import SeenPage, seen_pages
from baozhen.trust.pdf.reader import PdfFile, open_pdf

_ROOT_KEYS_REMOVED: Final = (
    "/OpenAction", "/AA", "/AF", "/Requirements", "/PageMode", "/Threads", "/URI", "/Perms", "/DSS",
)  # fmt: skip
_NAME_TREES_REMOVED: Final = (
    "/JavaScript",
    "/EmbeddedFiles",
    "/Renditions",
    "/AlternatePresentations",
)
_PAGE_KEYS_REMOVED: Final = ("/AA", "/Trans", "/Dur", "/PresSteps", "/AF", "/B")
_INHERITED: Final = ("/MediaBox", "/CropBox", "/Rotate", "/Resources")
_DEPTH_MAX = 32
# ISO 32000-1 §7.3.5; no watched name is longer than that, not even with every letter escaped.
_NAME = re.compile(rb"/([^\x00\t\n\x0c\r ()<>\[\]{}/%]{1,128})")
_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_WATCHED: Final = frozenset(name.encode() for name in (*FORBIDDEN, "URI"))


@dataclass(frozen=True)
class PrepareLimits:
    """How large an uploaded document may be."""

    bytes_max: int = 20 * 1024 * 1024
    pages_max: int = 300


@dataclass(frozen=True)
class PreparedPdf:
    """A document that may be signed by parties; `pages` as a person sees them."""

    data: bytes
    pages: tuple[SeenPage, ...]
    sha256: str


_LIMITS: Final = PrepareLimits()


def prepare(pdf: bytes, *, limits: PrepareLimits = _LIMITS) -> PreparedPdf:
    """Return the document in the form in which parties sign it.

    Raises LintError with reasons in Chinese: not a PDF, encrypted, already signed, XFA, layers, too
    large.
    """
    if len(pdf) > limits.bytes_max:
        raise LintError([f"文件超过 {limits.bytes_max // 1024 // 1024} MB"])
    return recognize(_rewrite(pdf, limits))


def recognize(data: bytes) -> PreparedPdf:
    """Return bytes that `prepare` made, wherever it ran, as what they are; LintError if not."""
    try:
        file = open_pdf(data)
        pages = seen_pages(file)
    except ParseError as error:
        raise LintError([f"文件结构无法处理：{error}"]) from error
    findings = tuple(dict.fromkeys(acting_parts(file)))
    if findings:
        raise LintError(findings)
    return PreparedPdf(data, pages, sha256(data).hex())


def acting_parts(file: PdfFile) -> Iterator[str]:
    """Yield what may not be in a document that parties sign, in Chinese."""
    if _is_plain(file):
        return
    numbers = {number for section in file.sections for number in section.entries}
    for number in sorted(numbers):
        value = file.object(number)
        yield from _findings(value.dictionary if isinstance(value, Stream) else value)


def _is_plain(file: PdfFile) -> bool:
    """Say whether the names alone show that nothing acts; most files need no second look.

    Every name in the bytes is looked at, those that streams hold by chance too: they can only
    bring the second look.
    """
    if any(entry.container is not None for one in file.sections for entry in one.entries.values()):
        return False
    names = set(_NAME.findall(file.data))
    return {_unescaped(name) for name in names}.isdisjoint(_WATCHED)


def _unescaped(name: bytes) -> bytes:
    if b"#" not in name:
        return name
    return _ESCAPE.sub(lambda found: bytes.fromhex(found[1].decode("ascii")), name)


def _findings(value: Value) -> Iterator[str]:
    stack: list[Value] = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            yield from (FORBIDDEN[key] for key in item.keys() & FORBIDDEN.keys())
            if item.get("S") == "URI" and not read_text(item.get("URI")).startswith("https://"):
                yield "链接不是 https 网址"
            # A font's or a colour's name may be any word: only kinds of things are looked at.
            kinds = (item.get("Type"), item.get("Subtype"), item.get("S"))
            yield from (
                FORBIDDEN[kind] for kind in kinds if isinstance(kind, str) and kind in FORBIDDEN
            )
            stack += list(item.values())
        elif isinstance(item, list):
            stack += item


def _rewrite(pdf: bytes, limits: PrepareLimits) -> bytes:
    try:
        with pikepdf.open(io.BytesIO(pdf)) as document:
            _refuse(document, limits)
            strip(document)
            target = io.BytesIO()
            save_plainly(document, target)
            return target.getvalue()
    except pikepdf.PasswordError as error:
        raise LintError(["文件设有密码，请先去除密码再上传"]) from error
    except (pikepdf.PdfError, ValueError, TypeError, RecursionError) as error:
        raise LintError(["不是可以读取的 PDF 文件"]) from error


def save_plainly(document: pikepdf.Pdf, target: io.BytesIO) -> None:
    """Write a document with a plain cross-reference table, the same bytes every time."""
    document.save(
        target,
        object_stream_mode=pikepdf.ObjectStreamMode.disable,
        deterministic_id=True,
        linearize=False,
    )


def _refuse(document: pikepdf.Pdf, limits: PrepareLimits) -> None:
    root = document.Root
    form: Any = root.get("/AcroForm", {})
    grounds = (
        (document.is_encrypted, "文件设有权限密码，请先去除保护再上传"),
        (len(document.pages) > limits.pages_max, f"页数超过 {limits.pages_max}"),
        (
            any("/UserUnit" in page.obj for page in document.pages),
            "页面使用了特殊的长度单位（UserUnit），请重新“打印为 PDF”后上传",
        ),
        ("/OCProperties" in root, "文件含有可隐藏的图层，请重新“打印为 PDF”后上传"),
        ("/Collection" in root, "文件是文件包（Collection），请上传其中的单个文件"),
        ("/XFA" in form, "文件是 XFA 动态表单，请重新“打印为 PDF”后上传"),
        (
            any(_is_signed(field, 0) for field in form.get("/Fields", [])),
            "文件已有电子签名，再加工会使签名失效",
        ),
    )
    findings = [reason for applies, reason in grounds if applies]
    if findings:
        raise LintError(findings)


def _is_signed(field: Any, depth: int) -> bool:
    if depth > _DEPTH_MAX:
        return True
    if field.get("/FT") == "/Sig" and "/V" in field:
        return True
    return any(_is_signed(kid, depth + 1) for kid in field.get("/Kids", []))


def strip(document: pikepdf.Pdf) -> None:
    """Draw everything that shows into the pages and take away what acts, signatures as well."""
    root = document.Root
    if "/AcroForm" in root:
        _draw_fields(document)
    document.flatten_annotations("screen")
    for key in (*_ROOT_KEYS_REMOVED, "/AcroForm"):
        if key in root:
            del root[key]
    names: Any = root.get("/Names")
    if names is not None:
        for key in _NAME_TREES_REMOVED:
            if key in names:
                del names[key]
    _strip_outlines(root)
    for page in document.pages:
        _strip_page(page.obj)


def _draw_fields(document: pikepdf.Pdf) -> None:
    """Give every field without an appearance one; qpdf writes Latin letters only.

    An appearance that is there stays: it may hold Chinese, which drawn anew would be lost.
    """
    form = document.acroform
    for page in document.pages:
        for widget in form.get_widget_annotations_for_page(page):
            field = form.get_field_for_annotation(widget)
            if "/AP" in widget.obj or not (field.is_text or field.is_choice):
                continue
            value = field.value_as_string
            if not _is_latin(value):
                raise LintError(
                    [f"表单域“{field.fully_qualified_name}”的内容没有外观，请先“打印为 PDF”"]
                )
            if value:
                field.generate_appearance(widget)
    # As long as the form says that its appearances are stale, qpdf would not use them.
    document.Root.AcroForm.NeedAppearances = False


def _is_latin(text: str) -> bool:
    try:
        text.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


def _strip_outlines(root: Any) -> None:
    """Bookmarks may carry actions; what one reads does not depend on them."""
    if "/Outlines" in root:
        del root["/Outlines"]


def _strip_page(page: Any) -> None:
    for key in _INHERITED:
        if key not in page:
            value = _inherited(page, key)
            if value is not None:
                page[key] = value
    for key in _PAGE_KEYS_REMOVED:
        if key in page:
            del page[key]
    if "/Annots" in page:
        kept = [item for item in page["/Annots"] if _is_plain_link(item)]
        if kept:
            page["/Annots"] = pikepdf.Array(kept)
        else:
            del page["/Annots"]


def _inherited(page: Any, key: str) -> Any:
    node, depth = page.get("/Parent"), 0
    while node is not None and depth < _DEPTH_MAX:
        if key in node:
            return node[key]
        node, depth = node.get("/Parent"), depth + 1
    return None


def _is_plain_link(annotation: Any) -> bool:
    """Keep links within the document and to https addresses, nothing else that can be clicked."""
    if annotation.get("/Subtype") != "/Link" or "/AA" in annotation:
        return False
    action = annotation.get("/A")
    if action is None:
        return "/Dest" in annotation
    if "/Next" in action:
        return False
    kind = action.get("/S")
    return kind == "/GoTo" or (kind == "/URI" and str(action.get("/URI")).startswith("https://"))
