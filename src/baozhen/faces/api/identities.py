"""Identity by REST: those who sign, checks of who they are, codes that they confirm with.

A program sees the subjects and checks that it made itself, and nobody else's.
"""

import base64
import binascii
from typing import Any

from django.http import HttpRequest
from ninja import Router, Status

from baozhen.faces.api.auth import Bearer
from baozhen.faces.api.bodies import declared_length
from baozhen.faces.api.conventions import (
    REPEATABLE,
    Cursor,
    Limit,
    Made,
    PublicId,
    client_name,
    idempotent,
    page_of,
)
from baozhen.faces.api.documents import PROBLEMS
from baozhen.faces.api.identity_schemas import (
    AmountIn,
    CheckIn,
    CheckInfo,
    CheckPage,
    CodeIn,
    CodeInfo,
    CodeTryIn,
    IdentityReasonIn,
    KeyAnswerIn,
    SubjectIn,
    SubjectInfo,
)
from baozhen.faces.client import address_of
from baozhen.faces.errors import InvalidRequest
from baozhen.faces.limits import LIVE, QUERY, spend
from baozhen.foundation.clock import now
from baozhen.foundation.masking import mask_id, mask_mobile, mask_name
from baozhen.signing.identity.errors import CodeNotYours
from baozhen.signing.identity.models import CodeChallenge, IdentityCheck, Subject
from baozhen.signing.identity.queries import check_for, missing_checks, subject_for, tier_of
from baozhen.signing.identity.services.answers import (
    answer_key_challenge,
    complete_check,
    confirm_transfer,
    key_challenge,
    take_callback,
    withdraw_check,
)
from baozhen.signing.identity.services.checks import CheckScope, start_check
from baozhen.signing.identity.services.codes import CodeRequest, confirm_code, send_code
from baozhen.signing.identity.services.subjects import SubjectFacts, register_for_client
from baozhen.signing.identity.states import CheckKind, CheckState
from baozhen.signing.organizations.services import Scope

router = Router(tags=["认证"])
_CALLBACK_BYTES_MAX = 65_536


@router.post(
    "/subjects",
    response={200: SubjectInfo, **PROBLEMS},
    auth=Bearer(Scope.IDENTITIES_WRITE, LIVE),
    summary="登记签署主体",
    openapi_extra=REPEATABLE,
)
def register(request: HttpRequest, body: SubjectIn) -> Status[Any]:
    """Find the subject by its number, or make it; what is told anew replaces what was known."""
    client = client_name(request)

    def act() -> Made:
        facts = SubjectFacts(**body.dict())
        subject = register_for_client(facts, client=client, actor=client, at=now())
        return Made(200, _subject(subject), subject.public_id)

    return idempotent(request, act)


@router.get(
    "/subjects/{subject_id}",
    response={200: SubjectInfo, **PROBLEMS},
    auth=Bearer(Scope.IDENTITIES_READ, QUERY),
    summary="签署主体",
)
def show_subject(request: HttpRequest, subject_id: PublicId) -> dict[str, Any]:
    """Return a subject that the client registered, masked."""
    return _subject(subject_for(subject_id, client=client_name(request)))


@router.post(
    "/identity-checks",
    response={200: CheckInfo, **PROBLEMS},
    auth=Bearer(Scope.IDENTITIES_WRITE, LIVE),
    summary="发起认证",
    openapi_extra=REPEATABLE,
)
def begin(request: HttpRequest, body: CheckIn) -> Status[Any]:
    """Begin a check, or return the earlier one that still holds.

    While the provider is down the check stays `submitted` and goes on by itself.
    """
    client = client_name(request)
    subject = subject_for(body.subject_id, client=client)

    def act() -> Made:
        scope = CheckScope(
            purpose=body.purpose,
            document_sha256=body.document_sha256 or "",
            device=body.device,
            client=client,
            biz_no=body.biz_no,
        )
        check = start_check(
            subject, body.kind, dict(body.inputs), scope=scope, actor=client, at=now()
        )
        return Made(200, _check(check), check.public_id)

    return idempotent(request, act)


@router.get(
    "/identity-checks",
    response={200: CheckPage, **PROBLEMS},
    auth=Bearer(Scope.IDENTITIES_READ, QUERY),
    summary="认证列表",
)
def list_own(
    request: HttpRequest, state: CheckState | None = None, cursor: Cursor = "", limit: Limit = 50
) -> dict[str, Any]:
    """Return the checks that the client began, newest first."""
    rows = IdentityCheck.objects.filter(client=client_name(request)).select_related("subject")
    if state is not None:
        rows = rows.filter(state=state)
    return page_of(rows, cursor=cursor, limit=limit).answer(_check)


@router.get(
    "/identity-checks/{check_id}",
    response={200: CheckInfo, **PROBLEMS},
    auth=Bearer(Scope.IDENTITIES_READ, QUERY),
    summary="认证结果",
)
def show_check(request: HttpRequest, check_id: PublicId) -> dict[str, Any]:
    """Return a check as it stands."""
    return _check(check_for(check_id, client=client_name(request)))


@router.post(
    "/identity-checks/{check_id}/actions/complete",
    response={200: CheckInfo, **PROBLEMS},
    auth=Bearer(Scope.IDENTITIES_WRITE, LIVE),
    summary="查询人脸、视频或自有系统的结果",
)
def complete(request: HttpRequest, check_id: PublicId) -> dict[str, Any]:
    """Ask the provider what came of it."""
    check_for(check_id, client=client_name(request))
    return _check(complete_check(check_id, at=now()))


