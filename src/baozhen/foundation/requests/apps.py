"""Django app."""

from django.apps import AppConfig


class RequestsConfig(AppConfig):
    """The requests app."""

    name = "baozhen.foundation.requests"
    label = "requests"
    verbose_name = "接口请求"

    def ready(self) -> None:
        """Register the jobs."""
        from baozhen.foundation.requests import jobs  # noqa: F401
