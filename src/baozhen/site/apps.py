"""Start-up: wiring that only the top floor may do."""

from django.apps import AppConfig


class SiteConfig(AppConfig):
    """The site."""

    name = "baozhen.site"
    label = "site"
