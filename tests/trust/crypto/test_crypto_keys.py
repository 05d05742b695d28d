"""Signing, verifying, and private keys in files, for every family."""

import pickle
import threading

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from baozhen.trust.crypto import second, sm2
from baozhen.trust.crypto.der import (
    P256_ORDER,
    SM2_ORDER,
    read_signature,
    sm2_point,
    sm2_spki,
    write_signature,
)
from baozhen.trust.crypto.digests import sm3
from baozhen.trust.crypto.keys import (
    Algorithm,
    SoftwareSigner,
    algorithm_of,
    generate,
    load_pkcs8,
    verify_signature,
    verify_signature_independently,
)
from baozhen.trust.errors import (
    KeyFileError,
    ParseError,
    SigningError,
    TrustError,
    UnsupportedError,
    VerificationError,
)

MESSAGE = "保单内容".encode()
FEW = 1_000  # PBKDF2 iterations: the tests' passphrases protect nothing
BOTH = pytest.mark.parametrize("verify", [verify_signature, verify_signature_independently])
EVERY = pytest.mark.parametrize("algorithm", list(Algorithm))


@pytest.fixture(scope="module")
def signers() -> dict[Algorithm, SoftwareSigner]:
    return {algorithm: generate(algorithm) for algorithm in Algorithm}


@EVERY
@BOTH
def test_a_signature_verifies_and_another_message_does_not(signers, algorithm, verify):
    signer = signers[algorithm]
    signature = signer.sign(MESSAGE)
    assert algorithm_of(signer.public_key) is algorithm is signer.algorithm
    verify(signer.public_key, MESSAGE, signature, algorithm=algorithm)
    with pytest.raises(VerificationError) as refusal:
        verify(signer.public_key, MESSAGE + b".", signature, algorithm=algorithm)
    assert refusal.value.step == 0


@EVERY
def test_another_key_of_the_family_does_not_verify(signers, algorithm):
    signature = generate(algorithm).sign(MESSAGE)
    with pytest.raises(VerificationError):
        verify_signature(signers[algorithm].public_key, MESSAGE, signature, algorithm=algorithm)


@pytest.mark.parametrize("claimed", list(Algorithm))
@EVERY
@BOTH
def test_an_algorithm_that_is_not_the_keys_is_refused(signers, algorithm, claimed, verify):
    if algorithm is claimed:
        return
    signer = signers[algorithm]
    with pytest.raises((VerificationError, ParseError)):
        verify(signer.public_key, MESSAGE, signer.sign(MESSAGE), algorithm=claimed)


def test_both_sm2_implementations_read_each_other():
    point, scalar = second.generate()
    signature = second.sign(scalar, point, MESSAGE)
    verify_signature(sm2_spki(point), MESSAGE, signature, algorithm=Algorithm.SM2_SM3)


@BOTH
def test_sm2_without_z_is_refused(verify):
    """Some devices sign SM3(M) where the standard wants SM3(Z ‖ M)."""
    key = sm2.generate()
    with pytest.raises(VerificationError):
        verify(key.public_key, MESSAGE, key.sign_digest(sm3(MESSAGE)), algorithm=Algorithm.SM2_SM3)


def test_sm2_without_z_is_a_signature_over_the_bare_digest():
    """The twin of the refusal above: the mathematics itself would let it pass."""
    key = sm2.generate()
    signature = key.sign_digest(sm3(MESSAGE))
    sm2.load_public_key(key.public_key).verify_digest(sm3(MESSAGE), signature)


def test_sm2_signs_digests_of_32_bytes_only():
    with pytest.raises(SigningError, match="32"):
        sm2.generate().sign_digest(bytes(20))


def _long_form(signature: bytes) -> bytes:
    return b"\x30\x81" + signature[1:]


def _padded_r(signature: bytes) -> bytes:
    length = signature[3]
    return (
        bytes((0x30, signature[1] + 1, 2, length + 1, 0))
        + signature[4 : 4 + length]
        + signature[4 + length :]
    )


