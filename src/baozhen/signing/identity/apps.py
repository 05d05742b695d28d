"""Django app."""

from django.apps import AppConfig


class IdentityConfig(AppConfig):
    """The identity app."""

    name = "baozhen.signing.identity"
    label = "identity"
    verbose_name = "认证中心"

    def ready(self) -> None:
        """Register the jobs of this app."""
        from baozhen.signing.identity import jobs  # noqa: F401 -- registers on import
