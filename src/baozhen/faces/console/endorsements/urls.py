"""Addresses of changes in the console."""

from django.urls import path

from baozhen.faces.console.endorsements import changes

URLS = [
    path("changes", changes.register, name="changes"),
    path("changes/<str:public_id>", changes.show, name="change"),
    path("changes/<str:public_id>/approve", changes.approve, name="change_approve"),
    path("changes/<str:public_id>/refuse", changes.refuse, name="change_refuse"),
    path("changes/<str:public_id>/papers/<int:key>", changes.paper, name="change_paper"),
    path("changes/<str:public_id>/files/<str:number>", changes.file, name="change_file"),
]
