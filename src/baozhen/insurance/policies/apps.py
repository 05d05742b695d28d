"""App configuration of the policies stage."""

from django.apps import AppConfig


class PoliciesConfig(AppConfig):
    """保单."""

    name = "baozhen.insurance.policies"
    label = "policies"
    verbose_name = "保单"
