"""The staff pages of connected systems, programs, callbacks and events."""

import json
import re
from datetime import timedelta

import pytest
from django.urls import reverse

from baozhen.faces.console.integrations.clients import SCOPES
from baozhen.foundation.audit.models import AuditEntry
from baozhen.foundation.clock import now
from baozhen.foundation.events.models import WebhookDelivery, WebhookEndpoint
from baozhen.foundation.events.publishing import publish
from baozhen.foundation.jobs.worker import run_worker
from baozhen.signing.integrations.models import ConnectedSystem, RequestKey
from baozhen.signing.organizations.errors import APIKeyRefused
from baozhen.signing.organizations.models import ApiClient, OrgUnit
from baozhen.signing.organizations.roles import Permission
from baozhen.signing.organizations.services import (
    Scope,
    authenticate_api_key,
    ensure_organization,
)
from tests.faces.api.test_inbound import FLOW, MAPPING, MESSAGE
from tests.foundation.events.receiver import Receiver

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client, staff, monkeypatch):
    """Somebody of the staff who connects systems."""
    user = staff("系统管理员")
    client.force_login(user, backend="baozhen.signing.organizations.backends.PowerBackend")
    if not user.has_perm(Permission.MANAGE_INTEGRATIONS.full_name):
        pytest.fail("the role 系统管理员 does not connect systems")
    return client


@pytest.fixture
def receiver(settings):
    settings.BAOZHEN_EGRESS_ALLOW = "127.0.0.0/8"
    found = Receiver()
    yield found
    found.close()


def at(name, **kwargs):
    return reverse(f"console:{name}", kwargs=kwargs or None)


def make_client(desk, **form):
    data = {"name": "核心系统", "days": "30", "scopes": ["events:read"]} | form
    return desk.post(at("api_client_create"), data)


def test_nobody_else_sees_them(client, signed_in):
    assert client.get(at("systems")).status_code == 302
    signed_in("客服")
    for name in ("systems", "api_clients", "webhooks", "events"):
        assert client.get(at(name)).status_code == 403


def test_empty_pages_say_what_to_do(desk):
    for name, words in [
        ("systems", "还没有对接系统"),
        ("api_clients", "还没有接口客户端"),
        ("webhooks", "还没有回调地址"),
        ("events", "没有事件"),
    ]:
        assert words in desk.get(at(name)).content.decode()


@pytest.mark.requirement("S2-L160.m5")
def test_a_key_is_shown_once(desk):
    shown = make_client(desk).content.decode()
    key = re.search(r"bz_[\w-]{43}", shown)[0]
    made = ApiClient.objects.get()
    assert made.key_prefix == key[:12]
    assert key not in desk.get(at("api_client", key=made.pk)).content.decode()
    desk.post(at("api_client_off", key=made.pk))
    made.refresh_from_db()
    assert not made.active


def test_a_key_is_renewed_without_standing_still(desk, client):
    """Whoever has the old key goes on with it for a day; what the program owns stays its own."""
    old = re.search(r"bz_[\w-]{43}", make_client(desk).content.decode())[0]
    made = ApiClient.objects.get()
    ends = made.expires_at
    renew = at("api_client_renew", key=made.pk)
    for wrong in ({"days": "0", "hours": "1"}, {"days": "9", "hours": "x"}):
        assert desk.post(renew, wrong).status_code == 422
    shown = desk.post(renew, {"days": "400", "hours": "24"}).content.decode()
    new = re.search(r"bz_[\w-]{43}", shown)[0]
    assert f"{old[:12]}…" in shown
    for key in (old, new):
        answer = client.get("/api/v1/events", headers={"Authorization": f"Bearer {key}"})
        assert answer.status_code == 200, key
    late = now() + timedelta(hours=25)
    assert authenticate_api_key(new, at=late) == made
    with pytest.raises(APIKeyRefused):
        authenticate_api_key(old, at=late)
    made.refresh_from_db()
    assert made.expires_at > ends
    assert AuditEntry.objects.filter(action="api_client.key_renewed").exists()

    # A key that has leaked ends at once; one that had ended does not come back to life.
    third = desk.post(renew, {"days": "1", "hours": "0"}).content.decode()
    with pytest.raises(APIKeyRefused):
        authenticate_api_key(new, at=now())
    ApiClient.objects.update(expires_at=now())
    desk.post(renew, {"days": "30", "hours": "720"})
    with pytest.raises(APIKeyRefused):
        authenticate_api_key(re.search(r"bz_[\w-]{43}", third)[0], at=now())
    desk.post(at("api_client_off", key=made.pk))
    assert "停用的不能恢复" in desk.post(renew, {"days": "1", "hours": "0"}).content.decode()


