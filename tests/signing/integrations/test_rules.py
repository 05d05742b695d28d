"""Field mapping: paths, conversions, tables, and everything that can be wrong with them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baozhen.signing.integrations.rules import (
    ENTRIES_MAX,
    Entry,
    apply,
    entries_of,
    find,
    is_path,
    takes,
)

MESSAGE = {
    "head": {"busiNo": "C-1", "类型": "回执"},
    "list": [{"no": "1", "amt": "12.50"}, {"no": "2", "amt": "3"}],
    "a b": 5,
    "zero": 0,
    "flag": False,
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$.head.busiNo", "C-1"),
        ("$.head.类型", "回执"),
        ("$['a b']", 5),
        ("$.list[1].no", "2"),
        ("$.list[*].no", ["1", "2"]),
        ("$.list[9].no", None),
        ("$.head.none", None),
        ("$.head[0]", None),
        ("$.zero", 0),
        ("$.flag", False),
        ("$", MESSAGE),
    ],
)
def test_paths(path, found):
    assert is_path(path)
    assert find(path, MESSAGE) == found


@pytest.mark.parametrize("path", ["", "a", "$..a", "$.a[", "$.[0]", "$.a[-1]", "$.a()", 5, "$ .a"])
def test_what_is_no_path(path):
    assert not is_path(path)


@given(st.text(max_size=60), st.recursive(st.none() | st.integers() | st.text(), st.lists))
def test_any_path_and_message_end_in_a_value(path, message):
    if is_path("$" + path):
        find("$" + path, message)


def one(**entry):
    return apply([Entry(target="values.x", **entry)], MESSAGE)


@pytest.mark.parametrize(
    ("entry", "value"),
    [
        ({"source": "$.list[0].amt", "conversion": "fen"}, 1250),
        ({"source": "$.list[*].amt", "conversion": "fen"}, [1250, 300]),
        ({"source": "$.zero", "conversion": "text"}, "0"),
        ({"constant": "20261201", "conversion": "date"}, "2026-12-01"),
        ({"constant": "2026/12/01 08:00", "conversion": "date"}, "2026-12-01"),
        ({"constant": " 12 ", "conversion": "integer"}, 12),
        ({"constant": "vin", "conversion": "upper"}, "VIN"),
        ({"source": "$.head.类型", "table": {"回执": "receipt"}}, "receipt"),
        ({"source": "$.none", "constant": "默认"}, "默认"),
        ({"source": "$.flag"}, False),
    ],
)
def test_conversions(entry, value):
    mapped, faults = one(**entry)
    assert faults == []
    assert mapped.values == {"x": value}


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ({"source": "$.none"}, "source_missing"),
        ({"constant": "12.345", "conversion": "fen"}, "conversion_failed"),
        ({"constant": "NaN", "conversion": "fen"}, "conversion_failed"),
        ({"constant": "明天", "conversion": "date"}, "conversion_failed"),
        ({"constant": "x", "conversion": "integer"}, "conversion_failed"),
        ({"constant": "x", "table": {"y": 1}}, "conversion_failed"),
    ],
)
def test_faults(entry, code):
    mapped, faults = one(**entry)
    assert [fault.code for fault in faults] == [code]
    assert mapped.values == {}


def test_what_is_optional_may_be_missing():
    assert one(source="$.none", required=False)[1] == []


def test_targets_go_to_their_places():
    entries = [
        Entry(target="biz_no", source="$.head.busiNo"),
        Entry(target="message", constant="请签收"),
        Entry(target="parties.holder.name", constant="测试伟"),
    ]
    mapped, _faults = apply(entries, MESSAGE)
    assert (mapped.biz_no, mapped.message) == ("C-1", "请签收")
    assert mapped.parties == {"holder": {"name": "测试伟"}}


@pytest.mark.parametrize(
    "raw",
    [
        {},
        [{"target": "values.x"}],
        [{"target": "elsewhere", "constant": 1}],
        [{"target": "values.x", "source": "x"}],
        [{"target": "values.x", "constant": 1, "conversion": "eval"}],
        [{"target": "values.x", "constant": 1, "unknown": 1}],
        [{"target": "values.x", "constant": 1, "table": 5}],
        [{"target": "values.x", "constant": 1}] * 2,
        ["x"],
        [{"target": "values.x", "constant": 1}] * (ENTRIES_MAX + 1),
    ],
)
def test_a_wrong_configuration_is_told(raw):
    assert entries_of(raw)[1]


def test_conditions():
    assert takes("", "", MESSAGE)
    assert takes("$.head.类型", "回执", MESSAGE)
    assert not takes("$.head.类型", "保单", MESSAGE)
    assert not takes("$.none", "", MESSAGE)
