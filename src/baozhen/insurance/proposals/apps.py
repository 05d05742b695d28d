"""App configuration of the proposals stage."""

from django.apps import AppConfig


class ProposalsConfig(AppConfig):
    """投保单."""

    name = "baozhen.insurance.proposals"
    label = "proposals"
    verbose_name = "投保单"
