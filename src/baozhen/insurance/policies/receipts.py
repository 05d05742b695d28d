"""What follows from the day on which the holder signs for the policy. Pure."""

from collections.abc import Mapping
from datetime import date, timedelta
from types import MappingProxyType

# 犹豫期 of each cover, in days after the receipt; None where the product has none. Motor covers
# have none: the compulsory one cannot be given back at will (交强险条例 16).
COOLING_OFF_DAYS: Mapping[str, int | None] = MappingProxyType(
    {"compulsory": None, "commercial": None}
)


def cooling_off_end(received: date, *, days: int | None) -> date | None:
    """Return the last day of the cooling-off period; it ends at 24:00 of that day."""
    return None if days is None else received + timedelta(days=days)
