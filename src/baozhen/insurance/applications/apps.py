"""App configuration of the applications stage."""

from django.apps import AppConfig


class ApplicationsConfig(AppConfig):
    """投保."""

    name = "baozhen.insurance.applications"
    label = "applications"
    verbose_name = "投保"
