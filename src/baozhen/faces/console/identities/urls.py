"""Addresses of the staff pages for: identity checks and risks."""

from django.urls import URLPattern

URLS: list[URLPattern] = []
