"""Verbs of the verification stage: find a policy for its holder, send and redeem download codes.

Every attempt is written before it is judged, so that parallel guesses are counted too.
"""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import F

from baozhen.foundation.fields import blind_index
from baozhen.foundation.masking import mask_email
from baozhen.foundation.notify.services import Letter, queue_letter
from baozhen.insurance.policies.contents import content_now
from baozhen.insurance.policies.errors import FileNotReady
from baozhen.insurance.policies.models import Policy, PolicyFile
from baozhen.insurance.policies.states import Standing
from baozhen.insurance.verification import rules
from baozhen.insurance.verification.errors import (
    CodeTooSoon,
    CodeWrong,
    NoMatch,
    TooManyAttempts,
)
from baozhen.insurance.verification.models import DownloadCode, QueryAttempt, VerificationEntry

DOWNLOAD = "download"
_CODE_SUBJECT = "电子保单下载验证码"
_CODE_BODY = (
    "您正在下载电子保单文件 {number}，验证码为 {code}，{minutes} 分钟内有效，只能使用一次。\n"
    "如非本人操作，请忽略本邮件，并勿将验证码告诉他人。\n"
)


@dataclass(frozen=True, kw_only=True)
class HolderQuery:
    """What a person typed on the query page, and from which network address."""

    number: str
    id_tail: str
    vehicle_tail: str
    client_address: str


def find_for_holder(query: HolderQuery, *, at: datetime) -> Policy:
    """Return the policy when every fact fits; raise NoMatch or TooManyAttempts.

    An unknown number and a wrong fact cost the same and are answered alike.
    """
    number = rules.normalise_number(query.number)
    attempt = _record_attempt(number, query.client_address, at=at)
    _check_limits(attempt)
    policy = _policy_of(number)
    if policy is None or not _fits(policy, query, at=at):
        raise NoMatch
    with transaction.atomic(durable=True):
        _commit_lightly()
        QueryAttempt.objects.filter(pk=attempt.pk).update(succeeded=True)
    return policy


def send_download_code(file: PolicyFile, *, at: datetime, purpose: str = DOWNLOAD) -> str:
    """Mail a fresh six-digit code to the address on file; return the address, masked."""
    if file.sha256 is None:
        raise FileNotReady(number=file.number)
    holder = file.policy.proposal.content["policyholder"]
    code = f"{secrets.randbelow(10**rules.CODE_DIGITS):0{rules.CODE_DIGITS}d}"
    with transaction.atomic(durable=True):
        # The row lock makes the limits hold for requests that arrive together.
        PolicyFile.objects.select_for_update().only("pk").get(pk=file.pk)
        _check_code_pause(file, purpose, at=at)
        sent = DownloadCode.objects.create(
            file=file,
            purpose=purpose,
            code_index=_code_index(file, purpose, code, sent_at=at),
            sent_at=at,
            expires_at=at + rules.CODE_LIFETIME,
        )
        minutes = int(rules.CODE_LIFETIME.total_seconds() // 60)
        letter = Letter(
            reference=f"download_code/{sent.pk}",
            recipient=holder["email"],
            title=_CODE_SUBJECT,
            text=_CODE_BODY.format(number=file.number, code=code, minutes=minutes),
            subject_type="policy",
            subject_id=file.policy_id,
        )
        queue_letter(letter, actor="system", at=at)
    return mask_email(holder["email"])


def redeem_download_code(
    file: PolicyFile, code: str, *, at: datetime, purpose: str = DOWNLOAD
) -> None:
    """Use up the latest code of this file and purpose, or raise CodeWrong."""
    latest = (
        DownloadCode.objects.filter(file=file, purpose=purpose).order_by("-sent_at", "-id").first()
    )
    if latest is None:
        raise CodeWrong
    usable = DownloadCode.objects.filter(
        pk=latest.pk, used_at__isnull=True, expires_at__gt=at, tries__lt=rules.CODE_TRIES_MAX
    )
    # The try is counted before the code is compared: parallel guesses share the five tries.
    if usable.update(tries=F("tries") + 1) != 1:
        raise CodeWrong
    expected = _code_index(file, purpose, code.strip(), sent_at=latest.sent_at)
    if not hmac.compare_digest(expected, latest.code_index):
        raise CodeWrong
    if DownloadCode.objects.filter(pk=latest.pk, used_at__isnull=True).update(used_at=at) != 1:
        raise CodeWrong


def record_verification(  # noqa: PLR0913 -- one row's columns
    *,
    source: str,
    at: datetime,
    word: str,
    sha256: str = "",
    number: str = "",
    verdict: str = "",
    client_address: str = "",
) -> None:
    """Keep what was asked and what was answered (验真记录)."""
    VerificationEntry.objects.create(
        source=source,
        at=at,
        word=word,
        sha256=sha256,
        number=number,
        verdict=verdict,
        address_index=_address_index(client_address),
    )


def _record_attempt(number: str, address: str, *, at: datetime) -> QueryAttempt:
    with transaction.atomic(durable=True):
        _commit_lightly()
        return QueryAttempt.objects.create(
            number_index=blind_index(number, "verification.number"),
            address_index=_address_index(address),
            succeeded=False,
            at=at,
        )


def _commit_lightly() -> None:
    """Let this commit be seen at once and reach the disk a moment later.

    A crash may forget an attempt of the last half second; nobody waits for the disk instead.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit TO off")


def _check_limits(attempt: QueryAttempt) -> None:
    """Count the failures of the window, this attempt among them until it succeeds."""
    failures = QueryAttempt.objects.filter(
        succeeded=False, at__gt=attempt.at - rules.ATTEMPT_WINDOW
    )
    by_number = failures.filter(number_index=attempt.number_index).count()
    by_address = failures.filter(address_index=attempt.address_index).count()
    if by_number > rules.FAILURES_PER_NUMBER_MAX or by_address > rules.FAILURES_PER_ADDRESS_MAX:
        raise TooManyAttempts(minutes=int(rules.ATTEMPT_WINDOW.total_seconds() // 60))


def _policy_of(number: str) -> Policy | None:
    """Return the policy with this number, or the one whose mark has it."""
    policies = Policy.objects.select_related("proposal")
    return (
        policies.filter(number=number).first()
        or policies.filter(files__number=number, files__standing=Standing.CURRENT).first()
    )


def _fits(policy: Policy, query: HolderQuery, *, at: datetime) -> bool:
    content = content_now(policy, on=at)
    vehicle = content["vehicle"]
    return rules.are_holder_facts(
        id_tail=query.id_tail,
        vehicle_tail=query.vehicle_tail,
        id_no=content["policyholder"]["id_no"],
        plate_no=vehicle.get("plate_no") or vehicle.get("temporary_plate_no"),
        vin=vehicle["vin"],
    )


def _check_code_pause(file: PolicyFile, purpose: str, *, at: datetime) -> None:
    sent = DownloadCode.objects.filter(file=file, purpose=purpose)
    if sent.filter(sent_at__gt=at - rules.CODE_PAUSE).exists():
        raise CodeTooSoon
    if sent.filter(sent_at__gt=at - rules.CODE_PAUSE * 60).count() >= rules.CODES_PER_HOUR_MAX:
        raise CodeTooSoon


def _code_index(file: PolicyFile, purpose: str, code: str, *, sent_at: datetime) -> str:
    """Return the keyed hash of a code: alone it tells nothing, elsewhere it fits nothing."""
    return blind_index(f"{file.pk}|{purpose}|{sent_at.timestamp()}|{code}", "verification.code")


def _address_index(address: str) -> str:
    return blind_index(address, "verification.address") if address else ""
