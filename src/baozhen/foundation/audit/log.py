"""The log over all entries: give waiting entries their places, sign checkpoints, prove."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.db import connection, transaction

from baozhen.foundation.audit.models import (
    AuditEntry,
    CheckpointToken,
    LogCheckpoint,
    LogLeaf,
    LogTile,
)
from baozhen.foundation.audit.tree import TILE_WIDTH, TiledTree, grow, tile_root
from baozhen.foundation.errors import Refusal
from baozhen.trust.crypto.digests import sha256, sm3
from baozhen.trust.log.checkpoint import Checkpoint
from baozhen.trust.log.merkle import HASH_BYTES, HashFunction, leaf_hash

_ADVISORY_LOCK = 0x6C6F67  # one sequencer at a time
_BATCH = 10_000
_FAMILIES: dict[str, HashFunction] = {"sha256": sha256, "sm3": sm3}


class NotYetLogged(Refusal):
    """The entry has no place under a signed checkpoint yet."""

    code = "not_yet_logged"
    message = "审计记录 {entry} 尚未进入已签名的日志"


class CheckpointSigner(Protocol):
    """Signs the log's checkpoints; the top floor installs one, because it knows who signs."""

    def sign(self, checkpoint: Checkpoint) -> bytes:
        """Return the signed note."""

    def verify(self, note: bytes) -> Checkpoint:
        """Return the checkpoint of a note of ours, or raise VerificationError or ParseError."""


@dataclass(frozen=True, kw_only=True)
class InclusionProof:
    """What shows that an entry's digest is leaf `index` of the log of `size` entries."""

    index: int
    size: int
    digest: bytes
    path: tuple[bytes, ...]
    note: bytes
    token: bytes | None


_installed: list[Callable[[], CheckpointSigner]] = []


def install_signer(factory: Callable[[], CheckpointSigner]) -> None:
    """Install where the signer comes from; called once, at start-up."""
    _installed[:] = [factory]


def checkpoint_signer() -> CheckpointSigner:
    """Return the installed signer, or raise RuntimeError."""
    if not _installed:
        raise RuntimeError("no checkpoint signer is installed")
    return _installed[0]()


