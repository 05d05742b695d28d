"""Start-up: the wiring that only the top floor may do, because only it knows all parts."""

from django.apps import AppConfig


class SiteConfig(AppConfig):
    """The site."""

    name = "baozhen.site"
    label = "site"

    def ready(self) -> None:
        """Wire the floors together, once all models are loaded."""
        from baozhen.site.wiring import wire

        wire()
