"""Limits of querying and downloading (S0-6.3.1), and how facts are compared. Pure."""

import hmac
from datetime import timedelta

TAIL_CHARACTERS = 6
ATTEMPT_WINDOW = timedelta(minutes=15)
FAILURES_PER_NUMBER_MAX = 5
FAILURES_PER_ADDRESS_MAX = 30
CODE_DIGITS = 6
CODE_LIFETIME = timedelta(minutes=5)
CODE_TRIES_MAX = 5
CODE_PAUSE = timedelta(seconds=60)
CODES_PER_HOUR_MAX = 5


def normalise_number(number: str) -> str:
    """Return a policy or mark number as the register writes it."""
    return "".join(number.split()).upper()


def normalise_tail(text: str) -> str:
    """Return what a person typed as a tail, without blanks and in capitals."""
    return "".join(text.split()).upper()


def is_tail_of(tail: str, whole: str | None) -> bool:
    """Return whether `tail` is exactly the last six characters of `whole`, in constant time."""
    expected = (whole or "")[-TAIL_CHARACTERS:].upper()
    typed = normalise_tail(tail)
    complete = len(expected) == TAIL_CHARACTERS
    return hmac.compare_digest(typed.encode(), expected.encode()) and complete


def are_holder_facts(
    *, id_tail: str, vehicle_tail: str, id_no: str, plate_no: str | None, vin: str
) -> bool:
    """Return whether the tails fit the holder's document and the vehicle's plate or VIN."""
    fits_holder = is_tail_of(id_tail, id_no)
    fits_plate = is_tail_of(vehicle_tail, plate_no)
    fits_vin = is_tail_of(vehicle_tail, vin)
    return fits_holder and (fits_plate or fits_vin)
