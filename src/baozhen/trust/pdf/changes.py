"""What may happen to a PDF after it was signed: a white list, everything else is a change.

Two states of the same file are compared: all that the younger one defines anew must be a new
signature with its field, validation data (DSS, ETSI EN 319 142-1 §5.4), or document information.
"""

import re
from collections.abc import Iterable, Iterator

from baozhen.trust.errors import ParseError, VerificationError
from baozhen.trust.pdf.fields import SignatureField, form_of, signature_fields
from baozhen.trust.pdf.objects import Ref, Stream, Value
from baozhen.trust.pdf.reader import PdfFile
from baozhen.trust.pdf.xref import DECODED_BYTES_MAX, decode_stream
from baozhen.trust.report import Step

PAGES_MAX = 10_000
VALIDATION_OBJECTS_MAX = 512
OBJECTS_COMPARED_MAX = 20_000
_CATALOG_KEYS = frozenset({"AcroForm", "DSS", "Extensions"})
_FORM_KEYS = frozenset({"Fields", "SigFlags"})
_NEW_FORM_KEYS = _FORM_KEYS | {"DA", "DR", "NeedAppearances"}
_FILL_KEYS = frozenset({"V", "AP", "F", "M", "MK", "DA", "NM"})
_INFORMATION_KEYS = frozenset({"ModDate", "Producer"})
_GAP = rb"(?:[\x00\t\n\x0c\r ]|%[^\r\n]*+[\r\n])++"
_GAP_STARTS = (b"\x00", b"\t", b"\n", b"\x0c", b"\r", b" ", b"%")
_FILLING = b"\x00\t\n\x0c\r "
_SOUGHT_ALONE_MAX = 64
_END = re.compile(rb"[\x00\t\n\x0c\r ]*startxref\s+\d+\s+%%EOF\s*")
_REFERENCE = re.compile(rb"(?<![0-9])([0-9]{1,10}+)" + _GAP + rb"[0-9]{1,5}+" + _GAP + rb"R")


def check_changes(
    before: PdfFile, after: PdfFile, *, may_add_signatures: bool
) -> list[SignatureField]:
    """Return the signature fields that are new or newly signed in `after`, in the form's order.

    Raises VerificationError(5) unless `after` only adds what may be added to `before`.
    """
    comparison = _Comparison(before, after, may_add_signatures=may_add_signatures)
    comparison.check()
    return list(comparison.new_fields.values())


def check_tail(file: PdfFile, start: int) -> None:
    """Raise VerificationError(5) unless all bytes from `start` on belong to whole new revisions.

    No signature covers these bytes, so each must be part of an object that the newest tables list,
    of a table, or of white space.
    """
    fresh = [section for section in file.sections if section.position >= start]
    if not fresh or file.end != len(file.data):
        raise _refuse("最后一个签名之后有不成版本的内容")
    spans = [(section.position, section.end) for section in fresh]
    for section in fresh:
        spans += [
            (entry.offset, file.end_of(number))
            for number, entry in section.entries.items()
            if not entry.free and entry.container is None and entry == file.entry(number)
        ]
    position = start
    for begin, end in sorted(spans):
        if not start <= begin or file.data[position:begin].strip(_FILLING):
            raise _refuse("最后一个签名之后有不属于任何对象的内容")
        position = max(position, end)
    if _END.fullmatch(file.data, position) is None:
        raise _refuse("最后一个签名之后的版本没有正常结尾")


