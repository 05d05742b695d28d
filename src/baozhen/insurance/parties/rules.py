"""Rules for persons and organisations: ids, codes, names, and the ways to reach them.

A rule returns the value as it should be kept, or raises Unfit with the code of the fault.
"""

import re
from collections.abc import Callable
from datetime import date

from baozhen.insurance.parties.errors import Unfit

# GB 11643: weights of the 17 digits and the check characters for sum % 11.
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"
_ID_SHAPE = re.compile(r"[0-9]{17}[0-9X]")
# GB/T 2260: provinces are checked strictly; counties change over time and are not.
_PROVINCES = frozenset(
    str(code)
    for first, last in (
        (11, 15),
        (21, 23),
        (31, 37),
        (41, 46),
        (50, 54),
        (61, 65),
        (71, 71),
        (81, 82),
    )
    for code in range(first, last + 1)
)
_RESIDENCE_PERMIT_PROVINCES = frozenset({"81", "82", "83"})

# GB 32100-2015: no I, O, S, V, Z; weights are powers of 3 modulo 31.
_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_VALUES = {character: value for value, character in enumerate(_USCC_ALPHABET)}
_USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_USCC_SHAPE = re.compile(r"[0-9A-HJ-NP-RTUWXY]{2}[0-9]{6}[0-9A-HJ-NP-RTUWXY]{10}")
# GB 11714: digits and letters have the values 0-35.
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_ORGANISATION_SHAPE = re.compile(r"[0-9A-Z]{8}[0-9X]")

# Han of every plane, Latin letters of foreigners' names, the interpunct of minority names.
_HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_PERSON = re.compile(rf"[{_HAN}A-Za-z]+(?:(?:·|[.'-] ?| )[{_HAN}A-Za-z]+)*\.?")
_ORGANISATION = re.compile(rf"[{_HAN}A-Za-z0-9（）()《》“”·&、，,.\-— ]+")
_HAN_OR_LATIN = re.compile(rf"[{_HAN}A-Za-z]")
PERSON_NAME_MIN, PERSON_NAME_MAX = 2, 60

_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_TELEPHONE = re.compile(r"(0[0-9]{2,3}-?)?[1-9][0-9]{6,7}|[48]00-?[0-9]{3}-?[0-9]{4}")
_POSTCODE = re.compile(r"[0-9]{6}")
_CARD = re.compile(r"[0-9]{13,19}")
_EMAIL_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_EMAIL_DOMAIN = re.compile(
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])"
)
_EMAIL_LOCAL_MAX = 64
_NATIONALITY = re.compile(r"[A-Z]{3}")

IDS_OF_PERSONS = frozenset(
    {
        "resident_id",
        "household_register",
        "passport",
        "military_officer",
        "driving_licence",
        "hk_macau_pass",
        "taiwan_pass",
        "foreign_permanent_resident",
        "hk_macau_taiwan_residence",
        "other",
    }
)
IDS_OF_ORGANISATIONS = frozenset({"uscc", "organisation_code", "other"})
# These carry the birth date and, in the 17th digit, the gender.
_IDS_WITH_BIRTH = frozenset(
    {"resident_id", "household_register", "driving_licence", "hk_macau_taiwan_residence"}
)


def resident_id(value: str) -> str:
    """Check a resident id 居民身份证 (GB 11643): province, birth date, check digit."""
    return _citizen_number(value, _PROVINCES)


def residence_permit(value: str) -> str:
    """Check a residence permit 港澳台居民居住证: as a resident id, of the places 81, 82, 83."""
    return _citizen_number(value, _RESIDENCE_PERMIT_PROVINCES)


def _citizen_number(value: str, provinces: frozenset[str]) -> str:
    number = value[:-1] + "X" if value[-1:] == "x" else value
    if not _ID_SHAPE.fullmatch(number):
        raise Unfit("id_format_wrong")
    if number[:2] not in provinces:
        raise Unfit("id_province_unknown")
    _birth_of(number)
    if _ID_CHECKS[_weighted(number, _ID_WEIGHTS) % 11] != number[17]:
        raise Unfit("id_check_digit_wrong")
    return number


def _weighted(digits: str, weights: tuple[int, ...]) -> int:
    return sum([int(digit) * weight for digit, weight in zip(digits, weights, strict=False)])


def _birth_of(number: str) -> date:
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        raise Unfit("id_date_impossible") from None


def birth_and_gender(id_type: str, id_no: str) -> tuple[date, str] | None:
    """Return what a valid id number says of its holder; None when its kind says nothing."""
    if id_type not in _IDS_WITH_BIRTH:
        return None
    return _birth_of(id_no), "male" if int(id_no[16]) % 2 else "female"


