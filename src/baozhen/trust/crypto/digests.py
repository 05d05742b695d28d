"""Digests and keyed digests: SM3 (GB/T 32905) and SHA-256 (FIPS 180-4), by pyca/cryptography."""

import hashlib
from typing import Protocol, Self

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.hmac import HMAC

from baozhen.trust.errors import UnsupportedError

DIGEST_BYTES = 32


class Digest(Protocol):
    """A digest in the making: feed it with `update`, then ask `finalize` once."""

    def update(self, data: bytes | memoryview) -> None:
        """Take in more bytes."""

    def copy(self) -> Self:
        """Return a second one that has taken in the same bytes so far."""

    def finalize(self) -> bytes:
        """Return the 32 bytes of the digest; the object is spent afterwards."""


def sm3(data: bytes) -> bytes:
    """Return the SM3 digest of `data` (32 bytes, GB/T 32905)."""
    digest = hashes.Hash(_SM3)
    digest.update(data)
    return digest.finalize()


def sha256(data: bytes) -> bytes:
    """Return the SHA-256 digest of `data` (32 bytes)."""
    return hashlib.sha256(data).digest()


def hmac_sm3(key: bytes, data: bytes) -> bytes:
    """Return the HMAC (RFC 2104) of `data` over SM3 with `key`."""
    mac = HMAC(key, _SM3)
    mac.update(data)
    return mac.finalize()


def new_sm3() -> Digest:
    """Start an incremental SM3."""
    return hashes.Hash(_SM3)


def new_sha256() -> Digest:
    """Start an incremental SHA-256."""
    return hashes.Hash(_SHA256)


def digest(hash_name: str, data: bytes) -> bytes:
    """Return the digest of `data` by the name `sm3` or `sha256`.

    Raises UnsupportedError for any other name.
    """
    try:
        return _BY_NAME[hash_name](data)
    except KeyError:
        raise UnsupportedError(f"摘要算法 {hash_name}") from None


_SM3 = hashes.SM3()
_SHA256 = hashes.SHA256()
_BY_NAME = {"sm3": sm3, "sha256": sha256}
