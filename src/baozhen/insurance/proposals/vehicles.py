"""Rules for the numbers of a vehicle: VIN, plates of every kind, engine and motor numbers."""

import re

from baozhen.insurance.parties.errors import Unfit

# GB 16735: values of the characters and weights of the 17 places; I, O and Q never occur.
_VIN_VALUES = {str(digit): digit for digit in range(10)} | dict(
    zip(
        "ABCDEFGHJKLMNPRSTUVWXYZ",
        (1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 7, 9, 2, 3, 4, 5, 6, 7, 8, 9),
        strict=True,
    )
)
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_VIN_SHAPE = re.compile(r"[0-9A-HJ-NPR-Z]{17}")

_PROVINCES = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新"
_LETTERS = "A-HJ-NP-Z"
# GA 36: seven characters without I and O; the last may be a word for what the vehicle is.
_ORDINARY = re.compile(rf"[{_PROVINCES}][{_LETTERS}][{_LETTERS}0-9]{{5}}")
_SUFFIXED = re.compile(rf"([{_PROVINCES}])([{_LETTERS}])[{_LETTERS}0-9]{{4}}([挂学警港澳领使试超])")
# GA 36-2018: eight characters; the letter says battery electric (D A B C E) or other (F G H J K).
_SMALL_NEW_ENERGY = re.compile(rf"[{_PROVINCES}][{_LETTERS}]([A-HJK])[{_LETTERS}0-9][0-9]{{4}}")
_LARGE_NEW_ENERGY = re.compile(rf"[{_PROVINCES}][{_LETTERS}][0-9]{{5}}([A-HJK])")
_TRACTOR = re.compile(rf"[{_PROVINCES}][0-9]{{2}}[0-9]{{5}}")
_TEMPORARY = re.compile(rf"[{_PROVINCES}][{_LETTERS}0-9临·]{{3,11}}")
BATTERY_ELECTRIC_LETTERS = frozenset("DABCE")

LARGE_NEW_ENERGY, SMALL_NEW_ENERGY = "51", "52"
NEW_ENERGY_PLATES = frozenset({LARGE_NEW_ENERGY, SMALL_NEW_ENERGY})
TEMPORARY_PLATES = frozenset({"20", "22"})
_TRACTOR_PLATE = "14"
# The plate types that must end in a word, and the word; 粤Z plates of 港 and 澳 are type 02 too.
_SUFFIX_OF_TYPE = {"15": "挂", "16": "学", "23": "警", "03": "使", "04": "领"}
_TYPE_OF_SUFFIX = {suffix: kind for kind, suffix in _SUFFIX_OF_TYPE.items()}
_NEW_ENERGY_FUELS = frozenset({"battery_electric", "fuel_cell", "plug_in_hybrid"})

_ENGINE = re.compile(r"[A-Z0-9](?:[A-Z0-9*/.+-]*[A-Z0-9*])?")


def vin(value: str) -> str:
    """Check the shape of a VIN 车架号; `has_check_digit` judges its ninth place."""
    if not _VIN_SHAPE.fullmatch(value):
        raise Unfit("vin_format_wrong")
    return value


def has_check_digit(value: str) -> bool:
    """Return whether the ninth place of a VIN is the check digit of GB 16735."""
    total = sum(
        [
            _VIN_VALUES[character] * weight
            for character, weight in zip(value, _VIN_WEIGHTS, strict=True)
        ]
    )
    return value[8] == "0123456789X"[total % 11]


def engine_no(value: str) -> str:
    """Check an engine or motor number: capitals, digits and a few marks, no spaces."""
    if not _ENGINE.fullmatch(value):
        raise Unfit("engine_no_wrong")
    return value


def temporary_plate(value: str) -> str:
    """Check a temporary plate 临时行驶车号牌."""
    if not _TEMPORARY.fullmatch(value):
        raise Unfit("temporary_plate_wrong")
    return value


def check_plate(plate_no: str, plate_type: str, fuel: str) -> str:
    """Check a plate by its type and, where its letter tells the energy, by the fuel."""
    if plate_type in NEW_ENERGY_PLATES:
        return _check_new_energy_plate(plate_no, plate_type, fuel)
    if plate_type == _TRACTOR_PLATE:
        if not _TRACTOR.fullmatch(plate_no):
            raise Unfit("plate_tractor_wrong")
        return plate_no
    suffixed = _SUFFIXED.fullmatch(plate_no)
    if suffixed:
        _check_suffix(suffixed.groups(), plate_type)
    elif plate_type in _SUFFIX_OF_TYPE:
        raise Unfit("plate_suffix_missing", suffix=_SUFFIX_OF_TYPE[plate_type])
    elif not _ORDINARY.fullmatch(plate_no):
        raise Unfit("plate_format_wrong")
    return plate_no


def _check_suffix(groups: tuple[str | None, ...], plate_type: str) -> None:
    province, letter, suffix = groups
    if suffix in {"港", "澳"} and (province, letter) != ("粤", "Z"):
        raise Unfit("plate_format_wrong")
    expected = _TYPE_OF_SUFFIX.get(suffix or "")
    if expected != _TYPE_OF_SUFFIX.get(_SUFFIX_OF_TYPE.get(plate_type, "")):
        raise Unfit("plate_suffix_disagrees")


def _check_new_energy_plate(plate_no: str, plate_type: str, fuel: str) -> str:
    shape = _SMALL_NEW_ENERGY if plate_type == SMALL_NEW_ENERGY else _LARGE_NEW_ENERGY
    match = shape.fullmatch(plate_no)
    if match is None:
        raise Unfit("plate_new_energy_wrong")
    if fuel in _NEW_ENERGY_FUELS and (fuel == "plug_in_hybrid") == (
        match[1] in BATTERY_ELECTRIC_LETTERS
    ):
        raise Unfit("plate_energy_disagrees")
    return plate_no
