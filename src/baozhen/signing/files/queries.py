"""What the archive is asked."""

from collections.abc import Iterator
from datetime import date

from django.db.models import Exists, OuterRef, QuerySet

from baozhen.foundation.storage import ObjectDamaged, ObjectMissing, Storage
from baozhen.signing.files.models import ArchiveItem, LegalHold


def living_items() -> QuerySet[ArchiveItem]:
    """Return the documents that have not been destroyed."""
    return ArchiveItem.objects.filter(tombstone__isnull=True)


def find_items(
    *, dossier: str | None = None, sha256: str | None = None, kind: str | None = None
) -> QuerySet[ArchiveItem]:
    """Return the living documents that match everything given, newest first."""
    given = {"dossier": dossier, "sha256": sha256, "kind": kind}
    wanted = {name: value for name, value in given.items() if value is not None}
    return living_items().filter(**wanted).order_by("-archived_at", "-id")


def items_of(subject_type: str, subject_id: int) -> QuerySet[ArchiveItem]:
    """Return the living documents of one object."""
    return living_items().filter(subject_type=subject_type, subject_id=subject_id)


def disposable_items(today: date) -> QuerySet[ArchiveItem]:
    """Return the living documents whose whole dossier is past its time and under no hold."""
    same = ArchiveItem.objects.filter(dossier=OuterRef("dossier"))
    holds = LegalHold.objects.filter(dossier=OuterRef("dossier"), released_at__isnull=True)
    return (
        living_items()
        .filter(retain_until__lt=today)
        .exclude(Exists(same.filter(retain_until__gte=today)))
        .exclude(Exists(holds))
    )


def damaged_items(storage: Storage) -> Iterator[tuple[ArchiveItem, str]]:
    """Read every living document and yield those that are missing or damaged, with the reason."""
    for item in living_items().order_by("id").iterator(chunk_size=500):
        try:
            data = storage.get(item.sha256)
        except (ObjectMissing, ObjectDamaged) as exc:
            yield item, str(exc)
            continue
        if len(data) != item.size:
            yield item, f"归档记录的字节数 {item.size} 与内容的 {len(data)} 不符"
