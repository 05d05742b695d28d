"""Changes that correct what premium and tax were worked out from: seats, displacement, tax relief.

What a correct fact makes dearer or cheaper follows the tables. A year's premium counts for the
days to come; vehicle tax is owed by the year (车船税法实施条例 第二十三条), so its difference is
collected or given back whole.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from baozhen.foundation.money import fen_from_yuan, yuan_from_fen
from baozhen.insurance.endorsements.errors import ChangeIncomplete
from baozhen.insurance.endorsements.patching import (
    Asked,
    Content,
    Patch,
    apply,
    day_of,
    repriced,
    value_of,
)
from baozhen.insurance.endorsements.pricing import (
    base_premium_fen,
    compulsory_base_fen,
    costs_other_base,
    line_fen,
    tax_of_year,
)

CORRECTED_RELIEFS = ("normal", "reduced", "exempt", "paid", "not_taxable")
_CERTIFIED = frozenset({"reduced", "exempt", "paid"})
_NUMBERS = {"displacement_ml": ("排量", 99_999), "curb_mass_kg": ("整备质量", 99_999)}
_SEATS_MAX = 99


def seats(content: Content, asked: Asked) -> Iterator[Patch]:
    """The vehicle has other seats than was said: class, passenger cover and tax follow."""
    number = _number(asked, "seats", "核定载客人数", most=_SEATS_MAX)
    said = content["vehicle"]["seats"]
    if number in (None, said):
        raise ChangeIncomplete(path="seats", what="请填写正确的核定载客人数，与保单上的不同")
    patches = [Patch("vehicle.seats", number), *_passengers(content, number - 1)]
    changed = apply(content, patches)
    yield from patches
    yield from compulsory_repriced(content, changed, asked)
    yield from _lines_repriced(content, changed, asked)
    yield from _retaxed(content, changed, asked)


def tax(content: Content, asked: Asked) -> Iterator[Patch]:
    """The tax was collected by a wrong fact, or without a relief that the owner has."""
    vehicle = content["vehicle"]
    patches = [
        Patch(f"vehicle.{name}", number)
        for name, (title, most) in _NUMBERS.items()
        if (number := _number(asked, name, title, most=most)) not in (None, vehicle.get(name))
    ]
    patches += _relief(content, asked)
    if not patches:
        raise ChangeIncomplete(path="relief", what="请填写要更正的排量、整备质量或车船税标志")
    changed = apply(content, patches)
    yield from patches
    yield from compulsory_repriced(content, changed, asked)
    yield from _lines_repriced(content, changed, asked)
    yield from _retaxed(content, changed, asked)


def compulsory_repriced(before: Content, after: Content, asked: Asked) -> Iterator[Patch]:
    """Yield the compulsory premium where the vehicle belongs to another class."""
    if not costs_other_base(before, after, asked.tables):
        return
    base = compulsory_base_fen(after, asked.tables)
    premium = line_fen(base, [1 + Decimal(after["compulsory"]["float_rate"])])
    yield Patch("compulsory.base_premium", yuan_from_fen(base))
    yield Patch("compulsory.premium", yuan_from_fen(premium))


def _passengers(content: Content, most: int) -> Iterator[Patch]:
    """Who insured every passenger's seat insures every one; nobody more than there are."""
    before = content["vehicle"]["seats"] - 1
    for index, line in enumerate((content.get("commercial") or {}).get("coverages", ())):
        if line.get("seats") and (line["seats"] == before or line["seats"] > most):
            yield Patch(f"commercial.coverages.{index}.seats", most)


def _lines_repriced(before: Content, after: Content, asked: Asked) -> Iterator[Patch]:
    """Yield what costs another base than before by the same tables; the others stay."""
    for index, line in enumerate((after.get("commercial") or {}).get("coverages", ())):
        old = base_premium_fen(before, index, asked.tables)
        if base_premium_fen(after, index, asked.tables) != old:
            yield from repriced(after, index, line, asked)


def _relief(content: Content, asked: Asked) -> list[Patch]:
    relief, paid = asked.values.get("relief", ""), content["vehicle_tax"]
    if not relief or relief == paid["relief"]:
        return []
    if relief not in CORRECTED_RELIEFS:
        raise ChangeIncomplete(path="relief", what="请选择车船税标志")
    nothing = yuan_from_fen(0)
    return [
        Patch("vehicle_tax.relief", relief),
        Patch("vehicle_tax.certificate", _certificate(asked) if relief in _CERTIFIED else None),
        Patch("vehicle_tax.arrears", nothing),
        Patch("vehicle_tax.late_fee", nothing),
    ]


def _certificate(asked: Asked) -> dict[str, Any]:
    issued_on = value_of(asked, "certificate_issued_on", "请选择凭证的填发日期")
    if day_of(issued_on, "certificate_issued_on") > asked.effective_on:
        raise ChangeIncomplete(path="certificate_issued_on", what="填发日期不能晚于今天")
    return {
        "no": value_of(asked, "certificate_no", "请填写完税、免税或减税凭证号"),
        "office": value_of(asked, "certificate_office", "请填写填发凭证的税务机关"),
        "issued_on": issued_on,
    }


def _retaxed(before: Content, after: Content, asked: Asked) -> Iterator[Patch]:
    """Yield the year's tax where it is another by the tables that it was collected by."""
    paid = after["vehicle_tax"]
    current = tax_of_year(after, asked.first_tables)
    if current != tax_of_year(before, asked.first_tables):
        yield Patch("vehicle_tax.current", yuan_from_fen(current))
    else:
        current = fen_from_yuan(paid["current"])
    total = current + fen_from_yuan(paid["arrears"]) + fen_from_yuan(paid["late_fee"])
    if total != fen_from_yuan(paid["total"]):
        yield Patch("vehicle_tax.total", yuan_from_fen(total))


def _number(asked: Asked, name: str, title: str, *, most: int) -> int | None:
    text = asked.values.get(name, "").strip()
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= most:
        raise ChangeIncomplete(path=name, what=f"{title}请填写 1 至 {most} 的整数")
    return int(text)
