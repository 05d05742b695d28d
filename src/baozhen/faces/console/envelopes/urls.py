"""Addresses of the staff pages for envelopes."""

from django.urls import URLPattern, path

from baozhen.faces.console.envelopes import acting, batches, listing, one, starting

URLS: list[URLPattern] = [
    path("tasks", listing.tasks, name="tasks"),
    path("envelopes", listing.envelopes, name="envelopes"),
    path("envelopes/start", starting.choose, name="envelope_flows"),
    path("envelopes/start/<str:code>", starting.start, name="envelope_start"),
    path("envelopes/<str:public_id>", one.envelope, name="envelope"),
    path("envelopes/<str:public_id>/documents/<int:position>", one.document, name="envelope_file"),
    path(
        "envelopes/<str:public_id>/documents/<int:position>/preview.png",
        one.preview,
        name="envelope_preview",
    ),
    path("envelopes/<str:public_id>/recall", acting.recall_one, name="envelope_recall"),
    path("envelopes/<str:public_id>/remind", acting.remind_all, name="envelope_remind"),
    path("envelopes/<str:public_id>/void", acting.void, name="envelope_void"),
    path("actions/<str:action_id>", acting.action, name="envelope_action"),
    path("envelope-batches", batches.batches, name="envelope_batches"),
    path("envelope-batches/upload", batches.upload, name="envelope_batch_upload"),
    path("envelope-batches/<str:public_id>", batches.batch, name="envelope_batch"),
    path("envelope-batches/<str:public_id>/retry", batches.retry, name="envelope_batch_retry"),
]
