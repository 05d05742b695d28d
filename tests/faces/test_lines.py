"""Lines out of a stream of bytes, however it is cut."""

from hypothesis import given
from hypothesis import strategies as st

from baozhen.faces.lines import LINE_BYTES_KEPT, lines_of


@given(st.binary(max_size=200), st.integers(min_value=1, max_value=50))
def test_lines_do_not_depend_on_how_the_stream_is_cut(data, step):
    data = data.replace(b"x", b"\n")
    chunks = [data[start : start + step] for start in range(0, len(data), step)]
    expected = data.split(b"\n")
    if expected[-1] == b"":
        expected.pop()
    assert list(lines_of(chunks)) == expected


def test_of_a_line_that_is_too_long_only_the_beginning_is_kept():
    chunks = [b"a" * 50_000] * 40 + [b"\nshort\n"]
    first, second = lines_of(chunks)
    assert len(first) == LINE_BYTES_KEPT
    assert second == b"short"
