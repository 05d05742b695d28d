"""App configuration of the payments stage."""

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    """收费."""

    name = "baozhen.insurance.payments"
    label = "payments"
    verbose_name = "收费"
