"""Whatever comes in: round trips hold, one flipped bit is refused, any bytes give a TrustError."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from baozhen.trust.crypto import second, sm4
from baozhen.trust.crypto.der import SM2_ORDER, read_signature, sm2_spki, write_signature
from baozhen.trust.crypto.keys import (
    Algorithm,
    algorithm_of,
    generate,
    load_pkcs8,
    verify_signature,
    verify_signature_independently,
)
from baozhen.trust.errors import ParseError, TrustError, VerificationError

FAST = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
SIGNERS = {algorithm: generate(algorithm) for algorithm in Algorithm}
FILES = {a: signer.to_pkcs8(b"passphrase", iterations=1_000) for a, signer in SIGNERS.items()}
numbers = st.integers(min_value=1, max_value=SM2_ORDER - 1)


@FAST
@given(message=st.binary(max_size=300))
def test_sm2_signatures_pass_both_ways_across_the_implementations(message):
    signer = SIGNERS[Algorithm.SM2_SM3]
    verify_signature_independently(
        signer.public_key, message, signer.sign(message), algorithm=Algorithm.SM2_SM3
    )
    point, scalar = second.generate()
    signature = second.sign(scalar, point, message)
    verify_signature(sm2_spki(point), message, signature, algorithm=Algorithm.SM2_SM3)


@FAST
@given(algorithm=st.sampled_from(Algorithm), bit=st.integers(0, 5000))
def test_one_flipped_bit_is_refused(algorithm, bit):
    signer, message = SIGNERS[algorithm], b"what was agreed"
    signature = signer.sign(message)
    flipped = bytearray(signature)
    bit %= 8 * len(flipped)
    flipped[bit // 8] ^= 1 << bit % 8
    for verify in (verify_signature, verify_signature_independently):
        with pytest.raises(VerificationError):
            verify(signer.public_key, message, bytes(flipped), algorithm=algorithm)


@FAST
@given(r=numbers, s=numbers)
def test_a_signature_written_is_the_one_read(r, s):
    assert read_signature(write_signature(r, s), order=SM2_ORDER) == (r, s)


@FAST
@given(data=st.binary(max_size=80))
def test_what_is_read_as_a_signature_is_its_only_form(data):
    try:
        r, s = read_signature(data, order=SM2_ORDER)
    except ParseError:
        return
    assert write_signature(r, s) == data


@FAST
@given(
    algorithm=st.sampled_from(Algorithm),
    key=st.one_of(st.binary(max_size=120), st.just(b"")),
    signature=st.binary(max_size=300),
)
def test_any_key_and_signature_give_nothing_but_a_trust_error(algorithm, key, signature):
    for verify in (verify_signature, verify_signature_independently):
        for public_key in (key, SIGNERS[algorithm].public_key):
            with pytest.raises(TrustError):
                verify(public_key, b"message", signature, algorithm=algorithm)
    with pytest.raises(TrustError):
        algorithm_of(key)


@FAST
@given(
    algorithm=st.sampled_from(Algorithm), position=st.integers(0, 400), value=st.integers(0, 255)
)
def test_a_changed_public_key_gives_nothing_but_a_trust_error(algorithm, position, value):
    signer = SIGNERS[algorithm]
    changed = bytearray(signer.public_key)
    position %= len(changed)
    if changed[position] == value:
        return
    changed[position] = value
    with pytest.raises(TrustError):
        verify_signature(bytes(changed), b"m", signer.sign(b"m"), algorithm=algorithm)


@FAST
@given(
    algorithm=st.sampled_from(Algorithm), position=st.integers(0, 3000), value=st.binary(max_size=3)
)
def test_a_damaged_key_file_gives_a_key_or_a_trust_error(algorithm, position, value):
    text = FILES[algorithm]
    position %= len(text)
    damaged = text[:position] + value + text[position + 1 :]
    try:
        signer = load_pkcs8(damaged, b"passphrase")
    except TrustError:
        return
    assert signer.public_key == SIGNERS[algorithm].public_key


@FAST
@given(data=st.binary(max_size=300), passphrase=st.one_of(st.none(), st.binary(max_size=9)))
def test_any_bytes_as_a_key_file_give_nothing_but_a_trust_error(data, passphrase):
    for start in (b"", b"\x30\x82\x01\x00", b"-----BEGIN PRIVATE KEY-----\n"):
        with pytest.raises(TrustError):
            load_pkcs8(start + data, passphrase)


@FAST
@given(plaintext=st.binary(max_size=300), aad=st.binary(max_size=40), data=st.data())
def test_what_sm4_sealed_opens_and_changed_does_not(plaintext, aad, data):
    key, nonce = bytes(range(16)), bytes(range(12))
    sealed = sm4.seal(key, plaintext, nonce=nonce, aad=aad)
    assert sm4.open_sealed(key, sealed, nonce=nonce, aad=aad) == plaintext
    position = data.draw(st.integers(0, len(sealed) - 1))
    changed = bytearray(sealed)
    changed[position] ^= data.draw(st.integers(1, 255))
    with pytest.raises(VerificationError):
        sm4.open_sealed(key, bytes(changed), nonce=nonce, aad=aad)
    with pytest.raises(VerificationError):
        sm4.open_sealed(key, sealed, nonce=nonce, aad=aad + b".")
    with pytest.raises(VerificationError):
        sm4.open_sealed(key, sealed[:9], nonce=nonce, aad=aad)
