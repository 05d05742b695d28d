"""Django app."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    """The jobs app."""

    name = "baozhen.foundation.jobs"
    label = "jobs"
    verbose_name = "后台任务"
