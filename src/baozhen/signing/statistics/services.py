"""Count by day, collect what is charged, clear a month between units."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Count

from baozhen.foundation.audit import services as audit
from baozhen.foundation.clock import SHANGHAI, now, shanghai_date
from baozhen.foundation.jobs import Queue, job
from baozhen.foundation.states import enter_many, move
from baozhen.signing.organizations.models import OrgUnit
from baozhen.signing.statistics.counting import counted_between, uses_between
from baozhen.signing.statistics.errors import MonthNotOver, PriceMalformed, StatementSettled
from baozhen.signing.statistics.models import (
    DayFigure,
    PriceRule,
    Statement,
    StatementLine,
    UsageRecord,
)
from baozhen.signing.statistics.rules import Charge, Price, charges_of
from baozhen.signing.statistics.states import ChargeMode, StatementState, UsageKind

_FRESH: Final = timedelta(days=3)
_EVERY: Final = 600
_BATCH: Final = 1_000
_DAYS_OF_MONTH: Final = 32


@job("refresh_figures", queue=Queue.HOUSEKEEPING, every_seconds=_EVERY)
def refresh_figures_job() -> None:
    """Count the last days again and collect what is charged."""
    today = shanghai_date(now())
    refresh_figures(since=today - _FRESH, until=today + timedelta(days=1))
    collect_usage(since=today - _FRESH, until=today + timedelta(days=1))


@transaction.atomic(durable=True)
def refresh_figures(*, since: date, until: date) -> int:
    """Count the days from `since` to before `until` again; returns how many figures there are."""
    rows = [
        DayFigure(measure=measure, **row)
        for measure, counted in counted_between(_start(since), _start(until)).items()
        for row in counted
    ]
    DayFigure.objects.filter(day__gte=since, day__lt=until).delete()
    DayFigure.objects.bulk_create(rows, batch_size=_BATCH)
    return len(rows)


def collect_usage(*, since: date, until: date) -> int:
    """Write down each chargeable use of these days once; returns how many were new."""
    start, end = _start(since), _start(until)
    before = UsageRecord.objects.count()
    for kind, uses in uses_between(start, end).items():
        _write(kind, uses)
    return UsageRecord.objects.count() - before


def count_text(receipt: str, unit: int, at: datetime) -> None:
    """Write down one text that went out, by the provider's receipt; a receipt counts once."""
    _write(UsageKind.SMS, [(receipt, unit, at)])


@transaction.atomic(durable=True)
def set_price(price: Price, *, actor: str, at: datetime) -> PriceRule:
    """Set a price from a day on. Raises PriceMalformed."""
    if price.starts_on.day != 1 or (price.ends_on is not None and price.ends_on.day != 1):
        raise PriceMalformed(path="starts_on", problem="价格按整月生效，日期应为某月 1 日")
    if price.ends_on is not None and price.ends_on <= price.starts_on:
        raise PriceMalformed(path="ends_on", problem="失效日应晚于生效日")
    if min(price.fen, price.monthly_fen, price.included) < 0:
        raise PriceMalformed(path="fen", problem="金额和次数不能为负")
    rule = PriceRule.objects.create(
        kind=price.kind,
        mode=price.mode,
        fen=price.fen,
        monthly_fen=price.monthly_fen,
        included=price.included,
        unit_id=price.unit,
        starts_on=price.starts_on,
        ends_on=price.ends_on,
        made_by=actor,
        made_at=at,
    )
    facts = {"kind": rule.kind, "mode": rule.mode, "fen": rule.fen, "monthly_fen": rule.monthly_fen}
    audit.record("price_rule.set", subject_id=rule.pk, actor=actor, at=at, facts=facts)
    return rule


@transaction.atomic(durable=True)
def end_price(rule: PriceRule, *, ends_on: date, actor: str, at: datetime) -> None:
    """End a price that has no end; statements that were made stay. Raises PriceMalformed."""
    locked = PriceRule.objects.select_for_update().get(pk=rule.pk)
    if locked.ends_on is not None:
        raise PriceMalformed(path="ends_on", problem="这个价格已经有失效日")
    if ends_on.day != 1 or ends_on <= locked.starts_on:
        raise PriceMalformed(path="ends_on", problem="失效日应为生效日之后某月的 1 日")
    PriceRule.objects.filter(pk=rule.pk).update(ends_on=ends_on)
    facts = {"ends_on": ends_on.isoformat()}
    audit.record("price_rule.ended", subject_id=rule.pk, actor=actor, at=at, facts=facts)


