"""What the stage asks of a payment channel, whatever its protocol.

Adapters never run inside a transaction. They raise PaymentChannelOutage when asking later may
help, PaymentChannelRefused when the call itself is at fault, PaymentNoticeForged for a notice
that the channel did not sign. Every call carries a number of ours: asked twice, it is one act.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol


class PayerWord(StrEnum):
    """What a channel knows of the payer: it lets nobody else pay, tells who it was, or neither."""

    ENFORCES = "enforces"
    TELLS = "tells"
    SILENT = "silent"


class HandoverKind(StrEnum):
    """How the browser gets to the channel: a link, a form to post, or WeChat's own bridge."""

    LINK = "link"
    FORM = "form"
    BRIDGE = "bridge"


class Scene(StrEnum):
    """Where the payer is: in a phone's browser, or inside WeChat."""

    BROWSER = "browser"
    WECHAT = "wechat"


@dataclass(frozen=True, kw_only=True)
class StartRequest:
    """One attempt to be paid; `attempt_no` is ours."""

    attempt_no: str
    title: str
    amount_fen: int
    made_at: datetime
    expires_at: datetime
    notify_url: str
    return_url: str
    payer_name: str = field(default="", repr=False)
    payer_id_no: str = field(default="", repr=False)
    client_ip: str = "127.0.0.1"
    scene: Scene = Scene.BROWSER
    openid: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True)
class Handover:
    """Where the payer goes; `fields` are those of the form or of the bridge."""

    kind: HandoverKind
    url: str = ""
    fields: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, kw_only=True)
class AttemptRef:
    """An attempt as the channels look it up."""

    attempt_no: str
    made_at: datetime


class Outcome(StrEnum):
    """What became of an attempt or a refund."""

    PAID = "paid"
    WAITING = "waiting"
    ENDED = "ended"


@dataclass(frozen=True, kw_only=True)
class PaymentTold:
    """A channel's word on an attempt; sums and instants count when it is paid."""

    attempt_no: str
    outcome: Outcome
    channel_no: str = ""
    amount_fen: int = 0
    paid_at: datetime | None = None
    payer_name: str = field(default="", repr=False)
    payer_id_no: str = field(default="", repr=False)
    account: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True)
class RefundRequest:
    """Money to send back: of which payment, how much, under which number of ours."""

    refund_no: str
    attempt: AttemptRef
    channel_no: str
    paid_fen: int
    amount_fen: int
    reason: str
    made_at: datetime
    notify_url: str


@dataclass(frozen=True, kw_only=True)
class RefundTold:
    """A channel's word on a refund."""

    refund_no: str
    outcome: Outcome
    channel_no: str = ""
    amount_fen: int = 0
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class BillLine:
    """One line of a channel's bill: money that came, or that went back under `refund_no`."""

    attempt_no: str
    channel_no: str
    amount_fen: int
    at: datetime
    refund_no: str = ""


@dataclass(frozen=True, kw_only=True)
class Bill:
    """A bill, the digest of its file, and the span that the channel calls a day."""

    sha256: str
    lines: Sequence[BillLine]
    since: datetime
    until: datetime


@dataclass(frozen=True, kw_only=True)
class Acknowledgement:
    """What a channel wants to hear about a notice."""

    status: int
    content_type: str
    body: str


class PaymentChannel(Protocol):
    """A way for money to come and to go back."""

    @property
    def name(self) -> str:
        """The channel's name: wechat, alipay or unionpay."""

    @property
    def payer_word(self) -> PayerWord:
        """What it knows of the payer."""

    def start(self, request: StartRequest) -> Handover:
        """Ask to be paid; return where the payer goes."""

    def query(self, attempt: AttemptRef) -> PaymentTold:
        """Return what became of an attempt; one that the channel never saw is WAITING."""

    def close(self, attempt: AttemptRef) -> None:
        """Let nobody pay the attempt any more; PaymentChannelRefused when it has been paid."""

    def refund(self, request: RefundRequest) -> RefundTold:
        """Send money back to where it came from."""

    def query_refund(self, request: RefundRequest) -> RefundTold:
        """Return what became of a refund."""

    def read_notice(self, headers: Mapping[str, str], body: bytes) -> PaymentTold | RefundTold:
        """Return what a signed notice says; raises PaymentNoticeForged."""

    def bill(self, day: date) -> Bill:
        """Return the bill of a day that is over."""

    def acknowledgement(self, *, taken: bool) -> Acknowledgement:
        """Return the answer that makes the channel stop, or try again."""
