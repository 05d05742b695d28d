"""业务统计: every figure of the journey is the number of the rows that it leads to."""

import re
from datetime import timedelta

import pytest

from baozhen.faces.console.statistics.journey_charts import CHARTS, Period
from baozhen.faces.console.statistics.tables import Chart, Line
from baozhen.foundation.clock import now, today
from baozhen.insurance.claims.services import reporting
from baozhen.insurance.payments.models import Receipt
from baozhen.insurance.payments.services.refunds import (
    decide_refund,
    propose_refund,
    send_refund,
)
from tests.faces.conftest import BACKEND
from tests.insurance.applications.making import PERSON_B, draft, submitted
from tests.insurance.claims.making import claim_at
from tests.insurance.disclosures.signing import accepted
from tests.insurance.endorsements import making

pytestmark = pytest.mark.usefixtures("database")
PAGE = "/console/statistics/journey"
DAYS = {"from": (today() - timedelta(days=60)).isoformat(), "to": today().isoformat()}


@pytest.fixture
def business(platform):
    """A branch's two months: applications, policies, money there and back, a change, a claim."""
    draft(at=now())
    start = (today() + timedelta(days=10)).isoformat()
    submitted(at=now(), starts_on=start)
    accepted(person=PERSON_B)
    policies = making.running_s01()
    order = making.open_order(
        purpose="application",
        business_no=policies["commercial"].proposal.proposal_no,
        amount_fen=247_395,
        payer=making.PayerFacts(name=making.HOLDER["name"], id_no=making.HOLDER["id_no"]),
        title="机动车保险",
        at=now(),
    )
    making.pay(order, at=now())
    return policies


def shown(client, **more):
    answer = client.get(PAGE, DAYS | more)
    assert answer.status_code == 200
    return {chart.title: chart for chart in answer.context["charts"]}


def rows_of(client, href):
    answer = client.get(href)
    assert answer.status_code == 200
    body = re.search(r"<tbody>(.*?)</tbody>", answer.content.decode(), re.DOTALL)
    return body[1].count("<tr>") if body else 0


def test_every_figure_leads_to_its_rows(business, signed_in):
    at = now() - timedelta(days=45)
    claim = claim_at(business["compulsory"], at - timedelta(hours=3), at=at)
    for paper in claim.papers.all():
        reporting.add_file(claim, b"%PDF-1.7 a paper", actor="t", at=at, paper_code=paper.code)
    reporting.hand_in(claim, actor="test", at=at)
    change = making.draft(
        business["compulsory"],
        "cancellation",
        at=now(),
        ground="deregistration",
        files=["deregistration_certificate"],
        effective_on=today() + timedelta(days=1),
    )
    making.submit(change, at=now())
    receipt = Receipt.objects.get()
    refund = propose_refund(receipt.pk, amount_fen=100, reason="多收", actor="a", at=now())
    decide_refund(refund.refund_no, approved=True, note="同意", actor="b", at=now())
    send_refund(refund.pk, at=now())

    client = signed_in("业务负责人", "财务", "理赔员")
    charts = shown(client)
    assert [len(chart.lines) > 0 for chart in charts.values()] == [True] * len(CHARTS)
    for chart in charts.values():
        for line in filter(lambda one: one.value, chart.lines):
            rows = rows_of(client, line.href)
            assert rows > 0 if chart.is_money else rows == line.value, line
    assert {line.label: line.value for line in charts["投保漏斗"].lines}["提交核保"] == 2
    assert sum(line.value for line in charts["保险费（按投保单）"].lines) == 61_750 + 137_645
    assert sum(line.value for line in charts["收款（按日）"].lines) == 247_395
    assert [line.value for line in charts["退款（按支付方式）"].lines] == [100]
    assert [line.label for line in charts["逾期的理赔期限"].lines] == ["作出核定"]

    csv = client.get(f"{PAGE}/export.csv", DAYS).content.decode()
    assert "收款（按支付方式）,支付宝,2473.95" in csv
    assert client.get(f"{PAGE}/export.xlsx", DAYS).content.startswith(b"PK")
    elsewhere = shown(client, branch="DEMO44")
    assert not any(chart.lines for chart in elsewhere.values())
    assert "这段时间没有数据" in client.get(PAGE, DAYS | {"branch": "DEMO44"}).content.decode()


def test_whoever_may_not_see_the_rows_does_not_see_the_figures(platform, client, staff):
    money = {"收款（按日）", "收款（按支付方式）", "退款（按提出日）", "退款（按支付方式）"}
    client.force_login(staff("财务"), backend=BACKEND)
    assert set(shown(client)) == money
    client.force_login(staff("审计员", name="other"), backend=BACKEND)
    for path in (PAGE, f"{PAGE}/export.csv"):
        assert client.get(path).status_code == 403


def test_money_is_shown_and_drawn_in_yuan():
    chart = Chart(title="x", lines=[Line(label="a", value=1_234_56)], is_money=True)
    assert chart.rows() == [("a", "¥1,234.56", "")]
    assert chart.drawn()["rows"] == [["a", 1234.56, ""]]
    period = Period(since=today(), until=today(), branch="DEMO11")
    assert period.narrowing.address().endswith("branch=DEMO11")