def uscc(value: str) -> str:
    """Check a unified social credit code 统一社会信用代码 and the organisation code inside it."""
    if not _USCC_SHAPE.fullmatch(value):
        raise Unfit("uscc_format_wrong")
    total = sum(
        [
            _USCC_VALUES[character] * weight
            for character, weight in zip(value, _USCC_WEIGHTS, strict=False)
        ]
    )
    # GB 32100-2015: a sum that 31 divides asks for 0, which `31 - total % 31` alone would miss.
    if _USCC_VALUES[value[17]] != (31 - total % 31) % 31:
        raise Unfit("uscc_check_digit_wrong")
    try:
        organisation_code(value[8:17])
    except Unfit:
        raise Unfit("uscc_inner_code_wrong") from None
    return value


def organisation_code(value: str) -> str:
    """Check an organisation code 组织机构代码 (GB 11714), with or without its hyphen."""
    code = value.replace("-", "", 1)
    if not _ORGANISATION_SHAPE.fullmatch(code):
        raise Unfit("organisation_code_wrong")
    total = sum(
        [
            int(character, 36) * weight
            for character, weight in zip(code, _ORGANISATION_WEIGHTS, strict=False)
        ]
    )
    if code[8] != "0123456789X0"[11 - total % 11]:
        raise Unfit("organisation_code_wrong")
    return code


def _shaped(pattern: str) -> Callable[[str], str]:
    shape = re.compile(pattern)

    def check(value: str) -> str:
        if not shape.fullmatch(value):
            raise Unfit("id_format_wrong")
        return value

    return check


def foreign_permanent_resident_id(value: str) -> str:
    """Check a foreigner's permanent residence card: 15 characters, or 18 as a resident id."""
    if re.fullmatch(r"[A-Z]{3}[0-9]{12}", value):
        return value
    if not re.fullmatch(r"9[0-9]{16}[0-9X]", value):
        raise Unfit("id_format_wrong")
    _birth_of(value)
    if _ID_CHECKS[_weighted(value, _ID_WEIGHTS) % 11] != value[17]:
        raise Unfit("id_check_digit_wrong")
    return value


_ID_RULES: dict[str, Callable[[str], str]] = {
    "resident_id": resident_id,
    "household_register": resident_id,
    "driving_licence": resident_id,
    "hk_macau_taiwan_residence": residence_permit,
    "foreign_permanent_resident": foreign_permanent_resident_id,
    "passport": _shaped(r"[A-Z0-9]{5,17}"),
    "military_officer": _shaped(r"[\u4e00-\u9fff]{0,6}[0-9A-Z]{6,12}号?"),
    "hk_macau_pass": _shaped(r"[HM]([0-9]{8}|[0-9]{10})"),
    "taiwan_pass": _shaped(r"[0-9]{8}|[0-9]{10}"),
    "uscc": uscc,
    "organisation_code": organisation_code,
    "other": _shaped(r"[0-9A-Za-z\u4e00-\u9fff()（）-]{4,20}"),
}


def identity_number(id_type: str, value: str) -> str:
    """Check a number by the rule of its kind of id."""
    return _ID_RULES[id_type](value)


def person_name(value: str) -> str:
    """Check a person's name as on the id: 2 to 60 characters, the interpunct · between parts."""
    if not PERSON_NAME_MIN <= len(value) <= PERSON_NAME_MAX:
        raise Unfit("name_length_wrong")
    if not _PERSON.fullmatch(value):
        raise Unfit("name_characters_wrong")
    return value


def organisation_name(value: str) -> str:
    """Check an organisation's name."""
    if not _ORGANISATION.fullmatch(value) or not _HAN_OR_LATIN.search(value):
        raise Unfit("organisation_name_wrong")
    return value


def mobile(value: str) -> str:
    """Check a mobile number of the mainland."""
    if not _MOBILE.fullmatch(value):
        raise Unfit("mobile_wrong")
    return value


def telephone(value: str) -> str:
    """Check a mobile number or a fixed line, which organisations may have."""
    if not _MOBILE.fullmatch(value) and not _TELEPHONE.fullmatch(value):
        raise Unfit("telephone_wrong")
    return value


def email(value: str) -> str:
    """Check a mail address; the policy is mailed there."""
    local, _, domain = value.rpartition("@")
    if (
        len(local) > _EMAIL_LOCAL_MAX
        or not _EMAIL_LOCAL.fullmatch(local)
        or not _EMAIL_DOMAIN.fullmatch(domain)
    ):
        raise Unfit("email_wrong")
    return value


def bank_account(value: str) -> str:
    """Check a bank card: 13 to 19 digits that pass the Luhn check (ISO/IEC 7812-1)."""
    if not _CARD.fullmatch(value):
        raise Unfit("account_format_wrong")
    doubled = [sum(divmod(2 * int(digit), 10)) for digit in value[-2::-2]]
    if (sum([int(digit) for digit in value[-1::-2]]) + sum(doubled)) % 10:
        raise Unfit("account_check_digit_wrong")
    return value


def postcode(value: str) -> str:
    """Check a postcode."""
    if not _POSTCODE.fullmatch(value):
        raise Unfit("postcode_wrong")
    return value


def nationality(value: str) -> str:
    """Check a country's three letters (GB/T 2659)."""
    if not _NATIONALITY.fullmatch(value):
        raise Unfit("nationality_wrong")
    return value
