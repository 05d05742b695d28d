"""App configuration of traces."""

from django.apps import AppConfig


class TracesConfig(AppConfig):
    """可回溯."""

    name = "baozhen.foundation.traces"
    label = "traces"
    verbose_name = "可回溯"
