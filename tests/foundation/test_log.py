"""The Merkle log over the record: it grows, proves, and finds what was taken away."""

from datetime import UTC, datetime

import pytest
from django.db import Error, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from baozhen.foundation.audit import log
from baozhen.foundation.audit.acts import Act
from baozhen.foundation.audit.models import AuditEntry, LogCheckpoint, LogLeaf, LogTile
from baozhen.foundation.audit.queries import verify_log
from baozhen.foundation.audit.services import record, record_many
from baozhen.foundation.audit.tree import TILE_WIDTH, Frontier, TiledTree, grow, tile_root
from baozhen.trust.crypto.digests import sha256, sm3
from baozhen.trust.crypto.keys import Algorithm, generate
from baozhen.trust.log.checkpoint import sign_checkpoint, verify_checkpoint
from baozhen.trust.log.merkle import MerkleTree, leaf_hash, verify_consistency, verify_inclusion

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ORIGIN = "example.com/log"


class TwoKeys:
    """A signer with two keys of its own."""

    def __init__(self):
        self.keys = [generate(Algorithm.SM2_SM3), generate(Algorithm.ECDSA_P256_SHA256)]

    def sign(self, checkpoint):
        return sign_checkpoint(checkpoint, signers=self.keys)

    def verify(self, note):
        keys = [key.public_key for key in self.keys]
        return verify_checkpoint(note, origin=ORIGIN, public_keys=keys)


@pytest.fixture(scope="module")
def signer():
    return TwoKeys()


def write(count, start=0):
    return record_many(
        [
            Act(action="a.b", subject_type="a", subject_id=start + number, actor="x", at=AT)
            for number in range(count)
        ]
    )


@pytest.fixture
def unguarded():
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        yield cursor
        cursor.execute("SET session_replication_role = DEFAULT")


def tiles_of(leaves):
    """Grow tiles from nothing, as the log does, and return a reader of them."""
    tiles, level = {}, 0
    while leaves:
        grown = list(grow(0, leaves, tail=b""))
        tiles |= {(level, number): content for number, content in grown}
        leaves = [tile_root(tile, sha256) for _, tile in grown if len(tile) == TILE_WIDTH * 32]
        level += 1
    return lambda level, number: tiles[level, number]


LEAVES = [leaf_hash(str(number).encode()) for number in range(TILE_WIDTH * TILE_WIDTH + 700)]
WHOLE = MerkleTree(LEAVES)
READ = tiles_of(LEAVES)


@given(st.integers(1, len(LEAVES)), st.data())
@settings(max_examples=60, deadline=None)
def test_a_tree_on_tiles_is_the_tree(size, data):
    tree = TiledTree(size, READ)
    index = data.draw(st.integers(0, size - 1))
    old = data.draw(st.integers(0, size))
    assert tree.root() == WHOLE.root(size)
    assert tree.inclusion_path(index) == WHOLE.inclusion_path(index, size)
    assert tree.consistency_path(old) == WHOLE.consistency_path(old, size)


def test_a_proof_reads_few_tiles():
    read = []
    tree = TiledTree(len(LEAVES), lambda *place: read.append(place) or READ(*place))
    tree.inclusion_path(3)
    assert len(set(read)) <= 6
    assert len(read) <= 40


def test_a_tiled_tree_does_not_grow():
    with pytest.raises(TypeError):
        TiledTree(1, READ).append(bytes(32))


@pytest.mark.parametrize("function", [sha256, sm3])
def test_the_frontier_knows_every_root(function):
    frontier, whole = Frontier(hash_function=function), MerkleTree(hash_function=function)
    assert frontier.root() == whole.root()
    for leaf in LEAVES[:600]:
        frontier.append(leaf)
        whole.append(leaf)
        assert frontier.root() == whole.root()
    assert frontier.size == 600


@pytest.mark.django_db
def test_entries_get_their_places_once(signer):
    write(10)
    assert log.sequence_entries(limit=4) == 4
    assert log.sequence_entries() == 6
    assert log.sequence_entries() == 0
    indexes = LogLeaf.objects.order_by("index").values_list("index", flat=True)
    assert list(indexes) == list(range(10))
    assert list(verify_log(signer)) == []


