"""App configuration of the disclosures stage."""

from django.apps import AppConfig


class DisclosuresConfig(AppConfig):
    """说明告知."""

    name = "baozhen.insurance.disclosures"
    label = "disclosures"
    verbose_name = "说明告知"
