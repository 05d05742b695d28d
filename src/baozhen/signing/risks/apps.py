"""Django app."""

from django.apps import AppConfig


class RisksConfig(AppConfig):
    """The risks app."""

    name = "baozhen.signing.risks"
    label = "risks"
    verbose_name = "风险"
