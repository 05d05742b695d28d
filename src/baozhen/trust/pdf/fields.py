"""The signature fields of a PDF, found through its form (ISO 32000-1 §12.7.2, §12.7.4.5)."""

from collections.abc import Iterator
from dataclasses import dataclass

from baozhen.trust.errors import ParseError, UnsupportedError
from baozhen.trust.pdf.objects import Ref, Value, read_text
from baozhen.trust.pdf.reader import PdfFile

FIELD_DEPTH_MAX = 16
FIELDS_MAX = 10_000
_SIGNATURES_EXIST, _APPEND_ONLY = 1, 2


@dataclass(frozen=True)
class SignatureField:
    """One signature field; `value` is where its signature dictionary is, None when unsigned."""

    name: str
    number: int
    value: Ref | None
    dictionary: dict[str, Value]


def form_of(file: PdfFile) -> dict[str, Value]:
    """Return the interactive form's dictionary, empty when there is none."""
    form = file.resolve(file.catalog.get("AcroForm"))
    if form is None:
        return {}
    if not isinstance(form, dict):
        raise ParseError("PDF 表单不是字典")
    return form


def signature_fields(file: PdfFile) -> list[SignatureField]:
    """Return all signature fields in the order of the form."""
    fields = form_of(file).get("Fields")
    if fields is None:
        return []
    walker = _Walker(file)
    return list(walker.walk(file.array(fields, "表单域清单"), (), None, 0))


class _Walker:
    def __init__(self, file: PdfFile) -> None:
        self._file = file
        self._seen: set[int] = set()

    def walk(
        self, fields: list[Value], names: tuple[str, ...], inherited: Value, depth: int
    ) -> Iterator[SignatureField]:
        if depth > FIELD_DEPTH_MAX:
            raise ParseError("表单域嵌套过深")
        for item in fields:
            if not isinstance(item, Ref):
                raise UnsupportedError("直接写在表单里的域")
            if item.number in self._seen or len(self._seen) >= FIELDS_MAX:
                raise ParseError("表单域重复、成环或过多")
            self._seen.add(item.number)
            node = self._file.dictionary(item, "表单域")
            own = (*names, read_text(node["T"])) if "T" in node else names
            kind = node.get("FT", inherited)
            kids = self._named_kids(node)
            if kids:
                yield from self.walk(kids, own, kind, depth + 1)
            elif kind == "Sig":
                yield SignatureField(".".join(own), item.number, self._value(node), node)

    def _named_kids(self, node: dict[str, Value]) -> list[Value]:
        """Return the kids that are fields; kids without a name are a field's widgets."""
        if "Kids" not in node:
            return []
        kids = self._file.array(node["Kids"], "表单域的下级")
        named = [kid for kid in kids if "T" in self._file.dictionary(kid, "表单域的下级")]
        if named and len(named) != len(kids):
            raise UnsupportedError("域与控件混在一起的表单")
        return named

    def _value(self, node: dict[str, Value]) -> Ref | None:
        value = node.get("V")
        if value is None:
            return None
        if not isinstance(value, Ref):
            raise UnsupportedError("直接写在域里的签名")
        return value if self._file.resolve(value) is not None else None


def has_signature_flags(file: PdfFile) -> bool:
    """Say whether the form declares that signatures exist (table 219)."""
    flags = file.resolve(form_of(file).get("SigFlags"))
    return isinstance(flags, int) and bool(flags & _SIGNATURES_EXIST)
