"""Programs that may call the API: their keys, shown once, and how they end."""

from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from baozhen.client.signatures import ALGORITHMS
from baozhen.faces.console.access import actor_of, needs
from baozhen.faces.console.frame import page
from baozhen.foundation.clock import now
from baozhen.foundation.errors import Refusal
from baozhen.signing.integrations.keys import KeyRequest, register_key, switch_off_key
from baozhen.signing.organizations.models import ApiClient
from baozhen.signing.organizations.roles import Permission
from baozhen.signing.organizations.services import (
    ClientRequest,
    Scope,
    create_api_client,
    set_embed_origins,
    switch_off_api_client,
)

_DAYS_MAX = 1095
_ORIGINS_TEXT_MAX = 6_000
_FORM = "console/integrations/client_form.html"


@needs(Permission.MANAGE_INTEGRATIONS)
@require_GET
def clients(request: HttpRequest) -> HttpResponse:
    """List the programs."""
    context = {
        "here": "api_clients",
        "clients": ApiClient.objects.order_by("-active", "name"),
        "at": now(),
    }
    return page(request, "console/integrations/clients.html", context)


@needs(Permission.MANAGE_INTEGRATIONS)
@require_GET
def client(request: HttpRequest, key: int) -> HttpResponse:
    """Show one program: what it may do, from where, and the keys with which it signs."""
    return _show(request, _client(key))


@needs(Permission.MANAGE_INTEGRATIONS)
@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """Let a program in; its key is on the page that answers, and nowhere else."""
    context = {
        "here": "api_clients",
        "scopes": list(Scope),
        "chosen": request.POST.getlist("scopes"),
        "given": request.POST,
    }
    if request.method != "POST":
        return page(request, _FORM, context)
    try:
        asked = _request(request)
        made, secret = create_api_client(asked, actor=actor_of(request), at=now())
    except Refusal as refusal:
        return page(request, _FORM, context | {"fault": str(refusal)}, status=422)
    return _show(request, made, secret=secret, what="接口密钥")


@needs(Permission.MANAGE_INTEGRATIONS)
@require_POST
def switch_off(request: HttpRequest, key: int) -> HttpResponse:
    """Shut a program out."""
    switch_off_api_client(_client(key).pk, actor=actor_of(request), at=now())
    messages.success(request, "接口客户端已停用，密钥和令牌即刻失效。", extra_tags="jade")
    return redirect("console:api_client", key=key)


@needs(Permission.MANAGE_INTEGRATIONS)
@require_POST
def add_key(request: HttpRequest, key: int) -> HttpResponse:
    """Register a key that signs requests; the secret of HMAC is shown once."""
    asked = KeyRequest(
        algorithm=request.POST.get("algorithm", ""),
        public_key=request.POST.get("public_key", "")[:4000],
        is_required=request.POST.get("required") == "on",
    )
    try:
        made, secret = register_key(_client(key), asked, actor=actor_of(request), at=now())
    except Refusal as refusal:
        return _show(request, _client(key), fault=str(refusal))
    if secret:
        return _show(request, _client(key), secret=secret, what=f"签名密钥 {made.key_id}")
    messages.success(request, f"签名公钥已登记，编号 {made.key_id}。", extra_tags="jade")
    return redirect("console:api_client", key=key)


@needs(Permission.MANAGE_INTEGRATIONS)
@require_POST
def key_off(request: HttpRequest, key: int, key_id: str) -> HttpResponse:
    """Take a key's signatures no more."""
    switch_off_key(key_id, actor=actor_of(request), at=now())
    messages.success(request, "签名密钥已停用。", extra_tags="jade")
    return redirect("console:api_client", key=key)


@needs(Permission.MANAGE_INTEGRATIONS)
@require_POST
def origins(request: HttpRequest, key: int) -> HttpResponse:
    """Say whose pages may show the signing pages of this program's tasks."""
    shown, text = _client(key), request.POST.get("origins", "")[:_ORIGINS_TEXT_MAX]
    try:
        set_embed_origins(shown.pk, text.split(), actor=actor_of(request), at=now())
    except Refusal as refusal:
        return _show(request, shown, origins_text=text, origins_fault=str(refusal))
    messages.success(request, "嵌入来源已生效；移除的来源即刻不能再嵌入。", extra_tags="jade")
    return redirect("console:api_client", key=key)


def _show(request: HttpRequest, shown: ApiClient, **more: str) -> HttpResponse:
    context = {
        "here": "api_clients",
        "client": shown,
        "keys": shown.request_keys.order_by("-active", "-pk"),
        "algorithms": ALGORITHMS,
        "origins_text": "\n".join(shown.embed_origins),
        "at": now(),
        **more,
    }
    status = 422 if more.keys() & {"fault", "origins_fault"} else 200
    return page(request, "console/integrations/client.html", context, status=status)


def _client(key: int) -> ApiClient:
    return get_object_or_404(ApiClient, pk=key)


class ClientFormInvalid(Refusal):
    """The form lacks a name, or asks for a span that is none."""

    code = "client_form_invalid"
    message = "{reason}"


def _request(request: HttpRequest) -> ClientRequest:
    name = request.POST.get("name", "").strip()
    days = request.POST.get("days", "365")
    if not name or len(name) > 60 or ApiClient.objects.filter(name=name).exists():  # noqa: PLR2004
        raise ClientFormInvalid(reason="请填写 60 个字符以内、没有用过的名称")
    if not days.isdecimal() or not 1 <= int(days) <= _DAYS_MAX:
        raise ClientFormInvalid(reason=f"有效天数应为 1 至 {_DAYS_MAX}")
    scopes = request.POST.getlist("scopes")
    if not scopes:
        raise ClientFormInvalid(reason="请至少选择一项授权范围")
    return ClientRequest(
        name=name,
        scopes=scopes,
        networks=request.POST.get("networks", "").split(),
        valid_for=timedelta(days=int(days)),
    )
