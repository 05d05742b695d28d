"""Any bytes in, a verdict out: never an exception, never a hang."""

import contextlib
import time
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baozhen.trust.errors import ParseError, TrustError
from baozhen.trust.pdf.objects import DEPTH_MAX, ObjectParser, Ref, read_text
from baozhen.trust.pdf.reader import open_pdf
from baozhen.trust.report import CheckResult, Step, Verdict
from baozhen.trust.verify import TrustAnchors, inspect, verify
from tests import pdfs
from tests.pki import NOW

NOBODY = TrustAnchors(())
SECONDS_MAX = 30.0


def answer(data: bytes):
    started = time.monotonic()
    report = inspect(data, anchors=pdfs.anchors(), at=NOW)
    assert time.monotonic() - started < SECONDS_MAX
    return report


@settings(deadline=None)
@given(st.binary(max_size=2000))
def test_random_bytes_get_a_verdict(noise: bytes):
    assert answer(noise).verdict in {Verdict.UNREADABLE, Verdict.UNSUPPORTED}
    assert answer(b"%PDF-1.7\n" + noise).verdict is Verdict.UNREADABLE


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_mutated_signed_file_is_never_genuine(data: st.DataObject):
    genuine = pdfs.signed()
    start = data.draw(st.integers(0, len(genuine) - 1))
    length = data.draw(st.integers(0, 40))
    noise = data.draw(st.binary(max_size=40))
    forged = genuine[:start] + noise + genuine[start + length :]
    if forged != genuine:
        assert answer(forged).verdict is not Verdict.GENUINE


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 100_000))
def test_a_truncated_signed_file_is_never_genuine(length: int):
    genuine = pdfs.signed()
    assert answer(genuine[: length % len(genuine)]).verdict is not Verdict.GENUINE


@settings(max_examples=60, deadline=None)
@given(st.binary(min_size=1, max_size=200))
def test_appended_bytes_are_never_genuine(noise: bytes):
    assert answer(pdfs.signed() + noise).verdict is not Verdict.GENUINE


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 10**6),
    st.sampled_from([b"obj", b"<<", b"[", b"R", b"stream", b"/Prev", b"xref"]),
)
def test_a_doubled_token_is_never_genuine(place: int, token: bytes):
    genuine = pdfs.signed()
    at = genuine.find(token, place % len(genuine))
    if at >= 0:
        forged = genuine[:at] + token + genuine[at:]
        assert answer(forged).verdict is not Verdict.GENUINE


