"""The register's word for `baozhen verify`, when the platform is at hand: loaded only then."""

import importlib
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection

from baozhen.site.bootstrap import load_django
from baozhen.site.embedded import EmbeddedDatabase, EmbeddedDatabaseError

_QUERIES = "baozhen.insurance.verification.queries"


def connect(*, is_external: bool) -> Callable[[str], str | None] | None:
    """Return the register's answer by SHA-256, or None when its database is not running.

    Nothing is started and no table is changed: the word is worth less than a surprise.
    """
    try:
        load_django()
        if not is_external and not EmbeddedDatabase(settings.BAOZHEN_DATA / "pg").is_ready():
            return None
    except (EmbeddedDatabaseError, ImproperlyConfigured):
        return None  # verification needs no platform, so a broken one does not stop it
    queries = importlib.import_module(_QUERIES)  # models can be named once Django is loaded

    def word(sha256: str) -> str | None:
        try:
            found: str = queries.register_word(sha256=sha256)
        except DatabaseError:
            connection.close()
            return None
        return found

    return word
