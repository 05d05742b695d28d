"""Django app."""

from django.apps import AppConfig


class EnvelopesConfig(AppConfig):
    """The envelopes app."""

    name = "baozhen.signing.envelopes"
    label = "envelopes"
    verbose_name = "签署任务"

    def ready(self) -> None:
        """Register the jobs of this app."""
        from baozhen.signing.envelopes.services import (  # noqa: F401 -- registers on import
            batches,
            depositing,
            filing,
            handing,
            leaving,
            performing,
            sketches,
            telling,
            watching,
        )
