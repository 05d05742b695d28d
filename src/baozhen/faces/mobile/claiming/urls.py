"""Addresses of reports and claims, under /m/."""

from django.urls import path

from baozhen.faces.mobile.claiming import views

URLS = [
    path("policies/<str:number>/claim", views.report, name="report_claim"),
    path("claims/<str:number>", views.claim, name="claim"),
    path("claims/<str:number>/files", views.upload, name="claim_upload"),
    path("claims/<str:number>/files/<int:key>", views.file, name="claim_file"),
    path("claims/<str:number>/act", views.act, name="claim_act"),
]
