"""可回溯: every page of a traced address is kept as served, every form that is sent is an act.

A browser without scripts leaves this trail too; one with scripts adds its clicks (tracing_acts).
Whatever fails here is logged and counted, and the page is served all the same.
"""

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from html import unescape
from http import HTTPStatus
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.templatetags.static import static
from django.urls import reverse

from baozhen.faces.client import address_of
from baozhen.foundation.clock import now
from baozhen.foundation.masking import mask_name, mask_text
from baozhen.foundation.traces.failures import count_failure
from baozhen.foundation.traces.models import TraceSession
from baozhen.foundation.traces.pages import long_enough, split
from baozhen.foundation.traces.services.recording import (
    EventInput,
    Visitor,
    begin_session,
    link_business,
    link_person,
    record_events,
)
from baozhen.foundation.traces.services.versions import store_page
from baozhen.foundation.traces.states import Kind, Number
from baozhen.signing.identity.models import Subject

log = logging.getLogger(__name__)

# Which addresses are traced, and the channel that they are.
TRACED: Final[Mapping[str, str]] = {"/m/": "手机投保", "/s/": "电子签署"}
SESSION_KEY: Final = "trace"
_HOLDER_KEY: Final = "holder"  # what a signed-in holder's session is called (mobile.holders)
_IDLE: Final = timedelta(hours=1)
# What the number in an address of the journey is.
_NUMBERS: Final[Mapping[str, Number]] = {
    "/m/apply/": Number.PROPOSAL,
    "/m/mine/": Number.PROPOSAL,
    "/m/read/": Number.PROPOSAL,
    "/m/code/": Number.PROPOSAL,
    "/m/pay/": Number.PROPOSAL,
    "/m/policies/": Number.POLICY,
    "/m/changes/": Number.ENDORSEMENT,
    "/m/claims/": Number.CLAIM,
}
_NUMBER_NAMES: Final = ("number", "public_id")
_SECRET_NAMES: Final = frozenset({"token", "secret", "code"})
_FORMS: Final = ("application/x-www-form-urlencoded", "multipart/form-data")
_FIELDS_MAX: Final = 200
_TITLE: Final = re.compile(r"<title>([^<]{1,200})</title>")


class TracingMiddleware:
    """Records pages as served and forms as sent, for the traced addresses."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, and keep what was answered."""
        response = self.get_response(request)
        if request.method in {"GET", "POST"} and is_traced(request.path) and _is_page(response):
            _safely(lambda: _record_page(request, response))
        return response

    def process_view(
        self,
        request: HttpRequest,
        _view: Callable[..., HttpResponse],
        _args: Sequence[Any],
        _kwargs: Mapping[str, Any],
    ) -> None:
        """Record a form before its view acts on it, so that the acts stand in their order."""
        is_form = request.method == "POST" and request.content_type in _FORMS
        if is_form and is_traced(request.path):
            _safely(lambda: _record_form(request))


def is_traced(path: str) -> bool:
    """Tell whether pages of this address are kept."""
    return path.startswith(tuple(TRACED))


def trace_of(request: HttpRequest) -> str:
    """Return the number of the person's session of acts, begun when there is none."""
    found: str | None = getattr(request, "trace_key", None)
    if found is None:
        at = now()
        found = _living_key(request, at) or _begin(request, at)
        request.trace_key = found  # type: ignore[attr-defined]
    return found


def note(
    request: HttpRequest,
    *,
    subject: Subject | None = None,
    private: Sequence[str] = (),
    **numbers: str,
) -> None:
    """Tell the record what a page is about: `note(request, subject=…, proposal="…")`.

    `private` are texts of the page that are this person's alone. The names of the numbers are
    those of `Number`. It is written down with the page; nothing is written for other addresses.
    """
    facts = _noted(request)
    facts["numbers"].update({kind: number for kind, number in numbers.items() if number})
    facts["private"].extend(private)
    if subject is not None:
        facts["subjects"][subject.public_id] = subject.id_index


def _noted(request: HttpRequest) -> dict[str, Any]:
    if not hasattr(request, "trace_noted"):
        request.trace_noted = {  # type: ignore[attr-defined]
            "numbers": {},
            "private": [],
            "subjects": {},
        }
    noted: dict[str, Any] = request.trace_noted  # type: ignore[attr-defined]
    return noted


def _safely(act: Callable[[], None]) -> None:
    try:
        act()
    except Exception:
        # A person is never turned away because the record failed: it is seen, and repaired.
        log.exception("a traced page or form could not be recorded")
        count_failure()


def _is_page(response: HttpResponse) -> bool:
    kind = response.headers.get("Content-Type", "")
    return (
        not response.streaming and kind.startswith("text/html") and b"</head>" in response.content
    )


def _record_page(request: HttpRequest, response: HttpResponse) -> None:
    at = now()
    html = response.content.decode(response.charset or "utf-8")
    private = [*_noted(request)["private"], *names_of(request)]
    parts = split(html, secrets=_secrets(request), private=private)
    stored = store_page(_page_name(request), parts, at=at)
    entered = EventInput(
        kind=Kind.ENTER,
        target=_page_name(request),
        page=stored.version,
        shown=stored.shown,
        slots=stored.slots,
        note=_title(html, response.status_code),
    )
    key = trace_of(request)
    (event,) = record_events(key, [entered], at=at)
    if response.status_code == HTTPStatus.OK:  # another's number is answered with 404
        _link(request, key, at)
    _add_recorder(response, html, event.seq)