def test_what_a_program_may_do_is_changed(desk, client):
    key = re.search(r"bz_[\w-]{43}", make_client(desk).content.decode())[0]
    made = ApiClient.objects.get()
    change = at("api_client_change", key=made.pk)
    for wrong in ({}, {"scopes": ["all:all"]}, {"scopes": ["files:read"], "networks": "x"}):
        assert desk.post(change, wrong).status_code == 422
    made.refresh_from_db()
    assert made.scopes == ["events:read"]
    desk.post(change, {"scopes": ["files:read"], "networks": "127.0.0.0/8\n10.0.0.0/8"})
    headers = {"Authorization": f"Bearer {key}"}
    assert client.get("/api/v1/events", headers=headers).status_code == 403
    assert client.get("/api/v1/files", headers=headers).status_code == 200
    shown = desk.get(at("api_client", key=made.pk)).content.decode()
    assert "查询和下载文件" in shown
    assert "10.0.0.0/8" in shown


def test_every_scope_has_words():
    assert {scope for scope, _ in SCOPES} == set(Scope)


@pytest.mark.parametrize(
    "form",
    [{"name": ""}, {"days": "0"}, {"scopes": []}, {"networks": "x"}, {"scopes": ["all:all"]}],
)
def test_a_program_that_is_not_let_in(desk, form):
    answer = make_client(desk, **form)
    assert answer.status_code == 422
    assert not ApiClient.objects.exists()


def test_keys_that_sign(desk):
    make_client(desk)
    made = ApiClient.objects.get()
    address = at("request_key_add", key=made.pk)
    shown = desk.post(address, {"algorithm": "hmac-sha256", "required": "on"}).content.decode()
    assert "只显示这一次" in shown
    key = RequestKey.objects.get()
    assert key.is_required
    assert key.material["key"] in shown.replace("&#x3D;", "=").replace("&#61;", "=")
    answer = desk.post(address, {"algorithm": "ed25519", "public_key": "x"})
    assert answer.status_code == 422
    desk.post(at("request_key_off", key=made.pk, key_id=key.key_id))
    assert not RequestKey.objects.filter(active=True).exists()


def test_origins_that_may_embed_are_kept_and_faults_told(desk):
    make_client(desk)
    made = ApiClient.objects.get()
    address = at("api_client_origins", key=made.pk)
    wanted = "https://portal.example.com/\nhttps://B.example:8443\n"
    assert desk.post(address, {"origins": wanted}).status_code == 302
    made.refresh_from_db()
    assert made.embed_origins == ["https://b.example:8443", "https://portal.example.com"]
    answer = desk.post(address, {"origins": "https://*.example.com"})
    assert answer.status_code == 422
    assert "https://*.example.com</textarea>" in answer.content.decode()
    assert "不能作为嵌入来源" in answer.content.decode()
    made.refresh_from_db()
    assert len(made.embed_origins) == 2


@pytest.mark.requirement("S2-L160.b4")
def test_callbacks_their_log_and_replay(desk, receiver):
    shown = desk.post(at("webhook_create"), {"url": receiver.url, "description": "核心"})
    assert "whsec_" in shown.content.decode()
    endpoint = WebhookEndpoint.objects.get()
    page = at("webhook", public_id=endpoint.public_id)
    act = at("webhook_act", public_id=endpoint.public_id)
    assert "whsec_" not in desk.get(page).content.decode()
    event = publish("envelope.completed", subject=("envelope", "env_1"), data={}, at=now())
    run_worker(until_idle=True)
    delivery = WebhookDelivery.objects.get()
    detail = at("webhook_delivery", public_id=endpoint.public_id, delivery=delivery.public_id)
    shown = desk.get(detail).content.decode()
    assert event.public_id in shown
    assert "200" in shown
    desk.post(detail)
    span = {"act": "replay", "since": "2026-01-01T00:00"}
    desk.post(act, span)
    desk.post(act, {"act": "test"})
    run_worker(until_idle=True)
    assert len(receiver.requests) == 4
    desk.post(act, {"act": "change", "types": ["risk.raised"], "description": "风控"})
    endpoint.refresh_from_db()
    assert (endpoint.types, endpoint.description) == (["risk.raised"], "风控")
    unknown = desk.post(act, {"act": "change", "types": ["x.y"]}, follow=True)
    assert "x.y" in unknown.content.decode()
    assert "whsec_" in desk.post(act, {"act": "rotate"}).content.decode()
    desk.post(act, {"act": "off", "reason": "升级"})
    assert "升级" in desk.get(page).content.decode()
    assert desk.post(act, {"act": "test"}, follow=True).status_code == 200
    desk.post(act, {"act": "on"})
    assert WebhookEndpoint.objects.get().active
    assert desk.get(at("webhooks")).status_code == 200
    assert desk.get(f"{page}?status=delivered&before=5").status_code == 200


