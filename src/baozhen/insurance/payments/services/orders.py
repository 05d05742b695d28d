"""Open an order, start paying it at a channel, close it."""

import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import IntegrityError, transaction

from baozhen.foundation.audit.services import record
from baozhen.foundation.clock import SHANGHAI
from baozhen.foundation.errors import Outage
from baozhen.foundation.fields import blind_index
from baozhen.foundation.keys.configuration import configured
from baozhen.foundation.masking import mask_name
from baozhen.foundation.states import enter, move
from baozhen.insurance.payments.channels.ports import (
    AttemptRef,
    Handover,
    HandoverKind,
    Outcome,
    PayerWord,
    Scene,
    StartRequest,
)
from baozhen.insurance.payments.channels.registry import channel_of
from baozhen.insurance.payments.errors import (
    PayerCheckNeeded,
    PaymentChannelRefused,
    PaymentOrderClosed,
    PaymentOrderDiffers,
    PaymentOrderPaid,
    PaymentOrderUnknown,
)
from baozhen.insurance.payments.models import PaymentAttempt, PaymentOrder
from baozhen.insurance.payments.services.telling import take_told
from baozhen.insurance.payments.states import (
    CHANNEL_LABELS,
    LIVE,
    PAYABLE,
    OrderState,
    Purpose,
)
from baozhen.insurance.products.region_duties import demands_payer

SYSTEM: Final = "system"
LIFETIME: Final = timedelta(hours=24)
# A channel's page lives five minutes; a second click within this time gets the same.
_HANDOVER_LIFETIME: Final = timedelta(minutes=4)
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_RANDOM_CHARACTERS: Final = 10


@dataclass(frozen=True, kw_only=True)
class PayerFacts:
    """Who has to pay."""

    name: str = field(repr=False)
    id_no: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part of the sum: `premium` or `tax`."""

    kind: str
    label: str
    fen: int


@dataclass(frozen=True, kw_only=True)
class OrderTerms:
    """What may be said besides: the sum's parts, the region whose rule holds, the end."""

    parts: Sequence[Part] = ()
    region_code: str = ""
    expires_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """The browser that pays: where it comes from, where it returns to."""

    return_url: str
    client_ip: str = "127.0.0.1"
    openid: str = field(default="", repr=False)


def open_order(  # noqa: PLR0913 -- the facts of one order
    *,
    purpose: Purpose | str,
    business_no: str,
    amount_fen: int,
    payer: PayerFacts,
    title: str,
    at: datetime,
    terms: OrderTerms | None = None,
) -> PaymentOrder:
    """Return the live order of an object, opened now unless it was before.

    Raises PaymentOrderDiffers when the live one wants another sum or payer.
    """
    more = terms or OrderTerms()
    wanted = PaymentOrder(
        state=OrderState.OPENED,
        order_no=_number("PO", at),
        purpose=Purpose(purpose),
        business_no=business_no,
        title=title[:80],
        amount_fen=amount_fen,
        parts=[{"kind": part.kind, "label": part.label, "fen": part.fen} for part in more.parts],
        tax_fen=sum(part.fen for part in more.parts if part.kind == "tax"),
        region_code=more.region_code,
        payer_required=demands_payer(more.region_code),
        payer_name=payer.name,
        payer_id_no=payer.id_no,
        payer_name_index=blind_index(payer.name, "person.name"),
        payer_id_index=blind_index(payer.id_no, "person.id_no"),
        payer_masked=mask_name(payer.name),
        opened_at=at,
        expires_at=more.expires_at or at + LIFETIME,
    )
    found = _live(wanted)
    if found is None:
        try:
            with transaction.atomic(durable=True):
                wanted.save(force_insert=True)
                enter(wanted, actor=SYSTEM, at=at)
        except IntegrityError:
            # Somebody else opened it meanwhile; any other violation leaves nothing to be found.
            found = _live(wanted)
            if found is None:
                raise
        else:
            return wanted
    same = (found.amount_fen, found.payer_id_index) == (amount_fen, wanted.payer_id_index)
    if not same:
        raise PaymentOrderDiffers(business_no=business_no, order_no=found.order_no)
    return found


def order_of(order_no: str) -> PaymentOrder:
    """Return an order by its number, or raise PaymentOrderUnknown."""
    found = PaymentOrder.objects.filter(order_no=order_no).first()
    if found is None:
        raise PaymentOrderUnknown(order_no=order_no)
    return found


@transaction.atomic(durable=True)
def note_payer_check(order_no: str, *, check_no: str, at: datetime) -> None:
    """Keep the number of the passed bank card check that shows who pays."""
    order = PaymentOrder.objects.select_for_update().get(order_no=order_no)
    if order.payer_check_no != check_no:
        order.payer_check_no = check_no
        order.save(update_fields=["payer_check_no"])
        record(
            "payment_order.payer_checked",
            subject_id=order.pk,
            actor=SYSTEM,
            at=at,
            facts={"check": check_no},
        )