def clear_month(month: date, *, actor: str, at: datetime) -> list[Statement]:
    """Make the statements of a month that is over; units that have one keep it.

    Raises MonthNotOver.
    """
    first = month.replace(day=1)
    end = _next_month(first)
    if shanghai_date(at) < end:
        raise MonthNotOver(month=f"{first:%Y-%m}")
    # What was used in the last hours may not be written down yet.
    collect_usage(since=end - _FRESH, until=end)
    return _make_statements(first, actor=actor, at=at)


@transaction.atomic(durable=True)
def recount_statement(statement: Statement, *, actor: str, at: datetime) -> Statement:
    """Work a draft out again by today's prices and uses; raises StatementSettled."""
    locked = Statement.objects.select_for_update().get(pk=statement.pk)
    if locked.state != StatementState.DRAFT:
        raise StatementSettled(month=f"{locked.month:%Y-%m}")
    lines = _charges(locked.unit_id, _counts(locked.month), _prices(), month=locked.month)
    locked.lines.all().delete()
    StatementLine.objects.bulk_create(_lines(locked, lines))
    before, locked.total_fen = locked.total_fen, sum(line.total_fen for line in lines)
    locked.save(update_fields=["total_fen"])
    facts = {"before_fen": before, "total_fen": locked.total_fen}
    audit.record("statement.recounted", subject_id=locked.pk, actor=actor, at=at, facts=facts)
    return locked


@transaction.atomic(durable=True)
def _make_statements(first: date, *, actor: str, at: datetime) -> list[Statement]:
    have = set(Statement.objects.filter(month=first).values_list("unit_id", flat=True))
    prices, counts = _prices(), _counts(first)
    made: list[tuple[Statement, list[Charge]]] = []
    for unit in OrgUnit.objects.exclude(pk__in=have).values_list("pk", flat=True):
        lines = _charges(unit, counts, prices, month=first)
        if lines:
            total = sum(line.total_fen for line in lines)
            made.append((Statement(unit_id=unit, month=first, total_fen=total, made_at=at), lines))
    statements = Statement.objects.bulk_create([statement for statement, _ in made])
    StatementLine.objects.bulk_create(
        line for statement, lines in made for line in _lines(statement, lines)
    )
    enter_many(statements, actor=actor, at=at)
    return statements


@transaction.atomic(durable=True)
def confirm_statement(statement: Statement, *, actor: str, at: datetime) -> None:
    """Confirm a statement; raises IllegalMove."""
    move(statement, StatementState.CONFIRMED, actor=actor, at=at)


@transaction.atomic(durable=True)
def lock_statement(statement: Statement, *, actor: str, at: datetime) -> None:
    """Lock a confirmed statement for good; raises IllegalMove."""
    move(statement, StatementState.LOCKED, actor=actor, at=at)


def _write(kind: UsageKind, uses: Iterable[tuple[str, int, datetime | None]]) -> None:
    rows = [
        UsageRecord(
            kind=kind,
            source=source[:64],
            unit_id=unit,
            month=shanghai_date(at).replace(day=1),
            at=at,
        )
        for source, unit, at in uses
        if at is not None
    ]
    # The unique constraint makes a second run, or two at once, count nothing twice.
    UsageRecord.objects.bulk_create(rows, batch_size=_BATCH, ignore_conflicts=True)


def _counts(month: date) -> dict[int, dict[UsageKind, int]]:
    counts: dict[int, dict[UsageKind, int]] = defaultdict(dict)
    rows = UsageRecord.objects.filter(month=month).values_list("unit_id", "kind")
    for unit, kind, count in rows.annotate(pieces=Count("pk")).order_by():
        counts[unit][UsageKind(kind)] = count
    return counts


def _charges(
    unit: int, counts: Mapping[int, Mapping[UsageKind, int]], prices: list[Price], *, month: date
) -> list[Charge]:
    return charges_of(counts.get(unit, {}), prices, unit=unit, month=month)


def _lines(statement: Statement, charges: Iterable[Charge]) -> Iterator[StatementLine]:
    for line in charges:
        yield StatementLine(
            statement=statement,
            kind=line.kind,
            mode=line.mode or "",
            count=line.count,
            total_fen=line.total_fen,
        )


def _prices() -> list[Price]:
    return [_price(rule) for rule in PriceRule.objects.all()]


def _price(rule: PriceRule) -> Price:
    return Price(
        kind=UsageKind(rule.kind),
        mode=ChargeMode(rule.mode),
        fen=rule.fen,
        monthly_fen=rule.monthly_fen,
        included=rule.included,
        unit=rule.unit_id,
        starts_on=rule.starts_on,
        ends_on=rule.ends_on,
    )


def _next_month(first: date) -> date:
    return (first + timedelta(days=_DAYS_OF_MONTH)).replace(day=1)


def _start(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=SHANGHAI)