@pytest.mark.django_db
def test_growth_over_tile_borders_in_odd_steps(signer):
    written = 0
    for step in (1, 254, 1, 1, 300, 256, 87):
        write(step, start=written)
        written += step
        log.sequence_entries()
        log.write_checkpoint(signer, origin=ORIGIN, at=AT)
    leaves = [leaf_hash(bytes(entry.digest)) for entry in AuditEntry.objects.order_by("id")]
    assert log.log_root(written) == MerkleTree(leaves).root()
    twins = [
        leaf_hash(bytes(entry.digest), hash_function=sm3)
        for entry in AuditEntry.objects.order_by("id")
    ]
    assert log.log_root(written, family="sm3") == MerkleTree(twins, hash_function=sm3).root()
    assert list(verify_log(signer)) == []
    assert LogCheckpoint.objects.count() == 7


@pytest.mark.django_db
def test_an_entry_is_proved_to_a_stranger(signer):
    entries = write(300)
    log.sequence_entries()
    log.write_checkpoint(signer, origin=ORIGIN, at=AT)
    proof = log.inclusion_proof(entries[17])
    checkpoint = signer.verify(proof.note)
    verify_inclusion(
        leaf_hash(proof.digest),
        index=proof.index,
        size=proof.size,
        path=proof.path,
        expected_root=checkpoint.root_sha256,
    )
    assert proof.digest == entries[17].act().digest(
        position=entries[17].position, previous=bytes(entries[17].previous)
    )


@pytest.mark.django_db
def test_an_entry_without_a_signed_place_has_no_proof(signer):
    entry = record("a.b", subject_id=1, actor="x", at=AT)
    for step in (lambda: None, log.sequence_entries):
        step()
        with pytest.raises(log.NotYetLogged):
            log.inclusion_proof(entry)
    log.write_checkpoint(signer, origin=ORIGIN, at=AT)
    assert log.inclusion_proof(entry).path == ()


@pytest.mark.django_db
def test_an_old_log_is_the_beginning_of_the_new(signer):
    for start in (0, 100):
        write(100, start=start)
        log.sequence_entries()
        log.write_checkpoint(signer, origin=ORIGIN, at=AT)
    old, new = LogCheckpoint.objects.order_by("size")
    verify_consistency(
        old_size=old.size,
        old_root=bytes(old.root_sha256),
        size=new.size,
        new_root=bytes(new.root_sha256),
        path=log.consistency_proof(old.size, new.size),
    )


@pytest.mark.django_db
def test_an_unchanged_log_gets_no_second_checkpoint(signer):
    assert log.write_checkpoint(signer, origin=ORIGIN, at=AT) is None
    write(1)
    log.sequence_entries()
    assert log.write_checkpoint(signer, origin=ORIGIN, at=AT).size == 1
    assert log.write_checkpoint(signer, origin=ORIGIN, at=AT) is None


@pytest.mark.django_db
def test_the_last_checkpoint_is_stamped_once(signer):
    asked = []

    def stamp(digest):
        asked.append(digest)
        return b"token"

    assert log.stamp_last_checkpoint(stamp, at=AT) is None
    for start in (0, 1):
        write(1, start=start)
        log.sequence_entries()
        log.write_checkpoint(signer, origin=ORIGIN, at=AT)
    assert bytes(log.stamp_last_checkpoint(stamp, at=AT).token) == b"token"
    assert log.stamp_last_checkpoint(stamp, at=AT) is None
    last = LogCheckpoint.objects.order_by("size").last()
    assert asked == [sha256(bytes(last.note))]
    assert log.inclusion_proof(AuditEntry.objects.first()).token == b"token"


@pytest.fixture
def logged(signer):
    """600 entries in a signed log."""
    entries = write(600)
    log.sequence_entries()
    log.write_checkpoint(signer, origin=ORIGIN, at=AT)
    return entries


