"""Signatures of Standard Webhooks 1.0: `v1` by HMAC-SHA256, `v1a` by Ed25519.

What is signed is `<webhook-id>.<webhook-timestamp>.<body>`. While one secret replaces another the
header carries a signature by each, so that the receiver may change over when it likes.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

SECRET_PREFIX: Final = "whsec_"  # noqa: S105 -- tells what it is, no secret
PUBLIC_PREFIX: Final = "whpk_"
_SECRET_BYTES: Final = 32


def new_secret() -> str:
    """Return a new shared secret."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def new_key_pair() -> tuple[str, str]:
    """Return a new Ed25519 private key and its public key, both as base64."""
    key = Ed25519PrivateKey.generate()
    return (
        base64.b64encode(key.private_bytes_raw()).decode(),
        PUBLIC_PREFIX + base64.b64encode(key.public_key().public_bytes_raw()).decode(),
    )


def signature_header(
    *, message_id: str, timestamp: int, body: bytes, secrets_in_force: Sequence[str], private: str
) -> str:
    """Return the value of `webhook-signature`."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    parts = [f"v1,{_hmac(secret, signed)}" for secret in secrets_in_force]
    key = Ed25519PrivateKey.from_private_bytes(base64.b64decode(private))
    parts.append(f"v1a,{base64.b64encode(key.sign(signed)).decode()}")
    return " ".join(parts)


def _hmac(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
