"""Addresses of the staff pages for applications."""

from django.urls import URLPattern, path

from baozhen.faces.console.applications import acting, listing

URLS: list[URLPattern] = [
    path("applications", listing.applications, name="applications"),
    path("applications/<str:number>", listing.application, name="application"),
    path("applications/<str:number>/link", acting.link, name="application_link"),
    path("applications/<str:number>/withdraw", acting.withdraw_one, name="application_withdraw"),
]
