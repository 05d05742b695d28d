"""Addresses of the staff pages for: the file centre."""

from django.urls import URLPattern

URLS: list[URLPattern] = []