@router.post(
    "/identity-checks/{check_id}/actions/confirm-transfer",
    response={200: CheckInfo, **PROBLEMS},
    auth=Bearer(Scope.IDENTITIES_WRITE, LIVE),
    summary="填写到账金额",
)
def confirm_amount(request: HttpRequest, check_id: PublicId, body: AmountIn) -> dict[str, Any]:
    """Compare the amount; a wrong one uses up a try."""
    check_for(check_id, client=client_name(request))
    return _check(confirm_transfer(check_id, amount_fen=body.amount_fen, at=now()))


@router.post(
    "/identity-checks/{check_id}/actions/answer-challenge",
    response={200: CheckInfo, **PROBLEMS},
    auth=Bearer(Scope.IDENTITIES_WRITE, LIVE),
    summary="提交 U-key 签名",
)
def answer(request: HttpRequest, check_id: PublicId, body: KeyAnswerIn) -> dict[str, Any]:
    """Verify the U-key's signature over the challenge."""
    check_for(check_id, client=client_name(request))
    check = answer_key_challenge(
        check_id,
        certificate=_bytes(body.certificate, "certificate"),
        signature=_bytes(body.signature, "signature"),
        chain=tuple(_bytes(item, "chain") for item in body.chain),
        at=now(),
    )
    return _check(check)


@router.post(
    "/identity-checks/{check_id}/actions/withdraw",
    response={200: CheckInfo, **PROBLEMS},
    auth=Bearer(Scope.IDENTITIES_WRITE, LIVE),
    summary="撤销认证",
)
def withdraw(request: HttpRequest, check_id: PublicId, body: IdentityReasonIn) -> dict[str, Any]:
    """Take a check back: it counts no more from now on."""
    client = client_name(request)
    check_for(check_id, client=client)
    return _check(withdraw_check(check_id, reason=body.reason, actor=client, at=now()))


@router.post(
    "/codes",
    response={201: CodeInfo, **PROBLEMS},
    auth=Bearer(Scope.IDENTITIES_WRITE, LIVE),
    summary="发送验证码",
)
def send(request: HttpRequest, body: CodeIn) -> Status[dict[str, Any]]:
    """Send a code to the subject; the answer holds everything but the code."""
    subject = subject_for(body.subject_id, client=client_name(request))
    asked = CodeRequest(
        subject_id=subject.public_id,
        channel=body.channel,
        purpose=body.purpose,
        document_sha256=body.document_sha256 or "",
        device=body.device,
    )
    return Status(201, _code(send_code(asked, at=now())))


@router.post(
    "/codes/{code_id}/actions/confirm",
    response={200: CodeInfo, **PROBLEMS},
    auth=Bearer(Scope.IDENTITIES_WRITE, LIVE),
    summary="核对验证码",
)
def confirm(request: HttpRequest, code_id: PublicId, body: CodeTryIn) -> dict[str, Any]:
    """Confirm a code, once."""
    subject = subject_for(body.subject_id, client=client_name(request))
    if not CodeChallenge.objects.filter(public_id=code_id, subject=subject).exists():
        raise CodeNotYours
    challenge = confirm_code(
        code_id,
        body.code,
        at=now(),
        subject_id=subject.public_id,
        purpose=body.purpose,
        document_sha256=body.document_sha256 or "",
        device=body.device,
    )
    return _code(challenge)


@router.post(
    "/identity-callbacks/own-system",
    response={200: dict[str, str], **PROBLEMS},
    auth=None,
    summary="自有实名系统的结果通知",
    openapi_extra={
        "requestBody": {
            "required": True,
            "description": "reference、receipt、verdict、reason；请求头带时间和签名",
            "content": {"application/json": {"schema": {"type": "object"}}},
        }
    },
)
def own_system_callback(request: HttpRequest) -> dict[str, str]:
    """Take a result; whoever cannot sign it is refused, and a second notice changes nothing."""
    spend(LIVE, f"callback:{address_of(request)}")
    declared_length(request, most=_CALLBACK_BYTES_MAX)
    take_callback(request.headers, request.body, at=now())
    return {"status": "ok"}


def _subject(subject: Subject) -> dict[str, Any]:
    at = now()
    return {
        "id": subject.public_id,
        "kind": subject.kind,
        "name_masked": mask_name(subject.name),
        "id_no_masked": mask_id(subject.id_no),
        "mobile_masked": mask_mobile(subject.mobile),
        "tier": tier_of(subject, at),
        "missing": [list(group) for group in missing_checks(subject, at)],
        "registered_at": subject.registered_at,
    }


def _check(check: IdentityCheck) -> dict[str, Any]:
    is_key = check.kind == CheckKind.UKEY and check.state == CheckState.ANSWERING
    return {
        "id": check.public_id,
        "subject_id": check.subject.public_id,
        "kind": check.kind,
        "state": check.state,
        "provider": check.provider,
        "receipt": check.receipt,
        "reason": check.reason,
        "url": check.session_url,
        "challenge": base64.b64encode(key_challenge(check)).decode() if is_key else "",
        "tries_left": check.tries_left,
        "started_at": check.started_at,
        "passed_at": check.passed_at,
        "valid_until": check.valid_until,
        "biz_no": check.biz_no,
    }


def _code(challenge: CodeChallenge) -> dict[str, Any]:
    return {
        "id": challenge.public_id,
        "sent_to": challenge.address_masked,
        "expires_at": challenge.expires_at,
        "tries_left": challenge.tries_left,
        "confirmed_at": challenge.confirmed_at,
    }


def _bytes(text: str, path: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as exc:
        raise InvalidRequest(path=path) from exc
