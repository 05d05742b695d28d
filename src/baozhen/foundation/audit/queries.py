"""Read the record, and find what does not hold: `fsck` asks here."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection
from django.db.models import QuerySet

from baozhen.foundation.audit.acts import GENESIS
from baozhen.foundation.audit.log import CheckpointSigner, log_root
from baozhen.foundation.audit.models import AuditEntry, LogCheckpoint, LogLeaf, LogTile
from baozhen.foundation.audit.tree import TILE_WIDTH, Frontier, split_tile
from baozhen.trust.crypto.digests import sm3
from baozhen.trust.errors import TrustError
from baozhen.trust.log.merkle import leaf_hash

_CHUNK = 5_000

# A link is broken when the entry before it is gone, or is not the one it was chained to.
_BROKEN_LINKS = """
SELECT entry.id, before.id IS NULL
FROM audit_auditentry entry
LEFT JOIN audit_auditentry before
  ON before.subject_type = entry.subject_type AND before.subject_id = entry.subject_id
 AND before.position = entry.position - 1
WHERE CASE WHEN entry.position = 0 THEN entry.previous <> %s
           ELSE before.digest IS DISTINCT FROM entry.previous END
ORDER BY entry.id
"""

_NOT_IN_LOG = """
SELECT entry.id FROM audit_auditentry entry
WHERE NOT EXISTS (SELECT 1 FROM audit_logleaf leaf WHERE leaf.entry_id = entry.id)
  AND NOT EXISTS (SELECT 1 FROM audit_pendingentry pending WHERE pending.entry_id = entry.id)
