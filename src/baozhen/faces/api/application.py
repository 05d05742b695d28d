"""The API as a whole: its routers, and its errors through `problems`."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from ninja.errors import AuthenticationError, HttpError, ValidationError

from baozhen.faces import problems
from baozhen.faces.api import (
    applications,
    archive_files,
    authorities,
    batches,
    claims,
    clauses,
    comparisons,
    deposits,
    endorsements,
    envelopes,
    health,
    identities,
    integrations,
    mark_readings,
    mini,
    organizations,
    payments,
    policies,
    pre_stamps,
    proposals,
    quotes,
    risks,
    seal_grants,
    sealings,
    seals,
    statistics,
    templates,
    tokens,
    verifications,
)
from baozhen.faces.api.documents import DESCRIPTION, DocumentedAPI
from baozhen.faces.errors import InvalidRequest, MalformedRequest, NotSignedIn
from baozhen.insurance.proposals.faults import Fault

api = DocumentedAPI(
    title="保真接口",
    version="1",
    description=DESCRIPTION,
    urls_namespace="api-1",
    docs_url=None,
    openapi_url="/openapi.json",
)
for part in (
    applications,
    quotes,
    proposals,
    batches,
    policies,
    clauses,
    endorsements,
    verifications,
    envelopes,
    pre_stamps,
    sealings,
    templates,
    seals,
    seal_grants,
    risks,
    authorities,
    identities,
    archive_files,
    comparisons,
    mark_readings,
    deposits,
    statistics,
    organizations,
    integrations,
    payments,
    claims,
    mini,
    tokens,
    health,
):
    api.add_router("", part.router)


@api.exception_handler(Exception)
@api.exception_handler(Http404)
def _on_error(request: HttpRequest, error: Any) -> HttpResponse:
    return problems.answer(request, error)


@api.exception_handler(AuthenticationError)
def _on_missing_credentials(request: HttpRequest, _error: Any) -> HttpResponse:
    return problems.answer(request, NotSignedIn())


@api.exception_handler(HttpError)
def _on_unreadable_body(request: HttpRequest, _error: Any) -> HttpResponse:
    return problems.answer(request, MalformedRequest(reason="内容与类型不符"))


@api.exception_handler(ValidationError)
def _on_invalid_parameters(request: HttpRequest, error: Any) -> HttpResponse:
    """Tell every wrong parameter; the library's English text stays with us."""
    refusal = InvalidRequest()
    refusal.facts["faults"] = [
        Fault(
            "invalid_parameter",
            ".".join(str(part) for part in fault["loc"][1:]),
            "参数缺失或格式不对",
        )
        for fault in error.errors
    ]
    return problems.answer(request, refusal)
