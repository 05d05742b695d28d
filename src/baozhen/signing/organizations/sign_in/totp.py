"""One-time codes by time (RFC 6238). Pure: time comes in as a step."""

import base64
import hmac
import struct
from datetime import datetime
from urllib.parse import quote, urlencode

STEP_SECONDS = 30
DIGITS = 6
_LABEL_CHARACTERS_MAX = 20  # the QR code has room for so much
# One step to either side: clocks of telephones are a few seconds off (RFC 6238 §5.2).
_STEPS_AROUND = (-1, 0, 1)


def step_of(at: datetime) -> int:
    """Return the number of the time step of an instant."""
    return int(at.timestamp()) // STEP_SECONDS


def code_of(secret: bytes, step: int) -> str:
    """Return the code of a step (RFC 4226 §5.3 with the step as counter)."""
    digest = hmac.digest(secret, struct.pack(">Q", step), "sha1")
    place = digest[-1] & 0x0F
    number = struct.unpack(">I", digest[place : place + 4])[0] & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


def matching_step(secret: bytes, code: str, *, at: datetime, after: int) -> int | None:
    """Return the step that the code is right for, or None; only steps after `after` count.

    Every candidate is compared in constant time, so nothing is learnt from how long it takes.
    """
    found = None
    for around in _STEPS_AROUND:
        step = step_of(at) + around
        is_right = hmac.compare_digest(code_of(secret, step).encode(), code.encode())
        if is_right and step > after:
            found = step
    return found


def provisioning_uri(secret: bytes, *, account: str, issuer: str) -> str:
    """Return what the QR code for the authenticator says; what is left out is the default."""
    text = base64.b32encode(secret).decode().rstrip("=")
    label = quote(account[:_LABEL_CHARACTERS_MAX])
    return f"otpauth://totp/{issuer}:{label}?{urlencode({'secret': text, 'issuer': issuer})}"
