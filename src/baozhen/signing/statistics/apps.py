"""Django app."""

from django.apps import AppConfig


class StatisticsConfig(AppConfig):
    """The statistics app."""

    name = "baozhen.signing.statistics"
    label = "statistics"
    verbose_name = "统计与计费"