class _Comparison:
    def __init__(self, before: PdfFile, after: PdfFile, *, may_add_signatures: bool) -> None:
        self.before = before
        self.after = after
        self.old_fields = {field.number: field for field in signature_fields(before)}
        self.new_fields = self._filled_since(may_add_signatures=may_add_signatures)
        self.form_number = _number(before.catalog.get("AcroForm"))
        self.fields_number = _number(form_of(before).get("Fields"))
        self.information_number = _number(before.trailer.get("Info"))
        self.metadata_number = _number(before.catalog.get("Metadata"))

    def _filled_since(self, *, may_add_signatures: bool) -> dict[int, SignatureField]:
        fresh: dict[int, SignatureField] = {}
        for field in signature_fields(self.after):
            old = self.old_fields.get(field.number)
            if old is None or (old.value is None and field.value is not None):
                fresh[field.number] = field
            elif old.value != field.value:
                raise _refuse(f"签名域 {field.name} 的签名被替换")
        if fresh and not may_add_signatures:
            raise _refuse("最后一个签名之后又增加了签名域")
        filled = {field.name for field in fresh.values() if field.value is not None}
        for field in fresh.values():
            if field.value is None and not _waits_for_its_pair(field, filled):
                raise _refuse(f"增加了空白签名域 {field.name}")
        return fresh

    def check(self) -> None:
        self._check_chain()
        self._check_trailers()
        added: set[int] = set()
        for number in self._touched():
            if self.before.entry(number) is None:
                added.add(number)
            else:
                self._check_object(number)
        if self._mentions(added):
            raise _refuse("后加的内容填补了原文件中悬空的引用")

    def _check_chain(self) -> None:
        old = [section.position for section in self.before.sections]
        new = [section.position for section in self.after.sections]
        if new[-len(old) :] != old:
            raise _refuse("后加的版本不是接着已签名的版本写的")

    def _check_trailers(self) -> None:
        old, new = self.before.trailer, self.after.trailer
        if old.get("Root") != new.get("Root"):
            raise _refuse("目录对象被替换")
        if _first(old.get("ID")) != _first(new.get("ID")):
            raise _refuse("文件标识被替换")
        kept, given = old.get("Info"), new.get("Info")
        if kept is not None and kept != given:
            self._compare(
                self._as_dict(kept, self.before),
                self._as_dict(given, self.after),
                _INFORMATION_KEYS,
                "文件信息",
            )

    def _as_dict(self, value: Value, file: PdfFile) -> dict[str, Value]:
        resolved = file.resolve(value)
        return resolved if isinstance(resolved, dict) else {}

    def _touched(self) -> Iterator[int]:
        count = len(self.after.sections) - len(self.before.sections)
        seen: set[int] = set()
        for section in self.after.sections[:count]:
            for number, entry in section.entries.items():
                if number in seen:
                    continue
                seen.add(number)
                if not entry.free:
                    yield number
                elif self.before.entry(number) is not None:
                    raise _refuse(f"对象 {number} 被删除")

    def _check_object(self, number: int) -> None:
        old, new = self.before.object(number), self.after.object(number)
        if old == new:
            return
        if isinstance(old, dict) and isinstance(new, dict):
            self._check_dictionary(number, old, new)
        elif isinstance(old, list) and isinstance(new, list):
            self._check_array(number, old, new)
        elif not self._is_metadata(number, old, new):
            raise _refuse(f"对象 {number} 的内容被改动")

    def _is_metadata(self, number: int, old: Value, new: Value) -> bool:
        return (
            number == self.metadata_number
            and isinstance(old, Stream)
            and isinstance(new, Stream)
            and new.dictionary.get("Type") == "Metadata"
        )

    def _check_dictionary(self, number: int, old: dict[str, Value], new: dict[str, Value]) -> None:
        if number == self.before.root.number:
            self._check_catalog(old, new)
        elif number == self.form_number:
            self._check_form(old, new)
        elif number == self.information_number:
            self._compare(old, new, _INFORMATION_KEYS, "文件信息")
        elif number in self.new_fields:
            self._compare(old, new, _FILL_KEYS, "签名域")
        elif number in self._validation_data():
            return
        elif old.get("Type") == "Page" and number in self._pages():
            self._compare(old, new, frozenset({"Annots"}), "页面")
            self._check_annotations(old.get("Annots"), new.get("Annots"))
        else:
            raise _refuse(f"对象 {number} 的内容被改动")

    def _check_array(self, number: int, old: list[Value], new: list[Value]) -> None:
        if number == self.fields_number or number in self._annotation_arrays():
            self._check_appended(old, new)
        elif number not in self._validation_data():
            raise _refuse(f"对象 {number} 的内容被改动")

    def _compare(
        self, old: dict[str, Value], new: dict[str, Value], allowed: Iterable[str], what: str
    ) -> None:
        for key in old.keys() | new.keys():
            if key not in allowed and old.get(key) != new.get(key):
                raise _refuse(f"{what}的 /{key} 被改动")

    def _check_catalog(self, old: dict[str, Value], new: dict[str, Value]) -> None:
        self._compare(old, new, _CATALOG_KEYS, "目录")
        was, now = old.get("AcroForm"), new.get("AcroForm")
        if isinstance(was, Ref):
            if was != now:
                raise _refuse("表单被替换")
        elif was != now:
            self._check_form(self._as_dict(was, self.before), self._as_dict(now, self.after))

    def _check_form(self, old: dict[str, Value], new: dict[str, Value]) -> None:
        self._compare(old, new, _FORM_KEYS if old else _NEW_FORM_KEYS, "表单")
        was, now = old.get("Fields"), new.get("Fields")
        if new.get("NeedAppearances") is True and old.get("NeedAppearances") is not True:
            raise _refuse("表单要求阅读器重画内容")
        if was != now:
            self._check_appended(
                self.before.array(was, "表单域清单") if was is not None else [],
                self.after.array(now, "表单域清单") if now is not None else [],
            )

    def _check_annotations(self, old: Value, new: Value) -> None:
        if old != new:
            self._check_appended(
                self.before.array(old, "批注清单") if old is not None else [],
                self.after.array(new, "批注清单") if new is not None else [],
            )

    def _check_appended(self, old: list[Value], new: list[Value]) -> None:
        """Fields and annotations may only grow, and only by fields of the new signatures."""
        if new[: len(old)] != old:
            raise _refuse("表单域或批注被移除或替换")
        for item in new[len(old) :]:
            if not isinstance(item, Ref) or not self._belongs_to_new_field(item):
                raise _refuse("增加了签名以外的表单域或批注")

    def _belongs_to_new_field(self, item: Ref) -> bool:
        if item.number in self.new_fields:
            return True
        annotation = self.after.resolve(item)
        parent = annotation.get("Parent") if isinstance(annotation, dict) else None
        return (
            isinstance(annotation, dict)
            and annotation.get("Subtype") == "Widget"
            and isinstance(parent, Ref)
            and parent.number in self.new_fields
        )

    def _validation_data(self) -> set[int]:
        """Return the objects of the old DSS that nothing but the DSS refers to."""
        store = self.before.catalog.get("DSS")
        if store is None:
            return set()
        own: dict[int, int] = {}
        _count_references(self.before, store, own)
        everywhere = _all_references(self.before)
        return {number for number, count in own.items() if everywhere.get(number) == count}

    def _pages(self) -> set[int]:
        pages: set[int] = set()
        stack: list[Value] = [self.before.catalog.get("Pages")]
        while stack:
            item = stack.pop()
            if not isinstance(item, Ref) or item.number in pages or len(pages) > PAGES_MAX:
                raise ParseError("页面树成环、过大或不规范")
            pages.add(item.number)
            node = self.before.dictionary(item, "页面")
            kids = node.get("Kids") if node.get("Type") != "Page" else None
            stack += self.before.array(kids, "页面清单") if kids is not None else []
        return pages

    def _annotation_arrays(self) -> set[int]:
        numbers = (
            _number(self.before.dictionary(Ref(page, 0), "页面").get("Annots"))
            for page in self._pages()
        )
        return {number for number in numbers if number is not None}

    def _mentions(self, added: set[int]) -> bool:
        """Say whether the old state refers to objects that only the new one defines."""
        return next(_references(self.before, added), None) is not None


