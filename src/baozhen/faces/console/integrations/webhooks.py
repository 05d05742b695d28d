"""Who is called back, what became of each call, and calling again."""

from collections.abc import Callable
from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from baozhen.faces.console.access import actor_of, needs
from baozhen.faces.console.frame import page
from baozhen.faces.console.integrations.paging import page_back
from baozhen.faces.console.typed import typed_moment
from baozhen.faces.extent import open_events
from baozhen.foundation.clock import SHANGHAI, now
from baozhen.foundation.errors import Refusal
from baozhen.foundation.events import endpoints
from baozhen.foundation.events.endpoints import EndpointRequest
from baozhen.foundation.events.models import WebhookDelivery, WebhookEndpoint
from baozhen.foundation.events.queries import deliveries_of
from baozhen.foundation.events.types import EVENT_TYPES
from baozhen.signing.organizations.models import ApiClient
from baozhen.signing.organizations.programs import program_name
from baozhen.signing.organizations.roles import Permission

_FORM = "console/integrations/webhook_form.html"


@needs(Permission.MANAGE_INTEGRATIONS)
@require_GET
def webhooks(request: HttpRequest) -> HttpResponse:
    """List the endpoints of all clients and of the platform itself."""
    context = {
        "here": "webhooks",
        "endpoints": WebhookEndpoint.objects.order_by("-active", "-pk")[:500],
    }
    return page(request, "console/integrations/webhooks.html", context)


@needs(Permission.MANAGE_INTEGRATIONS)
@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """Add an endpoint; its secret is on the page that answers, and nowhere else."""
    context = {
        "here": "webhooks",
        "types": list(open_events().items()),
        "owners": ApiClient.objects.filter(active=True).order_by("name"),
        "given": request.POST,
        "chosen": request.POST.getlist("types"),
    }
    if request.method != "POST":
        return page(request, _FORM, context)
    asked = EndpointRequest(
        owner=_owner(request),
        url=request.POST.get("url", "").strip(),
        types=request.POST.getlist("types"),
        description=request.POST.get("description", "").strip(),
    )
    try:
        made, secret = endpoints.create_endpoint(asked, actor=actor_of(request), at=now())
    except Refusal as refusal:
        return page(request, _FORM, context | {"fault": str(refusal)}, status=422)
    return _show(request, made, secret=secret)


@needs(Permission.MANAGE_INTEGRATIONS)
@require_GET
def webhook(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show an endpoint and its calls."""
    return _show(request, endpoints.endpoint_of(public_id, owner=None))


@needs(Permission.MANAGE_INTEGRATIONS)
@require_http_methods(["GET", "HEAD", "POST"])
def delivery(request: HttpRequest, public_id: str, delivery: str) -> HttpResponse:
    """Show one event's calls, answer by answer; POST calls again."""
    endpoint = endpoints.endpoint_of(public_id, owner=None)
    shown = endpoints.delivery_of(delivery, endpoint=endpoint)
    if request.method == "POST":
        return _done(
            request,
            endpoint,
            lambda: endpoints.replay(shown, actor=actor_of(request), at=now()),
            "已重新排队，几秒后刷新可看到结果。",
        )
    context = {
        "here": "webhooks",
        "endpoint": endpoint,
        "delivery": shown,
        "label": EVENT_TYPES.get(shown.event.type, ""),
        "tries": shown.tries.all(),
    }
    return page(request, "console/integrations/delivery.html", context)


@needs(Permission.MANAGE_INTEGRATIONS)
@require_POST
def act(request: HttpRequest, public_id: str) -> HttpResponse:
    """Switch on or off, test, change the secret, or tell a span of time again."""
    endpoint = endpoints.endpoint_of(public_id, owner=None)
    actor, at = actor_of(request), now()
    verb = request.POST.get("act", "")
    if verb == "rotate":
        secret = endpoints.rotate_secret(endpoint, actor=actor, at=at)
        return _show(request, endpoints.endpoint_of(public_id, owner=None), secret=secret)
    if verb == "off":
        reason = request.POST.get("reason", "").strip() or "控制台停用"
        endpoints.switch_off(endpoint, reason=reason, actor=actor, at=at)
        messages.success(request, "回调地址已停用，未送达的不再发送。", extra_tags="jade")
    elif verb == "on":
        endpoints.switch_on(endpoint, actor=actor, at=at)
        messages.success(request, "回调地址已启用。", extra_tags="jade")
    elif verb == "change":
        return _done(request, endpoint, lambda: _change(request, endpoint), "修改已生效。")
    elif verb == "test":
        send = endpoints.send_test
        return _done(request, endpoint, lambda: send(endpoint, actor=actor, at=at), "测试已发出。")
    elif verb == "replay":
        return _replay(request, endpoint)
    return redirect("console:webhook", public_id=public_id)


def _change(request: HttpRequest, endpoint: WebhookEndpoint) -> None:
    endpoints.change_endpoint(
        endpoint,
        types=request.POST.getlist("types"),
        description=request.POST.get("description", "").strip(),
        actor=actor_of(request),
        at=now(),
    )


def _replay(request: HttpRequest, endpoint: WebhookEndpoint) -> HttpResponse:
    since = typed_moment(request.POST.get("since", ""))
    until = typed_moment(request.POST.get("until", "")) or now()
    if since is None or since >= until:
        messages.warning(request, "请填写起止时间，起在止之前。", extra_tags="amber")
        return redirect("console:webhook", public_id=endpoint.public_id)
    return _done(
        request,
        endpoint,
        lambda: endpoints.replay_range(
            endpoint, since=since, until=until, actor=actor_of(request), at=now()
        ),
        "这段时间的事件已重新排队。",
    )


def _done(
    request: HttpRequest, endpoint: WebhookEndpoint, act: Callable[[], object], words: str
) -> HttpResponse:
    try:
        act()
    except Refusal as refusal:
        messages.warning(request, str(refusal), extra_tags="amber")
    else:
        messages.success(request, words, extra_tags="jade")
    return redirect("console:webhook", public_id=endpoint.public_id)


def _show(request: HttpRequest, endpoint: WebhookEndpoint, *, secret: str = "") -> HttpResponse:
    status = request.GET.get("status", "")
    status = status if status in WebhookDelivery.Status.values else ""
    kept = {"status": status} if status else {}
    context = {
        "here": "webhooks",
        "endpoint": endpoint,
        "secret": secret,
        "status": status,
        "statuses": WebhookDelivery.Status.choices,
        "types": list(open_events().items()),
        "yesterday": (now() - timedelta(days=1)).astimezone(SHANGHAI),
        **page_back(deliveries_of(endpoint.pk, status=status), request, kept),
    }
    return page(request, "console/integrations/webhook.html", context)


def _owner(request: HttpRequest) -> str:
    found = ApiClient.objects.filter(name=request.POST.get("owner", "")).first()
    return program_name(found) if found else ""
