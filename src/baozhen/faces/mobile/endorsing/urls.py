"""Addresses of changes, under /m/."""

from django.urls import path

from baozhen.faces.mobile.endorsing import asking, following, paying

URLS = [
    path("policies/<str:number>/change", asking.choose, name="choose_change"),
    path("policies/<str:number>/change/<str:kind>", asking.fill_in, name="ask_change"),
    path("changes/<str:public_id>", following.show, name="change"),
    path("changes/<str:public_id>/act", following.act, name="change_act"),
    path("changes/<str:public_id>/pay", paying.pay, name="change_pay"),
    path("changes/<str:public_id>/state", following.state, name="change_state"),
    path("changes/<str:public_id>/files/<str:number>", following.file, name="change_file"),
]
