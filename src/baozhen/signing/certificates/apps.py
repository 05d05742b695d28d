"""Django app."""

from django.apps import AppConfig


class CertificatesConfig(AppConfig):
    """The certificates app."""

    name = "baozhen.signing.certificates"
    label = "certificates"
    verbose_name = "签章证书"

    def ready(self) -> None:
        """Register the jobs of this app, and tell identity whose U-keys are believed."""
        from baozhen.signing.certificates import jobs  # noqa: F401 -- registers on import
        from baozhen.signing.certificates.trust import key_trust_at
        from baozhen.signing.identity.ukeys import install_key_trust

        install_key_trust(key_trust_at)
