"""Data keys: envelopes that open only where they belong, rotation, and blind indexes."""

import json
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baozhen.foundation.errors import Refusal
from baozhen.foundation.keys.errors import KeyConfigurationFault, UnknownDataKey
from baozhen.foundation.keys.keyring import DataKeyring, get_keyring, key_id_of, parse_keyring
from baozhen.foundation.keys.private_files import write_private
from baozhen.trust.errors import TrustError, VerificationError

OLD, NEW = "11" * 16, "22" * 16
RING = parse_keyring(json.dumps({"current": "2025", "keys": {"2025": OLD}, "index": "33" * 32}))
PLACE = b"proposals.content"


def ring(**changes: object) -> str:
    return json.dumps({"current": "2025", "keys": {"2025": OLD}, "index": "33" * 32} | changes)


def test_an_envelope_opens_where_it_belongs_and_nowhere_else():
    envelope = RING.seal(b"content", aad=PLACE)
    assert RING.open_sealed(envelope, aad=PLACE) == b"content"
    assert key_id_of(envelope) == "2025"
    with pytest.raises(VerificationError):
        RING.open_sealed(envelope, aad=b"policies.content")


def test_equal_contents_have_different_envelopes():
    envelopes = {RING.seal(b"content", aad=PLACE) for _ in range(50)}
    assert len(envelopes) == 50


def test_a_rotated_ring_reads_the_old_and_writes_with_the_new():
    rotated = parse_keyring(ring(current="2026", keys={"2025": OLD, "2026": NEW}))
    assert rotated.open_sealed(RING.seal(b"old", aad=PLACE), aad=PLACE) == b"old"
    envelope = rotated.seal(b"new", aad=PLACE)
    assert key_id_of(envelope) == "2026"
    with pytest.raises(UnknownDataKey, match="2026") as refusal:
        RING.open_sealed(envelope, aad=PLACE)
    assert isinstance(refusal.value, Refusal)


def test_an_envelope_cannot_be_said_to_be_of_another_key():
    """Even if both ids named the same key: the id is authenticated."""
    twins = parse_keyring(ring(keys={"2025": OLD, "2026": OLD}))
    envelope = twins.seal(b"content", aad=PLACE)
    with pytest.raises(VerificationError):
        twins.open_sealed(envelope.replace(b"2025", b"2026"), aad=PLACE)


def test_blind_indexes_find_equals_and_keep_purposes_apart():
    index = RING.blind_index("京A12345", "plate")
    assert index == RING.blind_index("京A12345", "plate")
    assert len(index) == 64
    assert index != RING.blind_index("京A12346", "plate")
    assert index != RING.blind_index("京A12345", "name")
    other = parse_keyring(ring(index="44" * 32))
    assert index != other.blind_index("京A12345", "plate")


def test_indexes_survive_the_rotation_of_data_keys():
    rotated = parse_keyring(ring(current="2026", keys={"2025": OLD, "2026": NEW}))
    assert rotated.blind_index("京A12345", "plate") == RING.blind_index("京A12345", "plate")


@settings(deadline=None, max_examples=60)
@given(content=st.binary(max_size=200), aad=st.binary(max_size=40), bit=st.integers(0, 4000))
def test_one_flipped_bit_of_an_envelope_is_noticed(content, aad, bit):
    envelope = bytearray(RING.seal(content, aad=aad))
    bit %= 8 * len(envelope)
    envelope[bit // 8] ^= 1 << bit % 8
    with pytest.raises((VerificationError, UnknownDataKey)):
        RING.open_sealed(bytes(envelope), aad=aad)


@settings(deadline=None, max_examples=100)
@given(data=st.binary(max_size=80), cut=st.integers(0, 60))
def test_any_bytes_are_refused_as_an_envelope(data, cut):
    for odd in (data, b"\x01\x042025" + data, RING.seal(b"c", aad=b"")[:cut]):
        if len(odd) < len(RING.seal(b"c", aad=b"")) or odd == data:
            with pytest.raises((TrustError, UnknownDataKey)):
                RING.open_sealed(odd, aad=b"")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "no json " + OLD,
        ring(current="2026"),
        ring(keys={"2025": "11" * 15}),
        ring(keys={"2025": "zz" * 16}),
        ring(keys={"2025": OLD, "Äöü": OLD}),
        ring(keys=[OLD]),
        ring(keys={"2025": 7}),
        ring(index="33" * 16),
    ],
)
def test_a_broken_ring_is_refused_without_quoting_it(text):
    with pytest.raises(KeyConfigurationFault) as refusal:
        parse_keyring(text)
    assert OLD not in str(refusal.value)
    assert refusal.value.__cause__ is None


def test_a_ring_shows_no_keys():
    assert OLD not in repr(RING)
    assert "\\x11" not in repr(RING)


@pytest.fixture
def place(settings, tmp_path, monkeypatch):
    monkeypatch.delenv("BAOZHEN_DATA_KEYS", raising=False)
    settings.BAOZHEN_MODE, settings.BAOZHEN_DATA = "development", tmp_path
    settings.BAOZHEN_DATA_KEYS = ""
    return settings


def test_development_makes_a_ring_and_keeps_it(place, tmp_path):
    made = get_keyring()
    assert made.is_development
    kept = parse_keyring((tmp_path / "keys" / "data-keys.json").read_text())
    assert kept.open_sealed(made.seal(b"content", aad=PLACE), aad=PLACE) == b"content"


def test_processes_that_start_together_agree_on_one_ring(place):
    """Threads stand in for them: each makes a ring, one is kept, all use that one."""
    found, barrier = [], threading.Barrier(4)

    def work() -> None:
        barrier.wait()
        found.append(get_keyring().index)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(found)) == 1


def test_production_makes_no_ring(place, tmp_path):
    place.BAOZHEN_MODE = "production"
    with pytest.raises(KeyConfigurationFault, match="BAOZHEN_DATA_KEYS"):
        get_keyring()
    assert not (tmp_path / "keys").exists()


def test_production_refuses_developments_ring(place, tmp_path):
    get_keyring()
    place.BAOZHEN_DATA_KEYS = str(tmp_path / "keys" / "data-keys.json")
    assert isinstance(get_keyring(), DataKeyring)
    place.BAOZHEN_MODE = "production"
    with pytest.raises(KeyConfigurationFault, match="开发"):
        get_keyring()


@pytest.mark.parametrize("inline", [True, False])
def test_production_reads_the_ring_it_is_given(place, tmp_path, inline):
    write_private(tmp_path / "secret" / "ring.json", ring().encode())
    place.BAOZHEN_MODE = "production"
    place.BAOZHEN_DATA_KEYS = ring() if inline else str(tmp_path / "secret" / "ring.json")
    envelope = RING.seal(b"content", aad=PLACE)
    assert get_keyring().open_sealed(envelope, aad=PLACE) == b"content"


def test_the_environment_serves_where_settings_are_silent(place, monkeypatch):
    monkeypatch.setenv("BAOZHEN_DATA_KEYS", ring())
    assert get_keyring().current == "2025"
