"""App configuration of traces."""

from django.apps import AppConfig


class TracesConfig(AppConfig):
    """可回溯."""

    name = "baozhen.foundation.traces"
    label = "traces"
    verbose_name = "可回溯"

    def ready(self) -> None:
        """Register the jobs."""
        from baozhen.foundation.traces import jobs  # noqa: F401
