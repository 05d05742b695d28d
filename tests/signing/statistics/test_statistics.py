"""Figures by day, uses that count once, and statements that stay as they were locked."""

from datetime import UTC, date, datetime, timedelta

import pytest

from baozhen.foundation.clock import now, shanghai_date
from baozhen.foundation.errors import IllegalMove
from baozhen.foundation.ids import new_id
from baozhen.signing.envelopes.models import Envelope
from baozhen.signing.organizations.queries import root_unit
from baozhen.signing.statistics.errors import MonthNotOver, PriceMalformed
from baozhen.signing.statistics.models import DayFigure, Statement, UsageRecord
from baozhen.signing.statistics.queries import figures, sums
from baozhen.signing.statistics.rules import Price
from baozhen.signing.statistics.services import (
    clear_month,
    collect_usage,
    confirm_statement,
    lock_statement,
    refresh_figures,
    set_price,
)
from baozhen.signing.statistics.states import ChargeMode, Measure, UsageKind
from tests.signing.files.making import text_pdf
from tests.signing.files.test_file_centre import enter

pytestmark = pytest.mark.django_db
MONTH = date(2026, 9, 1)
LATER = datetime(2026, 10, 3, tzinfo=UTC)


def completed(unit, number, at):
    return Envelope.objects.create(
        public_id=new_id("env", at=at),
        state="completed",
        client="api:core",
        biz_no=number,
        fingerprint="f",
        flow="policy",
        document_type="policy",
        unit=unit,
        title="保单",
        created_by="t",
        created_at=at,
        moved_at=at,
        ended_at=at,
        content_sha256="a" * 64,
    )


@pytest.mark.requirement("S2-L160.e2", "S2-L160.e1", "S2-L160.e3")
def test_figures_are_counted_by_day_and_counting_again_changes_nothing(platform):
    unit = root_unit()
    enter(text_pdf("一"), unit, channel="api")
    enter(text_pdf("二"), unit, dossier="env_2", channel="console")
    today = shanghai_date(now())
    days = {"since": today, "until": today + timedelta(days=1)}
    first = refresh_figures(**days)
    assert refresh_figures(**days) == first
    rows = figures(Measure.FILES, units=[unit.pk], **days)
    assert sums(rows, "day") == [(today.isoformat(), 2)]
    assert sums(rows, "channel") == [("api", 1), ("console", 1)]
    assert sums(figures(Measure.FILES, units=[], **days), "day") == []
    assert DayFigure.objects.filter(measure=Measure.FILES).count() == 2


@pytest.mark.requirement("S2-L160.m6")
def test_a_month_is_cleared_once_and_its_lines_make_its_total(platform):
    unit = root_unit()
    for number in range(5):
        completed(unit, str(number), datetime(2026, 9, 10 + number, tzinfo=UTC))
    # 30 September 16:30 in London's winter is 1 October in Shanghai.
    completed(unit, "late", datetime(2026, 9, 30, 16, 30, tzinfo=UTC))
    days = {"since": MONTH, "until": date(2026, 10, 3)}
    assert collect_usage(**days) == 6
    assert collect_usage(**days) == 0
    price = Price(
        kind=UsageKind.ENVELOPE, mode=ChargeMode.PIECE, fen=30, starts_on=date(2026, 1, 1)
    )
    set_price(price, actor="t", at=LATER)
    (statement,) = clear_month(MONTH, actor="t", at=LATER)
    assert statement.total_fen == 5 * 30
    assert sum(line.total_fen for line in statement.lines.all()) == statement.total_fen
    assert clear_month(MONTH, actor="t", at=LATER) == []
    with pytest.raises(IllegalMove):
        lock_statement(statement, actor="t", at=LATER)
    confirm_statement(statement, actor="t", at=LATER)
    lock_statement(statement, actor="t", at=LATER)
    assert Statement.objects.get().state == "locked"
    assert UsageRecord.objects.filter(month=date(2026, 10, 1)).count() == 1


def test_a_running_month_is_not_cleared_and_prices_hold_whole_months(platform):
    with pytest.raises(MonthNotOver):
        clear_month(MONTH, actor="t", at=datetime(2026, 9, 30, 15, 0, tzinfo=UTC))
    price = Price(kind=UsageKind.SEAL, mode=ChargeMode.PIECE, fen=1, starts_on=date(2026, 9, 2))
    with pytest.raises(PriceMalformed):
        set_price(price, actor="t", at=LATER)
