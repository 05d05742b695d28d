"""App configuration of the compliance stage."""

from django.apps import AppConfig


class ComplianceConfig(AppConfig):
    """合规."""

    name = "baozhen.insurance.compliance"
    label = "compliance"
    verbose_name = "合规"
