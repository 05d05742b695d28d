"""Versions of templates by REST: drafts made and edited, submitted, sent back, retired.

Approving is left to people in the console: two keys may be in one hand.
"""

import base64
import binascii
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from ninja import Router, Status

from baozhen.faces.api.auth import Bearer
from baozhen.faces.api.conventions import REPEATABLE, Made, PublicId, client_name, idempotent
from baozhen.faces.api.documents import PROBLEMS
from baozhen.faces.api.template_reach import template_managed, template_seen
from baozhen.faces.api.template_schemas import (
    ContentIn,
    EditIn,
    TemplateReasonIn,
    VersionInfo,
    VersionList,
)
from baozhen.faces.limits import LIVE, QUERY
from baozhen.foundation.clock import now
from baozhen.signing.organizations.services import Scope
from baozhen.signing.templates.errors import SourceInvalid
from baozhen.signing.templates.models import TemplateVersion
from baozhen.signing.templates.queries import version_of
from baozhen.signing.templates.services import (
    Content,
    add_version,
    edit_draft,
    prepare_upload,
    retire_version,
    return_version,
    submit_version,
)
from baozhen.signing.templates.states import SourceKind
from baozhen.trust.pdf.prepare import PreparedPdf

router = Router(tags=["模版"])
_ONE = "/templates/{template_id}/versions/{int:number}"
_WRITES: dict[str, Any] = {
    "response": {200: VersionInfo, **PROBLEMS},
    "auth": Bearer(Scope.TEMPLATES_WRITE, LIVE),
    "openapi_extra": REPEATABLE,
}


@router.get(
    "/templates/{template_id}/versions",
    response={200: VersionList, **PROBLEMS},
    auth=Bearer(Scope.TEMPLATES_READ, QUERY),
    summary="模版的各个版本",
)
def list_versions(request: HttpRequest, template_id: PublicId) -> dict[str, Any]:
    """Return every version of a template, the newest first."""
    versions = template_seen(request, template_id).versions
    rows = versions.defer("document", "source").order_by("-number")
    return {"items": [describe(row) for row in rows]}


@router.post(
    "/templates/{template_id}/versions",
    response={201: VersionInfo, **PROBLEMS},
    auth=Bearer(Scope.TEMPLATES_WRITE, LIVE),
    summary="新版本",
    openapi_extra=REPEATABLE,
)
def add(request: HttpRequest, template_id: PublicId, body: ContentIn) -> Status[Any]:
    """Begin a new draft; a file that is left out is that of the newest version with one."""

    def act() -> Made:
        template = template_managed(request, template_id)
        made = add_version(template, content_of(body), actor=client_name(request), at=now())
        return Made(201, describe(made), template.public_id)

    return idempotent(request, act)


@router.get(
    _ONE,
    response={200: VersionInfo, **PROBLEMS},
    auth=Bearer(Scope.TEMPLATES_READ, QUERY),
    summary="模版的一个版本",
)
def show(request: HttpRequest, template_id: PublicId, number: int) -> dict[str, Any]:
    """Return one version."""
    return describe(version_of(template_seen(request, template_id), number))


@router.post(f"{_ONE}/actions/edit", summary="改草稿：文本、文件、域、示例数据", **_WRITES)
def edit(request: HttpRequest, template_id: PublicId, number: int, body: EditIn) -> Status[Any]:
    """Change a draft; every fault of its fields is told at once."""

    def act(row: TemplateVersion) -> TemplateVersion:
        kind = SourceKind(row.source_kind)
        content = Content(
            source_kind=kind,
            source=row.source if body.source is None else body.source,
            upload=_upload(body.file, kind),
            fields=row.fields if body.fields is None else body.fields,
            sample=row.sample if body.sample is None else body.sample,
            note=body.note,
        )
        return edit_draft(row.pk, content, actor=client_name(request), at=now())

    return _act(request, template_id, number, act)


@router.post(f"{_ONE}/actions/submit", summary="提交批准", **_WRITES)
def submit(request: HttpRequest, template_id: PublicId, number: int) -> Status[Any]:
    """Send a draft for approval; its sample data must make a document."""
    actor = client_name(request)
    return _act(
        request, template_id, number, lambda row: submit_version(row.pk, actor=actor, at=now())
    )


@router.post(f"{_ONE}/actions/return", summary="退回修改", **_WRITES)
def give_back(
    request: HttpRequest, template_id: PublicId, number: int, body: TemplateReasonIn
) -> Status[Any]:
    """Make what was submitted a draft again."""
    actor = client_name(request)
    return _act(
        request,
        template_id,
        number,
        lambda row: return_version(row.pk, reason=body.reason, actor=actor, at=now()),
    )


@router.post(f"{_ONE}/actions/retire", summary="停用", **_WRITES)
def retire(
    request: HttpRequest, template_id: PublicId, number: int, body: TemplateReasonIn
) -> Status[Any]:
    """Let an approved version fill no more documents."""
    actor = client_name(request)
    return _act(
        request,
        template_id,
        number,
        lambda row: retire_version(row.pk, reason=body.reason, actor=actor, at=now()),
    )


def content_of(body: ContentIn) -> Content:
    """Return what a new version shall say; raises SourceInvalid or ConverterMissing."""
    return Content(
        source_kind=body.source_kind,
        source=body.source,
        upload=_upload(body.file, body.source_kind),
        fields=body.fields,
        sample=body.sample,
        note=body.note,
    )


def describe(row: TemplateVersion) -> dict[str, Any]:
    """Return a version as the API says it."""
    names = (
        "number", "state", "source_kind", "pages", "sha256", "filing_no", "effective_from",
        "effective_until", "note", "fields", "sample",
    )  # fmt: skip
    return {name: getattr(row, name) for name in names}


def _act(
    request: HttpRequest,
    template_id: str,
    number: int,
    act: Callable[[TemplateVersion], TemplateVersion],
) -> Status[Any]:
    def whole() -> Made:
        template = template_managed(request, template_id)
        return Made(200, describe(act(version_of(template, number))), template.public_id)

    return idempotent(request, whole)


def _upload(given: str, kind: SourceKind) -> PreparedPdf | None:
    if not given:
        return None
    if kind is SourceKind.TYPST:
        raise SourceInvalid(path="file", reason="在线编排的模版没有文件")
    try:
        data = base64.b64decode(given, validate=True)
    except (binascii.Error, ValueError) as error:
        raise SourceInvalid(path="file", reason="文件内容不是 Base64") from error
    return prepare_upload(data, kind)
