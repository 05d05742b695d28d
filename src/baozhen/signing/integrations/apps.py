"""Django app."""

from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    """The integrations app."""

    name = "baozhen.signing.integrations"
    label = "integrations"
    verbose_name = "系统对接"
