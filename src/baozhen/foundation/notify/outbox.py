"""Where development's twins of gateways put what would have been sent."""

from pathlib import Path

from baozhen.foundation.keys.configuration import configured


def outbox() -> Path:
    """Return the folder that BAOZHEN_OUTBOX names, or `outbox` in the data folder."""
    return Path(configured("BAOZHEN_OUTBOX") or f"{configured('BAOZHEN_DATA')}/outbox")
