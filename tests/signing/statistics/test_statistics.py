"""Figures by day, uses that count once, and statements that stay as they were locked."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db.models import Count

from baozhen.foundation.audit.models import AuditEntry
from baozhen.foundation.clock import now, shanghai_date
from baozhen.foundation.errors import IllegalMove
from baozhen.foundation.ids import new_id
from baozhen.signing.envelopes.forms import flow_of
from baozhen.signing.envelopes.models import Envelope
from baozhen.signing.envelopes.services.telling import notify_signatory
from baozhen.signing.identity.services.codes import CodeRequest, send_code
from baozhen.signing.identity.services.subjects import SubjectFacts, register_subject
from baozhen.signing.organizations.models import OrgUnit
from baozhen.signing.organizations.queries import root_unit
from baozhen.signing.statistics.errors import MonthNotOver, PriceMalformed, StatementSettled
from baozhen.signing.statistics.models import DayFigure, Statement, UsageRecord
from baozhen.signing.statistics.queries import figures, sums, usage_of
from baozhen.signing.statistics.rules import Price
from baozhen.signing.statistics.services import (
    clear_month,
    collect_usage,
    confirm_statement,
    count_text,
    end_price,
    lock_statement,
    recount_statement,
    refresh_figures,
    set_price,
)
from baozhen.signing.statistics.states import ChargeMode, Measure, UsageKind
from tests.signing.envelopes.conftest import desk  # noqa: F401 -- a fixture
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


@pytest.mark.requirement("S2-L160.e2")
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


@pytest.mark.requirement("S2-L160.m6")
def test_the_last_hours_are_on_the_statement_and_a_draft_is_worked_out_again(platform):
    """Nobody collected what was used just before the month ended; then a price comes late."""
    unit = root_unit()
    for number in range(3):
        completed(unit, str(number), datetime(2026, 9, 30, 15, 50 + number, tzinfo=UTC))
    (statement,) = clear_month(MONTH, actor="t", at=datetime(2026, 9, 30, 16, 1, tzinfo=UTC))
    assert (statement.lines.get(kind="envelope").count, statement.total_fen) == (3, 0)
    every = {"kind": UsageKind.ENVELOPE, "mode": ChargeMode.PIECE}
    price = set_price(Price(fen=30, starts_on=date(2026, 1, 1), **every), actor="t", at=LATER)
    again = recount_statement(statement, actor="t", at=LATER)
    assert (again.total_fen, again.lines.get().mode) == (90, "piece")
    assert AuditEntry.objects.get(action="statement.recounted").facts["total_fen"] == 90

    # A price ends; what was made by it stays, and so does what somebody confirmed.
    for wrong in (date(2026, 9, 2), date(2026, 1, 1)):
        with pytest.raises(PriceMalformed, match="某月的 1 日"):
            end_price(price, ends_on=wrong, actor="t", at=LATER)
    end_price(price, ends_on=MONTH, actor="t", at=LATER)
    with pytest.raises(PriceMalformed, match="已经有失效日"):
        end_price(price, ends_on=date(2027, 1, 1), actor="t", at=LATER)
    confirm_statement(again, actor="t", at=LATER)
    with pytest.raises(StatementSettled):
        recount_statement(statement, actor="t", at=LATER)
    assert Statement.objects.get().total_fen == 90
    assert [row.source for row in usage_of([unit.pk], kind="envelope", month=MONTH)] == [
        row.public_id for row in Envelope.objects.filter(ended_at__lt=LATER).order_by("-pk")
    ]
    assert list(usage_of([], month=MONTH)) == list(usage_of([unit.pk], kind="seal", unit=0)) == []


def test_a_running_month_is_not_cleared_and_prices_hold_whole_months(platform):
    with pytest.raises(MonthNotOver):
        clear_month(MONTH, actor="t", at=datetime(2026, 9, 30, 15, 0, tzinfo=UTC))
    price = Price(kind=UsageKind.SEAL, mode=ChargeMode.PIECE, fen=1, starts_on=date(2026, 9, 2))
    with pytest.raises(PriceMalformed):
        set_price(price, actor="t", at=LATER)


@pytest.fixture
def signed(desk):  # noqa: F811
    """An application contract that a person signed and the insurer sealed."""
    envelope = desk.finish(desk.start(flow_of("application_contract"), client="api:core"))
    assert envelope.state == "completed", envelope.last_error
    return envelope


def counted(measure, by, **only):
    today = shanghai_date(now())
    days = {"since": today, "until": today + timedelta(days=1)}
    refresh_figures(**days)
    units = list(OrgUnit.objects.values_list("pk", flat=True))
    return sums(figures(measure, units=units, **days).filter(**only), by)


@pytest.mark.django_db(transaction=True)
@pytest.mark.requirement("S2-L160.e1")
def test_the_use_of_seals_is_counted_by_time_branch_type_and_channel(signed):
    today = shanghai_date(now()).isoformat()
    contract = {"type": "application_contract"}
    assert counted(Measure.SEALS, "day", **contract) == [(today, 1)]
    assert counted(Measure.SEALS, "unit", **contract) == [(root_unit().name, 1)]
    assert counted(Measure.SEALS, "channel", **contract) == [("application_contract", 1)]
    assert ("application_contract", 1) in counted(Measure.SEALS, "type")


@pytest.mark.django_db(transaction=True)
@pytest.mark.requirement("S2-L160.e3")
def test_signing_is_counted_by_time_branch_type_and_channel(signed):
    today = shanghai_date(now()).isoformat()
    core = {"channel": "api:core"}
    assert counted(Measure.SIGNATURES, "day", **core) == [(today, 2)]
    assert counted(Measure.SIGNATURES, "unit", **core) == [(root_unit().name, 2)]
    assert counted(Measure.SIGNATURES, "type", **core) == [("seal", 1), ("sign", 1)]
    assert ("api:core", 2) in counted(Measure.SIGNATURES, "channel")


def test_what_is_sealed_silently_is_a_signature_too(platform):
    at = now()
    for number in ("1", "2"):
        envelope = completed(root_unit(), number, at)
        Envelope.objects.filter(pk=envelope.pk).update(rules={"silent": True})
    completed(root_unit(), "3", at)
    assert counted(Measure.SIGNATURES, "type", channel="api:core") == [("seal", 2)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.requirement("S2-L160.m6")
def test_every_kind_of_use_is_charged_to_the_unit_of_the_task(signed):
    today = shanghai_date(now())
    days = {"since": today, "until": today + timedelta(days=1)}
    collect_usage(**days)
    assert collect_usage(**days) == 0
    used = dict(
        UsageRecord.objects.filter(unit=root_unit())
        .values_list("kind")
        .annotate(pieces=Count("pk"))
        .order_by()
    )
    clauses = Envelope.objects.filter(document_type="clauses").count()
    assert used["envelope"] == used["seal"] == 1 + clauses
    assert used["signature"] == 1
    assert used["sms"] >= 1, "the code of the signing"
    assert UsageRecord.objects.exclude(unit=root_unit()).count() == 0


@pytest.mark.django_db(transaction=True)
def test_the_link_that_goes_out_by_text_is_charged_once(desk):  # noqa: F811
    envelope = desk.start(flow_of("application_contract"))
    before = UsageRecord.objects.filter(kind=UsageKind.SMS).count()
    action = envelope.actions.filter(state="ready", type="sign").get()
    notify_signatory(key=action.pk)
    texts = UsageRecord.objects.filter(kind=UsageKind.SMS, unit=envelope.unit)
    assert texts.count() == before + 1
    receipt = texts.latest("pk").source
    count_text(receipt, envelope.unit_id, now())
    assert texts.count() == before + 1


def test_a_code_for_no_document_is_paid_by_head_office(platform):
    at = now()
    subject = register_subject(
        SubjectFacts(
            kind="person",
            name="测试伟",
            id_type="id_card",
            id_no="990000199001010011",
            mobile="19900000011",
        ),
        actor="t",
        at=at,
    )
    send_code(CodeRequest(subject_id=subject.public_id, purpose="download"), at=at)
    today = shanghai_date(at)
    collect_usage(since=today, until=today + timedelta(days=1))
    assert UsageRecord.objects.get(kind=UsageKind.SMS).unit == root_unit()