def places(signer):
    return {fault.where for fault in verify_log(signer)}


@pytest.mark.django_db
def test_a_changed_entry_is_named(logged, signer, unguarded):
    key = logged[300].pk
    unguarded.execute("UPDATE audit_auditentry SET actor = 'y' WHERE id = %s", [key])
    assert places(signer) == {f"entry {key}"}


@pytest.mark.django_db
def test_a_replaced_entry_is_named_though_its_digest_fits(logged, signer, unguarded):
    entry = logged[300]
    forged = Act(
        action="a.b", subject_type="a", subject_id=entry.subject_id, actor="y", at=AT
    ).digest(position=0, previous=bytes(entry.previous))
    unguarded.execute(
        "UPDATE audit_auditentry SET actor = 'y', digest = %s WHERE id = %s", [forged, entry.pk]
    )
    assert places(signer) == {"leaf 300", "checkpoint 600", "tiles sha256", "tiles sm3"}


@pytest.mark.django_db
def test_a_removed_entry_is_named_by_its_number(logged, signer, unguarded):
    unguarded.execute("DELETE FROM audit_auditentry WHERE id = %s", [logged[300].pk])
    unguarded.execute("DELETE FROM audit_logleaf WHERE index = 300")
    faults = list(verify_log(signer))
    assert faults[0].where == "leaf 300"
    assert "300" in faults[0].message


@pytest.mark.django_db
def test_a_shortened_log_is_noticed(logged, signer, unguarded):
    unguarded.execute("DELETE FROM audit_logleaf WHERE index >= 590")
    unguarded.execute("DELETE FROM audit_auditentry WHERE id >= %s", [logged[590].pk])
    assert "checkpoint 600" in places(signer)


@pytest.mark.django_db
def test_an_entry_taken_out_of_the_log_alone_is_named(logged, signer, unguarded):
    unguarded.execute("DELETE FROM audit_logleaf WHERE index = 599")
    assert f"entry {logged[599].pk}" in places(signer)


@pytest.mark.django_db
def test_a_rewritten_checkpoint_is_noticed(logged, signer, unguarded):
    unguarded.execute("UPDATE audit_logcheckpoint SET root_sm3 = root_sha256")
    assert places(signer) == {"checkpoint 600"}
    unguarded.execute("UPDATE audit_logcheckpoint SET note = 'x'")
    assert "checkpoint 600" in places(signer)


@pytest.mark.django_db
@pytest.mark.parametrize("family", ["sha256", "sm3"])
def test_a_forged_tile_is_noticed(logged, signer, family):
    tile = LogTile.objects.get(level=0, number=1)
    setattr(tile, family, bytes(getattr(tile, family))[:-32] + bytes(32))
    tile.save()
    assert places(signer) == {"leaf 511"}


@pytest.mark.django_db
@pytest.mark.parametrize("family", ["sha256", "sm3"])
def test_a_forged_upper_tile_is_noticed(logged, signer, family):
    tile = LogTile.objects.get(level=1)
    setattr(tile, family, bytes(32) + bytes(getattr(tile, family))[32:])
    tile.save()
    assert places(signer) == {f"tiles {family}"}
    tile.delete()
    assert places(signer) == {"tiles sha256", "tiles sm3"}


@pytest.mark.django_db
@pytest.mark.parametrize("table", ["logleaf", "logcheckpoint"])
@pytest.mark.parametrize("statement", ["UPDATE audit_{} SET {} = 1000", "DELETE FROM audit_{}"])
def test_the_database_refuses_to_change_the_log(logged, table, statement):
    column = "index" if table == "logleaf" else "size"
    with pytest.raises(Error, match="never changed"), transaction.atomic():
        connection.cursor().execute(statement.format(table, column))


@pytest.mark.django_db
def test_a_log_without_a_signer_says_so():
    before = list(log._installed)
    log._installed.clear()
    try:
        with pytest.raises(RuntimeError, match="signer"):
            log.checkpoint_signer()
    finally:
        log._installed[:] = before
