"""The pages of connected systems, programs, callbacks and events in a browser, at both sizes."""

import json

import pytest

from baozhen.foundation.clock import now
from baozhen.foundation.events.models import WebhookDelivery, WebhookEndpoint
from baozhen.foundation.events.publishing import publish
from baozhen.foundation.jobs.worker import run_worker
from baozhen.signing.integrations.models import ConnectedSystem
from baozhen.signing.integrations.services import (
    SystemRequest,
    change_flows,
    connect_system,
    receive,
)
from baozhen.signing.organizations.models import ApiClient
from baozhen.signing.organizations.queries import root_unit
from baozhen.signing.organizations.services import ClientRequest, Scope, create_api_client
from tests.faces.api.test_inbound import FLOW, MESSAGE
from tests.foundation.events.receiver import Receiver

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def receiver(settings):
    settings.BAOZHEN_EGRESS_ALLOW = "127.0.0.0/8"
    found = Receiver()
    yield found
    found.close()


def sign_in(visitor):
    visitor.open("/console/sign-in")
    visitor.tab.fill("#id_username", "guanli")
    visitor.tab.fill("#id_password", "a-long-password-1")
    visitor.tab.click("button:has-text('登录')")
    visitor.tab.wait_for_selector(".figure")


def test_connect_a_system_by_clicks(visitor, platform, staff, receiver):
    staff("系统管理员", name="guanli")
    sign_in(visitor)
    for name in ("systems", "clients", "webhooks", "events"):
        visitor.open(f"/console/integrations/{name}")
        visitor.look(f"integrations_{name}_empty")
    visitor.open("/console/integrations/clients/create")
    visitor.look("integrations_client_form")
    visitor.open("/console/integrations/webhooks/create")
    visitor.look("integrations_webhook_form")
    request = ClientRequest(name="核心系统", scopes=list(Scope), networks=())
    create_api_client(request, actor="test", at=now())
    visitor.open("/console/integrations/systems/connect")
    visitor.tab.fill("[name=name]", "核心业务系统")
    visitor.tab.fill("[name=code]", "core-1")
    visitor.tab.select_option("[name=client]", "核心系统")
    visitor.look("integrations_system_form")
    visitor.tab.click("main button[type=submit] >> nth=-1")
    visitor.tab.wait_for_selector("text=系统已接入")
    visitor.tab.select_option("[name=flow]", FLOW.flow)
    visitor.tab.click("button:has-text('添加')")
    visitor.tab.fill("[name=when_path]", FLOW.when_path)
    visitor.tab.fill("[name=when_value]", FLOW.when_value)
    visitor.tab.fill("[name=sample]", json.dumps(MESSAGE, ensure_ascii=False, indent=2))
    while visitor.tab.query_selector("[data-rows] [data-remove]"):
        visitor.tab.click("[data-rows] [data-remove] >> nth=0")
    for entry in FLOW.mapping:
        visitor.tab.click("[data-add]")
        row = "[data-rows] > li:last-child"
        visitor.tab.select_option(f"{row} [name^=target]", entry["target"])
        visitor.tab.fill(f"{row} [name^=source]", entry["source"])
        visitor.tab.select_option(f"{row} [name^=conversion]", entry.get("conversion", ""))
    visitor.tab.fill("[data-rows] > li:nth-child(3) [name^=source]", "policy")
    visitor.tab.click("button[value=save]")
    visitor.tab.wait_for_selector(".fault")
    visitor.look("integrations_flow_fault")
    visitor.tab.fill("[data-rows] > li:nth-child(3) [name^=source]", FLOW.mapping[2]["source"])
    visitor.tab.click(".do button[value=preview]")
    visitor.tab.wait_for_selector("text=示例报文可以发起签署")
    visitor.look("integrations_flow_preview")
    visitor.tab.click("button[value=save]")
    visitor.tab.wait_for_selector("text=已生效")
    system = ConnectedSystem.objects.get()
    receive(system, MESSAGE, client="api:核心系统", at=now())
    visitor.open("/console/integrations/systems/core-1")
    visitor.look("integrations_system")
    visitor.open("/console/integrations/systems")
    visitor.look("integrations_systems")


def test_callbacks_and_their_log(visitor, platform, staff, receiver):
    staff("系统管理员", name="guanli")
    request = ClientRequest(name="核心系统", scopes=list(Scope), networks=())
    client, _ = create_api_client(request, actor="test", at=now())
    system = SystemRequest(code="core-1", name="核心", kind="core", client=client, unit=root_unit())
    made = connect_system(system, actor="test", at=now())
    change_flows(made, lambda _: [FLOW], actor="test", at=now())
    sign_in(visitor)
    visitor.open("/console/integrations/webhooks/create")
    visitor.tab.fill("[name=url]", receiver.url)
    visitor.tab.click("main button[type=submit] >> nth=-1")
    visitor.tab.wait_for_selector("text=whsec_")
    visitor.look("integrations_webhook_new")
    publish("envelope.completed", subject=("envelope", "env_1"), data={"id": "env_1"}, at=now())
    run_worker(until_idle=True)
    endpoint, delivery = WebhookEndpoint.objects.get(), WebhookDelivery.objects.latest("pk")
    place = f"/console/integrations/webhooks/{endpoint.public_id}"
    for name, address in {
        "webhooks": "/console/integrations/webhooks",
        "webhook": place,
        "delivery": f"{place}/deliveries/{delivery.public_id}",
        "events": "/console/integrations/events",
        "clients": "/console/integrations/clients",
        "client": f"/console/integrations/clients/{ApiClient.objects.get(name='核心系统').pk}",
    }.items():
        visitor.open(address)
        visitor.look(f"integrations_{name}")
