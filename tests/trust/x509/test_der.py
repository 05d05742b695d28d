"""The strict DER reader takes exactly what the writer makes."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baozhen.trust.errors import ParseError, TrustError, UnsupportedError
from baozhen.trust.x509 import der


@given(st.integers(min_value=-(1 << 200), max_value=1 << 200))
def test_integers_come_back(value: int) -> None:
    reader = der.Reader(der.integer(value))
    assert reader.integer() == value
    reader.finish()


@given(
    st.integers(0, 2),
    st.integers(0, 39),
    st.lists(st.integers(0, 1 << 130), max_size=8),
)
def test_object_identifiers_come_back(first: int, second: int, rest: list[int]) -> None:
    dotted = ".".join(map(str, (first, second, *rest)))
    assert der.Reader(der.oid(dotted)).oid() == dotted


@given(st.datetimes(datetime(1950, 1, 1), datetime(9999, 1, 1)))  # noqa: DTZ001
def test_times_come_back_to_the_second(value: datetime) -> None:
    moment = value.replace(microsecond=0, tzinfo=UTC)
    assert der.Reader(der.time(moment)).time() == moment
    assert der.Reader(der.generalized_time(moment)).generalized_time() == moment


@given(st.frozensets(st.integers(0, 40)))
def test_named_bits_come_back(numbers: frozenset[int]) -> None:
    assert der.Reader(der.named_bits(numbers)).named_bits() == numbers


@given(st.lists(st.binary(max_size=300), max_size=5))
def test_sets_come_back_sorted(contents: list[bytes]) -> None:
    elements = [der.octets(content) for content in contents]
    assert der.Reader(der.set_of(elements)).set_of() == tuple(sorted(elements))


@pytest.mark.parametrize(
    "encoded",
    [
        "",
        "02",
        "0200",  # empty integer
        "02020001",  # superfluous zero
        "0202ffff",  # superfluous sign octet
        "02810101",  # long form where the short one fits
        "0282000101",  # leading zero in the length
        "0285000000000101",  # too many length octets
        "020201",  # truncated
    ],
)
def test_other_encodings_of_an_integer_are_refused(encoded: str) -> None:
    with pytest.raises(ParseError):
        der.Reader(bytes.fromhex(encoded)).integer()


@pytest.mark.parametrize("encoded", ["010101", "01020000", "0100"])
def test_other_encodings_of_a_boolean_are_refused(encoded: str) -> None:
    with pytest.raises(ParseError):
        der.Reader(bytes.fromhex(encoded)).boolean()


@pytest.mark.parametrize("encoded", ["0600", "06028001", "060181", "0603550480"])
def test_other_encodings_of_an_object_identifier_are_refused(encoded: str) -> None:
    with pytest.raises(ParseError):
        der.Reader(bytes.fromhex(encoded)).oid()


@pytest.mark.parametrize(
    "text",
    [
        b"20260230000000Z",  # no such day
        b"20260101000000",  # no zone
        b"20260101000000.10Z",  # trailing zero in the fraction
        b"20260101000000+0800",
    ],
)
def test_other_forms_of_a_time_are_refused(text: bytes) -> None:
    with pytest.raises(ParseError):
        der.Reader(der.element(der.GENERALIZED_TIME, text)).generalized_time()


def test_indefinite_lengths_are_unsupported() -> None:
    with pytest.raises(UnsupportedError, match="BER"):
        der.Reader(bytes.fromhex("30800201010000")).enter(der.SEQUENCE)


def test_a_set_out_of_order_is_refused() -> None:
    good = der.set_of([der.integer(1), der.integer(2)])
    assert len(der.Reader(good).set_of()) == 2
    with pytest.raises(ParseError):
        der.Reader(der.element(der.SET, der.integer(2), der.integer(1))).set_of()


def test_bytes_after_the_end_are_refused() -> None:
    reader = der.Reader(der.integer(1) + b"\x00")
    reader.integer()
    with pytest.raises(ParseError):
        reader.finish()


@given(st.binary(max_size=60))
def test_any_bytes_give_a_value_or_our_error(data: bytes) -> None:
    for read in ("integer", "boolean", "oid", "bits", "named_bits", "time", "set_of", "whole"):
        try:
            getattr(der.Reader(data), read)()
        except TrustError:
            continue
