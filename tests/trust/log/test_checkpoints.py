"""Checkpoints: signed by both families, one canonical form."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baozhen.trust.crypto.digests import sha256, sm3
from baozhen.trust.errors import ParseError, SigningError, TrustError, VerificationError
from baozhen.trust.log.checkpoint import (
    Checkpoint,
    key_name,
    parse_note,
    sign_checkpoint,
    verify_checkpoint,
)
from tests.pki import NOW, family, stranger

CHECKPOINT = Checkpoint("baozhen.example/log", 12, sha256(b"root"), sm3(b"root"), NOW)


def signers() -> list:
    return [family(name).signer.signer for name in ("sm2", "rsa")]


def keys() -> list[bytes]:
    return [signer.public_key for signer in signers()]


def note() -> bytes:
    return sign_checkpoint(CHECKPOINT, signers=signers())


@pytest.mark.requirement("S2-L133.02")
def test_a_checkpoint_comes_back_with_both_signatures() -> None:
    data = note()
    assert verify_checkpoint(data, origin=CHECKPOINT.origin, public_keys=keys()) == CHECKPOINT
    assert set(parse_note(data).signatures) == set(map(key_name, keys()))
    assert data.decode().splitlines()[1] == "12"


@given(
    st.integers(0, 1 << 62),
    st.binary(min_size=32, max_size=32),
    st.datetimes(datetime(1970, 1, 1), datetime(9998, 1, 1)),  # noqa: DTZ001
)
def test_every_checkpoint_comes_back(size: int, root: bytes, at: datetime) -> None:
    moment = at.replace(microsecond=0, tzinfo=UTC)
    checkpoint = Checkpoint("origin", size, root, root[::-1], moment)
    data = sign_checkpoint(checkpoint, signers=[family("ecdsa").signer.signer])
    assert parse_note(data).checkpoint == checkpoint


def test_no_byte_of_a_note_can_be_changed() -> None:
    original = note()
    for position in range(len(original)):
        changed = bytearray(original)
        changed[position] ^= 1 << position % 8
        with pytest.raises(TrustError):
            verify_checkpoint(bytes(changed), origin=CHECKPOINT.origin, public_keys=keys())


def test_every_expected_signature_must_be_there_and_no_other() -> None:
    one = sign_checkpoint(CHECKPOINT, signers=signers()[:1])
    three = sign_checkpoint(
        CHECKPOINT, signers=[*signers(), stranger().families["sm2"].signer.signer]
    )
    for data in (one, three):
        with pytest.raises(VerificationError, match="签名者"):
            verify_checkpoint(data, origin=CHECKPOINT.origin, public_keys=keys())
    with pytest.raises(VerificationError):
        verify_checkpoint(note(), origin=CHECKPOINT.origin, public_keys=[])


def test_another_log_s_checkpoint_is_refused() -> None:
    with pytest.raises(VerificationError, match="另一个"):
        verify_checkpoint(note(), origin="other.example/log", public_keys=keys())


@pytest.mark.parametrize(
    "changes",
    [
        {"origin": "two words"},
        {"origin": "line\nbreak"},
        {"size": -1},
        {"root_sm3": b"short"},
        {"at": NOW + timedelta(microseconds=1)},
        {"at": NOW.replace(tzinfo=None)},
    ],
)
def test_what_cannot_be_written_is_not_signed(changes: dict[str, object]) -> None:
    with pytest.raises(SigningError):
        sign_checkpoint(replace(CHECKPOINT, **changes), signers=signers())


def test_a_note_without_signature_is_not_made() -> None:
    with pytest.raises(SigningError):
        sign_checkpoint(CHECKPOINT, signers=[])


@given(st.binary(max_size=300))
def test_any_bytes_give_our_error(data: bytes) -> None:
    with pytest.raises(ParseError):
        parse_note(data)


def test_impossible_days_are_refused() -> None:
    with pytest.raises(ParseError):
        parse_note(note().replace(b"2026-06-01", b"2026-06-31"))
