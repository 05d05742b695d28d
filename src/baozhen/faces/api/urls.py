"""Addresses of the API, which site/urls.py puts under /api/v1/, and its description."""

from typing import Any

from baozhen.faces.api.application import api

urlpatterns = api.urls[0]
app_name = "api-1"


def openapi_document() -> dict[str, Any]:
    """Return the OpenAPI 3.1 description, which is committed as docs/openapi.json."""
    return dict(api.get_openapi_schema(path_prefix="/api/v1/"))
