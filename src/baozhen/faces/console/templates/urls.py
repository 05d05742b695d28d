"""Addresses of the staff pages for: templates."""

from django.urls import URLPattern

URLS: list[URLPattern] = []
