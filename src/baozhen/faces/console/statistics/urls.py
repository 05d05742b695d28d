"""Addresses of the staff pages for: figures and charging."""

from django.urls import URLPattern

URLS: list[URLPattern] = []
