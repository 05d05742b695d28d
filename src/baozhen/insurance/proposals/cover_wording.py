"""How documents say cover, premium and tax: shared by the proposal form and the policy."""

from baozhen.foundation.money import chinese_capitals, format_yuan, split_vat
from baozhen.insurance.products.enumerations import label
from baozhen.insurance.proposals.content import Address, Commercial, Coverage, Limits, VehicleTax
from baozhen.insurance.proposals.print_wording import (
    Field,
    Row,
    figures,
    format_date,
    format_rate,
    pair_up,
    plain,
)


def limits_fields(limits: Limits) -> list[Field]:
    """The limits of liability with and without fault, per accident."""
    return [
        [
            f"compulsory.limits.{key}",
            name,
            f"{part.death:,}元",
            f"{part.medical:,}元",
            f"{part.property:,}元",
        ]
        for key, name, part in (
            ("fault", "被保险人有责任", limits.fault),
            ("no_fault", "被保险人无责任", limits.no_fault),
        )
    ]


def coverage_field(index: int, coverage: Coverage) -> Field:
    """One line of the commercial cover: code, name, deductible, limit, premium."""
    limit = figures(coverage.sum_insured_fen)
    if coverage.seats:
        limit += f" × {coverage.seats}座"
    return [
        f"commercial.coverages.{index}",
        coverage.code,
        coverage.name,
        _deductible(coverage),
        limit,
        figures(coverage.premium_fen),
    ]


def factors_field(cover: Commercial) -> Field:
    """The three factors and their product."""
    factors = cover.factors
    product = factors.ncd * factors.traffic_violation * factors.self_pricing
    text = (
        f"无赔款优待系数 {plain(factors.ncd)} × 交通违法系数 {plain(factors.traffic_violation)}"
        f" × 自主定价系数 {plain(factors.self_pricing)} = {plain(product)}"
    )
    return ["commercial.factors", "费率系数", text]


def premium_field(key: str, fen: int) -> Field:
    """Figures, capitals, and what is in them: the premium and its VAT."""
    net, tax = split_vat(fen)
    return [
        key,
        "保险费合计",
        format_yuan(fen),
        chinese_capitals(fen),
        f"不含税保险费 {figures(net)}元　增值税（6%）{figures(tax)}元",
    ]


def tax_rows(tax: VehicleTax) -> list[Row]:
    """The vehicle and vessel tax collected with the premium. 车船税法 第六条."""
    certificate = tax.certificate
    fields: list[Field | None] = [
        ["vehicle_tax.relief", "纳税情况", label("tax_relief", tax.relief)],
        ["vehicle_tax.year", "税款所属年度", f"{tax.year}年"],
        ["vehicle_tax.taxpayer_id", "纳税人识别号", tax.taxpayer_id] if tax.taxpayer_id else None,
    ]
    if certificate is not None:
        fields += [
            ["vehicle_tax.certificate.no", "凭证号", certificate.no],
            ["vehicle_tax.certificate.issued_on", "填发日期", format_date(certificate.issued_on)],
            ["vehicle_tax.certificate.office", "税务机关", certificate.office],
        ]
    fields += [
        ["vehicle_tax.current", "当年应缴", f"{figures(tax.current_fen)}元"],
        ["vehicle_tax.arrears", "往年补缴", f"{figures(tax.arrears_fen)}元"],
        ["vehicle_tax.late_fee", "滞纳金", f"{figures(tax.late_fee_fen)}元"],
        ["vehicle_tax.total", "车船税合计", f"{figures(tax.total_fen)}元"],
    ]
    return pair_up(fields)


def _deductible(coverage: Coverage) -> str:
    if coverage.deductible_rate:
        return f"{format_rate(coverage.deductible_rate).lstrip('+')}"
    if coverage.deductible_fen:
        return f"{figures(coverage.deductible_fen)}元"
    return "—"


def address_words(address: Address) -> str:
    """The address in one line; a municipality's province and city have one name, said once."""
    city = "" if address.city == address.province else address.city
    return f"{address.province}{city}{address.county}{address.detail}"
