"""The store in an S3 bucket: conditional writes, and Object Lock where the bucket has it."""

import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from baozhen.foundation.keys.keyring import DataKeyring
from baozhen.foundation.storage.port import (
    ObjectMissing,
    StorageOutage,
    address_of,
    open_object,
    seal_object,
)
from baozhen.foundation.transactions import refuse_inside_transaction

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_ADDRESS = re.compile(r"[0-9a-f]{64}", re.ASCII)
_MISSING = frozenset({"404", "NoSuchKey", "NotFound"})
_TAKEN = frozenset({"412", "PreconditionFailed", "409", "ConditionalRequestConflict"})
_THREADS = 8


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """Where the objects are; `lock_days` asks Object Lock in compliance mode for that long."""

    name: str
    prefix: str = "objects/"
    endpoint_url: str | None = None
    region: str | None = None
    lock_days: int = 0


class S3Storage:
    """Objects in a bucket; credentials come from boto3's own chain, never from our settings."""

    def __init__(self, bucket: Bucket, *, ring: DataKeyring) -> None:
        self._bucket = bucket
        self._ring = ring
        self._client: S3Client = boto3.client(
            "s3",
            endpoint_url=bucket.endpoint_url,
            region_name=bucket.region,
            config=Config(
                connect_timeout=5,
                read_timeout=30,
                retries={"max_attempts": 3, "mode": "standard"},
                max_pool_connections=_THREADS,
            ),
        )

    def put(self, data: bytes) -> str:
        """Store one object; see Storage."""
        refuse_inside_transaction("an S3 request")
        return self._put(data)

    def put_many(self, objects: Sequence[bytes]) -> list[str]:
        """Store several objects, a few at a time."""
        refuse_inside_transaction("S3 requests")
        with ThreadPoolExecutor(_THREADS) as pool:
            return list(pool.map(self._put, objects))

    def get(self, sha256: str) -> bytes:
        """Return the object; see Storage."""
        refuse_inside_transaction("an S3 request")
        try:
            answer = self._client.get_object(Bucket=self._bucket.name, Key=self._key(sha256))
            stored = answer["Body"].read()
        except ClientError as exc:
            if _code(exc) in _MISSING:
                raise ObjectMissing(sha256=sha256) from None
            raise StorageOutage(reason=_code(exc)) from exc
        except BotoCoreError as exc:
            raise StorageOutage(reason=type(exc).__name__) from exc
        return open_object(stored, sha256=sha256, ring=self._ring)

    def exists(self, sha256: str) -> bool:
        """Ask for the object's head."""
        refuse_inside_transaction("an S3 request")
        try:
            self._client.head_object(Bucket=self._bucket.name, Key=self._key(sha256))
        except ClientError as exc:
            if _code(exc) in _MISSING:
                return False
            raise StorageOutage(reason=_code(exc)) from exc
        except BotoCoreError as exc:
            raise StorageOutage(reason=type(exc).__name__) from exc
        return True

    def addresses(self) -> Iterator[str]:
        """Yield the addresses page by page."""
        refuse_inside_transaction("S3 requests")
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket.name, Prefix=self._bucket.prefix
        )
        try:
            for page in pages:
                for item in page.get("Contents", []):
                    name = item["Key"].rpartition("/")[2]
                    if _ADDRESS.fullmatch(name):
                        yield name
        except (ClientError, BotoCoreError) as exc:
            raise StorageOutage(reason=type(exc).__name__) from exc

    def remove(self, sha256: str) -> None:
        """Delete the object; the bucket itself refuses while Object Lock holds."""
        refuse_inside_transaction("an S3 request")
        try:
            self._client.delete_object(Bucket=self._bucket.name, Key=self._key(sha256))
        except ClientError as exc:
            raise StorageOutage(reason=_code(exc)) from exc
        except BotoCoreError as exc:
            raise StorageOutage(reason=type(exc).__name__) from exc

    def _put(self, data: bytes) -> str:
        sha256 = address_of(data)
        try:
            self._client.put_object(
                Bucket=self._bucket.name,
                Key=self._key(sha256),
                Body=seal_object(data, sha256=sha256, ring=self._ring),
                ContentType="application/octet-stream",
                IfNoneMatch="*",  # RFC 9110 §13.1.2: only where nothing is yet
                **self._lock(),
            )
        except ClientError as exc:
            if _code(exc) not in _TAKEN:
                raise StorageOutage(reason=_code(exc)) from exc
            self.get(sha256)  # What was promised before must still hold.
        except BotoCoreError as exc:
            raise StorageOutage(reason=type(exc).__name__) from exc
        return sha256

    def _key(self, sha256: str) -> str:
        if not _ADDRESS.fullmatch(sha256):
            raise ObjectMissing(sha256=sha256)
        return f"{self._bucket.prefix}{sha256[:2]}/{sha256}"

    def _lock(self) -> dict[str, Any]:
        if not self._bucket.lock_days:
            return {}
        # The bucket keeps its own clock: the demonstration clock must not shorten a lock.
        until = datetime.now(UTC) + timedelta(days=self._bucket.lock_days)
        return {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": until}


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", "unknown"))
