"""Django app."""

from django.apps import AppConfig


class EventsConfig(AppConfig):
    """The events app."""

    name = "baozhen.foundation.events"
    label = "events"
    verbose_name = "事件"

    def ready(self) -> None:
        """Register the jobs."""
        from baozhen.foundation.events import jobs  # noqa: F401
