"""Addresses of the staff pages for: connected systems, callbacks, events, programs."""

from django.urls import URLPattern, path

from baozhen.faces.console.integrations import clients, events, flows, systems, webhooks

URLS: list[URLPattern] = [
    path("integrations/systems", systems.systems, name="systems"),
    path("integrations/systems/connect", systems.connect, name="system_connect"),
    path("integrations/systems/<slug:code>", systems.system, name="system"),
    path("integrations/systems/<slug:code>/flows/add", flows.add, name="system_flow_add"),
    path("integrations/systems/<slug:code>/flows/<int:place>", flows.edit, name="system_flow"),
    path(
        "integrations/systems/<slug:code>/flows/<int:place>/order",
        flows.order,
        name="system_flow_order",
    ),
    path("integrations/systems/<slug:code>/change", systems.change, name="system_change"),
    path("integrations/systems/<slug:code>/switch", systems.switch, name="system_switch"),
    path("integrations/clients", clients.clients, name="api_clients"),
    path("integrations/clients/create", clients.create, name="api_client_create"),
    path("integrations/clients/<int:key>", clients.client, name="api_client"),
    path("integrations/clients/<int:key>/off", clients.switch_off, name="api_client_off"),
    path("integrations/clients/<int:key>/renew", clients.renew, name="api_client_renew"),
    path("integrations/clients/<int:key>/change", clients.change, name="api_client_change"),
    path("integrations/clients/<int:key>/origins", clients.origins, name="api_client_origins"),
    path("integrations/clients/<int:key>/keys", clients.add_key, name="request_key_add"),
    path(
        "integrations/clients/<int:key>/keys/<str:key_id>/off",
        clients.key_off,
        name="request_key_off",
    ),
    path("integrations/webhooks", webhooks.webhooks, name="webhooks"),
    path("integrations/webhooks/create", webhooks.create, name="webhook_create"),
    path("integrations/webhooks/<str:public_id>", webhooks.webhook, name="webhook"),
    path("integrations/webhooks/<str:public_id>/act", webhooks.act, name="webhook_act"),
    path(
        "integrations/webhooks/<str:public_id>/deliveries/<str:delivery>",
        webhooks.delivery,
        name="webhook_delivery",
    ),
    path("integrations/events", events.events, name="events"),
]
