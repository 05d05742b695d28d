"""Ids, codes, names and addresses: the vectors of the standards, good and bad."""

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baozhen.insurance.parties import rules
from baozhen.insurance.parties.errors import Unfit


def code_of(check, value):
    with pytest.raises(Unfit) as caught:
        check(value)
    return caught.value.code


@pytest.mark.parametrize(
    "value",
    [
        "110199198506151017",
        "11010519491231002X",
        "110199199009202025",
        "310199197803033036",
        "440199199512124040",
        "320199196001085018",
        "510199198811306067",
        "110199201507057078",
    ],
)
def test_resident_ids_that_are_right(value):
    assert rules.resident_id(value) == value


def test_a_small_x_is_kept_as_a_capital():
    assert rules.resident_id("11010519491231002x") == "11010519491231002X"


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("110199198506151018", "id_check_digit_wrong"),
        ("110199198502301011", "id_date_impossible"),
        ("160199198506151017", "id_province_unknown"),
        ("830000198506151017", "id_province_unknown"),
        ("11019919850615101", "id_format_wrong"),
        ("11019919850615101A", "id_format_wrong"),
        ("１10199198506151017", "id_format_wrong"),
        ("", "id_format_wrong"),
    ],
)
def test_resident_ids_that_are_wrong(value, code):
    assert code_of(rules.resident_id, value) == code


@given(st.integers(0, 17), st.characters(categories=["Nd", "Lu"], max_codepoint=127))
def test_no_single_wrong_character_passes(place, character):
    right = "110199198506151017"
    wrong = right[:place] + character + right[place + 1 :]
    if wrong != right:
        with pytest.raises(Unfit):
            rules.resident_id(wrong)


def test_an_id_tells_birth_and_gender():
    assert rules.birth_and_gender("resident_id", "110199198506151017") == (
        date(1985, 6, 15),
        "male",
    )
    assert rules.birth_and_gender("resident_id", "110199199009202025")[1] == "female"
    assert rules.birth_and_gender("passport", "E12345678") is None


def test_residence_permits_have_places_of_their_own():
    body = "81000019850615101"
    digits = [rules._ID_WEIGHTS[i] * int(c) for i, c in enumerate(body)]
    permit = body + rules._ID_CHECKS[sum(digits) % 11]
    assert rules.identity_number("hk_macau_taiwan_residence", permit) == permit
    assert (
        code_of(
            lambda v: rules.identity_number("hk_macau_taiwan_residence", v), "110199198506151017"
        )
        == "id_province_unknown"
    )


@pytest.mark.parametrize(
    ("id_type", "value"),
    [
        ("passport", "E12345678"),
        ("military_officer", "军字第1234567号"),
        ("hk_macau_pass", "H12345678"),
        ("taiwan_pass", "12345678"),
        ("foreign_permanent_resident", "ABC110198506150"),
        ("organisation_code", "FAKEPART8"),
        ("other", "ABCD-1234"),
    ],
)
def test_other_ids(id_type, value):
    assert rules.identity_number(id_type, value) == value
    with pytest.raises(Unfit):
        rules.identity_number(id_type, "!")


@pytest.mark.parametrize(
    "value", ["91110199FAKEPART8M", "91350100M000100Y43", "91440199DEMAPART8R"]
)
def test_credit_codes_that_are_right(value):
    assert rules.uscc(value) == value


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("91110199FAKEPART8N", "uscc_check_digit_wrong"),
        ("91110199FAKEPART8", "uscc_format_wrong"),
        ("91110199FAKEPARTIM", "uscc_format_wrong"),
    ],
)
def test_credit_codes_that_are_wrong(value, code):
    assert code_of(rules.uscc, value) == code


def test_a_sum_that_31_divides_asks_for_zero():
    # Public checkers index the alphabet with 31 - 0 here and fall over.
    found = 0
    for number in range(2000):
        body = f"91{number:06d}MA00001"
        body = f"{body}00"[:16]
        for last in "0123456789X":
            code = body + last
            try:
                rules.organisation_code(code[8:17])
            except Unfit:
                continue
            total = sum(
                rules._USCC_VALUES[c] * w for c, w in zip(code, rules._USCC_WEIGHTS, strict=True)
            )
            if total % 31 == 0:
                found += 1
                assert rules.uscc(code + "0") == code + "0"
    assert found


def test_the_organisation_inside_is_checked_too():
    right = "91110199FAKEPART8M"
    spoiled = right[:16] + "7"
    total = sum(
        rules._USCC_VALUES[c] * w for c, w in zip(spoiled, rules._USCC_WEIGHTS, strict=True)
    )
    assert code_of(rules.uscc, spoiled + rules._USCC_ALPHABET[(31 - total % 31) % 31]) == (
        "uscc_inner_code_wrong"
    )


@pytest.mark.parametrize(
    "name",
    [
        "测试甲",
        "测试𫄨𠅤",
        "阿依古丽·测试买买提",
        "卓玛·测试央金",
        "测试㸆",
        "John A. Smith",
        "李O",
    ],
)
def test_names_as_on_ids(name):
    assert rules.person_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "甲",
        "测试1",
        "测试·",
        "·测试",
        "测试··甲",
        "<b>甲",
        "测试😀",
        "测" * 61,
        "测试\ue000",
        "测试\u200b甲",
    ],
)
def test_what_is_no_name(name):
    with pytest.raises(Unfit):
        rules.person_name(name)


def test_organisations_have_brackets_and_figures():
    assert rules.organisation_name("示例物流（上海市）有限公司") == "示例物流（上海市）有限公司"
    with pytest.raises(Unfit):
        rules.organisation_name("（1）")
    with pytest.raises(Unfit):
        rules.organisation_name("示例<有限公司")


def test_mobiles():
    assert rules.mobile("16100000001") == "16100000001"
    for wrong in ("12100000001", "1610000000", "161000000011", "+8616100000001"):
        assert code_of(rules.mobile, wrong) == "mobile_wrong"
    assert rules.telephone("010-12345678") == "010-12345678"
    with pytest.raises(Unfit):
        rules.telephone("110")


@pytest.mark.parametrize("value", ["test1@example.com", "a.b+c@mail.example.com.cn"])
def test_mail_addresses(value):
    assert rules.email(value) == value


@pytest.mark.parametrize(
    "value",
    [
        "not-an-email",
        "a@b",
        "@example.com",
        "a@@example.com",
        "a..b@example.com",
        "a@exa mple.com",
        "a@-example.com",
        "a\n@example.com",
        "测试@example.com",
        "x" * 65 + "@example.com",
    ],
)
def test_what_is_no_mail_address(value):
    assert code_of(rules.email, value) == "email_wrong"


def test_cards_pass_luhn():
    for right in ("6212345678900000011", "6212345678900000029", "6212345678900000060"):
        assert rules.bank_account(right) == right
    assert code_of(rules.bank_account, "6212345678900000012") == "account_check_digit_wrong"
    assert code_of(rules.bank_account, "123456789012") == "account_format_wrong"
    assert code_of(rules.bank_account, "62123456789000000110") == "account_format_wrong"


def test_postcodes_and_countries():
    assert rules.postcode("100000") == "100000"
    assert rules.nationality("CHN") == "CHN"
    assert code_of(rules.postcode, "10000") == "postcode_wrong"
    assert code_of(rules.nationality, "China") == "nationality_wrong"


@given(st.text(max_size=40), st.sampled_from(sorted(rules._ID_RULES)))
def test_any_text_is_kept_or_unfit(value, id_type):
    with suppress(Unfit):
        assert rules.identity_number(id_type, value)
