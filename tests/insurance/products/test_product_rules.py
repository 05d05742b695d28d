"""The tables and their arithmetic, by the figures of the acceptance scenarios."""

import json
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baozhen.insurance.products import enumerations, rules, table_parts, tables
from baozhen.insurance.products.tables import SHIPPED

CHINA = timezone(timedelta(hours=8))


@dataclass(frozen=True)
class Car:
    kind: str = "passenger"
    use_nature: str = "family"
    fuel: str = "fuel"
    seats: int = 5
    approved_load_kg: int | None = None
    curb_mass_kg: int = 1500
    displacement_ml: int | None = 1998
    motorcycle_class: str | None = None
    special_class: int | None = None


@pytest.mark.parametrize(
    ("car", "yuan"),
    [
        (Car(), 950),
        (Car(seats=6), 1100),
        (Car(use_nature="non_commercial_enterprise", seats=9), 1130),
        (Car(use_nature="non_commercial_enterprise", seats=10), 1220),
        (Car(use_nature="non_commercial_institution", seats=20), 1320),
        (Car(use_nature="ride_hailing"), 1800),
        (Car(use_nature="city_bus", seats=36), 3140),
        (Car(use_nature="highway_passenger", seats=35), 3420),
        (Car(kind="truck", use_nature="commercial_freight", approved_load_kg=1999), 1850),
        (Car(kind="truck", use_nature="commercial_freight", approved_load_kg=2000), 3070),
        (Car(kind="truck", use_nature="non_commercial_person", approved_load_kg=10000), 2220),
        (Car(kind="special", special_class=1), 3710),
        (Car(kind="special", special_class=4), 3980),
        (Car(kind="motorcycle", displacement_ml=50), 80),
        (Car(kind="motorcycle", displacement_ml=51), 120),
        (Car(kind="motorcycle", displacement_ml=250), 120),
        (Car(kind="motorcycle", displacement_ml=251), 400),
        (Car(kind="motorcycle", displacement_ml=49, motorcycle_class="side_car"), 400),
    ],
)
def test_compulsory_base(car, yuan):
    assert rules.compulsory_base_fen(car) == yuan * 100


@pytest.mark.parametrize(
    "car",
    [
        Car(kind="tractor"),
        Car(use_nature="commercial_tourism"),
        Car(use_nature="city_bus", seats=5),
        Car(kind="motorcycle", displacement_ml=None),
        Car(kind="truck", use_nature="commercial_freight"),
    ],
)
def test_the_table_says_when_it_does_not_know(car):
    assert rules.compulsory_base_fen(car) is None


def test_scenario_1():
    assert rules.full_months(date(2021, 3, 15), date(2025, 3, 16)) == 48
    assert rules.depreciated_fen(18000000, 48, Decimal("0.006")) == 12816000
    assert rules.base_from_pure_risk_fen(120000) == 160000
    ncd = SHIPPED.ncd_by_level[rules.ncd_level(0, 3)]
    own = Decimal("0.85")
    lines = [
        rules.coverage_premium_fen(base, ncd, Decimal(1), own)
        for base in (160000, 92208, 2899, 4 * 1863, 7333)
    ]
    assert lines == [81600, 47026, 1478, 3801, 3740]
    assert sum(lines) == 137645
    region = rules.region_of("DEMO11", "")
    [rate] = rules.float_rates("A3", region)
    assert rules.compulsory_premium_fen(95000, rate) == 61750
    assert sum(lines) + 61750 + 48000 == 247395
    assert rules.coverage_premium_fen(107467, ncd, Decimal(1), own) == 54808


def test_scenario_2():
    own = Decimal("1.05")
    bases = (
        rules.base_from_pure_risk_fen(231000),
        107467,
        2558,
        4 * 1644,
        rules.base_from_pure_risk_fen(3600),
        rules.base_from_pure_risk_fen(4500),
        rules.base_from_pure_risk_fen(3750),
    )
    lines = [rules.coverage_premium_fen(base, Decimal("1.0"), Decimal(1), own) for base in bases]
    assert lines == [323400, 112840, 2686, 6905, 5040, 6300, 5250]
    assert sum(lines) == 462421
    assert sum(lines) + 95000 == 557421


def test_half_a_fen_goes_up():
    assert rules.round_fen(Decimal("0.5")) == 1
    assert rules.round_fen(Decimal("1.5")) == 2
    assert rules.round_fen(Decimal("2.5")) == 3


@given(st.integers(0, 10**9), st.sampled_from(sorted(SHIPPED.float_codes)))
def test_a_float_never_moves_a_premium_past_its_rate(base, code):
    for rate in rules.float_rates(code, None):
        assert abs(rules.compulsory_premium_fen(base, rate) - base * (1 + rate)) <= Decimal("0.5")


