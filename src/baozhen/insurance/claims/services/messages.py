"""What the claims system tells us, perhaps twice: each message does its work once.

The message is written in the transaction of what it does: a crash leaves both or neither.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from baozhen.insurance.claims.errors import ClaimConflict
from baozhen.insurance.claims.models import Claim, ClaimMessage
from baozhen.insurance.claims.queries import get_claim
from baozhen.insurance.claims.services import deciding
from baozhen.insurance.claims.services.deciding import Decision


@dataclass(frozen=True, kw_only=True)
class Message:
    """One message, by the claims system's own number; `content` depends on `kind`.

    | kind | content |
    |---|---|
    | survey | survey_at, note |
    | papers | papers: [(code, title)] |
    | decision | is_covered, reason, amount_fen, lines |
    | advance | amount_fen |
    | payment | amount_fen |
    | review | is_reopened, reason |
    """

    claim_no: str
    message_no: str
    kind: str
    content: Mapping[str, Any] = field(repr=False)


def take_message(message: Message, *, client: str, at: datetime) -> tuple[Claim, bool]:
    """Do what a message says; return the claim and whether the message was new.

    Raises ClaimUnknown, ClaimConflict for another content under the same number, and what the
    verbs raise.
    """
    digest = _digest(message)
    with transaction.atomic(durable=True):
        claim = get_claim(message.claim_no, lock=True)
        known = ClaimMessage.objects.filter(message_no=message.message_no).first()
        if known is not None:
            if known.content_sha256 != digest or known.claim_id != claim.pk:
                raise ClaimConflict(message_no=message.message_no)
            return claim, False
        _VERBS[message.kind](claim, message.content, client, at)
        ClaimMessage.objects.create(
            claim=claim,
            message_no=message.message_no,
            kind=message.kind,
            content_sha256=digest,
            client=client,
            at=at,
        )
    return claim, True


def _digest(message: Message) -> str:
    text = json.dumps(
        [message.kind, message.content], sort_keys=True, ensure_ascii=False, default=str
    )
    return hashlib.sha256(text.encode()).hexdigest()


def _survey(claim: Claim, content: Mapping[str, Any], actor: str, at: datetime) -> None:
    deciding.appoint_survey(
        claim, survey_at=content["survey_at"], note=content["note"], actor=actor, at=at
    )


def _papers(claim: Claim, content: Mapping[str, Any], actor: str, at: datetime) -> None:
    deciding.ask_more_papers(claim, content["papers"], actor=actor, at=at)


def _decision(claim: Claim, content: Mapping[str, Any], actor: str, at: datetime) -> None:
    deciding.decide(claim, Decision(**content), actor=actor, at=at)


def _advance(claim: Claim, content: Mapping[str, Any], actor: str, at: datetime) -> None:
    deciding.note_advance(claim, amount_fen=content["amount_fen"], actor=actor, at=at)


def _payment(claim: Claim, content: Mapping[str, Any], actor: str, at: datetime) -> None:
    deciding.note_paid(claim, amount_fen=content["amount_fen"], actor=actor, at=at)


def _review(claim: Claim, content: Mapping[str, Any], actor: str, at: datetime) -> None:
    deciding.review(
        claim,
        is_reopened=content["is_reopened"],
        reason=content["reason"],
        actor=actor,
        at=at,
    )


Verb = Callable[[Claim, Mapping[str, Any], str, datetime], None]
_VERBS: Mapping[str, Verb] = {
    "survey": _survey,
    "papers": _papers,
    "decision": _decision,
    "advance": _advance,
    "payment": _payment,
    "review": _review,
}
