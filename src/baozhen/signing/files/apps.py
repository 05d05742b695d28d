"""Django app."""

from importlib import import_module

from django.apps import AppConfig


class FilesConfig(AppConfig):
    """The files app."""

    name = "baozhen.signing.files"
    label = "files"
    verbose_name = "归档"

    def ready(self) -> None:
        """Register the jobs: a worker must know them even when nothing else imports them."""
        import_module("baozhen.signing.files.services")
