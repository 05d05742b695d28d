"""Checks that the vehicle's values fit each other and the form: kind, energy, plate, VIN."""

from collections.abc import Iterator, Mapping
from datetime import date

from baozhen.insurance.parties.errors import Unfit
from baozhen.insurance.products.rules import (
    KINDS_OF_FORM,
    KINDS_OUTSIDE_NEW_ENERGY,
    NEW_ENERGY_FUELS,
)
from baozhen.insurance.proposals.content import ProposalData, Vehicle
from baozhen.insurance.proposals.faults import Fault, fault, require
from baozhen.insurance.proposals.vehicles import (
    LARGE_NEW_ENERGY,
    NEW_ENERGY_PLATES,
    SMALL_NEW_ENERGY,
    TEMPORARY_PLATES,
    check_plate,
    has_check_digit,
)

_ASKED_BY_FORM: Mapping[str, tuple[str, ...]] = {
    "car": (),
    "new_energy": ("power_kw", "motor_no"),
    "special": ("special_class", "special_use"),
    "motorcycle_tractor": (),
    "single_trip": ("trip",),
}
_ASKED_BY_KIND: Mapping[str, tuple[str, ...]] = {
    "motorcycle": ("motorcycle_class",),
    "tractor": ("tractor_type", "power_kw"),
    "truck": ("approved_load_kg",),
}
_ASKED_BY_BATTERY = ("battery_type", "battery_kwh", "electric_range_km")
_WITH_BATTERY = frozenset({"battery_electric", "plug_in_hybrid"})
_WITH_ENGINE = frozenset({"fuel", "plug_in_hybrid", "other_hybrid"})
_TAXED_BY_ENGINE = frozenset({"passenger", "motorcycle"})
_TEMPORARY_PARTS = ("temporary_plate_no", "temporary_plate_office", "temporary_plate_valid_to")

_MOTORCYCLE_PLATES = frozenset({"07", "08"})
_TRACTOR_PLATE = "14"
_PLATES_OF_CARS = frozenset({"01", "02", "13", "15"}) | NEW_ENERGY_PLATES
# GA 36-2018: the colours of new energy plates, which no other plate has.
_COLOR_OF_PLATE = {SMALL_NEW_ENERGY: "gradient_green", LARGE_NEW_ENERGY: "yellow_green"}
_PLATE_OF_COLOR = {color: plate for plate, color in _COLOR_OF_PLATE.items()}


def check_kind(proposal: ProposalData) -> Iterator[Fault]:
    """The form is the one for this kind of vehicle; trailers take no cover of their own."""
    kind = proposal.vehicle.kind
    if kind == "trailer":
        # 交强险条例 第四十二条
        yield fault("trailer_not_insured", "vehicle.kind")
    elif kind not in KINDS_OF_FORM[proposal.form]:
        yield fault("kind_form_disagree", "vehicle.kind")


def check_energy(proposal: ProposalData) -> Iterator[Fault]:
    """New energy vehicles use their own form, and only they do (新能源汽车专属条款)."""
    vehicle = proposal.vehicle
    is_new_energy = vehicle.fuel in NEW_ENERGY_FUELS
    if proposal.form == "new_energy":
        if not is_new_energy:
            yield fault("fuel_not_new_energy", "vehicle.fuel")
    elif is_new_energy and vehicle.kind not in KINDS_OUTSIDE_NEW_ENERGY:
        yield fault("fuel_needs_new_energy_form", "vehicle.fuel")


def check_asked(proposal: ProposalData) -> Iterator[Fault]:
    """What this form asks for is there."""
    vehicle = proposal.vehicle
    asked = [*_ASKED_BY_FORM[proposal.form], *_ASKED_BY_KIND.get(vehicle.kind, ())]
    if proposal.form == "new_energy" and vehicle.fuel in _WITH_BATTERY:
        asked += _ASKED_BY_BATTERY
    if vehicle.kind in _TAXED_BY_ENGINE and vehicle.fuel in _WITH_ENGINE:
        asked.append("displacement_ml")
    for name in asked:
        if getattr(vehicle, name) is None:
            yield fault("field_missing_for_form", f"vehicle.{name}")


