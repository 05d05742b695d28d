"""A payer, an order, and what the development cashier is told to do."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from baozhen.insurance.payments.channels import registry
from baozhen.insurance.payments.channels.development import Deed
from baozhen.insurance.payments.models import PaymentAttempt
from baozhen.insurance.payments.services.orders import (
    OrderTerms,
    Part,
    PayerFacts,
    Visitor,
    open_order,
    start_payment,
)
from baozhen.insurance.payments.services.telling import take_notice

AT = datetime(2026, 6, 1, 4, 0, tzinfo=UTC)
PAYER = PayerFacts(name="测试甲", id_no="110199198506151017")
CARD = "6212345678900000011"
OTHER = {
    "payer_name": "测试乙",
    "payer_id_no": "110199199009202025",
    "account": "6212345678900000029",
}
VISITOR = Visitor(return_url="https://example.com/m/pay/TB1/wait")
SUM = 247_395  # S-01: 1,376.45 + 617.50 + 480.00
PARTS = (
    Part(kind="premium", label="交强险", fen=61_750),
    Part(kind="premium", label="商业险", fen=137_645),
    Part(kind="tax", label="代收车船税", fen=48_000),
)


@pytest.fixture(autouse=True)
def data(settings, tmp_path):
    """A data folder of the test's own; the links to local servers are declared as a LAN."""
    settings.BAOZHEN_DATA = tmp_path
    # What is stored with this folder's keys must not lie among the objects of other tests.
    settings.BAOZHEN_ARCHIVE = tmp_path / "archive"
    reason = "测试服务器在本机"
    links = [{"name": "payment", "reach": "lan", "protection": "clear", "reason": reason}]
    path = tmp_path / "links.json"
    path.write_text(json.dumps(links), encoding="utf-8")
    settings.BAOZHEN_LINKS = str(path)
    registry._build.cache_clear()
    yield tmp_path
    registry._build.cache_clear()


def make_order(number="TB1", *, at=AT, fen=SUM, region="110000"):
    """Open an order of 测试甲's."""
    return open_order(
        purpose="application",
        business_no=number,
        amount_fen=fen,
        payer=PAYER,
        title="机动车保险",
        at=at,
        terms=OrderTerms(parts=PARTS if fen == SUM else (), region_code=region),
    )


def begin(order, *, channel="alipay", at=AT):
    """Begin to pay; return the attempt."""
    start_payment(order.order_no, channel=channel, visitor=VISITOR, at=at)
    return PaymentAttempt.objects.filter(order=order, channel=channel).latest("pk")


def pay_notice(attempt, *, fen=SUM, at=AT, **payer):
    """Let the cashier take money; return its notice."""
    who = {"payer_name": PAYER.name, "payer_id_no": PAYER.id_no, "account": CARD} | payer
    cashier = registry.channel_of(attempt.channel)
    return cashier.pay(attempt.attempt_no, Deed(amount_fen=fen, at=at, **who))


def deliver(attempt, notice, *, at=AT + timedelta(seconds=5)):
    """Bring a notice to the platform."""
    headers, body = notice
    return take_notice(attempt.channel, headers=headers, body=body, at=at)


def pay(order, *, channel="alipay", at=AT, fen=SUM, **payer):
    """Pay an order from beginning to notice; return the attempt."""
    attempt = begin(order, channel=channel, at=at)
    deliver(attempt, pay_notice(attempt, fen=fen, at=at, **payer), at=at + timedelta(seconds=5))
    order.refresh_from_db()
    return attempt
