"""Django app."""

from django.apps import AppConfig


class IdentityConfig(AppConfig):
    """The identity app."""

    name = "baozhen.signing.identity"
    label = "identity"
    verbose_name = "认证中心"