def _negative_r(signature: bytes) -> bytes:
    return signature[:4] + bytes((signature[4] | 0x80,)) + signature[5:]


def _indefinite(signature: bytes) -> bytes:
    return b"\x30\x80" + signature[2:] + b"\0\0"


ODD_SHAPES = [
    lambda signature: signature + b"\0",
    lambda signature: signature[:-1],
    lambda signature: b"",
    lambda signature: b"\x31" + signature[1:],
    lambda signature: b"\x30\x00",
    lambda signature: bytes((0x30, signature[1] + 2)) + signature[2:] + b"\x05\x00",
    _long_form,
    _padded_r,
    _negative_r,
    _indefinite,
]


@pytest.mark.parametrize("algorithm", [Algorithm.SM2_SM3, Algorithm.ECDSA_P256_SHA256])
@pytest.mark.parametrize("change", ODD_SHAPES)
@BOTH
def test_every_encoding_but_the_canonical_one_is_refused(signers, algorithm, change, verify):
    signer = signers[algorithm]
    odd = change(signer.sign(MESSAGE))
    with pytest.raises(VerificationError):
        verify(signer.public_key, MESSAGE, odd, algorithm=algorithm)


@pytest.mark.parametrize(
    ("algorithm", "order"),
    [(Algorithm.SM2_SM3, SM2_ORDER), (Algorithm.ECDSA_P256_SHA256, P256_ORDER)],
)
@BOTH
def test_numbers_out_of_range_are_refused(signers, algorithm, order, verify):
    signer = signers[algorithm]
    r, s = read_signature(signer.sign(MESSAGE), order=order)
    for odd in ((0, s), (r, 0), (order, s), (r, order), (r + order, s), (r, s + order)):
        with pytest.raises(VerificationError):
            verify(signer.public_key, MESSAGE, write_signature(*odd), algorithm=algorithm)


def test_the_other_ecdsa_signature_is_known_to_be_equivalent(signers):
    """ECDSA is malleable: (r, n - s) verifies too. No document may be known by its signature."""
    signer = signers[Algorithm.ECDSA_P256_SHA256]
    r, s = read_signature(signer.sign(MESSAGE), order=P256_ORDER)
    twin = write_signature(r, P256_ORDER - s)
    verify_signature(signer.public_key, MESSAGE, twin, algorithm=signer.algorithm)


def test_an_rsa_signature_has_the_length_of_its_modulus(signers):
    signer = signers[Algorithm.RSA_SHA256]
    signature = signer.sign(MESSAGE)
    for odd in (signature + b"\0", b"\0" + signature, signature[:-1], b""):
        with pytest.raises(VerificationError):
            verify_signature(signer.public_key, MESSAGE, odd, algorithm=signer.algorithm)


def _spki(key) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.requirement("S4-4.8.3.3")
def test_keys_that_are_not_ours_are_unsupported():
    strangers = [
        ec.generate_private_key(ec.SECP384R1()),
        ed25519.Ed25519PrivateKey.generate(),
        rsa.generate_private_key(65537, 1024),  # noqa: S505 - to be refused
    ]
    for stranger in strangers:
        with pytest.raises(UnsupportedError):
            algorithm_of(_spki(stranger))
        der = stranger.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        with pytest.raises(UnsupportedError):
            load_pkcs8(der, None)
    with pytest.raises(UnsupportedError, match="1024"):
        generate(Algorithm.RSA_SHA256, rsa_bits=1024)


def test_sm2_points_off_the_curve_are_refused(signers):
    point = bytearray(sm2_point(signers[Algorithm.SM2_SM3].public_key))
    point[-1] ^= 1
    for odd in (bytes(point), bytes(64), b"\xff" * 64):
        with pytest.raises(ParseError):
            verify_signature(sm2_spki(odd), MESSAGE, b"", algorithm=Algorithm.SM2_SM3)
        signature = signers[Algorithm.SM2_SM3].sign(MESSAGE)
        with pytest.raises(TrustError):
            second.verify(sm2_spki(odd), MESSAGE, signature)
    with pytest.raises(ParseError):
        sm2_spki(bytes(65))
    with pytest.raises(ParseError):
        sm2_point(signers[Algorithm.SM2_SM3].public_key + b"\0")


