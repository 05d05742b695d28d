"""Make valid proposals, as many as wanted: synthetic persons, all five forms, sums that add up.

`python -m bench.generate --count 1000 > proposals.jsonl`. The serial number decides everything, so
the same serial is the same proposal again.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from bench.covers import COVERS, REGIONS, Cover, Region, yuan

SHANGHAI = ZoneInfo("Asia/Shanghai")
FORMS = tuple(COVERS)
SIGNED_FROM = datetime(2026, 3, 2, 9, 0, tzinfo=SHANGHAI)
_GIVEN = "安宁清远明达思齐嘉禾子衿若水怀瑾承泽知行景和云舒书瑶一鸣浩然欣怡晓峰雨桐"
_RARE = "喆堃燊昇玥淼"
_VIN_VALUES = dict(
    zip(
        "0123456789ABCDEFGHJKLMNPRSTUVWXYZ",
        map(int, "012345678912345678123457923456789"),
        strict=True,
    )
)  # GB 16735
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643
_LIMITS = {
    "fault": {"death": 180000, "medical": 18000, "property": 2000},
    "no_fault": {"death": 18000, "medical": 1800, "property": 100},
}
_DECLARATIONS = (
    "truthful",
    "clauses_received",
    "exclusions_explained",
    "personal_information",
    "own_account",
    "electronic_form",
)
_DOCUMENTS = (
    "proposal",
    "clauses",
    "float_notice",
    "exclusions",
    "real_name_payment",
    "privacy_policy",
    "personal_information",
)


def proposals(count: int, *, first: int = 1, forms: tuple[str, ...] = FORMS) -> Iterator[dict]:
    """Yield proposals with consecutive serial numbers."""
    for serial in range(first, first + count):
        yield make_proposal(serial, form=forms[serial % len(forms)])


def make_proposal(serial: int, *, form: str = "car") -> dict:
    """Return the proposal of one serial number (1 to 99,999,999)."""
    region = REGIONS[serial % len(REGIONS)]
    signed_at = SIGNED_FROM + timedelta(minutes=serial % 200_000 // 10)
    cover_on = signed_at.date() + timedelta(days=3)
    cover = COVERS[form](serial, region, cover_on)
    ends_on = cover_on + timedelta(days=30) if form == "single_trip" else _next_year(cover_on)
    person = _person(serial, region)
    compulsory = _compulsory(serial, region, cover, (cover_on, ends_on))
    commercial = _commercial(serial, region, cover, (cover_on, ends_on))
    tax = _tax(cover, cover_on)
    total = sum(map(Decimal, (compulsory["premium"], commercial["premium"], tax["total"])))
    return {
        "proposal_no": f"TBX2026{serial:08d}",
        "form": form,
        "insurer": "DEMO",
        "branch": {
            "code": f"DEMO{region.code}",
            "name": f"示例财产保险股份有限公司{region.province}分公司",
        },
        "submitted_at": _instant(signed_at - timedelta(hours=2)),
        "policyholder": person,
        "relation_to_insured": "self",
        "relation_to_owner": "self",
        "insured": person,
        "owner": person,
        "vehicle": _vehicle(serial, region, cover),
        "compulsory": compulsory,
        "commercial": commercial,
        "vehicle_tax": tax,
        "special_agreements": [
            {"code": "T001", "text": "发生保险事故时，请及时拨打客户服务电话报案。"}
        ],
        "dispute": {"mode": "litigation"},
        "source": {"channel": "direct"},
        "underwriting": {
            "decision": "accepted",
            "decided_at": _instant(signed_at - timedelta(hours=1)),
            "underwriter": "UW001",
        },
        "signature": {
            "signed_at": _instant(signed_at),
            "otp_verified_at": _instant(signed_at + timedelta(minutes=4)),
            "method": "handwriting",
            "declarations": list(_DECLARATIONS),
            "evidence_no": f"EVX{serial:010d}",
            "documents_read": list(_DOCUMENTS),
        },
        "payment": {
            "order_no": f"PAYX{serial:010d}",
            "payer_name": person["name"],
            "payer_id_no": person["id_no"],
            "account": _luhn(f"621234{serial:012d}"),
            "channel": ("wechat", "alipay", "unionpay")[serial % 3],
            "amount": str(total),
            "paid_at": _instant(signed_at + timedelta(minutes=6)),
        },
        "total": str(total),
    }


def _person(serial: int, region: Region) -> dict:
    born = date(1962, 1, 1) + timedelta(days=serial * 37 % 14_000)
    order = serial % 100
    gender = serial % 2
    stem = f"{region.code}0199{born:%Y%m%d}{order:02d}{gender + 2 * (serial // 7 % 4)}"
    rare = _RARE[serial % len(_RARE)] if serial % 11 == 0 else ""
    return {
        "kind": "person",
        "name": "测试" + _GIVEN[serial % len(_GIVEN)] + rare,
        "id_type": "resident_id",
        "id_no": stem + _id_check(stem),
        "id_valid_from": "2016-05-01",
        "id_valid_to": None if born.year < 1975 else "2036-05-01",
        "gender": "male" if (gender + 2 * (serial // 7 % 4)) % 2 else "female",
        "birth_date": born.isoformat(),
        "mobile": f"161{serial % 10**8:08d}",
        "email": f"test{serial}@example.com",
        "nationality": "CHN",
        "occupation": ("职员", "教师", "工程师")[serial % 3],
        "address": {
            "province": region.province,
            "city": region.city,
            "county": "测试区",
            "detail": f"示例路{serial % 900 + 1}号{serial % 30 + 1}栋{serial % 800 + 101}室",
            "postcode": f"{region.code}0000",
        },
    }


def _vehicle(serial: int, region: Region, cover: Cover) -> dict:
    vehicle = {
        "plate_status": "issued",
        "plate_color": "blue",
        "use_nature": "family",
        "first_registered_on": None,
        "transferred": False,
        "imported": False,
        "fuel": "fuel",
        "engine_no": f"T{serial:09d}",
        "vin": _vin(serial),
        **cover.vehicle,
    }
    if "plate_no" not in vehicle:
        vehicle["plate_no"] = f"{region.plate}Z{serial % 100_000:05d}"
    return vehicle


def _compulsory(serial: int, region: Region, cover: Cover, period: tuple[date, date]) -> dict:
    rate = region.three_years_free if cover.float_code == "A3" else "0"
    short_term = (period[1] - period[0]).days < 100
    return {
        "policy_no": f"PDZA2026{region.code}X{serial:08d}",
        **_period(period),
        "term_ground": "临时上道路" if short_term else None,
        "base_premium": cover.base,
        "float_code": cover.float_code,
        "float_rate": rate,
        "premium": yuan(Decimal(cover.base) * (1 + Decimal(rate))),
        "limits": _LIMITS,
    }


def _commercial(serial: int, region: Region, cover: Cover, period: tuple[date, date]) -> dict:
    ncd, pricing = cover.factors
    factor = Decimal(ncd) * Decimal(pricing)
    coverages = []
    for code, name, insured, base, seats in cover.lines:
        line = {
            "code": code,
            "name": name,
            "sum_insured": insured,
            "base_premium": base,
            "premium": yuan(Decimal(base) * factor),
        }
        coverages.append(line if seats is None else {**line, "seats": seats})
    return {
        "policy_no": f"PDAA2026{region.code}X{serial:08d}",
        **_period(period),
        "factors": {"ncd": ncd, "traffic_violation": "1.0", "self_pricing": pricing},
        "coverages": coverages,
        "premium": str(sum(Decimal(line["premium"]) for line in coverages)),
    }


def _tax(cover: Cover, cover_on: date) -> dict:
    relief, amount = cover.tax
    return {
        "relief": relief,
        "year": cover_on.year,
        "current": amount,
        "arrears": "0.00",
        "late_fee": "0.00",
        "total": amount,
    }


def _period(period: tuple[date, date]) -> dict:
    return {
        "cover_starts_at": f"{period[0].isoformat()}T00:00:00+08:00",
        "cover_ends_at": f"{period[1].isoformat()}T00:00:00+08:00",
    }


def _next_year(on: date) -> date:
    try:
        return on.replace(year=on.year + 1)
    except ValueError:
        return date(on.year + 1, 3, 1)


def _instant(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


def _vin(serial: int) -> str:
    body = f"L9TESTXX0S{serial % 10**7:07d}"[:17]
    total = sum(
        _VIN_VALUES[character] * weight
        for character, weight in zip(body, _VIN_WEIGHTS, strict=True)
    )
    check = "0123456789X"[total % 11]
    return body[:8] + check + body[9:]


def _id_check(stem: str) -> str:
    total = sum(int(digit) * weight for digit, weight in zip(stem, _ID_WEIGHTS, strict=True))
    return "10X98765432"[total % 11]


def _luhn(stem: str) -> str:
    digits = [int(digit) for digit in reversed(stem)]
    total = sum(
        (digit * 2 - 9 if digit > 4 else digit * 2) if index % 2 == 0 else digit
        for index, digit in enumerate(digits)
    )
    return stem + str(-total % 10)


def main() -> int:
    """Print proposals, one JSON object a line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--form", choices=FORMS, action="append")
    arguments = parser.parse_args()
    forms = tuple(arguments.form or FORMS)
    for proposal in proposals(arguments.count, first=arguments.first, forms=forms):
        sys.stdout.write(json.dumps(proposal, ensure_ascii=False, separators=(",", ":")) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
