"""Django app."""

from importlib import import_module

from django.apps import AppConfig


class StatisticsConfig(AppConfig):
    """The statistics app."""

    name = "baozhen.signing.statistics"
    label = "statistics"
    verbose_name = "统计与计费"

    def ready(self) -> None:
        """Register the jobs."""
        import_module("baozhen.signing.statistics.services")
