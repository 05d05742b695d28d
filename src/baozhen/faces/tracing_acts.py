"""Takes what the traced pages tell of themselves: clicks, ticks, scrolling, the moving picture.

Nothing a browser says is believed about who or when: the session is the server's, the times of
both clocks are kept, and only harmless kinds of acts are taken.
"""

import json
from datetime import UTC, datetime
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from baozhen.faces.errors import TooLarge
from baozhen.faces.limits import Limit, spend
from baozhen.faces.tracing import SESSION_KEY, names_of
from baozhen.foundation.clock import now
from baozhen.foundation.traces.errors import TraceActsMalformed, TraceUnknown
from baozhen.foundation.traces.models import TraceEvent
from baozhen.foundation.traces.services.pictures import Screen, store_pictures
from baozhen.foundation.traces.services.recording import EventInput, record_events
from baozhen.foundation.traces.states import BROWSER_KINDS, Kind

BODY_BYTES_MAX: Final = 1024 * 1024
ACTS: Final = Limit(name="trace", most=240)
_CLOCK_MS_MAX: Final = 4_102_444_800_000  # the year 2100


class Act(BaseModel):
    """One act as the page tells it; `value` is a choice of the page, never what was typed."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    at: int = Field(ge=0, le=_CLOCK_MS_MAX)
    target: str = Field(default="", max_length=200)
    value: str = Field(default="", max_length=200)


class ActBatch(BaseModel):
    """What a page sends at once: acts and events of the recorder, by its own clock."""

    model_config = ConfigDict(extra="forbid")

    view: int = Field(ge=1, le=1_000_000)
    sent: int = Field(ge=0, le=_CLOCK_MS_MAX)
    acts: list[Act] = Field(default_factory=list, max_length=200)
    pictures: list[dict[str, Any]] = Field(default_factory=list, max_length=5_000)


@csrf_exempt
@require_POST
def acts(request: HttpRequest) -> HttpResponse:
    """Append a batch to the visitor's own session.

    A beacon carries no token of ours; that it comes from our own page, its origin says, and it
    can do no more than add to the sender's own record.
    """
    key = request.session.get(SESSION_KEY, "")
    if not key or not _is_ours(request):
        raise TraceUnknown(what="会话")
    spend(ACTS, str(key))
    batch = _batch(request)
    entered = TraceEvent.objects.select_related("page").filter(
        session__public_id=key, seq=batch.view, kind=Kind.ENTER
    )
    view = entered.first()
    if view is None or view.page is None:
        raise TraceUnknown(what="页面")
    at = now()
    offset = int(at.timestamp() * 1000) - batch.sent
    if batch.acts:
        told = [
            EventInput(
                kind=act.kind,
                target=act.target,
                note=act.value,
                page=view.page,
                client_time=datetime.fromtimestamp(act.at / 1000, UTC),
                offset_ms=offset,
            )
            for act in batch.acts
        ]
        record_events(key, told, at=at)
    if batch.pictures:
        origin = f"{request.scheme}://{request.get_host()}"
        screen = Screen(origin=origin, private=tuple(names_of(request)))
        store_pictures(key, view.page, batch.pictures, screen=screen, at=at)
    return HttpResponse(status=204)


def _is_ours(request: HttpRequest) -> bool:
    origin = request.headers.get("Origin")
    if origin is not None:
        return origin == f"{request.scheme}://{request.get_host()}"
    return request.headers.get("Sec-Fetch-Site") == "same-origin"


def _batch(request: HttpRequest) -> ActBatch:
    if int(request.META.get("CONTENT_LENGTH") or 0) > BODY_BYTES_MAX:
        raise TooLarge(limit="1 MB")
    try:
        batch = ActBatch.model_validate(json.loads(request.body))
    except (ValidationError, ValueError, RecursionError) as error:
        raise TraceActsMalformed(reason=str(error).splitlines()[0]) from error
    foreign = {act.kind for act in batch.acts} - BROWSER_KINDS
    if foreign:
        raise TraceActsMalformed(reason=f"页面不能报告 {min(foreign)}")
    return batch


app_name = "traces"
urlpatterns = [path("acts", acts, name="acts")]
