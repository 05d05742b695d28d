"""Addresses of the signing pages, which site/urls.py puts under /s/."""

from django.urls import path

from baozhen.faces.mobile import (
    answering,
    embedding,
    handing,
    identity,
    opening,
    outcome,
    reading,
    signing,
    together,
    voiding,
)

app_name = "mobile"

urlpatterns = [
    path("embed/<str:token>", embedding.enter_page, name="embed"),
    path("handover/<str:token>", handing.handover, name="handover"),
    path("<str:token>", opening.open_link, name="open"),
    path("<str:token>/next", opening.next_step, name="next"),
    path("<str:token>/decline", opening.decline, name="decline"),
    path("<str:token>/identity", identity.identity, name="identity"),
    path("<str:token>/papers", signing.papers, name="papers"),
    path("<str:token>/answer", answering.answer_page, name="answer"),
    path("<str:token>/read", reading.read, name="read"),
    path("<str:token>/read/<int:position>", reading.read, name="read_document"),
    path("<str:token>/read/<int:position>/progress", reading.progress, name="progress"),
    path("<str:token>/documents/<int:position>.pdf", reading.document_file, name="file"),
    path("<str:token>/sign", signing.sign, name="sign"),
    path("<str:token>/consent", signing.consent, name="consent"),
    path("<str:token>/void", voiding.void, name="void"),
    path("<str:token>/done", outcome.done, name="done"),
    path("<str:token>/all", together.waiting, name="all"),
    path("<str:token>/all/sign", together.sign, name="all_sign"),
    path("<str:token>/all/consent", together.consent, name="all_consent"),
    path("<str:token>/all/done", together.done, name="all_done"),
    path("<str:token>/state", outcome.state, name="state"),
]
