"""The figures of the motor journey, each counted by what the register behind it lists."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import TruncDate
from django.urls import reverse

from baozhen.faces.console.narrowing import Narrowing
from baozhen.faces.console.statistics.charts import whole
from baozhen.faces.console.statistics.tables import Chart, Line
from baozhen.faces.words import CLAIM_STATES, FORMS, word_for
from baozhen.foundation.clock import SHANGHAI, today
from baozhen.insurance.applications.models import Application
from baozhen.insurance.applications.queries import Reached, list_applications, outcomes
from baozhen.insurance.applications.states import OUTCOME_LABELS, STATE_LABELS
from baozhen.insurance.claims.queries import list_claims, overdue_by_clock
from baozhen.insurance.claims.rules import TERM_LABELS
from baozhen.insurance.endorsements.queries import ChangeFilter, list_changes
from baozhen.insurance.endorsements.rules import change_table
from baozhen.insurance.payments.models import PaymentOrder, Refund
from baozhen.insurance.payments.states import CHANNEL_LABELS, RefundState
from baozhen.insurance.policies.models import Policy
from baozhen.signing.organizations.roles import Permission

_REACHED: Mapping[Reached, str] = {
    Reached.CREATED: "开始填写",
    Reached.SUBMITTED: "提交核保",
    Reached.SIGNED: "阅读并签名",
    Reached.PAID: "缴费",
    Reached.ISSUED: "出单",
}


@dataclass(frozen=True, kw_only=True)
class Period:
    """The days of the page and, perhaps, a branch."""

    since: date
    until: date
    branch: str = ""

    @property
    def narrowing(self) -> Narrowing:
        """What the registers are narrowed by."""
        return Narrowing(since=self.since, until=self.until, branch=self.branch)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One chart: its name, who may see it, and how it is made."""

    permission: Permission
    make: Callable[[Period], Chart]


def _funnel(period: Period) -> Chart:
    lines = [
        Line(
            label=label,
            value=_applied(period, reached=step.value).count(),
            href=_to("applications", period, reached=step.value),
        )
        for step, label in _REACHED.items()
    ]
    return Chart(title="投保漏斗", lines=lines if lines[0].value else [])


def _states(period: Period) -> Chart:
    counts = _counts(_applied(period), "state")
    lines = [
        Line(label=label, value=counts[state], href=_to("applications", period, state=state))
        for state, label in STATE_LABELS.items()
        if state in counts
    ]
    return Chart(title="投保单现状", lines=lines)


def _outcomes(period: Period) -> Chart:
    found = ((word, _applied(period).filter(rows).count()) for word, rows in outcomes().items())
    lines = [
        Line(
            label=OUTCOME_LABELS[word],
            value=count,
            href=_to("applications", period, outcome=word.value),
        )
        for word, count in found
        if count
    ]
    return Chart(title="核保结论", lines=lines)


def _premiums_by_day(period: Period) -> Chart:
    sums = _by_day(_policies(period), "numbered_at", "premium_fen")
    return _days("保险费（按日）", sums, "policies", period)


def _premiums_by_form(period: Period) -> Chart:
    sums = _sums(_policies(period), "form", "premium_fen")
    lines = [
        Line(label=FORMS.get(form, form), value=fen, href=_to("policies", period, form=form))
        for form, fen in sums
    ]
    return Chart(title="保险费（按投保单）", lines=lines, is_money=True)


def _receipts_by_day(period: Period) -> Chart:
    sums = _by_day(_orders(period), "confirmed_at", "amount_fen")
    return _days("收款（按日）", sums, "payment_orders", period)


def _receipts_by_channel(period: Period) -> Chart:
    lines = [
        Line(
            label=CHANNEL_LABELS.get(channel, channel),
            value=fen,
            href=_to("payment_orders", period, channel=channel),
        )
        for channel, fen in _sums(_orders(period), "channel", "amount_fen")
    ]
    return Chart(title="收款（按支付方式）", lines=lines, is_money=True)


def _refunds_by_day(period: Period) -> Chart:
    sums = _by_day(_refunds(period), "proposed_at", "amount_fen")
    done = {"state": RefundState.SUCCEEDED.value}
    return _days("退款（按提出日）", sums, "refunds", period, **done)


def _refunds_by_channel(period: Period) -> Chart:
    lines = [
        Line(
            label=CHANNEL_LABELS.get(channel, channel),
            value=fen,
            href=_to("refunds", period, channel=channel, state=RefundState.SUCCEEDED.value),
        )
        for channel, fen in _sums(_refunds(period), "receipt__channel", "amount_fen")
    ]
    return Chart(title="退款（按支付方式）", lines=lines, is_money=True)


