"""Addresses of the hotline desk."""

from django.urls import URLPattern, path

from baozhen.faces.console.hotline import desk

_POLICY = "hotline/call/<str:number>"

URLS: list[URLPattern] = [
    path("hotline", desk.desk, name="hotline"),
    path("hotline/call", desk.call, name="hotline_call"),
    path("hotline/end", desk.end, name="hotline_end"),
    path(_POLICY, desk.policy, name="hotline_policy"),
    path(f"{_POLICY}/files/<str:kind>", desk.file, name="hotline_file"),
    path(f"{_POLICY}/send", desk.send, name="hotline_send"),
    path(f"{_POLICY}/claim", desk.report, name="hotline_claim"),
]
