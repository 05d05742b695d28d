"""Checks of the compulsory cover by its statutory tables: limits, term, base, float, premium."""

from collections.abc import Iterator, Mapping

from baozhen.insurance.products import rules
from baozhen.insurance.products.tables import Tables
from baozhen.insurance.proposals.content import Commercial, Compulsory, LimitSet, ProposalData
from baozhen.insurance.proposals.faults import Fault, fault
from baozhen.insurance.proposals.wording import percent, yuan


def check_limits(compulsory: Compulsory, by: Tables) -> Iterator[Fault]:
    """The six limits are the statutory ones."""
    limits = compulsory.limits
    yield from _check_limit_set(limits.fault, "fault", by.limits_fault)
    yield from _check_limit_set(limits.no_fault, "no_fault", by.limits_no_fault)


def _check_limit_set(given: LimitSet, name: str, statutory: Mapping[str, int]) -> Iterator[Fault]:
    for part, limit in statutory.items():
        if getattr(given, part) != limit:
            path = f"compulsory.limits.{name}.{part}"
            yield fault("limit_not_statutory", path, limit=yuan(limit * 100))


def check_term(
    form: str, cover: Compulsory | Commercial, ground: str | None, part: str
) -> Iterator[Fault]:
    """The term is a year by date, shorter only on a ground; a trip takes 10 or 30 days."""
    path = f"{part}.cover_ends_at"
    starts_at, ends_at = cover.cover_starts_at, cover.cover_ends_at
    if ends_at <= starts_at:
        yield fault("cover_ends_before_start", path)
    elif form == "single_trip":
        term = ends_at - starts_at
        if term.days not in rules.SINGLE_TRIP_DAYS or term.seconds or term.microseconds:
            yield fault("term_single_trip_wrong", path)
    elif ground is None:
        # 交强险条例 第二十条
        if ends_at not in rules.ends_of_year(starts_at):
            yield fault("term_not_one_year", path)
    elif ends_at > max(rules.ends_of_year(starts_at)):
        yield fault("term_longer_than_year", path)


def check_ground(proposal: ProposalData) -> Iterator[Fault]:
    """A trip says on what ground its term is short."""
    if proposal.form == "single_trip" and proposal.compulsory.term_ground is None:
        yield fault("term_ground_missing", "compulsory.term_ground")


def check_base(proposal: ProposalData, by: Tables) -> Iterator[Fault]:
    """The base premium is the table's for the vehicle and the term, where the table knows it."""
    compulsory = proposal.compulsory
    expected = rules.compulsory_base_fen(proposal.vehicle, by)
    if expected is None or compulsory.cover_ends_at <= compulsory.cover_starts_at:
        return
    if compulsory.term_ground is not None:
        months = rules.started_months(compulsory.cover_starts_at, compulsory.cover_ends_at)
        expected = rules.short_term_fen(expected, months, by)
    if compulsory.base_premium_fen != expected:
        yield fault("base_premium_wrong", "compulsory.base_premium", expected=yuan(expected))


def check_float(proposal: ProposalData, by: Tables) -> Iterator[Fault]:
    """The float rate is the filed one of its code, in the scheme of the branch's region."""
    compulsory, vehicle = proposal.compulsory, proposal.vehicle
    code, rate = compulsory.float_code, compulsory.float_rate
    if code not in by.codes_without_float and not rules.float_applies(
        vehicle.kind, compulsory.term_ground, transferred=vehicle.transferred, by=by
    ):
        yield fault("float_not_applicable", "compulsory.float_code")
        return
    region = rules.region_of(proposal.branch.code, proposal.branch.name, by)
    allowed = rules.float_rates(code, region, by)
    if rate in allowed:
        return
    # Where rate and premium agree, it is the code that does not fit them.
    filed = {rate for other in by.float_codes for rate in rules.float_rates(other, region, by)}
    follows = rules.compulsory_premium_fen(compulsory.base_premium_fen, rate)
    if rate in filed and follows == compulsory.premium_fen:
        yield fault("float_code_disagrees", "compulsory.float_code", rate=percent(rate))
    else:
        wanted = "、".join(percent(one) for one in sorted(allowed))
        yield fault("float_rate_not_filed", "compulsory.float_rate", wanted=wanted)


def check_premium(compulsory: Compulsory) -> Iterator[Fault]:
    """The premium is base × (1 + float), rounded half up."""
    expected = rules.compulsory_premium_fen(compulsory.base_premium_fen, compulsory.float_rate)
    if compulsory.premium_fen != expected:
        yield fault("compulsory_premium_wrong", "compulsory.premium", expected=yuan(expected))