def sequence_entries(*, limit: int = _BATCH) -> int:
    """Give up to `limit` waiting entries their places in the log; return how many got one."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ADVISORY_LOCK])
            cursor.execute(
                "DELETE FROM audit_pendingentry WHERE entry_id IN ("
                " SELECT entry_id FROM audit_pendingentry ORDER BY entry_id LIMIT %s"
                ") RETURNING entry_id",
                [limit],
            )
            keys = sorted(row[0] for row in cursor.fetchall())
            if not keys:
                return 0
            cursor.execute(
                "SELECT digest FROM audit_auditentry WHERE id = ANY(%s) ORDER BY id", [keys]
            )
            digests = [bytes(row[0]) for row in cursor.fetchall()]
            size = log_size()
            cursor.execute(
                "INSERT INTO audit_logleaf (index, entry_id)"
                " SELECT %s + number - 1, key"
                " FROM unnest(%s::bigint[]) WITH ORDINALITY AS k(key, number)",
                [size, keys],
            )
        _add_leaves(size, digests)
    return len(keys)


def log_size() -> int:
    """Return how many entries have a place in the log."""
    last = LogLeaf.objects.order_by("-index").first()
    return 0 if last is None else last.index + 1


def write_checkpoint(
    signer: CheckpointSigner, *, origin: str, at: datetime
) -> LogCheckpoint | None:
    """Sign the state of the log, if it has grown since the last checkpoint.

    The key is used outside any transaction; of two writers of one size the first wins.
    """
    size = log_size()
    if size == 0 or LogCheckpoint.objects.filter(size=size).exists():
        return None
    checkpoint = Checkpoint(
        origin=origin,
        size=size,
        root_sha256=log_root(size, family="sha256"),
        root_sm3=log_root(size, family="sm3"),
        at=at.replace(microsecond=0),
    )
    note = signer.sign(checkpoint)
    row, _ = LogCheckpoint.objects.get_or_create(
        size=size,
        defaults={
            "root_sha256": checkpoint.root_sha256,
            "root_sm3": checkpoint.root_sm3,
            "at": checkpoint.at,
            "note": note,
        },
    )
    return row


def stamp_last_checkpoint(
    stamp: Callable[[bytes], bytes], *, at: datetime
) -> CheckpointToken | None:
    """Fetch a timestamp over the last checkpoint's note, unless it has one.

    `stamp` takes the SHA-256 of the note and returns an RFC 3161 token, or raises an Outage.
    """
    last = LogCheckpoint.objects.filter(stamp__isnull=True).order_by("-size").first()
    if last is None or LogCheckpoint.objects.filter(size__gt=last.size).exists():
        return None
    token = stamp(sha256(bytes(last.note)))
    row, _ = CheckpointToken.objects.get_or_create(
        checkpoint=last, defaults={"token": token, "at": at}
    )
    return row


def log_root(size: int, *, family: str = "sha256") -> bytes:
    """Return the root of the first `size` leaves in one hash family."""
    return tiled_tree(size, family=family).root()


def inclusion_proof(entry: AuditEntry) -> InclusionProof:
    """Return the proof under the last signed checkpoint; raises NotYetLogged."""
    leaf = LogLeaf.objects.filter(entry=entry).first()
    last = LogCheckpoint.objects.select_related("stamp").order_by("-size").first()
    if leaf is None or last is None or last.size <= leaf.index:
        raise NotYetLogged(entry=entry.pk)
    stamp = getattr(last, "stamp", None)
    return InclusionProof(
        index=leaf.index,
        size=last.size,
        digest=bytes(entry.digest),
        path=tiled_tree(last.size).inclusion_path(leaf.index),
        note=bytes(last.note),
        token=bytes(stamp.token) if stamp else None,
    )


def consistency_proof(old_size: int, size: int) -> tuple[bytes, ...]:
    """Return the proof that the log of `size` entries begins with that of `old_size`."""
    return tiled_tree(size).consistency_path(old_size)


def tiled_tree(size: int, *, family: str = "sha256") -> TiledTree:
    """Return the tree over the first `size` leaves; it reads a few tiles an operation."""
    tiles: dict[tuple[int, int], bytes] = {}

    def read_tile(level: int, number: int) -> bytes:
        if (level, number) not in tiles:
            row = LogTile.objects.only(family).get(level=level, number=number)
            tiles[level, number] = bytes(getattr(row, family))
        return tiles[level, number]

    return TiledTree(size, read_tile, hash_function=_FAMILIES[family])


def _add_leaves(size: int, digests: Sequence[bytes]) -> None:
    """Add leaves to the tiles of level 0, and complete tiles' roots to the levels above."""
    added = {
        family: [leaf_hash(digest, hash_function=function) for digest in digests]
        for family, function in _FAMILIES.items()
    }
    level, first = 0, size
    while added["sha256"]:
        tail = LogTile.objects.filter(level=level, number=first // TILE_WIDTH).first()
        grown: dict[str, list[tuple[int, bytes]]] = {}
        for family, hashes in added.items():
            before = bytes(getattr(tail, family)) if tail else b""
            grown[family] = list(grow(first, hashes, tail=before))
        _save_tiles(level, grown)
        added = {
            family: [
                tile_root(content, _FAMILIES[family])
                for _, content in tiles
                if len(content) == TILE_WIDTH * HASH_BYTES
            ]
            for family, tiles in grown.items()
        }
        level, first = level + 1, first // TILE_WIDTH


def _save_tiles(level: int, grown: dict[str, list[tuple[int, bytes]]]) -> None:
    LogTile.objects.bulk_create(
        [
            LogTile(level=level, number=number, sha256=content, sm3=sm3_content)
            for (number, content), (_, sm3_content) in zip(
                grown["sha256"], grown["sm3"], strict=True
            )
        ],
        update_conflicts=True,
        unique_fields=["level", "number"],
        update_fields=["sha256", "sm3"],
    )
