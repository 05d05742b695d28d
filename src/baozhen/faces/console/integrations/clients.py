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
from baozhen.signing.organizations.extent import open_scopes
from baozhen.signing.organizations.models import ApiClient
from baozhen.signing.organizations.roles import Permission
from baozhen.signing.organizations.services import (
    ClientRequest,
    Scope,
    change_api_client,
    create_api_client,
    renew_api_key,
    set_embed_origins,
    switch_off_api_client,
)

_DAYS_MAX = 1095
_HOURS_MAX = 720
SOON_DAYS = 30
_NO_SCOPE = "请至少选择一项授权范围"
_ORIGINS_TEXT_MAX = 6_000
_FORM = "console/integrations/client_form.html"
SCOPES = (
    (Scope.PROPOSALS_WRITE, "提交投保和报价"),
    (Scope.PROPOSALS_READ, "查询投保"),
    (Scope.BATCHES_WRITE, "提交出单批次"),
    (Scope.BATCHES_READ, "查询出单批次"),
    (Scope.POLICIES_READ, "查询和下载保单"),
    (Scope.ENDORSEMENTS_WRITE, "提交批改"),
    (Scope.CLAIMS_WRITE, "报案和回传理赔"),
    (Scope.CLAIMS_READ, "查询理赔"),
    (Scope.ENVELOPES_WRITE, "发起和办理签署任务"),
    (Scope.ENVELOPES_READ, "查询签署任务"),
    (Scope.TEMPLATES_WRITE, "编制模版"),
    (Scope.TEMPLATES_READ, "查询模版"),
    (Scope.SEALS_WRITE, "申请和冻结印章"),
    (Scope.SEALS_READ, "查询印章和用印记录"),
    (Scope.RISKS_READ, "查询风险"),
    (Scope.IDENTITIES_WRITE, "发起认证"),
    (Scope.IDENTITIES_READ, "查询认证"),
    (Scope.CERTIFICATES_WRITE, "申请和管理证书"),
    (Scope.CERTIFICATES_READ, "查询证书"),
    (Scope.FILES_WRITE, "申请存证"),
    (Scope.FILES_READ, "查询和下载文件"),
    (Scope.STATISTICS_READ, "查询统计"),
    (Scope.ORGANIZATIONS_WRITE, "同步机构和账号"),
    (Scope.ORGANIZATIONS_READ, "查询机构和账号"),
    (Scope.EVENTS_READ, "拉取事件"),
    (Scope.WEBHOOKS_WRITE, "管理回调地址"),
)


@needs(Permission.MANAGE_INTEGRATIONS)
@require_GET
def clients(request: HttpRequest) -> HttpResponse:
    """List the programs."""
    context = {
        "here": "api_clients",
        "clients": ApiClient.objects.order_by("-active", "name"),
        "at": now(),
        "soon": now() + timedelta(days=SOON_DAYS),
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
        "scopes": _offered(),
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
def renew(request: HttpRequest, key: int) -> HttpResponse:
    """Give a program a new key; the present one goes on for the hours that are asked for."""
    try:
        made, secret = renew_api_key(
            _client(key).pk,
            valid_for=timedelta(days=_number(request, "days", 1, _DAYS_MAX, "有效天数")),
            overlap=timedelta(hours=_number(request, "hours", 0, _HOURS_MAX, "原密钥并用小时数")),
            actor=actor_of(request),
            at=now(),
        )
    except Refusal as refusal:
        return _show(request, _client(key), renew_fault=str(refusal))
    return _show(request, made, secret=secret, what="新的接口密钥")


@needs(Permission.MANAGE_INTEGRATIONS)
@require_POST
def change(request: HttpRequest, key: int) -> HttpResponse:
    """Change what a program may do, and from where."""
    scopes = request.POST.getlist("scopes")
    networks = request.POST.get("networks", "").split()
    try:
        if not scopes:
            raise ClientFormInvalid(reason=_NO_SCOPE)
        change_api_client(
            _client(key).pk, scopes=scopes, networks=networks, actor=actor_of(request), at=now()
        )
    except Refusal as refusal:
        return _show(request, _client(key), change_fault=str(refusal))
    messages.success(request, "授权已修改，即刻生效。", extra_tags="jade")
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
        "scopes": _offered(),
        "granted": [label for scope, label in _offered() if scope in shown.scopes],
        "at": now(),
        "soon": now() + timedelta(days=SOON_DAYS),
        **more,
    }
    status = 422 if any(name.endswith("fault") for name in more) else 200
    return page(request, "console/integrations/client.html", context, status=status)


def _offered() -> list[tuple[Scope, str]]:
    """Return the scopes that do something here, with their words."""
    return [(scope, label) for scope, label in SCOPES if scope in open_scopes()]


def _client(key: int) -> ApiClient:
    return get_object_or_404(ApiClient, pk=key)


class ClientFormInvalid(Refusal):
    """The form lacks a name, or asks for a span that is none."""

    code = "client_form_invalid"
    message = "{reason}"


def _request(request: HttpRequest) -> ClientRequest:
    name = request.POST.get("name", "").strip()
    if not name or len(name) > 60 or ApiClient.objects.filter(name=name).exists():  # noqa: PLR2004
        raise ClientFormInvalid(reason="请填写 60 个字符以内、没有用过的名称")
    days = _number(request, "days", 1, _DAYS_MAX, "有效天数")
    scopes = request.POST.getlist("scopes")
    if not scopes:
        raise ClientFormInvalid(reason=_NO_SCOPE)
    return ClientRequest(
        name=name,
        scopes=scopes,
        networks=request.POST.get("networks", "").split(),
        valid_for=timedelta(days=days),
    )


def _number(request: HttpRequest, name: str, least: int, most: int, label: str) -> int:
    given = request.POST.get(name, "").strip()
    is_number = given.isascii() and given.isdecimal()
    if not is_number or not least <= int(given[:9]) <= most:
        raise ClientFormInvalid(reason=f"{label}应为 {least} 至 {most}")
    return int(given)
