"""What the centre asks of a provider of identity checks, one port a way of answering.

| port | kinds | how it answers |
|---|---|---|
| ElementsVerifier | three_elements, four_elements, licence, legal_rep | at once |
| SessionVerifier | face, video | the person goes to an address, the result is fetched later |
| TransferSender | transfer | pays a small sum; the account's owner tells us the amount |
| OwnSystem | own_system | takes the case, reviews it, tells the result by callback or when asked |

Adapters never run inside a transaction. They raise IdentityOutage when asking later may help, and
IdentityCallRefused when the call itself is at fault; "does not match" is an answer, no error.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol

from baozhen.signing.identity.states import CheckKind


@dataclass(frozen=True, kw_only=True)
class Question:
    """Whom to check, and how; `reference` is ours: asked twice, it is the same question."""

    kind: CheckKind
    reference: str
    name: str
    id_type: str = ""
    id_no: str = field(default="", repr=False)
    mobile: str = field(default="", repr=False)
    uscc: str = ""
    legal_rep_name: str = ""
    legal_rep_id_no: str = field(default="", repr=False)
    inputs: Mapping[str, str] = field(default_factory=dict, repr=False)


class Verdict(StrEnum):
    """What a provider says."""

    MATCHES = "matches"
    DIFFERS = "differs"
    WAITING = "waiting"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A provider's answer: its receipt number, and the raw answer that is kept as evidence."""

    verdict: Verdict
    receipt: str
    raw: Mapping[str, Any] = field(repr=False)
    reason: str = ""
    score: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class Session:
    """Where the person goes to do it; `receipt` names the session at the provider."""

    url: str
    receipt: str


class ElementsVerifier(Protocol):
    """Compares what was told with an authoritative register."""

    @property
    def name(self) -> str:
        """The provider's name, as evidence shows it."""

    def verify(self, question: Question) -> Answer:
        """Return MATCHES or DIFFERS."""


class SessionVerifier(Protocol):
    """Lets the person show their face, or speak, on a page of the provider."""

    @property
    def name(self) -> str:
        """The provider's name, as evidence shows it."""

    def start(self, question: Question) -> Session:
        """Return where the person goes."""

    def result(self, receipt: str) -> Answer:
        """Return what came of it; WAITING while the person has not finished."""


class TransferSender(Protocol):
    """Pays a small sum to the account of an organisation."""

    @property
    def name(self) -> str:
        """The provider's name, as evidence shows it."""

    def pay(self, question: Question, *, amount_fen: int) -> Answer:
        """Pay once for each reference; MATCHES when the bank took it, DIFFERS when it will not."""


class OwnSystem(Protocol):
    """The insurer's own identity system."""

    @property
    def name(self) -> str:
        """The provider's name, as evidence shows it."""

    def submit(self, question: Question) -> Answer:
        """Hand the case in; WAITING while it is reviewed."""

    def result(self, receipt: str) -> Answer:
        """Ask what came of it."""

    def read_callback(self, headers: Mapping[str, str], body: bytes) -> tuple[str, Answer]:
        """Return our reference and the answer of a notice; raises CallbackRefused."""


Provider = ElementsVerifier | SessionVerifier | TransferSender | OwnSystem
