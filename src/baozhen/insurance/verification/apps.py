"""App configuration of the verification stage."""

from django.apps import AppConfig


class VerificationConfig(AppConfig):
    """验真."""

    name = "baozhen.insurance.verification"
    label = "verification"
    verbose_name = "验真"
