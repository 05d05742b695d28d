"""The published clauses, for programs."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from ninja import Router

from baozhen.faces.api.auth import Bearer
from baozhen.faces.api.documents import PDF_RESPONSES, PROBLEMS
from baozhen.faces.api.schemas import ClauseInfo
from baozhen.faces.files import clauses_response
from baozhen.faces.limits import QUERY
from baozhen.insurance.policies.models import ClauseDocument
from baozhen.insurance.policies.queries import clause_documents, get_clause_document
from baozhen.signing.organizations.services import Scope

router = Router(tags=["条款"])


@router.get(
    "/clauses",
    response={200: list[ClauseInfo], **PROBLEMS},
    auth=Bearer(Scope.FILES_READ, QUERY),
    summary="已发布的保险条款",
)
def listing(request: HttpRequest) -> list[dict[str, Any]]:
    """List the clauses of every product and version, the newest of a product first."""
    return [_info(document) for document in clause_documents()]


@router.get(
    "/clauses/{product}/{version}/file",
    response={200: None, 304: None, **PROBLEMS},
    auth=Bearer(Scope.FILES_READ, QUERY),
    summary="下载保险条款",
    url_name="clauses_file",
    openapi_extra=PDF_RESPONSES,
)
def download(request: HttpRequest, product: str, version: str) -> HttpResponse:
    """Send the sealed clauses of a product's version."""
    return clauses_response(get_clause_document(product, version), request)


def _info(document: ClauseDocument) -> dict[str, Any]:
    return {
        "product": document.product,
        "version": document.version,
        "title": document.title,
        "filing_no": document.filing_no,
        "sha256": document.sha256,
        "sm3": document.sm3,
        "size": document.size,
        "sealed_at": document.sealed_at,
        "template": f"{document.template_code}/{document.template_version}",
        "file": reverse(
            "api-1:clauses_file",
            kwargs={"product": document.product, "version": document.version},
        ),
    }
