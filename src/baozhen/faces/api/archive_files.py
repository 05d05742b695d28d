"""The file centre by REST: find one's own files, take one, make a link for another system."""

from datetime import datetime
from typing import Annotated, Any, Literal

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja import Field, Query, Router, Schema, Status

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
from baozhen.faces.client import address_of
from baozhen.faces.files import print_link
from baozhen.faces.limits import BULK, LIVE, QUERY, VERIFICATIONS, spend
from baozhen.foundation.clock import now
from baozhen.signing.envelopes.evidence import parts_of
from baozhen.signing.files.errors import FileUnknown
from baozhen.signing.files.evidence import make_package
from baozhen.signing.files.models import FileEntry
from baozhen.signing.files.proofs import proof_beside
from baozhen.signing.files.search import Wanted, file_of, find_files
from baozhen.signing.files.services import (
    CopyOrder,
    LinkOrder,
    download,
    make_black_copy,
    make_link,
    make_print,
    take_by_link,
)
from baozhen.signing.files.titles import open_parties
from baozhen.signing.organizations.models import OrgUnit
from baozhen.signing.organizations.services import Scope
from baozhen.trust.evidence import FORMAT

router = Router(tags=["文件"])


def _binary(description: str, media_type: str) -> dict[str, Any]:
    content = {media_type: {"schema": {"type": "string", "format": "binary"}}}
    return {"responses": {200: {"description": description, "content": content}}}


_PDF = _binary("文件原件", "application/pdf")
_ZIP = _binary("证据包，可用 baozhen verify 离线核验", "application/zip")


class PartyInfo(Schema):
    """A party of a file, by a masked name for people."""

    name: str
    until: datetime | None = Field(description="此时起由他人接替；null 为现在的当事人")


class FileInfo(Schema):
    """An archived file."""

    id: PublicId
    title: str
    document_type: str
    unit: str = Field(description="机构编号")
    biz_no: str
    envelope: str = Field(description="签署任务编号")
    sha256: str
    size: int
    signed_at: datetime
    parties: list[PartyInfo] = Field(description="当事人，含批改前的；姓名已掩码")


class FileTimestamp(Schema):
    """One token over the Merkle root of many files, and the file's path to that root."""

    kind: Literal["aggregated"]
    token: str = Field(description="RFC 3161 令牌，Base64")
    index: int
    size: int
    path: list[str]


class FileProof(Schema):
    """What proves beside the file that it existed; save it as `<file>.proof.json`."""

    format: str
    sha256: str
    timestamp: FileTimestamp | None = Field(description="null：时间戳在文件的签名里，或没有时间戳")


class FilePage(PageInfo):
    """A page of files."""

    items: list[FileInfo]


class FileQuery(Schema):
    """What to look for; empty is everything."""

    q: str = Field(default="", max_length=100, description="关键词：正文、标题或编号")
    party: str = Field(
        default="", max_length=100, description="当事人（含批改前的）的姓名、名称或证件号"
    )
    document_type: str = Field(default="", max_length=48)
    number: str = Field(default="", max_length=64, description="业务编号、任务编号或 SHA-256")
    since: datetime | None = None
    until: datetime | None = None


class CopyIn(Schema):
    """Which kind of copy, for whom and what for; both stand in the register of copies."""

    kind: Literal["black", "print"] = Field(description="black 黑色章脱敏副本，print 防伪打印件")
    recipient: str = Field(min_length=1, max_length=100, description="领取人")
    reason: str = Field(min_length=1, max_length=200, description="用途")


class LinkIn(Schema):
    """For whom a link is, how long and how often."""

    recipient: str = Field(min_length=1, max_length=100)
    hours: int = Field(default=24, ge=1, le=720)
    uses_max: int | None = Field(default=1, ge=1, le=1000, description="null 为不限次数")
    networks: list[Annotated[str, Field(max_length=43)]] = Field(default=[], max_length=20)


class LinkInfo(Schema):
    """A link; its address is shown this once."""

    id: int
    url: str
    expires_at: datetime


@router.get(
    "/files",
    response={200: FilePage, **PROBLEMS},
    auth=Bearer(Scope.FILES_READ, QUERY),
    summary="查询文件",
)
def list_files(
    request: HttpRequest,
    asked: Query[FileQuery],
    cursor: Cursor = "",
    limit: Limit = 50,
) -> dict[str, Any]:
    """Return the client's own files, the newest first."""
    wanted = Wanted(
        words=asked.q,
        party=asked.party,
        document_type=asked.document_type,
        number=asked.number,
        since=asked.since,
        until=asked.until,
    )
    found = find_files(wanted, units=_units()).filter(client=client_name(request))
    rows = found.select_related("unit")
    return page_of(rows, cursor=cursor, limit=limit, key="-signed_at").answer(_file)


@router.get(
    "/files/{id}",
    response={200: FileInfo, **PROBLEMS},
    auth=Bearer(Scope.FILES_READ, QUERY),
    summary="文件信息",
)
def get_file(request: HttpRequest, id: PublicId) -> dict[str, Any]:
    """Return one file of the client."""
    return _file(own_file(request, id))