def _changes(period: Period) -> Chart:
    rows = list_changes(ChangeFilter())
    found = period.narrowing.within(rows, "created_at", "proposal__branch_code")
    kinds = change_table().kinds
    lines = [
        Line(label=kinds[kind].label, value=count, href=_to("changes", period, kind=kind))
        for kind, count in _greatest_first(_counts(found, "kind"))
    ]
    return Chart(title="批改（按类型）", lines=lines)


def _claims(period: Period) -> Chart:
    found = period.narrowing.within(list_claims({}), "registered_at", "policy__branch_code")
    lines = [
        Line(
            label=word_for(CLAIM_STATES, state).label,
            value=count,
            href=_to("claims", period, state=state),
        )
        for state, count in _greatest_first(_counts(found, "state"))
    ]
    return Chart(title="理赔案件（按状态）", lines=lines)


def _overdue(period: Period) -> Chart:
    """Count what is late today among the claims of these days."""
    found = period.narrowing.within(list_claims({}), "registered_at", "policy__branch_code")
    wanted = set(found.values_list("pk", flat=True))
    lines = [
        Line(
            label=TERM_LABELS[clock],
            value=len(wanted & keys),
            href=_to("claims", period, overdue=clock),
        )
        for clock, keys in overdue_by_clock(on=today()).items()
        if wanted & keys
    ]
    return Chart(title="逾期的理赔期限", lines=lines)


CHARTS: tuple[Asked, ...] = (
    Asked(permission=Permission.VIEW_POLICIES, make=_funnel),
    Asked(permission=Permission.VIEW_POLICIES, make=_states),
    Asked(permission=Permission.VIEW_POLICIES, make=_premiums_by_day),
    Asked(permission=Permission.VIEW_POLICIES, make=_premiums_by_form),
    Asked(permission=Permission.VIEW_PAYMENTS, make=_receipts_by_day),
    Asked(permission=Permission.VIEW_PAYMENTS, make=_receipts_by_channel),
    Asked(permission=Permission.VIEW_PAYMENTS, make=_refunds_by_day),
    Asked(permission=Permission.VIEW_PAYMENTS, make=_refunds_by_channel),
    Asked(permission=Permission.VIEW_POLICIES, make=_outcomes),
    Asked(permission=Permission.VIEW_POLICIES, make=_changes),
    Asked(permission=Permission.VIEW_CLAIMS, make=_claims),
    Asked(permission=Permission.VIEW_CLAIMS, make=_overdue),
)


def _applied(period: Period, **wanted: str) -> QuerySet[Application]:
    rows = list_applications({"branch": period.branch, **wanted})
    return period.narrowing.within(rows, "created_at")


def _policies(period: Period) -> QuerySet[Policy]:
    return period.narrowing.within(Policy.objects.all(), "numbered_at", "branch_code")


def _orders(period: Period) -> QuerySet[PaymentOrder]:
    return period.narrowing.orders(PaymentOrder.objects.all(), "confirmed_at")


def _refunds(period: Period) -> QuerySet[Refund]:
    done = Refund.objects.filter(state=RefundState.SUCCEEDED)
    return period.narrowing.refunds(done, "proposed_at")


def _to(place: str, period: Period, **more: str) -> str:
    return reverse(f"console:{place}") + period.narrowing.address(**more)


def _counts(rows: QuerySet[Any], by: str) -> dict[str, int]:
    return dict(rows.order_by().values_list(by).annotate(count=Count("pk")))


def _greatest_first(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _sums(rows: QuerySet[Any], by: str, fen: str) -> list[tuple[str, int]]:
    found = rows.order_by().values_list(by).annotate(fen=Sum(fen))
    return _greatest_first(dict(found))


def _by_day(rows: QuerySet[Any], moment: str, fen: str) -> dict[str, int]:
    days = rows.order_by().annotate(day=TruncDate(moment, tzinfo=SHANGHAI))
    found = days.values_list("day").annotate(fen=Sum(fen))
    return {day.isoformat(): total for day, total in found}


def _days(title: str, sums: Mapping[str, int], place: str, period: Period, **more: str) -> Chart:
    """Return money by day; each day leads to its own rows."""
    lines = []
    for day, fen in whole(dict(sums), period.since, period.until):
        of_day = replace(period, since=date.fromisoformat(day), until=date.fromisoformat(day))
        lines.append(Line(label=day, value=fen, href=_to(place, of_day, **more)))
    return Chart(title=title, lines=lines, is_line=True, is_money=True)
