"""Django app."""

from django.apps import AppConfig


class TemplatesConfig(AppConfig):
    """The templates app."""

    name = "baozhen.signing.templates"
    label = "templates"
    verbose_name = "模版中心"
