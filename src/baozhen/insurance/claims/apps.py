"""App configuration of the claims stage."""

from django.apps import AppConfig


class ClaimsConfig(AppConfig):
    """理赔."""

    name = "baozhen.insurance.claims"
    label = "claims"
    verbose_name = "理赔"
