"""Addresses of the staff pages for: envelopes."""

from django.urls import URLPattern

URLS: list[URLPattern] = []