@router.get(
    "/files/{id}/content",
    response={200: None, **PROBLEMS},
    auth=Bearer(Scope.FILES_READ, QUERY),
    summary="下载文件",
    openapi_extra=_PDF,
)
def get_content(request: HttpRequest, id: PublicId) -> HttpResponse:
    """Send the file; who took it when is on record."""
    entry = own_file(request, id)
    name = client_name(request)
    order = CopyOrder(recipient=name, reason="接口下载", address=address_of(request))
    return _sent(download(entry, order, actor=name, at=now()).data, entry.public_id)


@router.get(
    "/files/{id}/proof",
    response={200: FileProof, **PROBLEMS},
    auth=Bearer(Scope.FILES_READ, QUERY),
    summary="时间戳证明",
)
def get_proof(request: HttpRequest, id: PublicId) -> dict[str, Any]:
    """Return the timestamp beside the file: content of `<file>.proof.json` for `baozhen verify`."""
    entry = own_file(request, id)
    proof = proof_beside(entry.sha256)
    if proof is None:
        return {"format": FORMAT, "sha256": entry.sha256, "timestamp": None}
    return proof.to_dict(file_sha256=entry.sha256)


@router.get(
    "/files/{id}/evidence",
    response={200: None, **PROBLEMS},
    auth=Bearer(Scope.FILES_READ, BULK),
    summary="下载证据包",
    openapi_extra=_ZIP,
)
def get_evidence(request: HttpRequest, id: PublicId) -> HttpResponse:
    """Make the evidence package of the file and send it; who took it when is on record."""
    entry = own_file(request, id)
    name = client_name(request)
    order = CopyOrder(recipient=name, reason="接口取证据包", address=address_of(request))
    made = make_package(entry, order, parts=parts_of(entry), actor=name, at=now())
    return _sent(made.data, made.copy.number, ending="zip", media_type="application/zip")


@router.post(
    "/files/{id}/copies",
    response={200: None, **PROBLEMS},
    auth=Bearer(Scope.FILES_READ, BULK),
    summary="脱敏副本（黑色章），或防伪打印件",
    openapi_extra=_PDF,
)
def make_copy(request: HttpRequest, id: PublicId, body: CopyIn) -> HttpResponse:
    """Make a copy that names who gets it; each is another one, with a number of its own."""
    entry = own_file(request, id)
    name = client_name(request)
    order = CopyOrder(recipient=body.recipient, reason=body.reason, address=address_of(request))
    if body.kind == "black":
        made = make_black_copy(entry, order, actor=name, at=now())
    else:
        made = make_print(entry, order, link=print_link(), actor=name, at=now())
    return _sent(made.data, made.copy.number)


@router.post(
    "/files/{id}/actions/link",
    response={201: LinkInfo, **PROBLEMS},
    auth=Bearer(Scope.FILES_READ, LIVE),
    summary="创建下载链接",
    openapi_extra=REPEATABLE,
)
def create_link(request: HttpRequest, id: PublicId, body: LinkIn) -> Status[Any]:
    """Make a link that expires and is counted."""
    entry = own_file(request, id)

    def act() -> Made:
        order = LinkOrder(
            recipient=body.recipient,
            hours=body.hours,
            uses_max=body.uses_max,
            networks=tuple(body.networks),
        )
        link, token = make_link(entry, order, actor=client_name(request), at=now())
        url = f"{settings.BAOZHEN_PUBLIC_URL.rstrip('/')}/api/v1/file-links/{token}"
        answer = {"id": link.pk, "url": url, "expires_at": link.expires_at}
        return Made(201, answer, entry.public_id)

    return idempotent(request, act)


@router.get(
    "/file-links/{token}",
    response={200: None, **PROBLEMS},
    auth=None,
    summary="凭链接取文件",
    openapi_extra=_PDF,
)
def take_file(request: HttpRequest, token: Annotated[str, Field(max_length=64)]) -> HttpResponse:
    """Send the file of a link, once more counted."""
    address = address_of(request)
    spend(VERIFICATIONS, address)
    made = take_by_link(token, address=address or None, at=now())
    return _sent(made.data, made.copy.number)


def own_file(request: HttpRequest, public_id: str) -> FileEntry:
    """Return a file of the calling client, or raise FileUnknown."""
    entry = file_of(public_id, units=_units())
    if entry.client != client_name(request):
        raise FileUnknown(file=public_id)
    return entry


def _units() -> list[int]:
    """A client's files are told by its name, whichever unit they belong to."""
    return list(OrgUnit.objects.values_list("pk", flat=True))


def _sent(
    data: bytes, name: str, *, ending: str = "pdf", media_type: str = "application/pdf"
) -> HttpResponse:
    headers = {
        "Content-Disposition": f'attachment; filename="{name}.{ending}"',
        "Cache-Control": "no-store",
    }
    return HttpResponse(data, content_type=media_type, headers=headers)


def _file(entry: FileEntry) -> dict[str, Any]:
    return {
        "id": entry.public_id,
        "title": entry.title,
        "document_type": entry.document_type,
        "unit": entry.unit.public_id,
        "biz_no": entry.biz_no,
        "envelope": entry.envelope,
        "sha256": entry.sha256,
        "size": entry.size,
        "signed_at": entry.signed_at,
        "parties": [{"name": one.name, "until": one.until} for one in open_parties(entry)],
    }