@pytest.mark.parametrize("algorithm", [Algorithm.SM2_SM3, Algorithm.ECDSA_P256_SHA256])
def test_a_hybrid_point_is_refused_as_a_second_form_of_the_key(signers, algorithm):
    spki = signers[algorithm].public_key
    hybrid = spki[:26] + bytes((6 | spki[-1] & 1,)) + spki[27:]
    with pytest.raises(ParseError):
        algorithm_of(hybrid)


@EVERY
def test_a_key_survives_its_encrypted_file(signers, algorithm):
    signer = signers[algorithm]
    text = signer.to_pkcs8(b"passphrase", iterations=FEW)
    assert text.startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n")
    again = load_pkcs8(text, b"passphrase")
    assert (again.algorithm, again.public_key) == (signer.algorithm, signer.public_key)
    verify_signature(signer.public_key, MESSAGE, again.sign(MESSAGE), algorithm=algorithm)
    for passphrase in (None, b"", b"Passphrase"):
        with pytest.raises(KeyFileError, match="口令"):
            load_pkcs8(text, passphrase)


def test_our_key_files_are_read_by_others(signers):
    text = signers[Algorithm.RSA_SHA256].to_pkcs8(b"passphrase", iterations=FEW)
    assert _spki(load_pem_private_key(text, b"passphrase")) == (
        signers[Algorithm.RSA_SHA256].public_key
    )


@EVERY
def test_the_passphrase_is_mandatory_and_each_file_has_its_own_salt(signers, algorithm):
    with pytest.raises(KeyFileError, match="不得为空"):
        signers[algorithm].to_pkcs8(b"")
    with pytest.raises(KeyFileError, match="参数"):
        signers[algorithm].to_pkcs8(b"passphrase", iterations=1)
    one, two = (signers[algorithm].to_pkcs8(b"p", iterations=FEW) for _ in range(2))
    assert one != two


def test_a_key_in_clear_is_read_only_when_nobody_expects_it_encrypted(signers):
    der = signers[Algorithm.SM2_SM3]._to_der()
    assert load_pkcs8(der, None).public_key == signers[Algorithm.SM2_SM3].public_key
    with pytest.raises(KeyFileError, match="没有加密"):
        load_pkcs8(der, b"passphrase")


def test_an_sm2_file_with_another_keys_public_half_is_refused():
    mine, other = sm2.generate(), sm2.generate()
    der = mine.to_der()
    assert der.count(mine.point) == 1
    with pytest.raises(KeyFileError, match="不成对"):
        load_pkcs8(der.replace(mine.point, other.point), None)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\x30\x00",
        b"-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n",
        b"-----BEGIN PRIVATE KEY-----\nA\n-----END PRIVATE KEY-----\n",
        b"-----BEGIN PRIVATE KEY-----\nMAA=\n-----END ENCRYPTED PRIVATE KEY-----\n",
        bytes(70_000),
    ],
)
def test_what_is_no_key_file_is_said_to_be_none(text):
    with pytest.raises(KeyFileError):
        load_pkcs8(text, b"passphrase")


def test_a_signer_shows_no_key_and_crosses_no_process_border(signers):
    signer = signers[Algorithm.SM2_SM3]
    assert repr(signer) == "SoftwareSigner(sm2-sm3)"
    with pytest.raises(TypeError):
        pickle.dumps(signer)


def test_threads_share_one_sm2_key(signers):
    signer, faults = signers[Algorithm.SM2_SM3], []

    def work(number: int) -> None:
        for turn in range(25):
            message = f"{number}/{turn}".encode()
            try:
                signature = signer.sign(message)
                verify_signature(signer.public_key, message, signature, algorithm=Algorithm.SM2_SM3)
            except TrustError as error:
                faults.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults


def test_errors_survive_the_border_of_a_process():
    for error in (VerificationError(3, "原因"), UnsupportedError("某物")):
        again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
        assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))
