"""Addresses of the staff pages for: templates."""

from django.urls import URLPattern, path

from baozhen.faces.console.templates import clauses, editing, sharing, shelf, versions

_VERSION = "template-versions/<int:key>"

URLS: list[URLPattern] = [
    path("templates", shelf.templates, name="templates"),
    path("templates/new", shelf.create, name="template_new"),
    path("templates/waiting", shelf.waiting, name="templates_waiting"),
    path("templates/<int:key>", shelf.template, name="template"),
    path("templates/<int:key>/versions/new", shelf.add, name="template_version_new"),
    path("templates/<int:key>/settings", shelf.settings, name="template_settings"),
    path("templates/<int:key>/sharing", sharing.share, name="template_sharing"),
    path("template-clauses", clauses.clauses, name="template_clauses"),
    path("template-clauses/new", clauses.create, name="template_clause_new"),
    path("template-clauses/<int:key>", clauses.clause, name="template_clause"),
    path("template-clauses/<int:key>/change", clauses.change, name="template_clause_change"),
    path(_VERSION, versions.version, name="template_version"),
    path(f"{_VERSION}/sample.pdf", versions.sample, name="template_sample"),
    path(f"{_VERSION}/submit", versions.submit, name="template_version_submit"),
    path(f"{_VERSION}/approve", versions.approve, name="template_version_approve"),
    path(f"{_VERSION}/return", versions.give_back, name="template_version_return"),
    path(f"{_VERSION}/end", versions.end, name="template_version_end"),
    path(f"{_VERSION}/edit", editing.edit, name="template_edit"),
    path(f"{_VERSION}/save", editing.keep, name="template_save"),
    path(f"{_VERSION}/preview", editing.preview, name="template_preview"),
    path(f"{_VERSION}/pages/<int:number>.png", editing.picture, name="template_page"),
]
