"""Addresses of the staff pages for: connected systems, callbacks, events."""

from django.urls import URLPattern

URLS: list[URLPattern] = []
