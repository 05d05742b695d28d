"""Addresses of the staff pages for: identity checks and those who sign."""

from django.urls import URLPattern, path

from baozhen.faces.console.identities import checks, sharing, starting, subjects

_CHECK = "identities/checks/<str:public_id>"
_SUBJECT = "identities/subjects/<str:public_id>"

URLS: list[URLPattern] = [
    path("identities", checks.checks, name="identities"),
    path("identities/providers", checks.providers, name="identity_providers"),
    path("identities/papers", checks.papers, name="papers"),
    path("identities/papers/register", checks.register, name="paper_register"),
    path("identities/shared", sharing.shared, name="identity_shared"),
    path("identities/subjects", subjects.subjects, name="subjects"),
    path("identities/subjects/new", starting.register, name="subject_register"),
    path(_CHECK, checks.check, name="identity_check"),
    path(f"{_CHECK}/review", checks.review, name="identity_review"),
    path(f"{_CHECK}/withdraw", checks.withdraw, name="identity_withdraw"),
    path(f"{_CHECK}/ask", checks.ask_again, name="identity_ask"),
    path(_SUBJECT, subjects.subject, name="subject"),
    path(f"{_SUBJECT}/start", starting.start, name="identity_start"),
    path(f"{_CHECK}/amount", starting.amount, name="identity_amount"),
    path(f"{_SUBJECT}/reveal", subjects.reveal, name="subject_reveal"),
]
