"""Make valid proposals, as many as wanted: synthetic persons, all five forms, sums that add up.

`python -m bench.generate --count 1000 > proposals.jsonl`. The serial number decides everything, so
the same serial is the same proposal again.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
FORMS = ("car", "new_energy", "special", "motorcycle_tractor", "single_trip")
SIGNED_FROM = datetime(2026, 3, 2, 9, 0, tzinfo=SHANGHAI)
CENT = Decimal("0.01")
_GIVEN = "安宁清远明达思齐嘉禾子衿若水怀瑾承泽知行景和云舒书瑶一鸣浩然欣怡晓峰雨桐"
_RARE = "喆堃燊昇玥淼"
_VIN_VALUES = dict(
    zip(
        "0123456789ABCDEFGHJKLMNPRSTUVWXYZ",
        (
            *range(10),
            1,
            2,
            3,
            4,
            5,
            6,
            7,
            8,
            1,
            2,
            3,
            4,
            5,
            7,
            9,
            2,
            3,
            4,
            5,
            6,
            7,
            8,
            9,
        ),
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


@dataclass(frozen=True, kw_only=True)
class Region:
    """A branch and what depends on its place."""

    code: str
    province: str
    city: str
    plate: str
    three_years_free: str
    tax_2_litres: str


REGIONS = (
    Region(
        code="11",
        province="北京市",
        city="北京市",
        plate="京",
        three_years_free="-0.35",
        tax_2_litres="480.00",
    ),
    Region(
        code="44",
        province="广东省",
        city="广州市",
        plate="粤",
        three_years_free="-0.3",
        tax_2_litres="420.00",
    ),
    Region(
        code="51",
        province="四川省",
        city="成都市",
        plate="川",
        three_years_free="-0.3",
        tax_2_litres="360.00",
    ),
)


@dataclass(frozen=True, kw_only=True)
class Cover:
    """What one form insures: vehicle facts, the compulsory base, and the commercial lines."""

    vehicle: dict[str, object]
    base: str
    lines: tuple[tuple[str, str, str, str, int | None], ...]
    factors: tuple[str, str] = ("1", "1")
    tax: tuple[str, str] = ("normal", "60.00")
    float_code: str = "none"


def proposals(count: int, *, first: int = 1, forms: tuple[str, ...] = FORMS) -> Iterator[dict]:
    """Yield proposals with consecutive serial numbers."""
    for serial in range(first, first + count):
        yield make_proposal(serial, form=forms[serial % len(forms)])


def make_proposal(serial: int, *, form: str = "car") -> dict:
    """Return the proposal of one serial number (1 to 99,999,999)."""
    region = REGIONS[serial % len(REGIONS)]
    signed_at = SIGNED_FROM + timedelta(minutes=serial % 200_000 // 10)
    cover_on = signed_at.date() + timedelta(days=3)
    cover = _COVERS[form](serial, region, cover_on)
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


def _car(serial: int, region: Region, cover_on: date) -> Cover:
    registered = cover_on - timedelta(days=400 + serial % 1500)
    price = Decimal(180000)
    worth = price * (1 - Decimal("0.006") * _months(registered, cover_on))
    return Cover(
        vehicle={
            "kind": "passenger",
            "brand_model": "示例牌SL7200A",
            "model_code": "SLABCD0001",
            "first_registered_on": registered.isoformat(),
            "displacement_ml": 1998,
            "seats": 5,
            "new_price": "180000.00",
            "curb_mass_kg": 1500,
            "plate_type": "02",
        },
        base="950.00",
        lines=(
            ("A", "机动车损失保险", _yuan(worth), "1488.00", None),
            ("B", "机动车第三者责任保险", "2000000.00", "922.08", None),
            ("D1", "机动车车上人员责任保险（驾驶人）", "10000.00", "28.99", None),
            ("D2", "机动车车上人员责任保险（乘客）", "10000.00", "74.52", 4),
            ("F9", "附加医保外医疗费用责任险", "100000.00", "73.33", None),
        ),
        factors=("0.6", "0.85"),
        tax=("normal", region.tax_2_litres),
        float_code="A3",
    )


def _new_energy(serial: int, region: Region, cover_on: date) -> Cover:
    registered = cover_on - timedelta(days=400 + serial % 400)
    price = Decimal(239800)
    worth = price * (1 - Decimal("0.0072") * _months(registered, cover_on))
    return Cover(
        vehicle={
            "kind": "passenger",
            "brand_model": "示例牌SN7002BEV",
            "model_code": "SNABCD0001",
            "first_registered_on": registered.isoformat(),
            "seats": 5,
            "new_price": "239800.00",
            "curb_mass_kg": 1900,
            "plate_type": "52",
            "plate_color": "gradient_green",
            "fuel": "battery_electric",
            "power_kw": "150",
            "battery_type": "三元锂",
            "battery_kwh": "78.4",
            "electric_range_km": 602,
            "motor_no": f"M{serial:09d}",
            "plate_no": f"{region.plate}ZD{serial % 100_000:05d}",
            "charging_pile": {
                "model": "CP-7KW",
                "serial_no": f"PILE{serial:08d}",
                "kind": "wall",
                "install_address": f"{region.city}测试区示例路{serial % 900 + 1}号车库",
                "value": "3000.00",
            },
        },
        base="950.00",
        lines=(
            ("NA", "新能源汽车损失保险", _yuan(worth), "3080.00", None),
            ("NB", "新能源汽车第三者责任保险", "3000000.00", "1074.67", None),
            ("ND1", "新能源汽车车上人员责任保险（驾驶人）", "10000.00", "25.58", None),
            ("ND2", "新能源汽车车上人员责任保险（乘客）", "10000.00", "65.76", 4),
            ("NG", "附加外部电网故障损失险", "3000.00", "48.00", None),
            ("NH", "附加自用充电桩损失保险", "3000.00", "60.00", None),
            ("NI", "附加自用充电桩责任保险", "100000.00", "50.00", None),
        ),
        factors=("1.0", "1.05"),
        tax=("not_taxable", "0.00"),
        float_code="A4",
    )


def _special(serial: int, region: Region, cover_on: date) -> Cover:
    return Cover(
        vehicle={
            "kind": "special",
            "special_class": 2,
            "brand_model": "示例牌SL5250JQZ",
            "model_code": "STABCD0001",
            "seats": 2,
            "curb_mass_kg": 20000,
            "plate_type": "01",
            "plate_color": "yellow",
            "use_nature": "non_commercial_person",
            "first_registered_on": (cover_on - timedelta(days=700)).isoformat(),
            "new_price": "860000.00",
            "special_use": "起重作业",
            "fixed_equipment": [{"name": "吊机", "model": "DJ-25", "value": "300000.00"}],
            "working_area": region.city,
        },
        base="2430.00",
        lines=(
            ("SA", "特种车损失保险", "560000.00", "5600.00", None),
            ("SB", "特种车第三者责任保险", "1000000.00", "2700.00", None),
            ("SF", "附加特种车辆固定设备、仪器损坏扩展条款", "300000.00", "800.00", None),
        ),
        factors=("1.0", "1.18"),
        tax=("normal", "1920.00"),
        float_code="new",
    )


def _motorcycle(serial: int, region: Region, cover_on: date) -> Cover:
    return Cover(
        vehicle={
            "kind": "motorcycle",
            "motorcycle_class": "two_wheel",
            "brand_model": "示例牌SL150-2",
            "model_code": "SMABCD0001",
            "seats": 2,
            "displacement_ml": 150,
            "curb_mass_kg": 130,
            "new_price": "9800.00",
            "plate_type": "07",
            "plate_color": "yellow",
            "use_nature": "non_commercial_person",
            "first_registered_on": (cover_on - timedelta(days=500)).isoformat(),
        },
        base="120.00",
        lines=(("MB", "摩托车、拖拉机第三者责任保险", "100000.00", "120.00", None),),
    )


def _single_trip(serial: int, region: Region, cover_on: date) -> Cover:
    return Cover(
        vehicle={
            "kind": "passenger",
            "brand_model": "示例牌SL6480B",
            "model_code": "SLABCD0002",
            "displacement_ml": 1498,
            "seats": 5,
            "new_price": "98000.00",
            "curb_mass_kg": 1500,
            "plate_status": "temporary",
            "plate_no": None,
            "plate_type": "22",
            "temporary_plate_no": f"{region.plate}Z临{serial % 100_000:05d}",
            "temporary_plate_office": f"{region.city}公安局交通管理局",
            "temporary_plate_valid_to": (cover_on + timedelta(days=30)).isoformat(),
            "invoice_on": (cover_on - timedelta(days=12)).isoformat(),
            "trip": {
                "origin": region.city,
                "destination": "重庆市",
                "planned_km": 316,
                "delivery_mode": "自驾",
            },
        },
        base="95.00",
        lines=(
            ("TA", "机动车单程提车损失保险", "98000.00", "240.00", None),
            ("TB", "机动车单程提车第三者责任保险", "1000000.00", "180.00", None),
        ),
        tax=("deferred", "0.00"),
    )


_COVERS = {
    "car": _car,
    "new_energy": _new_energy,
    "special": _special,
    "motorcycle_tractor": _motorcycle,
    "single_trip": _single_trip,
}


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
        "premium": _yuan(Decimal(cover.base) * (1 + Decimal(rate))),
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
            "premium": _yuan(Decimal(base) * factor),
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


def _months(since: date, until: date) -> int:
    """Return the full months between two dates."""
    months = (until.year - since.year) * 12 + until.month - since.month
    return months - (until.day < since.day)


def _instant(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


def _yuan(amount: Decimal) -> str:
    return str(amount.quantize(CENT, ROUND_HALF_UP))


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
