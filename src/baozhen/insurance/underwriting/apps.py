"""App configuration of the underwriting stage."""

from django.apps import AppConfig


class UnderwritingConfig(AppConfig):
    """核保."""

    name = "baozhen.insurance.underwriting"
    label = "underwriting"
    verbose_name = "核保"
