"""Scenario S-01 issued, its holder, and the steps of a change, for tests."""

import re
from datetime import date, datetime, time, timedelta

from django.conf import settings

from baozhen.foundation.clock import SHANGHAI, now, today
from baozhen.insurance.endorsements.services.asking import (
    Asker,
    Papers,
    decide_change,
    draft_change,
    submit_change,
)
from baozhen.insurance.endorsements.services.confirming import (
    ask_code,
    confirm_change,
    open_payment,
    take_payment,
)
from baozhen.insurance.endorsements.services.issuing import issue_change
from baozhen.insurance.endorsements.services.planning import Wish
from baozhen.insurance.endorsements.states import ChangeKind
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
from baozhen.insurance.policies.models import Policy
from baozhen.insurance.products.services import (
    TableDraft,
    approve_version,
    import_table,
    submit_version,
)
from baozhen.signing.identity.services.subjects import SubjectFacts, register_subject
from tests.insurance.making import issue, make_proposal

HOLDER = {"name": "测试甲", "id_no": "110199198506151017", "mobile": "16100000001"}
STARTS = date(2025, 3, 16)
BOUGHT = datetime(2025, 3, 10, 9, 0, tzinfo=SHANGHAI)
CARD = "6212345678900000011"
JPEG = b"\xff\xd8\xff\xe0 a photograph"
_SERIAL = 3


def china(month, day, hour=10, *, year=2025):
    return datetime(year, month, day, hour, tzinfo=SHANGHAI)


def s01(*, order_no="PAYS01", starts=STARTS):
    """The proposal of S-01: a fuel family car in Beijing, 617.50 + 1,376.45 + 480.00."""
    raw = make_proposal(_SERIAL)
    starts_at = datetime.combine(starts, time.min, tzinfo=SHANGHAI)
    bought = starts_at - timedelta(days=5, hours=15)
    period = {
        "cover_starts_at": starts_at.isoformat(),
        "cover_ends_at": starts_at.replace(year=starts_at.year + 1).isoformat(),
    }
    person = raw["policyholder"] | HOLDER | {"birth_date": "1985-06-15", "gender": "male"}
    person["id_valid_to"] = "2036-05-01"
    raw |= {"policyholder": person, "insured": person, "owner": person}
    raw["submitted_at"] = (bought - timedelta(hours=2)).isoformat()
    raw["vehicle"] |= {
        "plate_no": "京Z12345",
        "vin": "L9TESTAA7MA000001",
        "engine_no": "T20A000001",
        "first_registered_on": "2021-03-15",
    }
    raw["compulsory"] |= period
    commercial = raw["commercial"]
    commercial |= period
    commercial["coverages"][0] |= {
        "sum_insured": "128160.00",
        "base_premium": "1600.00",
        "premium": "816.00",
    }
    commercial["premium"] = "1376.45"
    raw["vehicle_tax"] |= {"year": starts.year}
    raw["underwriting"]["decided_at"] = (bought - timedelta(hours=1)).isoformat()
    raw["signature"] |= {
        "signed_at": bought.isoformat(),
        "otp_verified_at": (bought + timedelta(minutes=4)).isoformat(),
    }
    raw["payment"] |= {
        "order_no": order_no,
        "payer_name": person["name"],
        "payer_id_no": person["id_no"],
        "account": CARD,
        "amount": "2473.95",
        "paid_at": (bought + timedelta(minutes=6)).isoformat(),
    }
    raw["total"] = "2473.95"
    return raw


def paid_order():
    """The order that S-01 was paid with, by the development cashier."""
    order = open_order(
        purpose="application",
        business_no="TBX202600000003",
        amount_fen=247395,
        payer=PayerFacts(name=HOLDER["name"], id_no=HOLDER["id_no"]),
        title="机动车保险",
        at=BOUGHT,
        terms=OrderTerms(parts=(Part(kind="tax", label="代收车船税", fen=48000),)),
    )
    pay(order, at=BOUGHT + timedelta(minutes=5))
    return order


def pay(order, *, at):
    """Pay an order at the development cashier, and bring its notice to the platform."""
    visitor = Visitor(return_url="https://example.com/m/wait")
    start_payment(order.order_no, channel="alipay", visitor=visitor, at=at)
    attempt = PaymentAttempt.objects.filter(order=order).latest("pk")
    deed = Deed(
        amount_fen=order.amount_fen,
        at=at,
        payer_name=HOLDER["name"],
        payer_id_no=HOLDER["id_no"],
        account=CARD,
    )
    headers, body = registry.channel_of("alipay").pay(attempt.attempt_no, deed)
    take_notice("alipay", headers=headers, body=body, at=at)
    order.refresh_from_db()


def running_s01():
    """S-01 as if it had begun seven weeks ago: for pages, which ask the clock."""
    return issued_s01(starts=today() - timedelta(days=49))


def issued_s01(**changes):
    """Issue S-01; return its policies by kind."""
    issue(s01(**changes))
    return {policy.kind: policy for policy in Policy.objects.select_related("proposal")}


def holder():
    facts = SubjectFacts(kind="person", email="test3@example.com", **HOLDER)
    return register_subject(facts, actor="test", at=BOUGHT)


def draft(policy, kind, *, at, who=None, files=(), **wish):
    who = who or holder()
    return draft_change(
        policy,
        Wish(kind=ChangeKind(kind), **wish),
        asker=Asker(actor=f"subject:{who.public_id}", holder=who),
        papers=Papers(files=dict.fromkeys(files, JPEG)),
        at=at,
    )


def submit(change, *, at):
    change = submit_change(change.pk, actor="test", at=at)
    if change.needs_approval:
        change = decide_change(
            change.pk, approved=True, decision="同意", actor="staff:leader", name="示例领导", at=at
        )
    return change


def last_code():
    """The six digits of the newest text in the outbox."""
    outbox = settings.BAOZHEN_OUTBOX
    for path in sorted(outbox.rglob("*"), key=lambda p: p.stat().st_mtime_ns)[::-1]:
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            found = re.search(r"(?<!\d)(\d{6})(?!\d)", text)
            if found and "code" in text:
                return found[1]
    raise AssertionError("no code was sent")


def confirm(change, *, at, who=None, device="phone-1"):
    who = who or holder()
    challenge = ask_code(change, who, device=device, at=at)
    return confirm_change(
        change,
        who,
        challenge=challenge,
        code=last_code(),
        device=device,
        address="127.0.0.1",
        at=at + timedelta(seconds=20),
    )


def pay_difference(change, *, at):
    order = open_payment(change, at=at)
    pay(order, at=at)
    take_payment(order.pk, at=at)
    return order


def finish(change, *, at):
    """Seal and issue; the machine's own time is what certificates are judged by."""
    issue_change(change.pk, signed_at=now().replace(microsecond=0), at=at)
    change.refresh_from_db()
    return change


def approve_table(content, *, since, at):
    """Bring a table into force from a day, by two persons."""
    table = TableDraft(
        table=content["table"],
        content=content,
        version="2025-TEST",
        effective_from=since,
        source="测试批件〔2025〕1号",
        confirmed=True,
    )
    version = import_table(table, actor="staff:actuary", at=at)
    submit_version(version.pk, actor="staff:actuary", at=at)
    approve_version(version.pk, actor="staff:chief", at=at)
