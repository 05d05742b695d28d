"""What the settings need from the machine: the database's address and development's secret."""

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from baozhen.foundation.timestamps.modes import TimestampMode
from baozhen.signing.organizations.extent import EXTENTS
from baozhen.site.embedded import EmbeddedDatabase


def database_settings(data: Path) -> dict[str, Any]:
    """Return Django's database settings for DATABASE_URL, else for the embedded cluster."""
    url = os.environ.get("DATABASE_URL") or EmbeddedDatabase(data / "pg").url("baozhen")
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", None) or parts.hostname or "",
        "PORT": parts.port or "",
        "OPTIONS": options,
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "TEST": {"NAME": os.environ.get("BAOZHEN_TEST_DB", "test_baozhen")},
    }


def live_timestamp_mode() -> str:
    """Return BAOZHEN_TIMESTAMP, how the time of proposals that come one by one is attested."""
    mode = os.environ.get("BAOZHEN_TIMESTAMP") or TimestampMode.EACH
    if mode not in set(TimestampMode):
        known = "、".join(TimestampMode)
        raise ImproperlyConfigured(f"BAOZHEN_TIMESTAMP 只能是 {known} 之一，现在是 {mode}")
    return str(mode)


def extent() -> str:
    """Return BAOZHEN_EXTENT, what of the platform is open."""
    asked = os.environ.get("BAOZHEN_EXTENT") or EXTENTS[0]
    if asked not in EXTENTS:
        known = " 或 ".join(EXTENTS)
        raise ImproperlyConfigured(f"BAOZHEN_EXTENT 只能是 {known}，现在是 {asked}")
    return asked


def development_secret(data: Path) -> str:
    """Return the secret of this data folder, made on first use; production sets its own."""
    path = data / "keys" / "django-secret"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(48))
    return path.read_text()
