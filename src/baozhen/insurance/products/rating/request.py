"""What a quote is asked for: facts and choices, typed; amounts in fen."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class VehicleFacts:
    """What the tables ask of a vehicle; the names are those of a proposal's vehicle."""

    kind: str
    use_nature: str
    fuel: str
    seats: int
    curb_mass_kg: int
    new_price_fen: int
    model_code: str = ""
    approved_load_kg: int | None = None
    displacement_ml: int | None = None
    power_kw: Decimal | None = None
    motorcycle_class: str | None = None
    tractor_type: str | None = None
    special_class: int | None = None
    first_registered_on: date | None = None
    invoice_on: date | None = None
    transferred: bool = False
    transferred_on: date | None = None
    pile_value_fen: int | None = None
    equipment_value_fen: int | None = None


@dataclass(frozen=True, slots=True)
class CompulsoryChoice:
    """交强险: its period; shorter than a year only on a ground (交强险条例 第二十条)."""

    cover_starts_at: datetime
    cover_ends_at: datetime | None = None
    term_ground: str | None = None


@dataclass(frozen=True, slots=True)
class CoverChoice:
    """One commercial cover that was chosen, with its limit and extent."""

    code: str
    sum_insured_fen: int | None = None
    seats: int | None = None
    deductible_rate: Decimal | None = None


@dataclass(frozen=True, slots=True)
class CommercialChoice:
    """商业险: its period, its covers, and the insurer's own factors (None: the filed plan's)."""

    cover_starts_at: datetime
    covers: tuple[CoverChoice, ...]
    cover_ends_at: datetime | None = None
    self_pricing: Decimal | None = None
    traffic_violation: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class Record:
    """The record of the vehicle, as the industry platform tells it.

    `free_years`, `accidents`, `fatal`: years without an accident at fault, those of the last
    period, whether one of them was fatal: they move the compulsory premium. `claim_free_years`,
    `claims`, `gap_months` without cover, `previous_level`: they move the commercial premium.
    """

    first_insured: bool = True
    free_years: int = 0
    accidents: int = 0
    fatal: bool = False
    claim_free_years: int = 0
    claims: int = 0
    gap_months: int = 0
    previous_level: int | None = None


@dataclass(frozen=True, slots=True)
class TaxFacts:
    """车船税: the relief (None: by the law), the year, arrears and the days they are late."""

    relief: str | None = None
    year: int | None = None
    arrears_fen: int = 0
    late_days: int = 0
    certificate: dict[str, Any] | None = None
    taxpayer_id: str | None = None


@dataclass(frozen=True, slots=True)
class QuoteRequest:
    """Everything that a quote rests on, besides the tables."""

    form: str
    region: str
    quoted_on: date
    vehicle: VehicleFacts
    compulsory: CompulsoryChoice
    commercial: CommercialChoice | None = None
    record: Record = field(default_factory=Record)
    tax: TaxFacts = field(default_factory=TaxFacts)
    channel: str | None = None