def test_an_address_inside_is_refused_on_the_page(desk):
    answer = desk.post(at("webhook_create"), {"url": "https://169.254.169.254/"})
    assert answer.status_code == 422
    assert "内部网络" in answer.content.decode()


def test_events_are_listed_and_filtered(desk):
    publish("envelope.completed", subject=("envelope", "env_1"), data={}, at=now())
    publish("risk.raised", subject=("risk", "risk_1"), data={}, at=now(), client="api:core")
    shown = desk.get(at("events")).content.decode()
    assert "env_1" in shown
    assert "risk_1" in shown
    for query in ("type=risk.raised", "client=api:core", "q=risk_1"):
        shown = desk.get(f"{at('events')}?{query}").content.decode()
        assert "risk_1" in shown
        assert "env_1" not in shown


@pytest.fixture
def connected(desk):
    make_client(desk, scopes=["envelopes:write"])
    ensure_organization(at=now())
    unit = OrgUnit.objects.order_by("pk").first()
    form = {
        "name": "核心",
        "code": "Core-1",
        "kind": "core",
        "client": "核心系统",
        "unit": unit.public_id,
        "telling": "pull",
    }
    answer = desk.post(at("system_connect"), form)
    assert answer.status_code == 302, answer.content.decode()
    assert desk.post(at("system_connect"), form).status_code == 422
    return ConnectedSystem.objects.get()


def test_a_system_goes_over_to_another_key_and_to_push(desk, connected, receiver):
    """Its key may have ended, its unit may be another: the address that it calls stays."""
    make_client(desk, name="新核心", scopes=["envelopes:write"])
    for owner in ("核心系统", "新核心"):
        desk.post(at("webhook_create"), {"url": receiver.url, "owner": owner})
    others, own = WebhookEndpoint.objects.order_by("pk")
    address = at("system_change", code=connected.code)
    assert "在对方的接口地址里，不能修改" in desk.get(address).content.decode()
    wanted = {
        "name": "新一代核心",
        "kind": "core",
        "client": "新核心",
        "unit": connected.unit.public_id,
        "telling": "push",
        "endpoint": own.public_id,
    }
    for wrong, words in (
        ({"endpoint": ""}, "要选一个在用的回调地址"),
        ({"endpoint": others.public_id}, "属于别的接口客户端"),
        ({"name": " "}, "请填写名称"),
        ({"kind": "x"}, "没有这个类别"),
        ({"telling": "x"}, "没有这种通知方式"),
        ({"client": "谁"}, "请选择接口客户端"),
    ):
        answer = desk.post(address, wanted | wrong)
        assert answer.status_code == 422
        assert words in answer.content.decode()
    assert desk.post(address, wanted).status_code == 302
    connected.refresh_from_db()
    assert (connected.code, connected.name, connected.client.name) == (
        "core-1",
        "新一代核心",
        "新核心",
    )
    assert connected.endpoint == own.public_id
    shown = desk.get(at("system", code=connected.code)).content.decode()
    assert "回调推送" in shown
    desk.post(address, wanted | {"telling": "pull"})
    connected.refresh_from_db()
    assert (connected.telling, connected.endpoint) == ("pull", "")


def form(mapping=MAPPING, act="save", **more):
    """What a browser sends of the page of a flow."""
    data = {"when_path": FLOW.when_path, "when_value": FLOW.when_value, "act": act}
    data |= {"sample": json.dumps(MESSAGE, ensure_ascii=False), "row": range(len(mapping))}
    for number, entry in enumerate(mapping):
        for name, value in entry.items():
            data[f"{name}-{number}"] = value
    return data | more


@pytest.mark.requirement("S2-L160.l1")
def test_a_system_is_connected_mapped_tried_and_switched_off(desk, connected):
    address = f"{at('system_flow_add', code=connected.code)}?flow=customer_receipt"
    first = desk.get(address).content.decode()
    assert 'value="values.policy_no" selected' in first
    shown = desk.post(address, form(act="preview")).content.decode()
    assert "示例报文可以发起签署" in shown
    assert "2026-11-21" in shown
    assert not connected.flows.exists()
    assert desk.post(address, form()).status_code == 302
    flow = connected.flows.get()
    assert (flow.flow, flow.mapping, flow.sample) == ("customer_receipt", MAPPING, MESSAGE)
    shown = desk.get(at("system_flow", code=connected.code, place=0)).content.decode()
    assert "$.policy.holder.cert" in shown
    assert "R-1" in shown
    page = desk.get(at("system", code=connected.code)).content.decode()
    assert "$.head.type" in page
    assert "7 个字段" in page
    assert "核心" in desk.get(at("systems")).content.decode()
    desk.post(at("system_switch", code=connected.code), {"on": "0"})
    connected.refresh_from_db()
    assert not connected.active


