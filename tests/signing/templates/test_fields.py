"""Fields, conditions and values: every fault at once, with its path."""

import base64

import pytest

from baozhen.signing.templates.conditions import ConditionInvalid, parse_condition
from baozhen.signing.templates.fields import check_fields, fields_from_json, fields_to_json
from baozhen.signing.templates.values import check_values, show_values

BOX = [0.1, 0.1, 0.5, 0.2]
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()
ALL = [
    {"name": "holder", "kind": "text", "length_max": 10},
    {"name": "people", "kind": "number"},
    {"name": "starts", "kind": "date"},
    {"name": "premium", "kind": "amount"},
    {"name": "words", "kind": "amount_capitals", "source": "premium"},
    {"name": "plan", "kind": "choice", "options": ["甲", "乙"]},
    {"name": "agreed", "kind": "checkbox"},
    {"name": "photo", "kind": "picture"},
    {"name": "papers", "kind": "attachment"},
    {"name": "list", "kind": "table", "columns": ["姓名", "金额"]},
    {"name": "link", "kind": "qr"},
    {"name": "leader", "kind": "text", "condition": 'people >= 3 and plan = "甲"'},
    {"name": "sign", "kind": "signature", "role": "policyholder", "rect": BOX},
    {"name": "stamp", "kind": "seal", "role": "insurer", "keyword": "盖章"},
    {"name": "ride", "kind": "riding_seal", "role": "insurer", "rect": BOX},
]
GOOD = {
    "holder": "张测试",
    "people": 2,
    "starts": "2026-02-01",
    "premium": 137645,
    "plan": "甲",
    "photo": PNG,
    "list": [["李测试", "100"]],
    "link": "https://example.invalid/1",
}


def test_every_kind_is_taken_and_goes_to_json_and_back():
    assert check_fields(ALL, pages=None, needs_place=False) == []
    fields = fields_from_json(ALL)
    assert fields_to_json(fields) == ALL
    assert check_values(fields, GOOD) == []
    shown = show_values(fields, GOOD)
    assert shown["starts"] == "2026年2月1日"
    assert (shown["premium"], shown["words"]) == (
        "¥1,376.45",
        "人民币壹仟叁佰柒拾陆元肆角伍分",
    )
    assert "leader" not in shown


@pytest.mark.requirement("S2-L374")
def test_all_faults_of_a_filling_are_told_at_once():
    wrong = {
        "holder": "一二三四五六七八九十一",
        "people": True,
        "starts": "二月",
        "premium": -1,
        "plan": "丙",
        "agreed": "是",
        "photo": "bm90",
        "list": [["李测试"]],
        "other": 1,
    }
    faults = {fault.path: fault.code for fault in check_values(fields_from_json(ALL), wrong)}
    assert faults.pop("other") == "value_unknown"
    assert faults.pop("link") == "value_missing"
    assert set(faults) == set(wrong) - {"other"}
    assert set(faults.values()) == {"value_invalid"}


def test_a_condition_brings_a_field_in():
    faults = check_values(fields_from_json(ALL), GOOD | {"people": 3})
    assert [(fault.path, fault.code) for fault in faults] == [("leader", "value_missing")]


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ({"name": "A", "kind": "text"}, "name_invalid"),
        ({"name": "a", "kind": "video"}, "kind_unknown"),
        ({"name": "a", "kind": "text", "onclick": "x"}, "property_unknown"),
        ({"name": "a", "kind": "text", "page": "0"}, "property_invalid"),
        ({"name": "a", "kind": "text", "rect": [0, 0, 2]}, "place_invalid"),
        ({"name": "a", "kind": "text", "rect": [0.5, 0, 0.4, 1]}, "place_invalid"),
        ({"name": "a", "kind": "text"}, "place_missing"),
        ({"name": "a", "kind": "text", "rect": BOX, "page": 1}, "page_missing"),
        ({"name": "a", "kind": "seal", "rect": BOX}, "role_missing"),
        ({"name": "a", "kind": "choice", "rect": BOX}, "options_missing"),
        ({"name": "a", "kind": "table", "rect": BOX}, "columns_missing"),
        ({"name": "a", "kind": "text", "rect": BOX, "source": "b"}, "source_unknown"),
        ({"name": "a", "kind": "text", "rect": BOX, "condition": "b = 1"}, "condition_unknown"),
        ({"name": "a", "kind": "text", "rect": BOX, "condition": "a()"}, "condition_invalid"),
    ],
)
def test_a_faulty_field_is_named(entry, code):
    faults = check_fields([entry], pages=1, needs_place=True)
    assert [fault.code for fault in faults] == [code]
    assert faults[0].path.startswith("fields.0")


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("a = 1", True),
        ("a = 2 or b = “乙”", True),
        ("a = 2 or a = 1 and b = “甲”", False),
        ("missing != 1", True),
        ("missing > 1", False),
        ("b > 1", False),
        ("c = true and a <= 1.5", True),
    ],
)
def test_conditions(text, holds):
    assert parse_condition(text).holds({"a": 1, "b": "乙", "c": True}) is holds


@pytest.mark.parametrize(
    "text", ["", "a", "a = 1 b = 2", "a = 1 and", "__import__('os')", "a = b", "1 = 1", "a" * 301]
)
def test_what_is_no_condition(text):
    with pytest.raises(ConditionInvalid):
        parse_condition(text)
