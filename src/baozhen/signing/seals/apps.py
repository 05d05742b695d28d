"""Django app."""

from django.apps import AppConfig


class SealsConfig(AppConfig):
    """The seals app."""

    name = "baozhen.signing.seals"
    label = "seals"
    verbose_name = "印章"

    def ready(self) -> None:
        """Register the jobs."""
        from baozhen.signing.seals import jobs  # noqa: F401 -- registers on import
