"""What each of the five forms insures: a typical vehicle with its lines of cover, by region."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

_CENT = Decimal("0.01")


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


def yuan(amount: Decimal) -> str:
    """Return an amount in yuan, to the cent."""
    return str(amount.quantize(_CENT, ROUND_HALF_UP))


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
            ("A", "机动车损失保险", yuan(worth), "1488.00", None),
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
            ("NA", "新能源汽车损失保险", yuan(worth), "3080.00", None),
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


COVERS = {
    "car": _car,
    "new_energy": _new_energy,
    "special": _special,
    "motorcycle_tractor": _motorcycle,
    "single_trip": _single_trip,
}


def _months(since: date, until: date) -> int:
    """Return the full months between two dates."""
    months = (until.year - since.year) * 12 + until.month - since.month
    return months - (until.day < since.day)
