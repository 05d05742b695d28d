"""What may be signed: a self-contained PDF/A-2b of our own producer, without anything that acts.

Lint is the gate before the key. It runs on every issued document, so it first reads the file as a
flat list of objects (one classic cross-reference table, ISO 32000-1 §7.5.4) and looks at the set of
names used; only where a name raises suspicion are the objects parsed one by one. All findings come
in one LintError.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from baozhen.trust.errors import LintError, ParseError
from baozhen.trust.pdf.glyphs import has_missing_glyph
from baozhen.trust.pdf.objects import ObjectParser, Value, read_text
from baozhen.trust.pdf.parts import Part, Parts, split_parts
from baozhen.trust.pdf.xref import inflate

# Names that may not occur in a document that is to be signed, and what they mean.
FORBIDDEN: Final = {
    "JavaScript": "含有脚本（JavaScript）",
    "JS": "含有脚本（JavaScript）",
    "Launch": "含有启动程序的动作",
    "OpenAction": "含有打开文件时的自动动作",
    "AA": "含有自动触发的动作",
    "Named": "含有具名动作",
    "Hide": "含有隐藏内容的动作",
    "SetOCGState": "含有切换图层的动作",
    "Thread": "含有文章线索动作",
    "Trans": "含有切换效果",
    "GoToR": "引用外部文件（GoToR）",
    "GoToE": "引用内嵌文件（GoToE）",
    "SubmitForm": "含有提交表单的动作",
    "ResetForm": "含有重置表单的动作",
    "ImportData": "含有导入数据的动作",
    "Rendition": "含有多媒体",
    "Movie": "含有多媒体",
    "Sound": "含有多媒体",
    "Screen": "含有多媒体",
    "RichMedia": "含有多媒体",
    "3D": "含有三维内容",
    "FileAttachment": "含有附件批注",
    "EmbeddedFile": "含有内嵌文件",
    "EmbeddedFiles": "含有内嵌文件",
    "EF": "含有内嵌文件",
    "AF": "含有关联文件",
    "Filespec": "引用外部文件",
    "FFilter": "流的内容在外部文件",
    "OPI": "引用外部图像（OPI）",
    "Ref": "引用外部页面（Reference XObject）",
    "Alternates": "含有替代图像",
    "PS": "含有 PostScript",
    "OCProperties": "含有可隐藏的图层",
    "OCG": "含有可隐藏的图层",
    "AcroForm": "已有表单",
    "XFA": "已有 XFA 表单",
    "Widget": "已有表单域",
    "Sig": "已有签名",
    "ByteRange": "已有签名",
    "DocTimeStamp": "已有时间戳签名",
    "Perms": "已有签名权限设置",
    "DSS": "已有验证数据（DSS）",
    "Encrypt": "已加密",
    "Collection": "是文件包（Collection）",
    "Requirements": "对阅读器有额外要求",
    "ObjStm": "含有对象流",
    "XRef": "含有交叉引用流",
}
SIMPLE_FONTS: Final = frozenset({"Type1", "TrueType", "Type3", "MMType1"})

_NAMES = re.compile(rb"/([A-Za-z]*)")
_DIGITS = b"0123456789"
_SUSPICIOUS = frozenset(
    name.encode() for name in FORBIDDEN.keys() | SIMPLE_FONTS if name[-1].isalpha()
)
_SUSPICIOUS_WITH_DIGITS = (b"/3D", b"/Type1", b"/Type3", b"/MMType1")
_PDFA_PART = re.compile(rb"<pdfaid:part>2</pdfaid:part>|pdfaid:part=[\"']2[\"']")
_PDFA_LEVEL = re.compile(
    rb"<pdfaid:conformance>[ABU]</pdfaid:conformance>|pdfaid:conformance=[\"'][ABU][\"']"
)
_SAFE_LINK = b"/S/URI/URI(https://"


@dataclass(frozen=True)
class LintLimits:
    """How large a document may be that is to be signed."""

    bytes_max: int = 20 * 1024 * 1024
    pages_max: int = 500


@dataclass(frozen=True)
class LintedPdf:
    """A document that passed lint; only `lint` can make one."""

    data: bytes
    parts: Parts = field(repr=False)
    _seal: object = field(repr=False, compare=False)

    def __post_init__(self) -> None:
        """Refuse to exist without having passed lint."""
        if self._seal is not _SEAL:
            raise LintError(("LintedPdf 只能由 lint 产生",))


_SEAL: Final = object()


def lint(pdf: bytes, limits: LintLimits | None = None) -> LintedPdf:
    """Return the document as one that may be signed.

    Raises LintError with every finding.
    """
    bounds = limits or LintLimits()
    if len(pdf) > bounds.bytes_max:
        raise LintError((f"文件超过 {bounds.bytes_max} 字节",))
    try:
        parts = split_parts(pdf)
    except ParseError as error:
        raise LintError((f"不是本平台排版程序写出的文件结构：{error}",)) from error
    findings = tuple(dict.fromkeys(_findings(parts, bounds)))
    if findings:
        raise LintError(findings)
    return LintedPdf(pdf, parts, _SEAL)


def _findings(parts: Parts, bounds: LintLimits) -> Iterator[str]:
    if len(parts.pages) > bounds.pages_max:
        yield f"页数超过 {bounds.pages_max}"
    yield from _archive_findings(parts)
    if not _is_plain(parts):
        yield from _object_findings(parts)
    yield from _glyph_findings(parts)


def _archive_findings(parts: Parts) -> Iterator[str]:
    """Look for the claim of PDF/A-2 (ISO 19005-2 §6.6.4) and its output intent (§6.2.3)."""
    metadata = parts.metadata
    if not (_PDFA_PART.search(metadata) and _PDFA_LEVEL.search(metadata)):
        yield "没有声明 PDF/A-2b"
    if b"/OutputIntents" not in parts.body(parts.root):
        yield "没有输出意图（OutputIntents）"


def _is_plain(parts: Parts) -> bool:
    """Say whether the names alone show that nothing forbidden can be in the objects."""
    text = parts.skeleton
    if b"#" in text or b"stream" in text or b"FontFile " in text:
        return False  # an escaped name could hide one of the forbidden
    if any(name in text for name in _SUSPICIOUS_WITH_DIGITS):
        return False
    # Without digits a thousand structure elements differ in a handful of pieces only.
    pieces = set(text.translate(None, _DIGITS).split(b"/"))
    if not _SUSPICIOUS.isdisjoint(_NAMES.findall(b"/" + b"/".join(pieces))):
        return False
    if text.count(b"/S/URI") != text.count(_SAFE_LINK):
        return False
    embedded = text.count(b"/FontFile2 ") + text.count(b"/FontFile3 ")
    return text.count(b"/Subtype/CIDFontType") == text.count(b"/FontDescriptor/") == embedded


def _object_findings(parts: Parts) -> Iterator[str]:
    for number, part in parts.objects.items():
        try:
            value = ObjectParser(part.head).value()
        except ParseError as error:
            yield f"对象 {number} 无法解析：{error}"
            continue
        yield from _value_findings(value, is_stream=part.stream is not None)


def _value_findings(value: Value, *, is_stream: bool = False) -> Iterator[str]:
    """Walk one object; its depth is already limited by the parser."""
    if isinstance(value, dict):
        yield from _dictionary_findings(value, is_stream=is_stream)
        for item in value.values():
            yield from _value_findings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _value_findings(item)
    elif isinstance(value, str) and value in FORBIDDEN:
        yield FORBIDDEN[value]


def _dictionary_findings(value: dict[str, Value], *, is_stream: bool) -> Iterator[str]:
    for key in value.keys() & FORBIDDEN.keys():
        yield FORBIDDEN[key]
    if is_stream and "F" in value:
        yield "流的内容在外部文件"
    if value.get("S") == "URI" and not read_text(value.get("URI")).startswith("https://"):
        yield "链接不是 https 网址"
    kind, subtype = value.get("Type"), value.get("Subtype")
    if kind == "Font" and subtype in SIMPLE_FONTS:
        yield f"字体 {value.get('BaseFont')!r} 不是嵌入的复合字体"
    if kind == "Font" and "DescendantFonts" not in value and "FontDescriptor" not in value:
        yield f"字体 {value.get('BaseFont')!r} 没有嵌入"
    if kind == "FontDescriptor" and not value.keys() & {"FontFile", "FontFile2", "FontFile3"}:
        yield f"字体 {value.get('FontName')!r} 没有嵌入"


def _glyph_findings(parts: Parts) -> Iterator[str]:
    """Look for text set with the glyph .notdef (ISO 19005-2 §6.2.11.8)."""
    for part in _content_parts(parts):
        try:
            missing = has_missing_glyph(_decoded(part))
        except ParseError as error:
            yield f"页面内容无法读取：{error}"
            continue
        if missing:
            yield "有文字缺少字形（.notdef）"


def _content_parts(parts: Parts) -> Iterator[Part]:
    for page in parts.pages:
        for number in page.contents:
            yield parts.objects[number]
    for part in parts.objects.values():
        if part.stream is not None and b"/Subtype/Form" in part.head:
            yield part


def _decoded(part: Part) -> bytes:
    raw = part.stream or b""
    if b"/Filter" not in part.head:
        return raw
    if b"/Filter/FlateDecode" not in part.head:
        raise ParseError("内容流的过滤器不是 FlateDecode")
    return inflate(raw)
