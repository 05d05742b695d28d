"""条款: the clauses of every product, for everybody to read before and after they buy."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from baozhen.faces.files import clauses_response
from baozhen.faces.frame import page
from baozhen.insurance.policies.queries import clause_documents, get_clause_document


@require_safe
def clauses(request: HttpRequest) -> HttpResponse:
    """List what is published."""
    context = {"here": "clauses", "documents": clause_documents()}
    response = page(request, "portal/clauses.html", context)
    response.headers["X-Robots-Tag"] = "all"
    return response


@require_safe
def document(request: HttpRequest, product: str, version: str) -> HttpResponse:
    """Send the sealed clauses, byte for byte as they were archived."""
    response = clauses_response(get_clause_document(product, version), request)
    response.headers["X-Robots-Tag"] = "all"
    return response
