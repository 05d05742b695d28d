"""The store that the settings name."""

from functools import lru_cache
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from baozhen.foundation.keys.configuration import configured
from baozhen.foundation.keys.keyring import get_keyring
from baozhen.foundation.links import require_link
from baozhen.foundation.storage.local import LocalStorage
from baozhen.foundation.storage.port import Storage
from baozhen.foundation.storage.s3 import Bucket, S3Storage


def get_storage() -> Storage:
    """Return the configured store: BAOZHEN_STORAGE is `local` or `s3`."""
    kind = configured("BAOZHEN_STORAGE") or "local"
    if kind == "local":
        return _local(
            Path(configured("BAOZHEN_ARCHIVE")),
            configured("BAOZHEN_DATA_KEYS") or configured("BAOZHEN_DATA"),
        )
    if kind == "s3":
        return _s3(
            Bucket(
                name=configured("BAOZHEN_S3_BUCKET"),
                endpoint_url=configured("BAOZHEN_S3_ENDPOINT") or None,
                region=configured("BAOZHEN_S3_REGION") or None,
                lock_days=int(configured("BAOZHEN_S3_LOCK_DAYS") or 0),
            )
        )
    raise ImproperlyConfigured(f"BAOZHEN_STORAGE 只能是 local 或 s3，现在是 {kind}")


@lru_cache(maxsize=4)
def _local(root: Path, _keys: str) -> LocalStorage:
    return LocalStorage(root, ring=get_keyring())


@lru_cache(maxsize=4)
def _s3(bucket: Bucket) -> S3Storage:
    require_link("object-store", address=bucket.endpoint_url)
    return S3Storage(bucket, ring=get_keyring())
