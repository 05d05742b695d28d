"""Where keys are configured: Django's settings, else the environment variable of the same name."""

import os
from pathlib import Path

from django.conf import settings


def configured(name: str) -> str:
    """Return a setting as text, empty when it is nowhere."""
    return str(getattr(settings, name, "") or os.environ.get(name, ""))


def is_production() -> bool:
    """Tell whether development keys are refused; an unset mode counts as production."""
    return configured("BAOZHEN_MODE") != "development"


def secrets_directory() -> Path:
    """Return the folder of the data directory that holds development's secrets."""
    return Path(configured("BAOZHEN_DATA")) / "keys"
