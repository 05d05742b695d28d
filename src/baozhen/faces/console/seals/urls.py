"""Addresses of the staff pages for: seals."""

from django.urls import URLPattern

URLS: list[URLPattern] = []
