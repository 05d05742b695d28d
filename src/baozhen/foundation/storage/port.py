"""What an object store must do, and how it fails."""

import hashlib
from collections.abc import Iterator, Sequence
from typing import Protocol

from baozhen.foundation.errors import BaozhenError, Outage, Refusal
from baozhen.foundation.keys.keyring import DataKeyring
from baozhen.trust.errors import TrustError

_AAD = b"baozhen.storage:"


class ObjectMissing(BaozhenError):
    """Nothing is stored at that address."""

    code = "object_missing"
    message = "存储中没有对象 {sha256}"


class ObjectDamaged(BaozhenError):
    """What is stored at that address is not what was put there."""

    code = "object_damaged"
    message = "存储对象 {sha256} 已损坏：{reason}"


class StorageOutage(Outage):
    """The store did not answer, or refused for the moment."""

    code = "storage_outage"
    message = "对象存储暂时不可用：{reason}"


class Storage(Protocol):
    """A write-once store; addresses are SHA-256 in lower-case hex."""

    def put(self, data: bytes) -> str:
        """Store the bytes durably and return their address; the same bytes again are no error."""

    def put_many(self, objects: Sequence[bytes]) -> list[str]:
        """Store several objects and return their addresses; durable when it returns."""

    def get(self, sha256: str) -> bytes:
        """Return the bytes, hashed again; raises ObjectMissing, ObjectDamaged or StorageOutage."""

    def exists(self, sha256: str) -> bool:
        """Tell whether something is stored at the address, without reading it."""

    def addresses(self) -> Iterator[str]:
        """Yield every address that holds an object."""

    def remove(self, sha256: str) -> None:
        """Delete the object; only the disposal of what has outlived its retention may ask."""


def address_of(data: bytes) -> str:
    """Return the address that the bytes have in any store."""
    return hashlib.sha256(data).hexdigest()


def seal_object(data: bytes, *, sha256: str, ring: DataKeyring) -> bytes:
    """Return what is written to the medium."""
    return ring.seal(data, aad=_AAD + bytes.fromhex(sha256))


def open_object(stored: bytes, *, sha256: str, ring: DataKeyring) -> bytes:
    """Return the plain bytes of what was read from the medium, or raise ObjectDamaged."""
    try:
        data = ring.open_sealed(stored, aad=_AAD + bytes.fromhex(sha256))
    except (TrustError, Refusal) as exc:
        raise ObjectDamaged(sha256=sha256, reason=str(exc)) from exc
    if address_of(data) != sha256:
        raise ObjectDamaged(sha256=sha256, reason="内容与地址不符")
    return data
