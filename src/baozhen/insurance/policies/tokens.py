"""The short signed token that a policy's QR code carries, and the address it leads to.

The address holds a number and a token, never personal data (S0-4.3.3b1).
"""

import hmac

from django.conf import settings

from baozhen.foundation.fields import blind_index

TOKEN_CHARACTERS = 16  # 64 bits of HMAC-SM3: not to be guessed over a network


def policy_token(number: str) -> str:
    """Return the token that proves that we printed `number` on a document."""
    return blind_index(number, "verification.qr")[:TOKEN_CHARACTERS].upper()


def is_token_of(number: str, token: str) -> bool:
    """Return whether `token` is the one we print for `number`; takes the same time either way."""
    return hmac.compare_digest(policy_token(number).encode(), token.upper().encode())


def verification_url(number: str) -> str:
    """Return the address of the verification page of one document."""
    return f"{settings.BAOZHEN_PUBLIC_URL.rstrip('/')}/v/{number}/{policy_token(number)}"
