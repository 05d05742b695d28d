"""What a proposal 投保单 says, as frozen typed values: fen, Decimal, aware instants and dates.

Instants are in China Standard Time; cover periods are half-open.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Branch:
    """出单机构."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Address:
    """地址, with the full names of GB/T 2260."""

    province: str
    city: str
    county: str
    detail: str
    postcode: str | None


@dataclass(frozen=True, slots=True)
class Party:
    """投保人, 被保险人 or 行驶证车主; an organisation has a contact and no birth date."""

    kind: str
    name: str
    id_type: str
    id_no: str
    id_valid_from: date | None
    id_valid_to: date | None  # None: permanent 长期
    gender: str | None
    birth_date: date | None
    mobile: str | None
    email: str | None
    nationality: str | None
    occupation: str | None
    contact_name: str | None
    address: Address | None


@dataclass(frozen=True, slots=True)
class Trip:
    """单程提车的行程."""

    origin: str
    destination: str
    planned_km: int
    delivery_mode: str | None


@dataclass(frozen=True, slots=True)
class ChargingPile:
    """自用充电桩."""

    model: str
    serial_no: str
    install_address: str
    kind: str
    value_fen: int
    owner_name: str | None


@dataclass(frozen=True, slots=True)
class Equipment:
    """特种车的固定设备、仪器."""

    name: str
    model: str | None
    value_fen: int


@dataclass(frozen=True, slots=True)
class Vehicle:
    """投保车辆; what a form does not ask for is None."""

    plate_status: str
    plate_no: str | None
    plate_type: str
    plate_color: str
    temporary_plate_no: str | None
    temporary_plate_office: str | None
    temporary_plate_valid_to: date | None
    vin: str
    engine_no: str
    brand_model: str
    model_code: str
    kind: str
    use_nature: str
    fuel: str
    seats: int
    approved_load_kg: int | None
    curb_mass_kg: int
    displacement_ml: int | None
    power_kw: Decimal | None
    first_registered_on: date | None
    invoice_on: date | None
    transferred: bool
    transferred_on: date | None
    imported: bool
    new_price_fen: int
    actual_value_fen: int | None
    last_policy_no: str | None
    battery_type: str | None
    battery_kwh: Decimal | None
    electric_range_km: int | None
    motor_no: str | None
    charging_pile: ChargingPile | None
    special_class: int | None
    special_use: str | None
    fixed_equipment: tuple[Equipment, ...] | None
    working_area: str | None
    motorcycle_class: str | None
    tractor_type: str | None
    trip: Trip | None


@dataclass(frozen=True, slots=True)
class LimitSet:
    """责任限额 of one accident, in whole yuan."""

    death: int
    medical: int
    property: int


@dataclass(frozen=True, slots=True)
class Limits:
    """交强险责任限额: with and without fault."""

    fault: LimitSet
    no_fault: LimitSet


@dataclass(frozen=True, slots=True)
class Compulsory:
    """交强险."""

    policy_no: str
    cover_starts_at: datetime
    cover_ends_at: datetime
    term_ground: str | None
    base_premium_fen: int  # what the term costs before the float
    float_code: str
    float_rate: Decimal
    premium_fen: int
    limits: Limits


@dataclass(frozen=True, slots=True)
class Factors:
    """费率系数 of the commercial lines."""

    ncd: Decimal
    traffic_violation: Decimal
    self_pricing: Decimal


@dataclass(frozen=True, slots=True)
class Coverage:
    """One line 险别 of the commercial policy."""

    code: str
    name: str
    sum_insured_fen: int
    base_premium_fen: int
    premium_fen: int
    seats: int | None
    deductible_fen: int | None
    deductible_rate: Decimal | None


@dataclass(frozen=True, slots=True)
class Commercial:
    """商业险."""

    policy_no: str
    cover_starts_at: datetime
    cover_ends_at: datetime
    factors: Factors
    coverages: tuple[Coverage, ...]
    premium_fen: int


@dataclass(frozen=True, slots=True)
class TaxCertificate:
    """完税或减免税凭证."""

    no: str
    office: str
    issued_on: date


@dataclass(frozen=True, slots=True)
class VehicleTax:
    """代收车船税."""

    relief: str
    certificate: TaxCertificate | None
    taxpayer_id: str | None
    year: int
    current_fen: int
    arrears_fen: int
    late_fee_fen: int
    total_fen: int


@dataclass(frozen=True, slots=True)
class SpecialAgreement:
    """特别约定, from the approved library."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Dispute:
    """争议解决方式; the arbitration body when arbitration was chosen."""

    mode: str
    body: str | None


@dataclass(frozen=True, slots=True)
class Source:
    """业务来源."""

    channel: str
    intermediary: str | None
    licence_no: str | None
    agent_name: str | None
    agent_licence_no: str | None


@dataclass(frozen=True, slots=True)
class Underwriting:
    """核保结论."""

    decision: str
    decided_at: datetime
    underwriter: str


@dataclass(frozen=True, slots=True)
class Signature:
    """投保人签名: when, what was read to the end, what was declared, where the evidence is."""

    signed_at: datetime
    otp_verified_at: datetime | None
    method: str
    declarations: tuple[str, ...]
    evidence_no: str
    documents_read: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Payment:
    """收费."""

    order_no: str
    payer_name: str
    payer_id_no: str
    account: str | None  # None where a wallet paid: it has no bank card to tell
    channel: str
    amount_fen: int
    paid_at: datetime


@dataclass(frozen=True, slots=True)
class ProposalData:
    """The whole proposal; underwriting, signature and payment may still be to come."""

    proposal_no: str
    form: str
    insurer: str
    branch: Branch
    submitted_at: datetime
    policyholder: Party
    relation_to_insured: str
    relation_to_owner: str
    insured: Party
    owner: Party
    vehicle: Vehicle
    compulsory: Compulsory
    commercial: Commercial | None
    vehicle_tax: VehicleTax
    special_agreements: tuple[SpecialAgreement, ...]
    dispute: Dispute
    source: Source
    underwriting: Underwriting | None
    signature: Signature | None
    payment: Payment | None
    total_fen: int
