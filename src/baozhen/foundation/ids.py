"""Public ids: a prefix that says what it is, then a time-ordered part that cannot be guessed."""

import secrets
from datetime import datetime
from typing import Final

# Crockford's base 32: no I, L, O, U, so that nobody misreads an id on paper.
_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_TIME_CHARACTERS: Final = 9  # 45 bits of milliseconds: until the year 3084
_RANDOM_CHARACTERS: Final = 17  # 85 bits


def new_id(prefix: str, *, at: datetime) -> str:
    """Return a new id such as `env_06bt3k9q2…`: the prefix, `_`, 26 characters."""
    moment = int(at.timestamp() * 1000)
    random = secrets.randbits(_RANDOM_CHARACTERS * 5)
    value = moment << (_RANDOM_CHARACTERS * 5) | random
    digits = [
        _ALPHABET[value >> 5 * place & 31]
        for place in reversed(range(_TIME_CHARACTERS + _RANDOM_CHARACTERS))
    ]
    return f"{prefix}_{''.join(digits)}"
