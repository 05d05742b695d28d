"""The SCIM 2.0 server (RFC 7643, RFC 7644): a directory pushes its people and units to us."""

import json
from collections.abc import Callable, Mapping
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from baozhen.faces.api.auth import Bearer, actor_of
from baozhen.faces.api.scim_resources import (
    GROUPS,
    USERS,
    Kind,
    find,
    resource_types,
    schemas,
    service_provider_config,
)
from baozhen.faces.errors import MethodNotAllowed, NotSignedIn
from baozhen.faces.limits import LIVE
from baozhen.faces.problems import STATUS_OF_CODE
from baozhen.foundation.clock import now
from baozhen.foundation.errors import Refusal
from baozhen.signing.organizations.directory.scim import (
    CONTENT_TYPE,
    ERROR,
    LIST,
    Resource,
    SCIMInvalid,
    apply_patch,
    read_filter,
)
from baozhen.signing.organizations.errors import AccountUnknown, UnitUnknown
from baozhen.signing.organizations.models import Account, ApiClient, OrgUnit
from baozhen.signing.organizations.services import Scope
from baozhen.signing.organizations.services.provisioning import Pusher

PAGE_MAX = 200
BODY_BYTES_MAX = 1024 * 1024
_GUARD = Bearer(Scope.ORGANIZATIONS_WRITE, LIVE)
_CONFLICTS = frozenset({"account_taken", "org_unit_taken", "stale_state"})

Row = Account | OrgUnit
View = Callable[..., HttpResponse]


class PreconditionFailed(Refusal):
    """Somebody changed the resource since the caller read it."""

    code = "precondition_failed"
    message = "资源已被更新，请重新读取（ETag 不符）"


def scim(view: View) -> View:
    """Let in a program with organizations:write; answer errors as RFC 7644 §3.12 wants them."""

    @csrf_exempt
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            request.client = _client(request)  # type: ignore[attr-defined]
            return view(request, *args, **kwargs)
        except Refusal as refusal:
            return _error(refusal)

    guarded.scope = Scope.ORGANIZATIONS_WRITE  # type: ignore[attr-defined]
    return guarded


def _client(request: HttpRequest) -> ApiClient:
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret:
        raise NotSignedIn
    return _GUARD.authenticate(request, secret.strip())


def _error(refusal: Refusal) -> HttpResponse:
    status = _status(refusal)
    body = {"schemas": [ERROR], "status": str(status), "detail": str(refusal)}
    if isinstance(refusal, SCIMInvalid):
        body["scimType"] = refusal.scim_type
    elif status == HTTPStatus.CONFLICT:
        body["scimType"] = "uniqueness"
    response = _json(body, status=status)
    # The mark of an answer that the middleware leaves in its own form.
    response.problem = refusal  # type: ignore[attr-defined]
    if status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _status(refusal: Refusal) -> int:
    if isinstance(refusal, AccountUnknown | UnitUnknown):
        return HTTPStatus.NOT_FOUND
    if isinstance(refusal, PreconditionFailed):
        return HTTPStatus.PRECONDITION_FAILED
    if refusal.code in _CONFLICTS:
        return HTTPStatus.CONFLICT
    return STATUS_OF_CODE.get(refusal.code, HTTPStatus.BAD_REQUEST)


def _json(body: Mapping[str, Any], *, status: int = 200) -> HttpResponse:
    text = json.dumps(body, ensure_ascii=False)
    return HttpResponse(text, content_type=CONTENT_TYPE, status=status)


def _body(request: HttpRequest) -> Resource:
    if len(request.body) > BODY_BYTES_MAX:
        raise SCIMInvalid(reason="内容超过 1 MB", scim_type="tooMany")
    try:
        body = json.loads(request.body)
    except ValueError as error:
        raise SCIMInvalid(reason="不是 JSON", scim_type="invalidSyntax") from error
    if not isinstance(body, dict):
        raise SCIMInvalid(reason="不是 JSON 对象", scim_type="invalidSyntax")
    return body


