"""What the archive is asked."""

from collections.abc import Collection, Iterator
from datetime import date

from django.db.models import Count, Exists, F, Max, OuterRef, QuerySet, Subquery

from baozhen.foundation.storage import ObjectDamaged, ObjectMissing, Storage, get_storage
from baozhen.signing.files.errors import DestructionUnknown, FileDestroyed
from baozhen.signing.files.models import (
    ArchiveDestruction,
    ArchiveItem,
    FileEntry,
    LegalHold,
    Tombstone,
)
from baozhen.signing.files.states import DESTRUCTIONS_OPEN


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


def due_dossiers(
    units: Collection[int], *, today: date, until: date | None = None
) -> QuerySet[FileEntry]:
    """Return one file of each dossier of a signing task that may be destroyed, the oldest first.

    `until` leaves out the dossiers that had to stay longer than that day. Each row knows its
    dossier's `files`, and until when it had to stay: `until`. What stands on a list that is not
    carried out yet is left out.
    """
    same = ArchiveItem.objects.filter(dossier=OuterRef("envelope")).order_by().values("dossier")
    listed = ArchiveDestruction.objects.filter(
        items__dossier=OuterRef("envelope"), state__in=DESTRUCTIONS_OPEN
    )
    rows = (
        FileEntry.objects.filter(
            item__in=disposable_items(today), envelope=F("item__dossier"), unit__in=list(units)
        )
        .exclude(Exists(listed))
        .annotate(
            until=Subquery(same.annotate(last=Max("retain_until")).values("last")),
            files=Subquery(same.annotate(count=Count("pk")).values("count")),
        )
    )
    if until is not None:
        rows = rows.filter(until__lte=until)
    rows = rows.select_related("unit").defer("tokens")
    return rows.order_by("envelope", "pk").distinct("envelope")


def destructions_of(units: Collection[int]) -> QuerySet[ArchiveDestruction]:
    """Return the lists to destroy that are wholly of these units, the newest first."""
    others = FileEntry.objects.exclude(unit__in=list(units))
    foreign = others.filter(item__destructions=OuterRef("pk"))
    return ArchiveDestruction.objects.exclude(Exists(foreign)).order_by("-proposed_at", "-pk")


def destruction_of(public_id: str, *, units: Collection[int]) -> ArchiveDestruction:
    """Return a list that is wholly of these units, or raise DestructionUnknown."""
    row = destructions_of(units).filter(public_id=public_id).first()
    if row is None:
        raise DestructionUnknown(key=public_id)
    return row


def tombstones_of(units: Collection[int]) -> QuerySet[Tombstone]:
    """Return what remains of destroyed documents of these units' signing tasks, newest first."""
    own = FileEntry.objects.filter(envelope=OuterRef("item__dossier"), unit__in=list(units))
    rows = Tombstone.objects.filter(Exists(own)).select_related("item", "item__entry__unit")
    return rows.order_by("-disposed_at", "-pk")


def destroyed_on(dossier: str) -> date | None:
    """Return when the dossier was destroyed, None when it is there."""
    rows = Tombstone.objects.filter(item__dossier=dossier).order_by("-disposed_on")
    return rows.values_list("disposed_on", flat=True).first()


def bytes_kept(sha256: str, *, dossier: str) -> bytes:
    """Return a document's bytes; raises FileDestroyed when their time was over."""
    try:
        return get_storage().get(sha256)
    except ObjectMissing:
        on = destroyed_on(dossier)
        if on is None:
            raise
        raise FileDestroyed(on=on.isoformat()) from None


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
