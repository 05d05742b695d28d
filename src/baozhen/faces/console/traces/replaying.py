"""Archived pages and the moving picture, from our own store, in a frame that can do nothing."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from baozhen.faces.console.access import needs
from baozhen.faces.console.frame import page
from baozhen.faces.console.traces.opening import opened
from baozhen.foundation.traces.errors import TraceUnknown
from baozhen.foundation.traces.models import PageVersion, RecordingChunk
from baozhen.foundation.traces.queries import page_event
from baozhen.foundation.traces.replay import pictures_of, shown_page, version_file
from baozhen.signing.organizations.roles import Permission

# What is archived is looked at, never run: no script, no form, no address but our own store.
_QUIET = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; "
    "sandbox allow-same-origin"
)
# The player builds the picture with styles of its own; its frame runs no script.
_PLAYING = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; connect-src 'self'; frame-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


@needs(Permission.VIEW_TRACES)
@require_GET
def shown(request: HttpRequest, key: str, seq: int) -> HttpResponse:
    """Show a page as its visitor saw it."""
    event = page_event(opened(request, key), seq)
    files_at = _files_at(key, event.page_id or 0)
    return _framed(HttpResponse(shown_page(event, files_at=files_at)))


@needs(Permission.VIEW_TRACES)
@require_GET
def file(request: HttpRequest, key: str, version: int, path: str) -> HttpResponse:
    """Send a file of an archived page."""
    session = opened(request, key)
    row = PageVersion.objects.filter(pk=version, events__session=session).first()
    found = version_file(row, path, files_at=_files_at(key, version)) if row else None
    if found is None:
        raise TraceUnknown(what=path)
    data, media_type = found
    return _framed(HttpResponse(data, content_type=media_type))


@needs(Permission.VIEW_TRACES)
@require_GET
def movie(request: HttpRequest, key: str) -> HttpResponse:
    """Show the player."""
    session = opened(request, key)
    response = page(request, "console/traces/movie.html", {"here": "traces", "row": session})
    response.headers["Content-Security-Policy"] = _PLAYING
    return response


@needs(Permission.VIEW_TRACES)
@require_GET
def events(request: HttpRequest, key: str) -> HttpResponse:
    """Send the recorder's events of a session, their files placed in the archive."""
    session = opened(request, key)
    chunks = list(RecordingChunk.objects.filter(session=session).order_by("number"))
    places = {chunk.page_id: _files_at(key, chunk.page_id) for chunk in chunks}
    told = pictures_of(chunks, files_at=places)
    return JsonResponse(told, safe=False, json_dumps_params={"ensure_ascii": False})


def _files_at(key: str, version: int) -> str:
    where = reverse("console:trace_file", kwargs={"key": key, "version": version, "path": "x"})
    return where.removesuffix("x")


def _framed(response: HttpResponse) -> HttpResponse:
    response.headers["Content-Security-Policy"] = _QUIET
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
