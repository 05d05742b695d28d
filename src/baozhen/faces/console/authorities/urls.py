"""Addresses of the staff pages for: certificate authorities, bindings, trust lists."""

from django.urls import URLPattern

URLS: list[URLPattern] = []
