"""Addresses of the staff pages for: organisations, accounts, grants, sign-in."""

from django.urls import URLPattern

URLS: list[URLPattern] = []