def _pusher(request: HttpRequest) -> Pusher:
    client: ApiClient = request.client  # type: ignore[attr-defined]
    return Pusher(actor=actor_of(client), at=now())


def _one(kind: Kind, row: Row, *, status: int = 200) -> HttpResponse:
    response = _json(kind.show(row), status=status)
    response.headers["ETag"] = f'W/"{row.version}"'
    if status == HTTPStatus.CREATED:
        response.headers["Location"] = kind.location(row)
    return response


def _collection(kind: Kind) -> View:
    @scim
    def view(request: HttpRequest) -> HttpResponse:
        if request.method == "GET":
            return _listed(request, kind)
        if request.method == "POST":
            row = kind.add(_body(request), _pusher(request))
            return _one(kind, row, status=HTTPStatus.CREATED)
        raise MethodNotAllowed(method=request.method)

    return view


def _listed(request: HttpRequest, kind: Kind) -> HttpResponse:
    """Answer a page (RFC 7644 §3.4.2.4): from 1, at most 200."""
    start = max(1, _number(request, "startIndex", 1))
    count = min(PAGE_MAX, max(0, _number(request, "count", PAGE_MAX)))
    text = request.GET.get("filter", "")
    rows = find(kind, read_filter(text) if text else None)
    shown = [kind.show(row) for row in rows[start - 1 : start - 1 + count]]
    return _json(
        {
            "schemas": [LIST],
            "totalResults": rows.count(),
            "startIndex": start,
            "itemsPerPage": len(shown),
            "Resources": shown,
        }
    )


def _number(request: HttpRequest, name: str, default: int) -> int:
    text = request.GET.get(name, "")
    if not text:
        return default
    try:
        return int(text)
    except ValueError as error:
        raise SCIMInvalid(reason=f"{name} 不是整数") from error


def _member(kind: Kind) -> View:
    @scim
    def view(request: HttpRequest, key: str) -> HttpResponse:
        row = kind.get(key)
        if request.method == "GET":
            if request.headers.get("If-None-Match") == f'W/"{row.version}"':
                return HttpResponse(status=HTTPStatus.NOT_MODIFIED)
            return _one(kind, row)
        return _write(request, kind, row)

    return view


def _write(request: HttpRequest, kind: Kind, row: Row) -> HttpResponse:
    expected = request.headers.get("If-Match", "")
    if expected not in {"", "*", f'W/"{row.version}"'}:
        raise PreconditionFailed
    pusher = _pusher(request)
    match request.method:
        case "PUT":
            kind.replace(row, _body(request), pusher)
        case "PATCH":
            kind.replace(row, apply_patch(kind.show(row), _body(request)), pusher)
        case "DELETE":
            kind.remove(row, pusher)
            return HttpResponse(status=HTTPStatus.NO_CONTENT)
        case _:
            raise MethodNotAllowed(method=request.method)
    return _one(kind, kind.get(row.public_id))


@scim
def configuration(request: HttpRequest) -> HttpResponse:
    """Say what this server can do (RFC 7643 §5)."""
    return _json(service_provider_config())


@scim
def types(request: HttpRequest) -> HttpResponse:
    """Name the kinds of resources (RFC 7643 §6)."""
    return _json(_list(resource_types()))


@scim
def described(request: HttpRequest) -> HttpResponse:
    """Describe the attributes (RFC 7643 §7)."""
    return _json(_list(schemas()))


def _list(entries: list[Resource]) -> Resource:
    return {
        "schemas": [LIST],
        "totalResults": len(entries),
        "startIndex": 1,
        "itemsPerPage": len(entries),
        "Resources": entries,
    }


app_name = "scim"
urlpatterns = [
    path("ServiceProviderConfig", configuration, name="configuration"),
    path("ResourceTypes", types, name="types"),
    path("Schemas", described, name="schemas"),
    path("Users", _collection(USERS), name="users"),
    path("Users/<str:key>", _member(USERS), name="user"),
    path("Groups", _collection(GROUPS), name="groups"),
    path("Groups/<str:key>", _member(GROUPS), name="group"),
]
