"""Django app."""

from django.apps import AppConfig


class EnvelopesConfig(AppConfig):
    """The envelopes app."""

    name = "baozhen.signing.envelopes"
    label = "envelopes"
    verbose_name = "签署任务"
