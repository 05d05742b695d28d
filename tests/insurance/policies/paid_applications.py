"""Applications that are signed and wait for their money, as the pages and the worker make them."""

from datetime import timedelta

from baozhen.foundation.clock import now
from baozhen.insurance.applications.models import Application
from baozhen.insurance.disclosures.services.codes import pass_proposal_code, send_proposal_code
from baozhen.insurance.disclosures.services.freezing import reading_set_of
from baozhen.insurance.payments.channels.development import Deed
from baozhen.insurance.payments.channels.registry import channel_of
from baozhen.insurance.payments.models import PaymentAttempt
from baozhen.insurance.payments.services.orders import Visitor, start_payment
from baozhen.insurance.payments.services.telling import take_notice
from baozhen.insurance.policies.services.applications import open_application_order
from tests.insurance.disclosures.signing import DEVICE, accepted, last_code, signed

CARD = "6212345678900000011"
OTHER = {
    "payer_name": "测试乙",
    "payer_id_no": "110199199009202025",
    "account": "6212345678900000029",
}


def signed_application(at=None, *, with_code=True, **more):
    """Return S-01 signed, archived, its code passed if there is to be one."""
    # Reading takes minutes: it began an hour ago.
    at = (at or now()) - timedelta(hours=1)
    application = accepted(at, **more)
    signed(reading_set_of(application, at=at), at=at)
    application = Application.objects.get(pk=application.pk)
    if not with_code:
        return application
    challenge = send_proposal_code(application, device=DEVICE, at=now())
    pass_proposal_code(application, challenge.public_id, last_code(), device=DEVICE, at=now())
    application.refresh_from_db()
    return application


def pay_application(application, *, channel="alipay", **payer):
    """Pay it at the development cashier; return the order."""
    order = open_application_order(application, at=now())
    visitor = Visitor(return_url="https://example.com/back")
    start_payment(order.order_no, channel=channel, visitor=visitor, at=now())
    attempt = PaymentAttempt.objects.filter(order=order).latest("pk")
    who = {
        "payer_name": "测试甲",
        "payer_id_no": "110199198506151017",
        "account": CARD,
    } | payer
    deed = Deed(amount_fen=order.amount_fen, at=now(), **who)
    headers, body = channel_of(channel).pay(attempt.attempt_no, deed)
    take_notice(channel, headers=headers, body=body, at=now())
    order.refresh_from_db()
    return order