def test_rows_come_and_go_without_a_script(desk, connected):
    """Each row keeps what was typed; nothing is in force before it is saved."""
    address = f"{at('system_flow_add', code=connected.code)}?flow=customer_receipt"
    more = desk.post(address, form(act="add")).content.decode()
    assert more.count("data-row>") == len(MAPPING) + 2, "one more, and the pattern of a new one"
    fewer = desk.post(address, form(act="remove-1")).content.decode()
    assert fewer.count("data-row>") == len(MAPPING)
    assert "$.policy.no" not in fewer
    assert "$.policy.date" in fewer
    assert not connected.flows.exists()


def test_the_rest_of_a_row_is_kept(desk, connected):
    address = f"{at('system_flow_add', code=connected.code)}?flow=customer_receipt"
    told = {"target-7": "message", "constant-7": "请查收", "optional-7": "on"}
    told |= {"source-7": "$.kind", "table-7": "01=电子\n02 = 纸质\n", "row": range(8)}
    assert desk.post(address, form(**told)).status_code == 302
    entry = {"target": "message", "source": "$.kind", "constant": "请查收"}
    entry |= {"table": {"01": "电子", "02": "纸质"}, "required": False}
    assert connected.flows.get().mapping[-1] == entry
    shown = desk.get(at("system_flow", code=connected.code, place=0)).content.decode()
    assert "01=电子\n02=纸质" in shown
    assert 'name="optional-7" checked' in shown


def test_flows_are_ordered_changed_and_removed(desk, connected):
    for value in ("receipt", "second"):
        address = f"{at('system_flow_add', code=connected.code)}?flow=customer_receipt"
        desk.post(address, form(when_value=value))
    order = at("system_flow_order", code=connected.code, place=1)

    def values():
        return list(connected.flows.values_list("when_value", flat=True))

    desk.post(order, {"act": "up", "flow": "customer_receipt"})
    assert values() == ["second", "receipt"]
    desk.post(at("system_flow", code=connected.code, place=0), form(when_value="third"))
    assert values() == ["third", "receipt"]
    desk.post(order, {"act": "remove", "flow": "policy"})
    assert values() == ["third", "receipt"], "somebody else changed it meanwhile"
    desk.post(order, {"act": "remove", "flow": "customer_receipt"})
    assert values() == ["third"]
    assert desk.get(at("system_flow", code=connected.code, place=5)).status_code == 404
    add = at("system_flow_add", code=connected.code)
    assert desk.get(f"{add}?flow=no_such").status_code == 404


@pytest.mark.parametrize(
    ("changes", "row", "words"),
    [
        ({"source-1": "policy.no"}, 1, "路径"),
        ({"source-1": ""}, 1, "缺少路径或常量"),
        ({"target-1": "biz_no"}, 1, "同一目标出现两次"),
        ({"target-1": ""}, 1, "请选择我方字段"),
        ({"table-2": "男"}, 2, "对照表每行"),
        ({"conversion-3": "roman"}, 3, "没有转换"),
        ({"row": [0, 2, 3, 4, 5, 6]}, None, "缺少必填参数"),
        ({"when_path": "head"}, "when", "路径不正确"),
        ({"sample": "[1]"}, "sample", "应为 JSON 对象"),
        ({"sample": "[" * 3000}, "sample", "应为 JSON 对象"),
    ],
)
def test_what_cannot_work_is_told_at_its_row(desk, connected, changes, row, words):
    address = f"{at('system_flow_add', code=connected.code)}?flow=customer_receipt"
    for act in ("save", "preview"):
        answer = desk.post(address, form(act=act, **changes))
        assert answer.status_code == 422
        shown = answer.content.decode()
        told = re.findall(r'id="fault-(\w+)">([^<]*)', shown)
        assert [place for place, text in told if words in text] == (
            [] if row is None else [str(row)]
        )
        assert words in shown
    assert not connected.flows.exists()


def test_a_sample_that_lacks_a_field_is_told_at_its_row(desk, connected):
    address = f"{at('system_flow_add', code=connected.code)}?flow=customer_receipt"
    shown = desk.post(address, form(act="preview", sample="{}")).content.decode()
    assert "报文中没有 $.policy.no" in re.search(r'id="fault-1">([^<]*)', shown)[1]
    assert "可以发起签署" not in shown
