"""Django app."""

from importlib import import_module

from django.apps import AppConfig


class NotifyConfig(AppConfig):
    """The notify app."""

    name = "baozhen.foundation.notify"
    label = "notify"
    verbose_name = "通知"

    def ready(self) -> None:
        """Register the jobs: a worker must know them even when nothing else imports them."""
        import_module("baozhen.foundation.notify.services")