def test_floats_follow_the_region():
    assert rules.float_rates("A1", "15") == {Decimal("-0.3")}
    assert rules.float_rates("A1", "31") == {Decimal("-0.1")}
    assert len(rules.float_rates("A1", None)) == 5
    assert rules.float_rates("new", "11") == {Decimal(0)}
    assert rules.float_rates("A6", None) == {Decimal("0.3")}
    assert not rules.float_applies("motorcycle", None, transferred=False)
    assert not rules.float_applies("passenger", "临时上道路", transferred=False)
    assert not rules.float_applies("passenger", None, transferred=True)
    assert rules.float_applies("passenger", None, transferred=False)


def test_regions_are_known_by_code_or_name():
    assert rules.region_of("DEMO51", "") == "51"
    assert rules.region_of("HQ", "示例财产保险股份有限公司青海省分公司") == "63"
    assert rules.region_of("HQ", "示例财产保险股份有限公司") is None


@pytest.mark.parametrize(
    ("starts", "ends", "months"),
    [
        ((2026, 2, 15), (2026, 3, 17), 1),  # thirty days over the short February
        ((2026, 1, 15), (2026, 2, 15), 1),
        ((2026, 1, 15), (2026, 2, 16), 2),
        ((2026, 1, 1), (2026, 1, 11), 1),
        ((2026, 1, 1), (2027, 1, 1), 12),
        ((2026, 1, 1), (2026, 7, 2), 7),
    ],
)
def test_parts_of_months_count(starts, ends, months):
    at = [datetime(*day, tzinfo=CHINA) for day in (starts, ends)]
    assert rules.started_months(*at) == months


def test_short_terms():
    assert [rules.short_term_fen(95000, months) for months in (1, 8, 9, 12)] == [
        9500,
        76000,
        80750,
        95000,
    ]


def test_a_year_ends_on_the_same_day():
    assert rules.ends_of_year(datetime(2026, 3, 16, tzinfo=CHINA)) == (
        datetime(2027, 3, 16, tzinfo=CHINA),
    )
    leap = rules.ends_of_year(datetime(2028, 2, 29, tzinfo=CHINA))
    assert datetime(2029, 3, 1, tzinfo=CHINA) in leap


def test_filed_ranges_change_with_time_and_energy():
    assert rules.self_pricing_range("fuel", date(2022, 1, 1)).low == Decimal("0.65")
    assert rules.self_pricing_range("fuel", date(2026, 1, 1)).high == Decimal("1.5")
    assert rules.self_pricing_range("battery_electric", date(2026, 1, 1)).high == Decimal("1.35")
    assert rules.self_pricing_range("fuel", date(2019, 1, 1)) is None
    assert rules.violation_range("31") == (Decimal("0.9"), Decimal("1.1"))
    assert rules.violation_range("51") == (Decimal(1), Decimal(1))
    assert rules.violation_range(None) is None


def test_shenzhen_is_a_region_of_its_own_where_there_are_numbers_for_it():
    for branch in (("DEMO4403", "深圳分公司"), ("B7", "示例财产保险股份有限公司深圳市分公司")):
        assert rules.region_of(*branch) == "4403"
    assert rules.region_of("DEMO44", "示例财产保险股份有限公司广东省分公司") == "44"
    # DOMAIN 3.5: 深圳 1.0-1.5, the rest of the province 1.0; 3.3: both of float scheme E.
    assert rules.violation_range("4403") == (Decimal(1), Decimal("1.5"))
    assert rules.violation_range("44") == (Decimal(1), Decimal(1))
    assert rules.float_rates("A1", "4403") == rules.float_rates("A1", "44") == {Decimal("-0.1")}
    # What nobody filed for the city is the province's: vehicle tax, where products are sold.
    assert rules.of_region(SHIPPED.tax_schedules, "4403").name == "广东省（示例）"
    product = replace(SHIPPED.products["compulsory"], regions=frozenset({"44"}))
    on = date(2026, 1, 1)
    assert product.is_sold(region="4403", channel=None, on=on)
    assert not product.is_sold(region="1103", channel=None, on=on)


@pytest.mark.parametrize(
    ("claims", "years", "level"), [(0, 0, 0), (0, 6, -4), (9, 0, 5), (1, 3, -2)]
)
def test_ncd_levels(claims, years, level):
    assert rules.ncd_level(claims, years) == level


def test_vehicle_tax():
    assert rules.vehicle_tax_range_fen(Car()) == (36000, 66000)
    assert rules.vehicle_tax_range_fen(Car(displacement_ml=1000)) == (6000, 36000)
    assert rules.vehicle_tax_range_fen(Car(displacement_ml=None)) is None
    assert rules.vehicle_tax_range_fen(Car(seats=9)) == (48000, 144000)
    assert rules.vehicle_tax_range_fen(Car(kind="motorcycle")) == (3600, 18000)
    assert rules.vehicle_tax_range_fen(Car(kind="special", curb_mass_kg=16400)) == (26240, 196800)
    assert rules.vehicle_tax_range_fen(Car(kind="tractor")) is None
    assert rules.may_be_outside_vehicle_tax(Car(fuel="battery_electric"))
    assert not rules.may_be_outside_vehicle_tax(Car(fuel="plug_in_hybrid"))
    assert not rules.may_be_outside_vehicle_tax(Car(kind="truck", fuel="battery_electric"))
    assert rules.months_taxed(date(2026, 3, 9), 2026) == 10
    assert rules.months_taxed(date(2025, 3, 9), 2026) == 12


