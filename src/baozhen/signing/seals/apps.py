"""Django app."""

from django.apps import AppConfig


class SealsConfig(AppConfig):
    """The seals app."""

    name = "baozhen.signing.seals"
    label = "seals"
    verbose_name = "印章"
