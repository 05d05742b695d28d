"""How documents describe the insured vehicle: the shared block and what each form adds to it."""

from decimal import Decimal

from baozhen.insurance.products.enumerations import label
from baozhen.insurance.proposals.content import ChargingPile, Equipment, Trip, Vehicle
from baozhen.insurance.proposals.print_wording import Field, figures, format_date


def plate_words(vehicle: Vehicle) -> str:
    """The plate as documents say it; a new vehicle has a temporary one or is 未上牌."""
    return vehicle.plate_no or vehicle.temporary_plate_no or "未上牌"


def vehicle_fields(vehicle: Vehicle) -> list[Field | None]:
    """Every field of the vehicle block (DOMAIN 2.2 V), then the special fields of the form."""
    plate = label("plate_type", vehicle.plate_type)
    color = label("plate_color", vehicle.plate_color)
    return [
        ["vehicle.plate_no", "号牌号码", plate_words(vehicle)],
        ["vehicle.plate_type", "号牌种类", f"{plate}（{color}）"],
        ["vehicle.vin", "车架号", vehicle.vin],
        ["vehicle.engine_no", "发动机号", vehicle.engine_no],
        ["vehicle.brand_model", "厂牌型号", vehicle.brand_model],
        ["vehicle.model_code", "行业车型码", vehicle.model_code],
        ["vehicle.kind", "机动车种类", _kind(vehicle)],
        ["vehicle.use_nature", "使用性质", label("use_nature", vehicle.use_nature)],
        ["vehicle.seats", "核定载客", f"{vehicle.seats}人"],
        _quantity("approved_load_kg", "核定载质量", vehicle.approved_load_kg, "千克"),
        _quantity("curb_mass_kg", "整备质量", vehicle.curb_mass_kg, "千克"),
        _quantity("displacement_ml", "排量", vehicle.displacement_ml, "毫升"),
        _quantity("power_kw", "功率", vehicle.power_kw, "千瓦"),
        ["vehicle.fuel", "能源种类", label("fuel", vehicle.fuel)],
        *_dates(vehicle),
        ["vehicle.imported", "产地", "进口" if vehicle.imported else "国产"],
        ["vehicle.new_price", "新车购置价", f"{figures(vehicle.new_price_fen)}元"],
        _amount("actual_value", "协商实际价值", vehicle.actual_value_fen),
        _text("last_policy_no", "上年保单号", vehicle.last_policy_no),
        *_new_energy(vehicle),
        *_special(vehicle),
        *_trip(vehicle.trip),
    ]


def _kind(vehicle: Vehicle) -> str:
    if vehicle.special_class is not None:
        return label("special_class", str(vehicle.special_class))
    if vehicle.motorcycle_class is not None:
        return label("motorcycle_class", vehicle.motorcycle_class)
    kind = label("vehicle_kind", vehicle.kind)
    if vehicle.tractor_type is not None:
        return f"{kind}（{label('tractor_type', vehicle.tractor_type)}）"
    return kind


def _dates(vehicle: Vehicle) -> list[Field | None]:
    fields: list[Field | None] = []
    if vehicle.first_registered_on is not None:
        text = format_date(vehicle.first_registered_on)
        fields.append(["vehicle.first_registered_on", "初次登记", text])
    if vehicle.invoice_on is not None:
        fields.append(["vehicle.invoice_on", "购车发票", format_date(vehicle.invoice_on)])
    if vehicle.transferred_on is not None:
        fields.append(["vehicle.transferred_on", "过户日期", format_date(vehicle.transferred_on)])
    else:
        fields.append(["vehicle.transferred", "是否过户", "是" if vehicle.transferred else "否"])
    if vehicle.temporary_plate_valid_to is not None:
        until = format_date(vehicle.temporary_plate_valid_to)
        fields.append(["vehicle.temporary_plate_valid_to", "临牌有效期至", until])
    fields.append(_text("temporary_plate_office", "临牌核发机关", vehicle.temporary_plate_office))
    return fields


def _new_energy(vehicle: Vehicle) -> list[Field | None]:
    return [
        _text("motor_no", "电机号", vehicle.motor_no),
        _text("battery_type", "电池类型", vehicle.battery_type),
        _quantity("battery_kwh", "电池容量", vehicle.battery_kwh, "千瓦时"),
        _quantity("electric_range_km", "纯电续航", vehicle.electric_range_km, "公里"),
        _pile(vehicle.charging_pile),
    ]


def _pile(pile: ChargingPile | None) -> Field | None:
    if pile is None:
        return None
    words = [
        pile.model,
        f"编号 {pile.serial_no}",
        label("charging_pile_kind", pile.kind),
        f"安装于{pile.install_address}",
        f"价值 {figures(pile.value_fen)}元",
    ]
    if pile.owner_name:
        words.insert(0, f"所有人{pile.owner_name}")
    return ["vehicle.charging_pile", "自用充电桩", "，".join(words)]


def _special(vehicle: Vehicle) -> list[Field | None]:
    equipment = "；".join(_equipment(item) for item in vehicle.fixed_equipment or ())
    return [
        _text("special_use", "特种车用途", vehicle.special_use),
        _text("working_area", "作业区域", vehicle.working_area),
        ["vehicle.fixed_equipment", "固定设备仪器", equipment] if equipment else None,
    ]


def _equipment(item: Equipment) -> str:
    name = f"{item.name}（{item.model}）" if item.model else item.name
    return f"{name} {figures(item.value_fen)}元"


def _trip(trip: Trip | None) -> list[Field | None]:
    if trip is None:
        return []
    return [
        ["vehicle.trip.origin", "行程", f"{trip.origin}至{trip.destination}"],
        _quantity("trip.planned_km", "计划里程", trip.planned_km, "公里"),
        _text("trip.delivery_mode", "提车方式", trip.delivery_mode),
    ]


def _text(name: str, title: str, value: str | None) -> Field | None:
    return [f"vehicle.{name}", title, value] if value else None


def _amount(name: str, title: str, fen: int | None) -> Field | None:
    return None if fen is None else [f"vehicle.{name}", title, f"{figures(fen)}元"]


def _quantity(name: str, title: str, value: int | Decimal | None, unit: str) -> Field | None:
    return None if value is None else [f"vehicle.{name}", title, f"{value:,}{unit}"]
