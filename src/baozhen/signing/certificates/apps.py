"""Django app."""

from django.apps import AppConfig


class CertificatesConfig(AppConfig):
    """The certificates app."""

    name = "baozhen.signing.certificates"
    label = "certificates"
    verbose_name = "签章证书"

    def ready(self) -> None:
        """Register the jobs of this app."""
        from baozhen.signing.certificates import jobs  # noqa: F401 -- registers on import
