"""Addresses of the staff pages for claims."""

from django.urls import URLPattern, path

from baozhen.faces.console.claims import views

_CLAIM = "claims/<str:number>"

URLS: list[URLPattern] = [
    path("claims", views.claims, name="claims"),
    path(_CLAIM, views.claim, name="claim"),
    path(f"{_CLAIM}/files/<int:key>", views.file, name="claim_file"),
    path(f"{_CLAIM}/survey", views.survey, name="claim_survey"),
    path(f"{_CLAIM}/papers", views.papers, name="claim_papers"),
    path(f"{_CLAIM}/decide", views.decide, name="claim_decide"),
    path(f"{_CLAIM}/review", views.review, name="claim_review"),
]
