"""Django app."""

from django.apps import AppConfig


class StorageConfig(AppConfig):
    """The storage app; it has no tables: the address is the content."""

    name = "baozhen.foundation.storage"
    label = "storage"
    verbose_name = "对象存储"
