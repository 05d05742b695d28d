"""Addresses of the registers."""

from django.urls import URLPattern, path

from baozhen.faces.console.compliance import catalogue, duties

_DUTY = "duties/<str:code>"
_ITEM = "data-items/<str:code>"

URLS: list[URLPattern] = [
    path("duties", duties.duties, name="duties"),
    path("duties/export.csv", duties.export, name="duties_export"),
    path(_DUTY, duties.duty, name="duty"),
    path(f"{_DUTY}/hand-in", duties.hand_in, name="duty_hand_in"),
    path(f"{_DUTY}/review", duties.review, name="duty_review"),
    path(f"{_DUTY}/round", duties.start_round, name="duty_round"),
    path(f"{_DUTY}/assign", duties.assign, name="duty_assign"),
    path(f"{_DUTY}/evidence/<int:key>", duties.evidence, name="duty_evidence"),
    path("data-items", catalogue.items, name="data_items"),
    path("data-items/export.csv", catalogue.export, name="data_items_export"),
    path(_ITEM, catalogue.item, name="data_item"),
    path(f"{_ITEM}/change", catalogue.change, name="data_item_change"),
    path(f"{_ITEM}/review", catalogue.review, name="data_item_review"),
]