def test_depreciation_stops_at_the_cap():
    assert rules.depreciated_fen(10000000, 500, Decimal("0.006")) == 2000000


def test_every_table_carries_its_version_and_source():
    assert set(tables.TABLE_VERSIONS) == set(tables.TABLE_NAMES)
    for name in tables.TABLE_VERSIONS:
        assert tables.load_table(name)["source"]


def test_a_broken_table_is_not_sold_by():
    with pytest.raises(tables.TableError):
        table_parts.bands([[0, 6, 950], [7, None, 1100]], "gap")
    with pytest.raises(tables.TableError):
        table_parts.bands([[0, None, 0]], "free")


def test_the_table_agrees_with_the_domain_facts(shared_dir):
    facts = json.loads((shared_dir / "domain" / "rating_tables.json").read_text())
    for scheme, rates in facts["ctp_float"]["schemes"].items():
        ours = SHIPPED.float_schemes[scheme]
        assert [ours[f"A{n}"] for n in range(1, 7)] == [Decimal(str(rate)) for rate in rates]
    for scheme, regions in facts["ctp_float"]["regions"].items():
        for region in regions:
            known = [p for p in tables.PROVINCES.values() if p.name.startswith(region)]
            assert all(province.scheme == scheme for province in known)
    ours = {
        (band.low, band.high, band.fen // 100)
        for rate_class in SHIPPED.compulsory_classes.values()
        for band in rate_class.bands
        if rate_class.by != "class"
    }
    theirs = {tuple(row[2:]) for row in facts["ctp_base"]["rows"] if row[1] != "class"}
    assert ours == theirs
    assert dict(SHIPPED.limits_fault) == facts["ctp_limits"]["fault"]
    assert dict(SHIPPED.limits_no_fault) == facts["ctp_limits"]["no_fault"]
    months = facts["ctp_short_term"]["months_percent"]
    assert list(SHIPPED.short_term_percent) == list(months.values())


def test_words_and_codes_meet():
    assert enumerations.label("fuel", "battery_electric") == "纯电动"
    assert enumerations.trade_code("use_nature", "family") == "8A"
    assert "A1" in enumerations.words("float_code")


def test_demo_rates_are_those_of_the_demo_proposals(shared_dir):
    classes = {(False, "family"): "family_under_6", (True, "family"): "family_6_to_10"}
    with (shared_dir / "data" / "motor_proposals.jsonl").open(encoding="utf-8") as lines:
        proposals = [json.loads(line) for line in lines]
    compared = 0
    for proposal in proposals:
        vehicle = proposal["vehicle"]
        rate_class = classes.get(
            (vehicle["seats"] >= 6, vehicle["use_nature"]), "enterprise_under_6"
        )
        for cover in (proposal["commercial"] or {"coverages": []})["coverages"]:
            if cover["code"] in {"B", "NB"}:
                rates = SHIPPED.rates.covers[proposal["form"]][cover["code"]].classes[rate_class]
                assert Decimal(cover["base_premium"]) == rates[int(Decimal(cover["sum_insured"]))]
                compared += 1
    assert compared > 400


@pytest.mark.parametrize(
    ("rates", "why"),
    [
        (["-0.2", "-0.1", "-0.3", "0", "0.1", "0.3"], "order"),
        (["-0.1", "-0.2", "-0.3", "0", "0.3", "0.1"], "order"),
        (["-0.1", "-0.2", "-1.3", "0", "0.1", "0.3"], "impossible"),
    ],
)
def test_a_float_scheme_out_of_order_is_refused(rates, why):
    table = {"codes": ["A1", "A2", "A3", "A4", "A5", "A6"], "schemes": {"X": rates}}
    with pytest.raises(tables.TableError, match=why):
        table_parts.float_schemes(table)


def test_a_cover_cannot_need_what_is_not_sold():
    entry = {"name": "附加险", "role": "additional", "needs": ["ZZ"]}
    with pytest.raises(tables.TableError):
        table_parts.covers({"coverages": {"car": {"F1": entry}}})


def test_a_regional_tax_outside_the_statutory_range_is_refused():
    contents = tables.shipped_contents()
    contents["vehicle_tax_regions"]["regions"]["11"]["passenger"][0] = 361
    with pytest.raises(tables.TableError, match="statutory range"):
        tables.build_tables(contents)
