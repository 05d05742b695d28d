"""How the time of signed files is attested."""

from enum import StrEnum


class TimestampMode(StrEnum):
    """Tokens inside each signature, one token over a batch's Merkle root, or none."""

    EACH = "each"
    AGGREGATED = "aggregated"
    NONE = "none"