ORDER BY entry.id
"""


@dataclass(frozen=True, kw_only=True)
class AuditFault:
    """Something that does not hold: which object (`entry 7`, `leaf 12`), and why, in Chinese."""

    where: str
    message: str


def entries_of(subject_type: str, subject_id: int) -> QuerySet[AuditEntry]:
    """Return the record of one object, oldest first."""
    return AuditEntry.objects.filter(subject_type=subject_type, subject_id=subject_id).order_by(
        "position"
    )


def walk_chain(subject_type: str, subject_id: int) -> list[AuditFault]:
    """Check the chain of one object: no gap, every digest right, every link right."""
    faults: list[AuditFault] = []
    previous = GENESIS
    for position, entry in enumerate(entries_of(subject_type, subject_id)):
        where = f"entry {entry.pk}"
        if entry.position != position:
            message = f"{subject_type} #{subject_id} 的审计链在第 {position} 条处缺失"
            return [*faults, AuditFault(where=where, message=message)]
        if bytes(entry.previous) != previous:
            faults.append(AuditFault(where=where, message="与前一条审计记录不相连"))
        if not _holds(entry):
            faults.append(AuditFault(where=where, message="审计记录的内容与其摘要不符"))
        previous = bytes(entry.digest)
    return faults


def verify_log(signer: CheckpointSigner | None = None) -> Iterator[AuditFault]:
    """Check every chain, every leaf, every tile and every checkpoint; yield what is wrong.

    Reads everything once, in constant memory. Without a signer the checkpoints' signatures are
    not judged.
    """
    yield from _verify_links()
    yield from _verify_leaves()
    yield from _verify_signatures(signer)


def _holds(entry: AuditEntry) -> bool:
    digest = entry.act().digest(position=entry.position, previous=bytes(entry.previous))
    return digest == bytes(entry.digest)


def _verify_links() -> Iterator[AuditFault]:
    with connection.cursor() as cursor:
        cursor.execute(_BROKEN_LINKS, [GENESIS])
        broken = cursor.fetchall()
        cursor.execute(_NOT_IN_LOG)
        outside = cursor.fetchall()
    for key, is_gap in broken:
        message = "前一条审计记录缺失" if is_gap else "与前一条审计记录不相连"
        yield AuditFault(where=f"entry {key}", message=message)
    for (key,) in outside:
        yield AuditFault(where=f"entry {key}", message="审计记录不在日志中，也不在等待队列中")


def _verify_leaves() -> Iterator[AuditFault]:
    """Rebuild the tree from the entries and hold it against tiles and checkpoints."""
    trees = Frontier(), Frontier(hash_function=sm3)
    checkpoints = {row.size: row for row in LogCheckpoint.objects.order_by("size")}
    leaves = LogLeaf.objects.select_related("entry").order_by("index")
    tile: list[tuple[bytes, bytes]] = []
    for leaf in leaves.iterator(chunk_size=_CHUNK):
        expected = trees[0].size
        if leaf.index != expected:
            missing = (
                f"{expected}" if leaf.index == expected + 1 else f"{expected}–{leaf.index - 1}"
            )
            yield AuditFault(where=f"leaf {expected}", message=f"日志缺少第 {missing} 片叶")
            return
        if not _holds(leaf.entry):
            yield AuditFault(where=f"entry {leaf.entry_id}", message="审计记录的内容与其摘要不符")
        digest = bytes(leaf.entry.digest)
        tile.append((leaf_hash(digest), leaf_hash(digest, hash_function=sm3)))
        for tree, hashed in zip(trees, tile[-1], strict=True):
            tree.append(hashed)
        if len(tile) == TILE_WIDTH:
            yield from _verify_tile(leaf.index // TILE_WIDTH, tile)
            tile = []
        yield from _verify_roots(checkpoints.pop(leaf.index + 1, None), trees)
    if tile:
        yield from _verify_tile(trees[0].size // TILE_WIDTH, tile)
    yield from _verify_upper_tiles(trees)
    for size in checkpoints:
        message = f"检查点有 {size} 片叶，日志只有 {trees[0].size} 片：末尾的记录被删除"
        yield AuditFault(where=f"checkpoint {size}", message=message)


def _verify_tile(number: int, hashes: list[tuple[bytes, bytes]]) -> Iterator[AuditFault]:
    row = LogTile.objects.filter(level=0, number=number).first()
    stored = (
        list(zip(split_tile(bytes(row.sha256)), split_tile(bytes(row.sm3)), strict=False))
        if row
        else []
    )
    if stored != hashes:
        first = next(
            (offset for offset, pair in enumerate(zip(stored, hashes, strict=False))
             if pair[0] != pair[1]),
            min(len(stored), len(hashes)),
        )  # fmt: skip
        index = number * TILE_WIDTH + first
        yield AuditFault(where=f"leaf {index}", message="审计记录与日志中的叶不符")


def _verify_upper_tiles(trees: tuple[Frontier, Frontier]) -> Iterator[AuditFault]:
    """Compare the root that the tiles give, which proofs are made from, with the leaves'."""
    for family, tree in zip(("sha256", "sm3"), trees, strict=True):
        try:
            is_same = tree.size == 0 or log_root(tree.size, family=family) == tree.root()
        except LogTile.DoesNotExist:
            is_same = False
        if not is_same:
            yield AuditFault(where=f"tiles {family}", message="日志片与日志的叶不符")


def _verify_roots(
    row: LogCheckpoint | None, trees: tuple[Frontier, Frontier]
) -> Iterator[AuditFault]:
    if row is None:
        return
    if (bytes(row.root_sha256), bytes(row.root_sm3)) != (trees[0].root(), trees[1].root()):
        yield AuditFault(where=f"checkpoint {row.size}", message="日志与检查点的树根不符")


def _verify_signatures(signer: CheckpointSigner | None) -> Iterator[AuditFault]:
    if signer is None:
        return
    for row in LogCheckpoint.objects.order_by("size").iterator():
        where = f"checkpoint {row.size}"
        try:
            signed = signer.verify(bytes(row.note))
        except TrustError as exc:
            yield AuditFault(where=where, message=str(exc))
            continue
        facts = (signed.size, signed.root_sha256, signed.root_sm3)
        if facts != (row.size, bytes(row.root_sha256), bytes(row.root_sm3)):
            yield AuditFault(where=where, message="检查点的内容与其签名文本不符")