def start_payment(order_no: str, *, channel: str, visitor: Visitor, at: datetime) -> Handover:
    """Return where the payer goes; the same for a second click.

    Raises PaymentOrderClosed, PaymentOrderPaid, PayerCheckNeeded, PaymentChannelMissing, and what
    the channel raises.
    """
    adapter = channel_of(channel)
    attempt = _attempt(order_no, channel, visitor, word=adapter.payer_word, at=at)
    if attempt.handover is not None:
        return _handover(attempt.handover)
    order = attempt.order
    handover = adapter.start(
        StartRequest(
            attempt_no=attempt.attempt_no,
            title=order.title,
            amount_fen=order.amount_fen,
            made_at=attempt.made_at,
            expires_at=order.expires_at,
            notify_url=notice_url(channel),
            return_url=visitor.return_url,
            payer_name=order.payer_name if order.payer_required else "",
            payer_id_no=order.payer_id_no if order.payer_required else "",
            client_ip=visitor.client_ip,
            scene=Scene(attempt.scene),
            openid=visitor.openid,
        )
    )
    kept = {"kind": handover.kind.value, "url": handover.url, "fields": dict(handover.fields)}
    with transaction.atomic(durable=True):
        PaymentAttempt.objects.filter(pk=attempt.pk).update(handover=kept, handed_at=at)
    _end_others(attempt, at=at)
    return handover


def close_order(order_no: str, *, actor: str, at: datetime) -> PaymentOrder:
    """Close an order that nobody has paid; money that comes later goes back by itself.

    Raises PaymentOrderPaid when the money has come, and PaymentChannelOutage.
    """
    order = order_of(order_no)
    for attempt in order.attempts.filter(ended_at__isnull=True):
        _end(attempt, at=at)
    with transaction.atomic(durable=True):
        order = PaymentOrder.objects.select_for_update().get(pk=order.pk)
        if order.state == OrderState.CLOSED:
            return order
        if order.state not in PAYABLE:
            raise PaymentOrderPaid(order_no=order_no)
        move(order, OrderState.CLOSED, actor=actor, at=at, closed_at=at)
    return order


def notice_url(channel: str) -> str:
    """Return the address at which a channel tells us things."""
    root = configured("BAOZHEN_PUBLIC_URL").rstrip("/")
    return f"{root}/api/v1/payment-notices/{channel}"


def ref_of(attempt: PaymentAttempt) -> AttemptRef:
    """Return the attempt as channels look it up."""
    return AttemptRef(attempt_no=attempt.attempt_no, made_at=attempt.made_at)


@transaction.atomic(durable=True)
def _attempt(
    order_no: str, channel: str, visitor: Visitor, *, word: PayerWord, at: datetime
) -> PaymentAttempt:
    """Return the attempt to go on with: a young one of the same channel, else a new one."""
    order = PaymentOrder.objects.select_for_update().filter(order_no=order_no).first()
    if order is None:
        raise PaymentOrderUnknown(order_no=order_no)
    if order.state == OrderState.CLOSED or (order.state in PAYABLE and at >= order.expires_at):
        raise PaymentOrderClosed(order_no=order_no)
    if order.state not in PAYABLE:
        raise PaymentOrderPaid(order_no=order_no)
    if order.payer_required and word is PayerWord.SILENT and not order.payer_check_no:
        raise PayerCheckNeeded(channel=CHANNEL_LABELS[channel])
    scene = Scene.WECHAT if channel == "wechat" and visitor.openid else Scene.BROWSER
    young = order.attempts.filter(
        channel=channel,
        scene=scene,
        ended_at__isnull=True,
        made_at__gt=at - _HANDOVER_LIFETIME,
    )
    attempt = young.order_by("-pk").first()
    if attempt is None:
        number = f"{order.order_no}{order.attempts.count() + 1:02d}"
        attempt = PaymentAttempt.objects.create(
            order=order, attempt_no=number, channel=channel, scene=scene, made_at=at, asked_at=at
        )
    if order.state == OrderState.OPENED:
        move(order, OrderState.PAYING, actor=SYSTEM, at=at, channel=channel)
    elif order.channel != channel:
        order.channel = channel
        order.save(update_fields=["channel"])
    attempt.order = order
    return attempt


def _end_others(kept: PaymentAttempt, *, at: datetime) -> None:
    """Let the earlier attempts take no money, as far as the channels answer."""
    others = PaymentAttempt.objects.filter(order_id=kept.order_id, ended_at__isnull=True)
    for attempt in others.exclude(pk=kept.pk):
        # What stays open is asked later; money that comes twice goes back.
        with suppress(Outage, PaymentChannelRefused):
            _end(attempt, at=at)


def _end(attempt: PaymentAttempt, *, at: datetime) -> None:
    """Close an attempt at its channel; one that has been paid is taken as such."""
    adapter = channel_of(attempt.channel)
    try:
        adapter.close(ref_of(attempt))
    except PaymentChannelRefused:
        told = adapter.query(ref_of(attempt))
        if told.outcome is not Outcome.PAID:
            raise
        take_told(told, channel=attempt.channel, source="query", at=at)
        return
    PaymentAttempt.objects.filter(pk=attempt.pk).update(ended_at=at)


def _live(wanted: PaymentOrder) -> PaymentOrder | None:
    rows = PaymentOrder.objects.filter(purpose=wanted.purpose, business_no=wanted.business_no)
    return rows.filter(state__in=LIVE).first()


def _handover(kept: Mapping[str, Any]) -> Handover:
    return Handover(kind=HandoverKind(kept["kind"]), url=kept["url"], fields=kept["fields"])


def _number(prefix: str, at: datetime) -> str:
    """Return a number of letters and digits alone: some channels take nothing else."""
    random = "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM_CHARACTERS))
    return f"{prefix}{at.astimezone(SHANGHAI):%Y%m%d}{random}"
