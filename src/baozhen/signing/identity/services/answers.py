"""What comes back after a check has begun: results, guesses of an amount, keys, reviews."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from baozhen.foundation.errors import IllegalMove
from baozhen.foundation.states import move
from baozhen.signing.identity.errors import (
    ChallengeWrong,
    CheckClosed,
    CheckNotFound,
    TransferGuessWrong,
)
from baozhen.signing.identity.models import IdentityCheck
from baozhen.signing.identity.providers.ports import Answer, Verdict
from baozhen.signing.identity.providers.registry import own_system, session_verifier
from baozhen.signing.identity.rules import load_policy
from baozhen.signing.identity.services.checks import SYSTEM, finish_check
from baozhen.signing.identity.states import CheckKind, CheckState, SubjectKind
from baozhen.signing.identity.ukeys import key_trust
from baozhen.trust.crypto.keys import verify_signature
from baozhen.trust.errors import TrustError
from baozhen.trust.x509.ocsp import Status
from baozhen.trust.x509.parse import Certificate, parse_certificate
from baozhen.trust.x509.path import Usage, validate_path

SESSION_LIFETIME: Final = timedelta(hours=24)
# What a U-key signs: its purpose stands before the challenge, so that the signature is no other's.
_KEY_PREFIX = b"baozhen ukey challenge 1\n"
_LATE = "没有在期限内完成"


def complete_check(public_id: str, *, at: datetime) -> IdentityCheck:
    """Ask what came of a face, a video, or a case at the own system; raises IdentityOutage."""
    check = _check(public_id)
    if check.state == CheckState.ANSWERING and check.kind in {CheckKind.FACE, CheckKind.VIDEO}:
        answer = session_verifier(CheckKind(check.kind)).result(check.receipt)
    elif check.state == CheckState.REVIEWING and check.kind == CheckKind.OWN_SYSTEM:
        answer = own_system().result(check.receipt)
    else:
        return check
    return _settle(check, answer, at=at)


def take_callback(headers: Mapping[str, str], body: bytes, *, at: datetime) -> IdentityCheck:
    """Take a result that the own system tells us; raises CallbackRefused.

    A notice that comes twice finds the check ended and changes nothing.
    """
    reference, answer = own_system().read_callback(headers, body)
    check = _check(reference)
    if check.kind != CheckKind.OWN_SYSTEM or check.state != CheckState.REVIEWING:
        return check
    return _settle(check, answer, at=at)


def confirm_transfer(public_id: str, *, amount_fen: int, at: datetime) -> IdentityCheck:
    """Compare the amount that the organisation says it received; raises TransferGuessWrong.

    Few tries: an amount under a yuan is guessed sooner or later.
    """
    with transaction.atomic(durable=True):
        check = _locked(public_id, CheckKind.TRANSFER)
        receipt, paid = check.receipt, int(check.inputs["amount_fen"])
        late = at > check.started_at + timedelta(days=load_policy().transfer.days)
        raw = {"receipt": receipt, "tries_left": check.tries_left}
        if amount_fen == paid and not late:
            answer = Answer(verdict=Verdict.MATCHES, receipt=receipt, raw=raw)
            finish_check(check, answer, actor=SYSTEM, at=at)
            return check
        left = (check.tries_left or 1) - 1
        IdentityCheck.objects.filter(pk=check.pk).update(tries_left=left)
        if late or left <= 0:
            reason = _LATE if late else "金额多次填写错误"
            answer = Answer(verdict=Verdict.DIFFERS, receipt=receipt, raw=raw, reason=reason)
            finish_check(check, answer, actor=SYSTEM, at=at)
    raise TransferGuessWrong(left=max(left, 0))


def key_challenge(check: IdentityCheck) -> bytes:
    """Return the bytes that the U-key has to sign."""
    return _KEY_PREFIX + str(check.inputs["nonce"]).encode()


def answer_key_challenge(
    public_id: str,
    *,
    certificate: bytes,
    signature: bytes,
    chain: tuple[bytes, ...] = (),
    at: datetime,
) -> IdentityCheck:
    """Check a U-key's answer: the signature, the certificate's path, and whose it is.

    Raises ChallengeWrong; the challenge then still waits for the right key.
    """
    with transaction.atomic(durable=True):
        check = _locked(public_id, CheckKind.UKEY)
        try:
            parsed = _verified(key_challenge(check), certificate, signature, chain, at=at)
        except TrustError as error:
            raise ChallengeWrong(reason=error) from error
        if not _belongs(parsed, check):
            raise ChallengeWrong(reason="证书持有人与签署主体不符")
        raw = {
            "certificate_sha256": parsed.sha256,
            "subject": str(parsed.subject),
            "issuer": str(parsed.issuer),
            "serial": f"{parsed.serial:x}",
            "signature": signature.hex(),
            "nonce": check.inputs["nonce"],
        }
        answer = Answer(verdict=Verdict.MATCHES, receipt=parsed.sha256, raw=raw)
        finish_check(check, answer, actor=SYSTEM, at=at)
    return check


def review_check(
    public_id: str, *, accepted: bool, reason: str, actor: str, at: datetime
) -> IdentityCheck:
    """Let one of the staff decide about papers; raises CheckClosed."""
    with transaction.atomic(durable=True):
        check = _locked(public_id, CheckKind.AGENT_PAPERS)
        answer = Answer(
            verdict=Verdict.MATCHES if accepted else Verdict.DIFFERS,
            receipt=check.public_id,
            raw={"reviewer": actor},
            reason=reason,
        )
        finish_check(check, answer, actor=actor, at=at)
    return check


def withdraw_check(public_id: str, *, reason: str, actor: str, at: datetime) -> IdentityCheck:
    """Take a check back: it no longer counts from now on; raises IllegalMove."""
    with transaction.atomic(durable=True):
        check = IdentityCheck.objects.select_for_update().filter(public_id=public_id).first()
        if check is None:
            raise CheckNotFound(check=public_id)
        if CheckState.WITHDRAWN not in check.MOVES[CheckState(check.state)]:
            raise IllegalMove(subject=check.NOUN, source=check.state, target=CheckState.WITHDRAWN)
        columns: dict[str, object] = {"inputs": None, "reason": reason[:255], "session_url": ""}
        if check.ended_at is None:
            columns["ended_at"] = at
        move(check, CheckState.WITHDRAWN, actor=actor, at=at, **columns)
    return check


def _settle(check: IdentityCheck, answer: Answer, *, at: datetime) -> IdentityCheck:
    if answer.verdict is Verdict.WAITING:
        if at <= check.started_at + SESSION_LIFETIME or check.kind == CheckKind.OWN_SYSTEM:
            return check
        answer = Answer(
            verdict=Verdict.DIFFERS, receipt=answer.receipt, raw=answer.raw, reason=_LATE
        )
    finish_check(check, answer, actor=SYSTEM, at=at)
    return check


def _verified(
    message: bytes,
    certificate: bytes,
    signature: bytes,
    chain: tuple[bytes, ...],
    *,
    at: datetime,
) -> Certificate:
    parsed = parse_certificate(certificate)
    trust = key_trust(at)
    path = validate_path(
        certificate,
        intermediates=chain,
        anchors=trust.anchors,
        at=at,
        revocation=trust.revocation,
        usage=Usage.DOCUMENT,
    )
    if path.revocation_status is Status.REVOKED:
        raise TrustError("证书已被吊销")
    if parsed.algorithm is None:
        raise TrustError("证书的公钥不是 SM2、RSA 或 ECDSA P-256")
    verify_signature(parsed.public_key, message, signature, algorithm=parsed.algorithm)
    return parsed


def _belongs(certificate: Certificate, check: IdentityCheck) -> bool:
    """An organisation's key names it as O; a person's key names them as CN."""
    name = str(check.subject.name)
    if check.subject.kind == SubjectKind.ORGANIZATION:
        return name in (certificate.organization, certificate.common_name)
    return certificate.common_name.split(" ")[0] == name


def _check(public_id: str) -> IdentityCheck:
    check = IdentityCheck.objects.select_related("subject").filter(public_id=public_id).first()
    if check is None:
        raise CheckNotFound(check=public_id)
    return check


def _locked(public_id: str, kind: CheckKind) -> IdentityCheck:
    found = (
        IdentityCheck.objects.select_for_update(of=("self",))
        .select_related("subject")
        .filter(public_id=public_id, kind=kind)
        .first()
    )
    if found is None:
        raise CheckNotFound(check=public_id)
    if found.state not in {CheckState.ANSWERING, CheckState.REVIEWING}:
        raise CheckClosed(check=public_id)
    return found
