"""App configuration of the endorsements stage."""

from django.apps import AppConfig


class EndorsementsConfig(AppConfig):
    """批改."""

    name = "baozhen.insurance.endorsements"
    label = "endorsements"
    verbose_name = "批改"
