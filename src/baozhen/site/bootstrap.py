"""Bring the platform up: database running, tables current, keys and certificates in place."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import django
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from baozhen.site.embedded import EmbeddedDatabase
from baozhen.site.migrating import bring_tables_up_to_date


def load_django() -> None:
    """Load settings and models; safe to repeat."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "baozhen.site.settings")
    if not apps.ready:
        django.setup()


@contextlib.contextmanager
def database() -> Iterator[None]:
    """Run the embedded database unless another is configured; stop it if it was we who started."""
    if os.environ.get("DATABASE_URL"):
        yield
        return
    embedded = EmbeddedDatabase(Path(settings.BAOZHEN_DATA) / "pg")
    ours = not embedded.is_ready()
    embedded.start()
    try:
        yield
    finally:
        connection.close()
        if ours:
            embedded.stop()


@contextlib.contextmanager
def platform() -> Iterator[None]:
    """Everything that a command of the platform stands on."""
    with database():
        bring_tables_up_to_date()
        call_command("prepare_platform")
        yield