def _waits_for_its_pair(field: SignatureField, filled: set[str]) -> bool:
    """Tell whether the second field of a party comes empty together with its SM2 signature."""
    base, _, kind = field.name.rpartition("-")
    return kind in {"RSA", "EC"} and f"{base}-SM2" in filled


def _refuse(reason: str) -> VerificationError:
    return VerificationError(Step.CHANGES, reason)


def _number(value: Value) -> int | None:
    return value.number if isinstance(value, Ref) else None


def _first(value: Value) -> Value:
    return value[0] if isinstance(value, list) and value else None


def _references(file: PdfFile, numbers: set[int]) -> Iterator[bytes]:
    """Yield every place in the text of a file that refers to one of `numbers`."""
    if not numbers:
        return
    for text in _texts(file):
        if len(numbers) > _SOUGHT_ALONE_MAX:
            found = _REFERENCE.finditer(text)
            yield from (match[0] for match in found if int(match[1]) in numbers)
            continue
        # A few numbers are found much faster than all references.
        for number in numbers:
            yield from _references_to(b"%d" % number, text)


def _references_to(number: bytes, text: bytes) -> Iterator[bytes]:
    """Yield the references to one number: any zeros before it, a gap behind it."""
    start = text.find(number)
    while start >= 0:
        end, first = start + len(number), start
        if text[end : end + 1] in _GAP_STARTS:
            while first > 0 and text[first - 1 : first] == b"0":
                first -= 1
            match = _REFERENCE.match(text, first)
            if match is not None and match.end(1) == end:
                yield match[0]
        start = text.find(number, start + 1)


def _texts(file: PdfFile) -> Iterator[bytes]:
    yield file.data
    containers = {
        entry.container
        for section in file.sections
        for entry in section.entries.values()
        if entry.container is not None
    }
    total = 0
    for number in sorted(containers):
        stream = file.object(number)
        if isinstance(stream, Stream):
            decoded = decode_stream(stream.dictionary, stream.raw)
            total += len(decoded)
            if total > DECODED_BYTES_MAX:
                raise ParseError("对象流解压后总量过大")
            yield decoded


def _all_references(file: PdfFile) -> dict[int, int]:
    """Count the references in all objects that are in force."""
    numbers = {number for section in file.sections for number in section.entries}
    if len(numbers) > OBJECTS_COMPARED_MAX:
        raise _refuse("文件过大，无法确认验证数据的改动")
    counts: dict[int, int] = {}
    for number in numbers:
        stack = [file.object(number)]
        while stack:
            item = stack.pop()
            if isinstance(item, Ref):
                counts[item.number] = counts.get(item.number, 0) + 1
            else:
                stack += _children(item)
    return counts


def _children(value: Value) -> list[Value]:
    if isinstance(value, Stream):
        return list(value.dictionary.values())
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _count_references(file: PdfFile, value: Value, counts: dict[int, int]) -> None:
    """Count the references in a tree of dictionaries and arrays, each object once."""
    stack = [value]
    while stack:
        item = stack.pop()
        if len(counts) > VALIDATION_OBJECTS_MAX:
            raise ParseError("验证数据（DSS）过大")
        if isinstance(item, Ref):
            counts[item.number] = counts.get(item.number, 0) + 1
            if counts[item.number] == 1:
                stack.append(file.object(item.number))
        else:
            stack += _children(item)
