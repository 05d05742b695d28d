"""Deposits with the outside notary (存证) by REST: asked for, read, listed, asked for again."""

from datetime import datetime
from typing import Annotated, Any

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Field, Query, Router, Schema, Status

from baozhen.faces.api.archive_files import own_file
from baozhen.faces.api.auth import Bearer
from baozhen.faces.api.conventions import (
    REPEATABLE,
    Cursor,
    Limit,
    Made,
    PageInfo,
    PublicId,
    client_name,
    idempotent,
    page_of,
)
from baozhen.faces.api.documents import PROBLEMS
from baozhen.faces.api.envelope_answers import own
from baozhen.faces.errors import NotFound
from baozhen.faces.limits import LIVE, QUERY
from baozhen.foundation.clock import now
from baozhen.signing.files.errors import FileUnknown
from baozhen.signing.files.models import FileEntry, NotaryDeposit
from baozhen.signing.files.services.depositing import ask_again, ask_deposits
from baozhen.signing.files.states import DepositState
from baozhen.signing.organizations.services import Scope

router = Router(tags=["存证"])


class DepositReceipt(Schema):
    """What the notary signed, byte for byte, and with what."""

    text: str
    signature: str = Field(description="Base64")
    algorithm: str
    public_key: str = Field(description="SubjectPublicKeyInfo，DER 的 Base64")


class DepositInfo(Schema):
    """A deposit: what of, how it stands, and the receipt once there is one."""

    id: PublicId
    state: str = Field(description="queued、recorded 或 refused")
    file: PublicId
    envelope: str = Field(description="签署任务编号")
    title: str
    sha256: str = Field(description="所存证据清单的 SHA-256；送出之前为空")
    asked_at: datetime
    service: str = Field(description="存证机构")
    receipt_no: str
    recorded_at: datetime | None
    refusal: str = Field(description="被拒绝的原因")
    receipt: DepositReceipt | None


class DepositList(Schema):
    """The deposits of the files of one task."""

    items: list[DepositInfo]


class DepositPage(PageInfo):
    """A page of deposits."""

    items: list[DepositInfo]


class DepositQuery(Schema):
    """Which deposits; empty is all."""

    file: str = Field(default="", max_length=40)
    envelope: str = Field(default="", max_length=40)
    state: Annotated[DepositState | None, Field(description="状态")] = None


@router.post(
    "/files/{file_id}/actions/deposit",
    response={201: DepositInfo, **PROBLEMS},
    auth=Bearer(Scope.FILES_WRITE, LIVE),
    summary="申请存证",
    openapi_extra=REPEATABLE,
)
def deposit_file(request: HttpRequest, file_id: PublicId) -> Status[Any]:
    """Have the fingerprint of the file's evidence deposited; the receipt comes later."""

    def act() -> Made:
        entry = own_file(request, file_id)
        made = ask_deposits([entry], actor=client_name(request), at=now())[0]
        return Made(201, _deposit(made), made.public_id)

    return idempotent(request, act)


@router.post(
    "/envelopes/{envelope_id}/actions/deposit",
    response={201: DepositList, **PROBLEMS},
    auth=Bearer(Scope.FILES_WRITE, LIVE),
    summary="申请签署任务全部文件的存证",
    openapi_extra=REPEATABLE,
)
def deposit_envelope(request: HttpRequest, envelope_id: str) -> Status[Any]:
    """Have every file of a completed task deposited, all or none."""

    def act() -> Made:
        envelope = own(request, envelope_id).public_id
        entries = list(_own_files(request).filter(envelope=envelope).order_by("pk"))
        if not entries:
            raise FileUnknown(file=envelope)
        made = ask_deposits(entries, actor=client_name(request), at=now())
        return Made(201, {"items": [_deposit(row) for row in made]}, envelope)

    return idempotent(request, act)


@router.get(
    "/deposits",
    response={200: DepositPage, **PROBLEMS},
    auth=Bearer(Scope.FILES_READ, QUERY),
    summary="查询存证",
)
def list_deposits(
    request: HttpRequest, asked: Query[DepositQuery], cursor: Cursor = "", limit: Limit = 50
) -> dict[str, Any]:
    """Return the deposits of the client's own files, the newest first."""
    rows = _own_deposits(request)
    if asked.file:
        rows = rows.filter(entry__public_id=asked.file)
    if asked.envelope:
        rows = rows.filter(entry__envelope=asked.envelope)
    if asked.state:
        rows = rows.filter(state=asked.state)
    return page_of(rows, cursor=cursor, limit=limit, key="-asked_at").answer(_deposit)


@router.get(
    "/deposits/{deposit_id}",
    response={200: DepositInfo, **PROBLEMS},
    auth=Bearer(Scope.FILES_READ, QUERY),
    summary="存证信息",
)
def get_deposit(request: HttpRequest, deposit_id: PublicId) -> dict[str, Any]:
    """Return how one deposit stands, with the notary's receipt."""
    return _deposit(_own_deposit(request, deposit_id))


@router.post(
    "/deposits/{deposit_id}/actions/retry",
    response={200: DepositInfo, **PROBLEMS},
    auth=Bearer(Scope.FILES_WRITE, LIVE),
    summary="被拒绝的存证重新申请",
    openapi_extra=REPEATABLE,
)
def retry_deposit(request: HttpRequest, deposit_id: PublicId) -> Status[Any]:
    """Ask again for what the notary refused."""

    def act() -> Made:
        row = _own_deposit(request, deposit_id)
        ask_again(row, actor=client_name(request), at=now())
        return Made(200, _deposit(_own_deposit(request, deposit_id)), row.public_id)

    return idempotent(request, act)


def _own_files(request: HttpRequest) -> "QuerySet[FileEntry]":
    return FileEntry.objects.filter(client=client_name(request))


def _own_deposits(request: HttpRequest) -> "QuerySet[NotaryDeposit]":
    rows = NotaryDeposit.objects.select_related("entry")
    return rows.filter(entry__client=client_name(request))


def _own_deposit(request: HttpRequest, public_id: str) -> NotaryDeposit:
    row = _own_deposits(request).filter(public_id=public_id).first()
    if row is None:
        raise NotFound(what="这笔存证")
    return row


def _deposit(row: NotaryDeposit) -> dict[str, Any]:
    names = (
        "state", "title", "sha256", "asked_at", "service", "receipt_no", "recorded_at", "refusal",
    )  # fmt: skip
    receipt = {
        "text": row.receipt,
        "signature": row.signature,
        "algorithm": row.algorithm,
        "public_key": row.public_key,
    }
    return {
        "id": row.public_id,
        "file": row.entry.public_id,
        "envelope": row.entry.envelope,
        **{name: getattr(row, name) for name in names},
        "receipt": receipt if row.receipt else None,
    }
