"""Write-once objects addressed by the SHA-256 of their plain bytes, encrypted at rest."""

from baozhen.foundation.storage.beside import StoringBeside
from baozhen.foundation.storage.factory import get_storage
from baozhen.foundation.storage.port import ObjectDamaged, ObjectMissing, Storage, StorageOutage

__all__ = [
    "ObjectDamaged",
    "ObjectMissing",
    "Storage",
    "StorageOutage",
    "StoringBeside",
    "get_storage",
]