def check_plate_status(vehicle: Vehicle) -> Iterator[Fault]:
    """A plate is there when it was issued; a temporary one names its office and last day."""
    is_issued = vehicle.plate_status == "issued"
    if is_issued and vehicle.plate_no is None:
        yield fault("plate_no_missing", "vehicle.plate_no")
    if not is_issued and vehicle.plate_no is not None:
        yield fault("plate_no_unexpected", "vehicle.plate_no")
    if vehicle.plate_status == "temporary":
        for name in _TEMPORARY_PARTS:
            if getattr(vehicle, name) is None:
                yield fault("temporary_plate_part_missing", f"vehicle.{name}")


def check_plate_no(vehicle: Vehicle) -> Iterator[Fault]:
    """The plate has the form of its type and the letter of its energy (GA 36)."""
    if vehicle.plate_status != "issued" or vehicle.plate_no is None:
        return
    try:
        check_plate(require(vehicle.plate_no), vehicle.plate_type, vehicle.fuel)
    except Unfit as error:
        yield fault(error.code, "vehicle.plate_no", **error.facts)


def check_plate_color(vehicle: Vehicle) -> Iterator[Fault]:
    """New energy plates have their own colours."""
    wanted = _COLOR_OF_PLATE.get(vehicle.plate_type)
    if wanted is None:
        # A temporary plate of a new energy car may be told by the colour to come.
        wrong = vehicle.plate_color in _PLATE_OF_COLOR and vehicle.plate_status == "issued"
    else:
        wrong = vehicle.plate_color != wanted
    if wrong:
        yield fault("plate_color_disagrees", "vehicle.plate_color")


def check_plate_type(vehicle: Vehicle) -> Iterator[Fault]:
    """The type of plate is one that this status, kind of vehicle and energy can have."""
    kind, plate = vehicle.kind, vehicle.plate_type
    is_temporary = plate in TEMPORARY_PLATES
    wrong = (
        (vehicle.plate_status == "issued" and is_temporary)
        or (vehicle.plate_status == "temporary" and not is_temporary)
        or (plate in _MOTORCYCLE_PLATES and kind != "motorcycle")
        or (plate == _TRACTOR_PLATE and kind != "tractor")
        or (plate in _PLATES_OF_CARS and kind in {"motorcycle", "tractor"})
        or (plate in NEW_ENERGY_PLATES and vehicle.fuel not in NEW_ENERGY_FUELS)
    )
    if wrong:
        yield fault("plate_type_disagrees", "vehicle.plate_type")


def check_registration(vehicle: Vehicle, today: date) -> Iterator[Fault]:
    """A registered vehicle has its day of registration, another the day of its invoice."""
    name = "first_registered_on" if vehicle.plate_status == "issued" else "invoice_on"
    if getattr(vehicle, name) is None:
        yield fault(f"{name}_missing", f"vehicle.{name}")
    for part in ("first_registered_on", "invoice_on", "transferred_on"):
        on = getattr(vehicle, part)
        if on is not None and on > today:
            yield fault("vehicle_date_future", f"vehicle.{part}")


def check_transfer(vehicle: Vehicle) -> Iterator[Fault]:
    """A transfer has its day, not before the first registration."""
    if vehicle.transferred and vehicle.transferred_on is None:
        yield fault("transferred_on_missing", "vehicle.transferred_on")
    on, registered = vehicle.transferred_on, vehicle.first_registered_on
    if on is not None and registered is not None and on < registered:
        yield fault("transferred_before_registered", "vehicle.transferred_on")


def check_vin(vehicle: Vehicle) -> Iterator[Fault]:
    """A VIN of the mainland has its check digit (GB 16735)."""
    if not vehicle.imported and not has_check_digit(vehicle.vin):
        yield fault("vin_check_digit_wrong", "vehicle.vin")


def warn_of_vin(vehicle: Vehicle) -> Iterator[Fault]:
    """Some regions build cars without a check digit: a person has a look."""
    if vehicle.imported and not has_check_digit(vehicle.vin):
        yield fault("vin_check_digit_absent", "vehicle.vin")


def check_prices(vehicle: Vehicle) -> Iterator[Fault]:
    """A vehicle has a price, and is not worth more than a new one."""
    if vehicle.new_price_fen == 0:
        yield fault("new_price_zero", "vehicle.new_price")
    if vehicle.actual_value_fen is not None and vehicle.actual_value_fen > vehicle.new_price_fen:
        yield fault("actual_value_above_price", "vehicle.actual_value")
