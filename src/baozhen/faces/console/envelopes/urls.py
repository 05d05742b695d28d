"""Addresses of the staff pages for envelopes."""

from django.urls import URLPattern, path

from baozhen.faces.console.envelopes import (
    acting,
    batches,
    from_template,
    listing,
    one,
    sketching,
    starting,
    together,
)

URLS: list[URLPattern] = [
    path("tasks", listing.tasks, name="tasks"),
    path("tasks/chosen", together.act_on_chosen, name="tasks_chosen"),
    path("envelopes", listing.envelopes, name="envelopes"),
    path("envelopes/start", starting.choose, name="envelope_flows"),
    path("envelopes/start/<str:code>", starting.start, name="envelope_start"),
    path("envelopes/templates", from_template.choose, name="envelope_templates"),
    path("envelopes/templates/<str:code>", from_template.start, name="envelope_template"),
    path("envelopes/sketches", sketching.begin, name="sketch_begin"),
    path("envelopes/sketches/<str:sketch_id>/files", sketching.files, name="sketch_files"),
    path("envelopes/sketches/<str:sketch_id>/parties", sketching.parties, name="sketch_parties"),
    path("envelopes/sketches/<str:sketch_id>/places", sketching.places, name="sketch_places"),
    path("envelopes/sketches/<str:sketch_id>/review", sketching.review, name="sketch_review"),
    path("envelopes/sketches/<str:sketch_id>/discard", sketching.discard, name="sketch_discard"),
    path(
        "envelopes/sketches/<str:sketch_id>/pages/<int:document>/<int:number>.png",
        sketching.picture,
        name="sketch_picture",
    ),
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
    path("envelopes/<str:public_id>/hand-over", acting.hand_over_files, name="envelope_hand_over"),
    path("envelopes/<str:public_id>/history.csv", one.export, name="envelope_history"),
    path("envelopes/<str:public_id>/void/answer", together.answer, name="envelope_void_answer"),
    path(
        "envelopes/<str:public_id>/actions/<str:action_id>/carry-on",
        together.carry_on,
        name="envelope_carry_on",
    ),
    path("actions/<str:action_id>/hand-on", together.hand_on, name="envelope_hand_on"),
    path("actions/<str:action_id>", acting.action, name="envelope_action"),
    path("envelope-batches", batches.batches, name="envelope_batches"),
    path("envelope-batches/upload", batches.upload, name="envelope_batch_upload"),
    path("envelope-batches/<str:public_id>", batches.batch, name="envelope_batch"),
    path("envelope-batches/<str:public_id>/retry", batches.retry, name="envelope_batch_retry"),
    path("envelope-batches/<str:public_id>/end", batches.end, name="envelope_batch_end"),
]
