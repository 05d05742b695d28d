"""Templates by REST: which there are, one-step filling, and making them.

A program writes drafts, submits them and shares templates; what is approved was approved by a
person in the console who never wrote at it.
"""

import base64
from typing import Any

from django.http import HttpRequest
from ninja import Router, Status

from baozhen.faces.api import template_versions
from baozhen.faces.api.auth import Bearer
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
from baozhen.faces.api.template_reach import (
    seen_templates,
    template_managed,
    template_seen,
    unit_given,
    units_named,
)
from baozhen.faces.api.template_schemas import (
    Filled,
    FillIn,
    SharingIn,
    TemplateIn,
    TemplateInfo,
    TemplatePage,
)
from baozhen.faces.limits import LIVE, QUERY
from baozhen.foundation.clock import now, shanghai_date
from baozhen.signing.organizations.services import Scope
from baozhen.signing.templates.fields import fields_to_json
from baozhen.signing.templates.models import Template
from baozhen.signing.templates.queries import units_shared_with, version_in_force
from baozhen.signing.templates.services import (
    TemplateDraft,
    create_template,
    fill,
    share_template,
)
from baozhen.signing.templates.states import Sharing

router = Router(tags=["模版"])
router.add_router("", template_versions.router)


@router.get(
    "/templates",
    response={200: TemplatePage, **PROBLEMS},
    auth=Bearer(Scope.TEMPLATES_READ, QUERY),
    summary="模版列表",
)
def list_templates(
    request: HttpRequest, document_type: str = "", cursor: Cursor = "", limit: Limit = 50
) -> dict[str, Any]:
    """Return the templates of one's unit and those shared with it, the newest first."""
    found = seen_templates(request)
    found = found.filter(document_type=document_type) if document_type else found
    return page_of(found, cursor=cursor, limit=limit).answer(_template)


@router.post(
    "/templates",
    response={201: TemplateInfo, **PROBLEMS},
    auth=Bearer(Scope.TEMPLATES_WRITE, LIVE),
    summary="建模版",
    openapi_extra=REPEATABLE,
)
def create(request: HttpRequest, body: TemplateIn) -> Status[Any]:
    """Make a template with its first draft."""

    def act() -> Made:
        draft = TemplateDraft(
            code=body.code,
            title=body.title,
            document_type=body.document_type,
            unit=unit_given(request, body.unit),
            sharing=body.sharing,
            shared_with=units_named(body.shared_with),
            needs_filing=body.needs_filing,
        )
        content = template_versions.content_of(body)
        made = create_template(draft, content, actor=client_name(request), at=now())
        return Made(201, _template(made.template), made.template.public_id)

    return idempotent(request, act)


@router.get(
    "/templates/{template_id}",
    response={200: TemplateInfo, **PROBLEMS},
    auth=Bearer(Scope.TEMPLATES_READ, QUERY),
    summary="模版",
)
def show_template(request: HttpRequest, template_id: PublicId) -> dict[str, Any]:
    """Return one template."""
    return _template(template_seen(request, template_id))


@router.post(
    "/templates/{template_id}/actions/share",
    response={200: TemplateInfo, **PROBLEMS},
    auth=Bearer(Scope.TEMPLATES_WRITE, LIVE),
    summary="共享：仅本机构、本机构及下级、选定的机构，或全部机构",
    openapi_extra=REPEATABLE,
)
def share(request: HttpRequest, template_id: PublicId, body: SharingIn) -> Status[Any]:
    """Share a template so far; who loses it starts no new tasks, those begun go on."""

    def act() -> Made:
        row = share_template(
            template_managed(request, template_id),
            body.sharing,
            units_named(body.shared_with),
            actor=client_name(request),
            at=now(),
        )
        return Made(200, _template(row), row.public_id)

    return idempotent(request, act)


@router.post(
    "/templates/{template_id}/actions/fill",
    response={200: Filled, **PROBLEMS},
    auth=Bearer(Scope.TEMPLATES_READ, LIVE),
    summary="一次填写全部参数，生成待签署的文件",
)
def fill_template(request: HttpRequest, template_id: PublicId, body: FillIn) -> dict[str, Any]:
    """Fill the version in force and return the document; nothing is kept, so repeat at will."""
    at = now()
    template = template_seen(request, template_id)
    version = version_in_force(template.code, body.on or shanghai_date(at))
    filled = fill(version, body.values, at=at)
    return {
        "template": template.public_id,
        "version": version.number,
        "sha256": filled.sha256,
        "pdf": base64.b64encode(filled.pdf).decode(),
        "fields": fields_to_json(filled.fields),
    }


def _template(row: Template) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "code": row.code,
        "title": row.title,
        "document_type": row.document_type,
        "unit": row.unit.public_id,
        "sharing": row.sharing,
        "shared_with": _shared_with(row),
        "needs_filing": row.needs_filing,
        "created_at": row.created_at,
    }


def _shared_with(row: Template) -> list[str]:
    if row.sharing != Sharing.CHOSEN:
        return []
    return list(units_shared_with(row).values_list("public_id", flat=True))
