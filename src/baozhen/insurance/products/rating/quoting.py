"""The quote: what everything costs together, explained, stored and made again."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from baozhen.insurance.products import rules
from baozhen.insurance.products.errors import FormNotFit, ProductNotSold
from baozhen.insurance.products.rating.commercial import CommercialQuote, rate_commercial
from baozhen.insurance.products.rating.compulsory import CompulsoryQuote, rate_compulsory
from baozhen.insurance.products.rating.reading import request_as_json, request_from_json
from baozhen.insurance.products.rating.request import QuoteRequest
from baozhen.insurance.products.rating.steps import Step, amount, yuan
from baozhen.insurance.products.rating.vehicle_tax import TaxQuote, rate_vehicle_tax
from baozhen.insurance.products.tables import Tables


@dataclass(frozen=True, slots=True)
class Quote:
    """A quote 报价: premiums, tax, total, and the versions of the tables they rest on."""

    request: QuoteRequest
    compulsory: CompulsoryQuote
    commercial: CommercialQuote | None
    vehicle_tax: TaxQuote
    total_fen: int
    versions: Mapping[str, str]
    unconfirmed: tuple[str, ...]

    def sections(self, policy_nos: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Return `compulsory`, `commercial`, `vehicle_tax` and `total` as a proposal has them."""
        numbers = policy_nos or {}
        made: dict[str, Any] = {
            "compulsory": self.compulsory.section(),
            "commercial": None if self.commercial is None else self.commercial.section(),
            "vehicle_tax": self.vehicle_tax.section(),
            "total": amount(self.total_fen),
        }
        for name, number in numbers.items():
            if made[name] is not None:
                made[name] = {"policy_no": number, **made[name]}
        return made

    def explain(self) -> tuple[Step, ...]:
        """Return every step, in the order in which it is reckoned."""
        commercial = () if self.commercial is None else self.commercial.steps
        parts = [f"交强险 {yuan(self.compulsory.premium_fen)}"]
        if self.commercial is not None:
            parts.append(f"商业险 {yuan(self.commercial.premium_fen)}")
        parts.append(f"车船税 {yuan(self.vehicle_tax.total_fen)}")
        formula = f"{' + '.join(parts)} = {yuan(self.total_fen)}"
        total = Step("total", "合计", formula, self.total_fen)
        return (*self.compulsory.steps, *commercial, *self.vehicle_tax.steps, total)

    def stored(self) -> dict[str, Any]:
        """Return what has to be kept to make the quote again, and to show it meanwhile."""
        return {
            "request": request_as_json(self.request),
            "versions": dict(self.versions),
            "unconfirmed": list(self.unconfirmed),
            "sections": self.sections(),
            "steps": [step.as_json(self.versions) for step in self.explain()],
        }


def quote(request: QuoteRequest, tables: Tables) -> Quote:
    """Rate a request by the tables; raises a Refusal where it may not be sold as asked."""
    _check_form(request)
    _check_sold(request, tables)
    compulsory = rate_compulsory(request, tables)
    commercial = None
    if request.commercial is not None:
        commercial = rate_commercial(request, request.commercial, tables)
    tax = rate_vehicle_tax(request, tables)
    total_fen = compulsory.premium_fen + tax.total_fen
    if commercial is not None:
        total_fen += commercial.premium_fen
    return Quote(
        request=request,
        compulsory=compulsory,
        commercial=commercial,
        vehicle_tax=tax,
        total_fen=total_fen,
        versions=tables.versions,
        unconfirmed=tuple(sorted(tables.unconfirmed)),
    )


def replay(stored: Mapping[str, Any], tables: Tables) -> Quote:
    """Make a stored quote again by the tables of its versions; the two must say the same."""
    if dict(tables.versions) != stored["versions"]:
        raise ValueError("these are not the versions of the tables that the quote rests on")
    return quote(request_from_json(stored["request"]), tables)


def _check_sold(request: QuoteRequest, by: Tables) -> None:
    wanted = [None] if request.commercial is None else [None, request.form]
    for product in by.products.values():
        if product.form in wanted and not product.is_sold(
            region=request.region, channel=request.channel, on=request.quoted_on
        ):
            raise ProductNotSold(path="form", title=product.title)


def _check_form(request: QuoteRequest) -> None:
    vehicle, form = request.vehicle, request.form
    if form not in rules.KINDS_OF_FORM:
        raise FormNotFit(path="form", why=f"没有名为 {form} 的投保单，请重新选择")
    if vehicle.kind == "trailer":
        # 交强险条例 第四十二条
        raise FormNotFit(path="vehicle.kind", why="挂车不单独投保，请为牵引车投保")
    if vehicle.kind not in rules.KINDS_OF_FORM[form]:
        raise FormNotFit(path="form", why="这种车辆不用这一投保单，请改选与车辆相符的投保单")
    # 新能源汽车商业保险专属条款 总则: they use their own form, and only they do.
    is_new_energy = vehicle.fuel in rules.NEW_ENERGY_FUELS
    if form == "new_energy" and not is_new_energy:
        raise FormNotFit(
            path="vehicle.fuel", why="燃油车不能用新能源汽车投保单，请改用机动车投保单"
        )
    if (
        form != "new_energy"
        and is_new_energy
        and vehicle.kind not in rules.KINDS_OUTSIDE_NEW_ENERGY
    ):
        raise FormNotFit(path="vehicle.fuel", why="新能源汽车须用新能源汽车投保单，请改选")
