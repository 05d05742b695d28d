"""Django app."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """The audit app."""

    name = "baozhen.foundation.audit"
    label = "audit"
    verbose_name = "审计"
