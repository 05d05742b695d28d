"""What a changed line of cover costs a year, by the insurer's tables.

The factors of the policy stay what they are: only the base premium follows the change.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from baozhen.insurance.endorsements.errors import ChangeIncomplete, NoRateKnown
from baozhen.insurance.products import rules
from baozhen.insurance.products.errors import AmountNotOffered, RateMissing
from baozhen.insurance.products.rating import Record, request_from_content
from baozhen.insurance.products.rating.commercial import rate_commercial
from baozhen.insurance.products.rating.vehicle_tax import rate_vehicle_tax
from baozhen.insurance.products.tables import Tables


def compulsory_base_fen(content: Mapping[str, Any], by: Tables) -> int:
    """Return the yearly base premium of the compulsory cover; raises NoRateKnown."""
    request = request_from_content(content, record=Record())
    base = rules.compulsory_base_fen(request.vehicle, by)
    if base is None or content["compulsory"].get("term_ground") is not None:
        raise NoRateKnown(path="use_nature", cover="机动车交通事故责任强制保险")
    return base


def costs_other_base(before: Mapping[str, Any], after: Mapping[str, Any], by: Tables) -> bool:
    """Tell whether a change of the vehicle brings it into another class of compulsory cover."""
    old, new = (
        rules.compulsory_base_fen(request_from_content(one, record=Record()).vehicle, by)
        for one in (before, after)
    )
    return old != new


def tax_of_year(content: Mapping[str, Any], by: Tables) -> int:
    """Return the vehicle tax of the content's tax year in fen, without arrears."""
    return rate_vehicle_tax(request_from_content(content, record=Record()), by).current_fen


def base_premium_fen(content: Mapping[str, Any], index: int, by: Tables) -> int:
    """Return the yearly base premium of one commercial line as the content has it now.

    Raises NoRateKnown, or ChangeIncomplete with the limits that the tables offer.
    """
    line = content["commercial"]["coverages"][index]
    kind = rules.cover_kind(content["form"], line["code"], by)
    # A cover that adds to others is rated with them; a main cover stands alone.
    alone = kind is not None and not kind.needs
    shown = [line] if alone else content["commercial"]["coverages"]
    commercial = content["commercial"] | {"coverages": shown}
    if content["form"] != "single_trip":
        # A year's premium is asked for: days of rest may have moved the end of the term.
        commercial["cover_ends_at"] = None
    request = request_from_content(
        {**content, "commercial": commercial}, record=Record(), self_pricing=None
    )
    if request.commercial is None:
        raise NoRateKnown(path="code", cover=line["name"])
    try:
        rated = rate_commercial(request, request.commercial, by)
    except AmountNotOffered as refusal:
        raise ChangeIncomplete(path="sum_insured", what=str(refusal)) from refusal
    except RateMissing as missing:
        raise NoRateKnown(path="code", cover=line["name"]) from missing
    return rated.lines[shown.index(line)].base_fen


def line_fen(base_fen: int, factors: Sequence[Decimal]) -> int:
    """Return a base premium times its factors, rounded half up."""
    product = Decimal(base_fen)
    for factor in factors:
        product *= factor
    return rules.round_fen(product)
