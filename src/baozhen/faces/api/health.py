"""Whether the site answers: for load balancers."""

from django.db import connection
from django.http import HttpRequest
from ninja import Router

from baozhen.faces.api.documents import PROBLEMS
from baozhen.faces.api.schemas import Health

router = Router(tags=["运行"])


@router.get(
    "/health", response={200: Health, 503: PROBLEMS[503]}, auth=None, summary="服务是否可用"
)
def health(request: HttpRequest) -> dict[str, str]:
    """Ask the database one question; an outage of it is a 503."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return {"status": "ok"}
