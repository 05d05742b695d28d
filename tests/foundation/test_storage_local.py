"""The store in a folder: whole objects or none, never written twice, never readable by others."""

import json
import stat

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from baozhen.foundation.keys.keyring import parse_keyring
from baozhen.foundation.storage import ObjectDamaged, ObjectMissing, StorageOutage, get_storage
from baozhen.foundation.storage.local import LocalStorage
from baozhen.foundation.storage.port import address_of


def make_ring(current, **keys):
    return parse_keyring(json.dumps({"current": current, "keys": keys, "index": "ab" * 32}))


RING = make_ring("old", old="01" * 16)


@pytest.fixture
def storage(tmp_path):
    return LocalStorage(tmp_path / "archive", ring=RING)


def path_of(storage, sha256):
    return storage._path(sha256)


@given(st.binary(max_size=5_000))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_what_is_put_is_got(storage, data):
    sha256 = storage.put(data)
    assert sha256 == address_of(data)
    assert storage.get(sha256) == data
    assert storage.exists(sha256)


def test_many_are_put_at_once_and_listed(storage):
    objects = [bytes([number]) * 100 for number in range(20)]
    addresses = storage.put_many([*objects, objects[0]])
    assert addresses[0] == addresses[20]
    assert sorted(storage.addresses()) == sorted(set(addresses))
    assert [storage.get(address) for address in addresses[:20]] == objects


def test_nothing_is_left_beside_the_objects(storage, tmp_path):
    storage.put(b"one")
    assert list((tmp_path / "archive" / "incoming").iterdir()) == []


@pytest.mark.requirement("S0-7.1.4")
def test_an_object_is_encrypted_and_read_only(storage):
    sha256 = storage.put(b"a very secret policy")
    path = path_of(storage, sha256)
    assert b"secret" not in path.read_bytes()
    assert not stat.S_IMODE(path.stat().st_mode) & 0o333


def test_an_object_is_not_written_twice(storage):
    sha256 = storage.put(b"one")
    before = path_of(storage, sha256).stat()
    storage.put(b"one")
    after = path_of(storage, sha256).stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_a_second_writer_does_not_replace_the_first(storage):
    sha256 = address_of(b"one")
    storage.put(b"two")  # makes the folders
    temporary = storage._incoming / "mine"
    storage.put(b"one")
    before = path_of(storage, sha256).read_bytes()
    temporary.write_bytes(b"something else")
    storage._place(sha256, temporary)
    assert path_of(storage, sha256).read_bytes() == before


def damage(path, change):
    path.chmod(0o600)
    path.write_bytes(change(path.read_bytes()))


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data[:-1] + bytes([data[-1] ^ 1]),
        lambda data: data[:-1],
        lambda data: data + b"x",
        lambda data: b"",
        lambda data: b"plain",
    ],
)
def test_a_damaged_object_is_noticed_on_reading_and_on_putting_again(storage, change):
    sha256 = storage.put(b"one")
    damage(path_of(storage, sha256), change)
    with pytest.raises(ObjectDamaged):
        storage.get(sha256)
    with pytest.raises(ObjectDamaged):
        storage.put(b"one")


@given(st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_flipped_bit_is_noticed(storage, data):
    sha256 = storage.put(b"one flipped bit")
    path = path_of(storage, sha256)
    whole = path.read_bytes()
    bit = data.draw(st.integers(0, len(whole) * 8 - 1))
    flipped = bytearray(whole)
    flipped[bit // 8] ^= 1 << bit % 8
    damage(path, lambda _: bytes(flipped))
    with pytest.raises(ObjectDamaged):
        storage.get(sha256)
    damage(path, lambda _: whole)


def test_an_object_moved_to_another_address_is_noticed(storage):
    one, two = storage.put(b"one"), storage.put(b"two")
    damage(path_of(storage, two), lambda _: path_of(storage, one).read_bytes())
    with pytest.raises(ObjectDamaged):
        storage.get(two)


@pytest.mark.parametrize("address", ["ab" * 32, "", "../../etc/passwd", "AB" * 32, "a" * 63])
def test_what_is_not_there_is_missing(storage, address):
    with pytest.raises(ObjectMissing):
        storage.get(address)


def test_an_old_key_still_reads_and_the_new_one_writes(storage, tmp_path):
    old = storage.put(b"one")
    ring = make_ring("new", old="01" * 16, new="02" * 16)
    rotated = LocalStorage(tmp_path / "archive", ring=ring)
    assert rotated.get(old) == b"one"
    new = rotated.put(b"two")
    with pytest.raises(ObjectDamaged):
        storage.get(new)


def test_removal_is_final_and_repeatable(storage):
    sha256 = storage.put(b"one")
    storage.remove(sha256)
    storage.remove(sha256)
    assert not storage.exists(sha256)


def test_a_full_or_broken_disk_is_an_outage(tmp_path):
    (tmp_path / "archive").write_text("a file where the folder should be")
    with pytest.raises(StorageOutage):
        LocalStorage(tmp_path / "archive", ring=RING).put(b"one")


def test_the_settings_name_the_store(settings, tmp_path):
    settings.BAOZHEN_STORAGE = "local"
    settings.BAOZHEN_ARCHIVE = tmp_path
    assert get_storage().get(get_storage().put(b"one")) == b"one"
    assert get_storage() is get_storage()


def test_a_store_never_keeps_the_keys_of_other_settings(settings, tmp_path):
    """Found: the store was remembered by its folder alone, with whichever keys came first."""
    settings.BAOZHEN_ARCHIVE = tmp_path / "archive"
    settings.BAOZHEN_DATA = tmp_path / "elsewhere"
    elsewhere = get_storage()
    settings.BAOZHEN_DATA = tmp_path / "here"
    stored = get_storage().put(b"content")
    with pytest.raises(ObjectDamaged):
        elsewhere.get(stored)
    assert get_storage().get(stored) == b"content"