def small(catalog: bytes, *objects: bytes, trailer: bytes = b"") -> bytes:
    """A file of the given objects; the first is the catalog."""
    out, offsets = b"%PDF-1.7\n", []
    for number, body in enumerate((catalog, *objects), 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    rows = b"".join(b"%010d 00000 n\r\n" % offset for offset in offsets)
    table = b"xref\n0 %d\n0000000000 65535 f\r\n%b" % (len(offsets) + 1, rows)
    return (
        out
        + table
        + b"trailer\n<</Size %d/Root 1 0 R%b>>\nstartxref\n%d\n%%%%EOF\n"
        % (len(offsets) + 1, trailer, len(out))
    )


def stream(data: bytes, entries: bytes = b"") -> bytes:
    packed = zlib.compress(data, 9)
    return b"<</Filter/FlateDecode/Length %d%b>>\nstream\n%b\nendstream" % (
        len(packed),
        entries,
        packed,
    )


HOSTILE = {
    "nesting": small(b"<</Type/Catalog/AcroForm" + b"[" * 200_000),
    "nesting of dictionaries": small(b"<</AcroForm" + b"<</A" * 100_000),
    "reference to itself": small(b"<</AcroForm 2 0 R>>", b"2 0 R"),
    "references in a circle": small(b"<</AcroForm 2 0 R>>", b"3 0 R", b"2 0 R"),
    "fields in a circle": small(
        b"<</AcroForm<</Fields[2 0 R]>>>>", b"<</T(a)/Kids[3 0 R]>>", b"<</T(b)/Kids[2 0 R]>>"
    ),
    "length of itself": small(b"<</AcroForm 2 0 R>>", b"<</Length 2 0 R>>\nstream\n\nendstream"),
    "previous table is the same": small(b"<<>>", trailer=b"/Prev 9"),
    "previous table nowhere": small(b"<<>>", trailer=b"/Prev 999999999"),
    "size beyond reason": b"%PDF-1.7\nxref\n0 9999999999\ntrailer\n<<>>\nstartxref\n9\n%%EOF\n",
    "no root": small(b"<<>>").replace(b"/Root 1 0 R", b""),
    "many ends": b"%PDF-1.7\n" + b"startxref\n9\n%%EOX\n" * 200_000,
    "comments": b"%PDF-1.7\n" + b"%" * 1_000_000 + b"\nstartxref\n9\n%%EOF\n",
    "brackets": small(b"<</A(" + b"(" * 500_000),
    "escapes": small(b"<</A(" + b"\\" * 500_001 + b")>>"),
    "huge number": small(b"<</A " + b"9" * 100_000 + b">>"),
    "huge numbers in a range": small(
        b"<</AcroForm<</Fields[2 0 R]/SigFlags 3>>>>",
        b"<</FT/Sig/T(a)/V 3 0 R>>",
        b"<</SubFilter/ETSI.CAdES.detached/ByteRange[0 9999999999999999999 1 1]/Contents<00>>>",
    ),
    "no contents": small(
        b"<</AcroForm<</Fields[2 0 R]/SigFlags 3>>>>",
        b"<</FT/Sig/T(a)/V 3 0 R>>",
        b"<</SubFilter/ETSI.CAdES.detached/ByteRange[0 1 2 3]>>",
    ),
    "a zip": b"PK\x03\x04" + bytes(100),
    "nothing": b"",
}


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_hostile_files_get_a_verdict_in_time(name: str):
    verdict = answer(HOSTILE[name]).verdict
    assert verdict is not Verdict.GENUINE
    if "nothing" in name or "nesting" in name:
        assert verdict is Verdict.UNREADABLE


def bomb_file(decoded: int, *, predictor: bytes = b"") -> bytes:
    """A file whose cross-reference stream decompresses to `decoded` bytes."""
    body = stream(bytes(decoded), b"/Type/XRef/W[1 2 1]/Size 9/Root 1 0 R" + predictor)
    head = b"%PDF-1.7\n"
    return head + b"1 0 obj\n" + body + b"\nendobj\nstartxref\n9\n%%EOF\n"


def test_decompression_bombs_are_refused():
    report = answer(bomb_file(200_000_000))
    assert report.verdict is Verdict.UNREADABLE
    assert "过大" in report.checks[0].detail
    row = b"/DecodeParms<</Predictor 12/Columns 4>>"
    assert answer(bomb_file(20_000_000, predictor=row)).verdict is Verdict.UNREADABLE


def test_object_streams_together_have_a_limit():
    members = [stream(b"9 0 " + b" " * 20_000_000 + b"null", b"/Type/ObjStm/N 1/First 4")] * 3
    with pytest.raises(ParseError, match="总量"):
        _open_all(members)


def _open_all(streams: list[bytes]) -> None:
    rows, out = [(0, 0, 255)], b"%PDF-1.7\n"
    for number, body in enumerate(streams, 1):
        rows.append((1, len(out), 0))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    rows += [(2, number, 0) for number in range(1, len(streams) + 1)]
    rows.append((1, len(out), 0))
    table = b"".join(
        bytes((kind,)) + at.to_bytes(4, "big") + bytes((more,)) for kind, at, more in rows
    )
    body = stream(table, b"/Type/XRef/W[1 4 1]/Root 1 0 R/Size %d" % len(rows))
    data = out + b"%d 0 obj\n%b\nendobj\nstartxref\n%d\n%%%%EOF\n" % (len(rows) - 1, body, len(out))
    file = open_pdf(data)
    for number in range(len(streams) + 1, len(rows) - 1):
        try:
            file.object(number)
        except ParseError as error:
            if "没有对象" not in str(error):
                raise


def test_values_are_read_as_the_standard_says():
    text = (
        b"<</A 1 0 R/B[1 -2.5 .5 +3(a\\(b(c)\\101\\\r\nd)<414>/N#20x true null]/C<</D<</E[]>>>>>>"
    )
    assert ObjectParser(text).value() == {
        "A": Ref(1, 0),
        "B": [1, -2.5, 0.5, 3, b"a(b(c)Ad", b"A@", "N x", True, None],
        "C": {"D": {"E": []}},
    }
    assert ObjectParser(b"[1\x000\x0cR]").value() == [Ref(1, 0)]
    assert read_text(b"\xfe\xff\x4f\xdd\x77\x1f") == "保真"


@pytest.mark.parametrize(
    "text",
    [
        b"<</A 1/A 2>>",
        b"<</A>>",
        b"<<1 2>>",
        b"[1",
        b"(a",
        b"<4",
        b"]",
        b">>",
        b"",
        b"foo",
        b"[" * (DEPTH_MAX + 2) + b"]" * (DEPTH_MAX + 2),
    ],
)
def test_what_two_readers_might_read_differently_is_refused(text: bytes):
    with pytest.raises(ParseError):
        ObjectParser(text).value()


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_a_value_or_an_error(noise: bytes):
    for start in (b"", b"<<", b"[", b"("):
        try:
            ObjectParser(start + noise).value()
        except TrustError:
            continue


TOKENS = [
    b"<<",
    b">>",
    b"[",
    b"]",
    b"(",
    b")",
    b"<",
    b">",
    b"/",
    b"/A",
    b"#2",
    b"1",
    b"0",
    b"R",
    b"obj",
    b"-",
    b".",
    b"\\",
    b"\\8",
    b"%",
    b"\n",
    b"\r",
    b"\x00",
    b"\x0b",
    b"\x0c",
    b" ",
    b"true",
    b"null",
    b"stream\n",
    b"endstream",
    b"9" * 12,
    b"\xff",
]


@settings(deadline=None, max_examples=400)
@given(st.lists(st.sampled_from(TOKENS), max_size=30))
def test_any_tokens_are_a_value_or_an_error(tokens: list[bytes]):
    with contextlib.suppress(TrustError):
        ObjectParser(b"".join(tokens)).value()
    with contextlib.suppress(TrustError):
        open_pdf(small(b"<<" + b"".join(tokens) + b">>")).catalog  # noqa: B018 - read on access


def test_an_error_nobody_thought_of_is_a_verdict_too():
    class Odd(bytes):
        def startswith(self, *_: object) -> bool:
            raise KeyError("nobody thought of this")

    report = inspect(Odd(b"%PDF-1.7"), anchors=NOBODY, at=NOW)
    assert report.verdict is Verdict.UNREADABLE
    assert "KeyError" in report.checks[0].detail


def test_the_other_door_raises_with_the_number_of_the_step():
    document = verify(pdfs.signed(), anchors=pdfs.anchors(), at=NOW)
    assert document.report.verdict is Verdict.GENUINE
    with pytest.raises(TrustError) as caught:
        verify(pdfs.signed() + b" ", anchors=pdfs.anchors(), at=NOW)
    assert caught.value.step == Step.COVERAGE  # type: ignore[attr-defined]
    with pytest.raises(TrustError) as caught:
        verify(HOSTILE["a zip"], anchors=pdfs.anchors(), at=NOW)
    assert caught.value.step == Step.STRUCTURE  # type: ignore[attr-defined]


def test_without_anchors_nobody_is_trusted():
    report = inspect(pdfs.signed(), anchors=NOBODY, at=NOW)
    assert report.verdict is Verdict.UNTRUSTED
    assert report.checks[Step.CHAIN - 1].result is CheckResult.FAILED
    assert all(s.valid and not s.trusted for s in report.signatures)


def test_a_report_is_neither_true_nor_false():
    with pytest.raises(TypeError):
        bool(answer(b""))
