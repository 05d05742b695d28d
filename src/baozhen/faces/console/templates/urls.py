"""Addresses of the staff pages for: templates."""

from django.urls import URLPattern, path

from baozhen.faces.console.templates import shelf

URLS: list[URLPattern] = [
    path("templates", shelf.templates, name="templates"),
    path("templates/<int:key>", shelf.template, name="template"),
    path("template-versions/<int:key>", shelf.version, name="template_version"),
    path("template-versions/<int:key>/sample.pdf", shelf.sample, name="template_sample"),
    path("template-versions/<int:key>/approve", shelf.approve, name="template_version_approve"),
    path("template-versions/<int:key>/end", shelf.end, name="template_version_end"),
]