def _title(html: str, status: int) -> str:
    """Return what the page calls itself, for whoever reads the acts."""
    found = _TITLE.search(html)
    title = mask_text(" ".join(unescape(found[1]).split())) if found else ""
    return title if status == HTTPStatus.OK else f"{title}（状态 {status}）"


def _record_form(request: HttpRequest) -> None:
    values = {
        name: "、".join(request.POST.getlist(name))
        for name in list(request.POST)[:_FIELDS_MAX]
        if name != "csrfmiddlewaretoken"
    }
    uploads = {name: request.FILES.getlist(name) for name in request.FILES}
    values |= {name: f"{len(files)}" for name, files in uploads.items()}
    sent = EventInput(kind=Kind.SUBMIT, target=_page_name(request), values=values)
    record_events(trace_of(request), [sent], at=now())


def _link(request: HttpRequest, key: str, at: datetime) -> None:
    """Write down what the page is about, once for each session."""
    noted = _noted(request)
    numbers = _numbers_of(request) | noted["numbers"]
    known = set(request.session.get(f"{SESSION_KEY}_known", ()))
    fresh = {kind: number for kind, number in numbers.items() if f"{kind}:{number}" not in known}
    holder = holder_of(request)
    subjects = noted["subjects"] | ({holder.public_id: holder.id_index} if holder else {})
    people = {ref: index for ref, index in subjects.items() if ref not in known}
    if fresh:
        link_business(key, at=at, **fresh)
    for ref, index in people.items():
        link_person(key, subject_ref=ref, person_index=index, at=at)
    if fresh or people:
        told = known | {f"{kind}:{number}" for kind, number in fresh.items()} | set(people)
        request.session[f"{SESSION_KEY}_known"] = sorted(told)


def _numbers_of(request: HttpRequest) -> dict[str, str]:
    """Return the number that the address names, of a page that this person may see."""
    match = request.resolver_match
    kind = next((kind for root, kind in _NUMBERS.items() if request.path.startswith(root)), None)
    if match is None or kind is None:
        return {}
    found = next((match.kwargs[name] for name in _NUMBER_NAMES if name in match.kwargs), "")
    return {kind.value: str(found)} if found else {}


def holder_of(request: HttpRequest) -> Subject | None:
    """Return who is signed in on this phone; asked once a request."""
    if not hasattr(request, "trace_holder"):
        kept = request.session.get(_HOLDER_KEY)
        reference = kept.get("subject", "") if isinstance(kept, dict) else ""
        found = Subject.objects.filter(public_id=reference).first() if reference else None
        request.trace_holder = found  # type: ignore[attr-defined]
    holder: Subject | None = request.trace_holder  # type: ignore[attr-defined]
    return holder


def names_of(request: HttpRequest) -> list[str]:
    """Return the texts by which pages call whoever is signed in: in full and masked."""
    holder = holder_of(request)
    name = str(holder.name) if holder is not None else ""
    return [name, mask_name(name)] if len(name) > 1 else []


def _living_key(request: HttpRequest, at: datetime) -> str | None:
    key = request.session.get(SESSION_KEY)
    if not key:
        return None
    living = TraceSession.objects.filter(
        public_id=key, destroyed_at__isnull=True, last_at__gte=at - _IDLE
    )
    return str(key) if living.exists() else None


def _begin(request: HttpRequest, at: datetime) -> str:
    agent = request.headers.get("User-Agent", "")
    channel = next((word for root, word in TRACED.items() if request.path.startswith(root)), "")
    visitor = Visitor(
        channel=channel, device=_device(agent), ip=address_of(request), user_agent=agent
    )
    session = begin_session(visitor, at=at)
    request.session[SESSION_KEY] = session.public_id
    request.session.pop(f"{SESSION_KEY}_known", None)
    return session.public_id


def _device(agent: str) -> str:
    if "MicroMessenger" in agent:
        return "微信"
    return "手机" if "Mobile" in agent or "Android" in agent else "电脑"


def _page_name(request: HttpRequest) -> str:
    """Return the page's name: its route, with the channel as its audience; never its address."""
    match = request.resolver_match
    channel = next((root for root in TRACED if request.path.startswith(root)), "/")
    name = (match.view_name if match else "") or "none"
    return f"{name}@{channel.strip('/')}"


def _secrets(request: HttpRequest) -> list[str]:
    """Return what must not be kept: the tokens of the address."""
    match = request.resolver_match
    kwargs = match.kwargs if match else {}
    tokens = [str(value) for name, value in kwargs.items() if name in _SECRET_NAMES]
    return [token for token in tokens if long_enough(token)]


def _add_recorder(response: HttpResponse, html: str, view: int) -> None:
    """Let the page tell its clicks: our own small script, which fetches the recorder later."""
    head, closing, rest = html.partition("</head>")
    script = (
        f'<script type="module" src="{static("baozhen/tracing/trace.js")}" data-trace="{view}"'
        f' data-to="{reverse("traces:acts")}" data-recorder="{static("rrweb/rrweb.umd.min.cjs")}">'
        "</script>"
    )
    response.content = (head + script + closing + rest).encode(response.charset or "utf-8")
