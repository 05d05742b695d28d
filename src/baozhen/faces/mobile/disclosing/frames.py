"""What the pages of reading and signing share: the bar of steps, elder mode, a sealed memory."""

import base64
import json
from typing import Any

from django.http import HttpRequest, HttpResponse

from baozhen.faces.frame import LARGE_TEXT_COOKIE, page
from baozhen.faces.mobile.holders import with_device
from baozhen.faces.mobile.way import READING, steps_at
from baozhen.foundation.keys.keyring import get_keyring
from baozhen.insurance.applications.models import Application

_SEALED = b"journey.signing"


def is_elder(request: HttpRequest) -> bool:
    """Whether the visitor reads in elder mode: large type and a slower pace."""
    return request.COOKIES.get(LARGE_TEXT_COOKIE) == "1"


def journey_page(
    request: HttpRequest,
    application: Application,
    template: str,
    context: dict[str, Any],
    *,
    status: int = 200,
) -> HttpResponse:
    """Render one of the pages within the bar of the journey's steps."""
    shared = {
        "application": application,
        "proposal_no": application.proposal_no,
        "here": request.path,
        "steps": steps_at(int(context.get("place", READING))),
    }
    response = page(request, f"mobile/disclosing/{template}", {**shared, **context}, status=status)
    return with_device(request, response)


def remembered(request: HttpRequest, application: Application) -> dict[str, Any]:
    """Return what this session keeps of a signature underway: sealed, it holds handwriting."""
    kept = request.session.get(_key(application), "")
    if not kept:
        return {}
    opened = get_keyring().open_sealed(base64.b64decode(kept), aad=_SEALED)
    return dict(json.loads(opened))


def remember(request: HttpRequest, application: Application, **facts: Any) -> None:
    """Keep facts in the session until they are forgotten."""
    whole = json.dumps(remembered(request, application) | facts, ensure_ascii=False).encode()
    sealed = base64.b64encode(get_keyring().seal(whole, aad=_SEALED))
    request.session[_key(application)] = sealed.decode("ascii")


def forget(request: HttpRequest, application: Application) -> None:
    """Let go of what was kept."""
    request.session.pop(_key(application), None)


def _key(application: Application) -> str:
    return f"signing:{application.proposal_no}"
