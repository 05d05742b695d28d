"""A reason, as the record wants it. Pure."""

from typing import Final

from baozhen.foundation.traces.errors import TraceReasonMissing

CHARACTERS_MIN: Final = 4
CHARACTERS_MAX: Final = 200


def checked_reason(text: str) -> str:
    """Return the reason without the spaces around it; raises TraceReasonMissing."""
    reason = " ".join(text.split())
    if not CHARACTERS_MIN <= len(reason) <= CHARACTERS_MAX:
        raise TraceReasonMissing(path="reason")
    return reason
