"""Addresses of the pages of users from outside."""

from django.urls import path

from baozhen.faces.console.partner import acting, pre_stamps, shown

_ENVELOPE = "partner/envelopes/<str:public_id>"
URLS = [
    path("partner", acting.tasks, name="partner"),
    path("partner/tasks/<str:action_id>", acting.task, name="partner_task"),
    path("partner/tasks/<str:action_id>/sign", acting.go_sign, name="partner_sign"),
    path("partner/envelopes", shown.envelopes, name="partner_envelopes"),
    path(_ENVELOPE, shown.envelope, name="partner_envelope"),
    path(f"{_ENVELOPE}/void", acting.answer, name="partner_void"),
    path(f"{_ENVELOPE}/documents/<int:position>", shown.document, name="partner_file"),
    path(
        f"{_ENVELOPE}/documents/<int:position>/preview.png", shown.preview, name="partner_preview"
    ),
    path("partner/pre-stamps", pre_stamps.listed, name="partner_pre_stamps"),
    path("partner/pre-stamps/new", pre_stamps.new, name="partner_pre_stamp_new"),
    path("partner/pre-stamps/<str:public_id>", pre_stamps.one, name="partner_pre_stamp"),
    path("partner/seals", shown.seals, name="partner_seals"),
    path("partner/seals/<int:key>/picture.png", shown.picture, name="partner_seal_picture"),
]
