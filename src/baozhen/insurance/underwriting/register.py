"""The register of covers (车险信息平台): what a vehicle is insured by already, and its record.

Asked outside transactions. Our own register is asked too: what we issued a minute ago the
platform may not tell yet.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

from django.conf import settings

from baozhen.foundation.errors import DevelopmentOnly
from baozhen.foundation.transactions import refuse_inside_transaction
from baozhen.insurance.products.rating import Record

logger = logging.getLogger(__name__)

# A vehicle registered so lately was never insured a whole year.
_NEW_DAYS_MAX = 270
_DEMO_FREE_YEARS_MAX = 3


@dataclass(frozen=True, kw_only=True)
class VehicleQuery:
    """One vehicle, on the day its cover is to begin."""

    vin: str
    plate_no: str | None
    registered_on: date | None
    starts_on: date


@dataclass(frozen=True, kw_only=True)
class ExistingCover:
    """A compulsory cover that is valid on the day asked about: whose, and how long."""

    insurer: str
    ends_on: date


class CoverRegister(Protocol):
    """What we ask of the industry platform."""

    def existing_cover(self, query: VehicleQuery) -> ExistingCover | None:
        """Return the compulsory cover that is valid on the day; raises RegisterOutage."""
        ...

    def record(self, query: VehicleQuery) -> Record:
        """Return the record that moves the premiums; raises RegisterOutage."""
        ...


class DevelopmentRegister:
    """A twin that knows no vehicle: it answers from the letters of the VIN, as the manual says.

    A VIN with DUP is insured already, one with CLM had three claims, one with FAT a fatal
    accident; any other had none, in as many years as its registration tells, three at most.
    """

    def __init__(self) -> None:
        """Refuse production; say loudly in the log that this is not the platform."""
        if getattr(settings, "BAOZHEN_MODE", "production") == "production":
            raise DevelopmentOnly(twin="车险信息平台承保与出险查询（开发替身）")
        logger.warning("车险信息平台由开发替身代替：重复投保和出险记录由车架号的字母编造")

    def existing_cover(self, query: VehicleQuery) -> ExistingCover | None:
        """Return a cover for the VINs that are to have one."""
        refuse_inside_transaction("a request to the industry platform")
        if "DUP" not in query.vin:
            return None
        return ExistingCover(
            insurer="示例财产保险公司（演示）", ends_on=query.starts_on + timedelta(days=60)
        )

    def record(self, query: VehicleQuery) -> Record:
        """Return a record that follows from the VIN and the age of the vehicle."""
        refuse_inside_transaction("a request to the industry platform")
        days = (query.starts_on - (query.registered_on or query.starts_on)).days
        if days <= _NEW_DAYS_MAX:
            return Record()
        if "FAT" in query.vin:
            return Record(first_insured=False, accidents=1, fatal=True, claims=1)
        if "CLM" in query.vin:
            return Record(first_insured=False, accidents=2, claims=3)
        years = max(1, min(days // 365, _DEMO_FREE_YEARS_MAX))
        return Record(first_insured=False, free_years=years, claim_free_years=years)


OwnCover = Callable[[str, date], date | None]
_registers: list[CoverRegister] = []
_own_covers: list[OwnCover] = []


def get_register() -> CoverRegister:
    """Return this process's connection to the platform."""
    if not _registers:
        _registers.append(DevelopmentRegister())
    return _registers[0]


def install_own_cover(own_cover: OwnCover) -> None:
    """Install the question to our own policies: VIN and day -> the day a cover ends, or None."""
    _own_covers[:] = [own_cover]


def find_duplicate(query: VehicleQuery) -> ExistingCover | None:
    """Return a compulsory cover of the vehicle that is valid on the day: ours, or another's."""
    for own_cover in _own_covers:
        ends_on = own_cover(query.vin, query.starts_on)
        if ends_on is not None:
            return ExistingCover(insurer="本公司", ends_on=ends_on)
    return get_register().existing_cover(query)
