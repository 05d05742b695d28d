"""Other people's truth: the standards' examples and signatures made by another program."""

import json
from pathlib import Path
from typing import Any

import pytest
from gmssl_pyx import sm3_hash, sm3_hmac

from baozhen.trust.crypto import second, sm2, sm4
from baozhen.trust.crypto.der import sm2_spki, write_signature
from baozhen.trust.crypto.digests import digest, hmac_sm3, new_sha256, new_sm3, sha256, sm3
from baozhen.trust.crypto.keys import (
    Algorithm,
    load_pkcs8,
    verify_signature,
    verify_signature_independently,
)
from baozhen.trust.errors import (
    KeyFileError,
    SigningError,
    TrustError,
    UnsupportedError,
    VerificationError,
)

VECTORS = Path(__file__).parents[2] / "vectors" / "crypto"
# SubjectPublicKeyInfo of a P-256 point, up to the point.
P256_PREFIX = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")
BOTH = pytest.mark.parametrize("verify", [verify_signature, verify_signature_independently])


def read(name: str) -> dict[str, Any]:
    return json.loads((VECTORS / name).read_text())


@pytest.mark.parametrize("compute", [sm3, lambda data: digest("sm3", data), sm3_hash])
def test_sm3_gives_the_examples_of_gbt_32905(compute):
    for example in read("gbt_32905_sm3.json")["examples"]:
        assert compute(example["message"].encode()).hex() == example["digest"]


def test_incremental_digests_equal_those_in_one_go():
    for new, whole in ((new_sm3, sm3), (new_sha256, sha256)):
        piecewise = new()
        for part in (b"ab", b"", b"c"):
            piecewise.update(part)
        assert piecewise.finalize() == whole(b"abc")


def test_a_digest_of_another_name_is_unsupported():
    with pytest.raises(UnsupportedError, match="md5"):
        digest("md5", b"")


@pytest.mark.parametrize("length", [0, 1, 55, 64, 65, 1000])
def test_hmac_sm3_agrees_with_the_second_implementation(length):
    message = bytes(range(256)) * 4
    assert hmac_sm3(b"key" * 7, message[:length]) == sm3_hmac(b"key" * 7, message[:length])


def test_sm4_gives_the_example_of_gbt_32907():
    vector = read("gbt_32907_sm4.json")
    once = sm4.encrypt_block(bytes.fromhex(vector["key"]), bytes.fromhex(vector["block"]))
    assert once.hex() == vector["once"]


def test_sm4_gcm_gives_the_example_of_rfc_8998():
    vector = {name: bytes.fromhex(text) for name, text in read("rfc_8998_sm4_gcm.json").items()
              if name != "standard"}  # fmt: skip
    key, nonce, aad = vector["key"], vector["nonce"], vector["aad"]
    sealed = sm4.seal(key, vector["plaintext"], nonce=nonce, aad=aad)
    assert sealed == vector["ciphertext"] + vector["tag"]
    assert sm4.open_sealed(key, sealed, nonce=nonce, aad=aad) == vector["plaintext"]


@pytest.mark.parametrize("size", [0, 15, 16, 17, 32])
def test_sm4_refuses_keys_and_nonces_of_a_wrong_size(size):
    if size != sm4.KEY_BYTES:
        with pytest.raises(TrustError, match="密钥"):
            sm4.seal(bytes(size), b"", nonce=bytes(12))
    with pytest.raises(TrustError, match="随机数"):
        sm4.open_sealed(bytes(16), bytes(16), nonce=bytes(size))


@pytest.mark.requirement("S2-L133.02")
@BOTH
def test_sm2_verifies_the_example_of_gbt_32918_5(verify):
    vector = read("gbt_32918_5_sm2.json")
    signature = write_signature(int(vector["r"], 16), int(vector["s"], 16))
    spki = sm2_spki(bytes.fromhex(vector["x"] + vector["y"]))
    verify(spki, vector["message"].encode(), signature, algorithm=Algorithm.SM2_SM3)
    with pytest.raises(VerificationError):
        verify(spki, b"Message digest", signature, algorithm=Algorithm.SM2_SM3)


def test_both_implementations_compute_z_and_e_of_the_example():
    vector = read("gbt_32918_5_sm2.json")
    point = bytes.fromhex(vector["x"] + vector["y"])
    message = vector["message"].encode()
    assert sm2.z_value(point).hex() == vector["z"]
    assert sm2.load_public_key(sm2_spki(point)).digest(message).hex() == vector["e"]
    assert second.digest(point, message).hex() == vector["e"]


def test_z_is_never_computed_with_the_empty_id():
    with pytest.raises(SigningError, match="标识"):
        sm2.z_value(bytes(64), b"")


@BOTH
def test_ecdsa_verifies_the_example_of_rfc_6979(verify):
    vector = read("rfc_6979_ecdsa.json")
    spki = P256_PREFIX + bytes.fromhex(vector["x"] + vector["y"])
    signature = write_signature(int(vector["r"], 16), int(vector["s"], 16))
    verify(spki, b"sample", signature, algorithm=Algorithm.ECDSA_P256_SHA256)
    with pytest.raises(VerificationError):
        verify(spki, b"Sample", signature, algorithm=Algorithm.ECDSA_P256_SHA256)


@BOTH
def test_openssl_with_the_id_is_accepted_and_without_it_refused(verify):
    vector = read("openssl_sm2.json")
    spki, message = bytes.fromhex(vector["public_key"]), vector["message"].encode()
    good, empty = (bytes.fromhex(vector[name]) for name in ("signature", "signature_empty_id"))
    verify(spki, message, good, algorithm=Algorithm.SM2_SM3)
    with pytest.raises(VerificationError):
        verify(spki, message, empty, algorithm=Algorithm.SM2_SM3)


def test_the_signature_with_the_empty_id_is_whole_but_for_its_id():
    """The twin of the refusal: with Z of the empty id put in by hand, the mathematics holds."""
    vector = read("openssl_sm2.json")
    key = sm2.load_public_key(bytes.fromhex(vector["public_key"]))
    z_empty = sm3(bytes(2) + second._BEFORE_POINT[18:] + key.point)
    e = sm3(z_empty + vector["message"].encode())
    key.verify_digest(e, bytes.fromhex(vector["signature_empty_id"]))


@pytest.mark.parametrize("scheme", ["pkcs8_aes256", "pkcs8_sm4"])
def test_key_files_written_by_openssl_are_read(scheme):
    vector = read("openssl_sm2.json")
    signer = load_pkcs8(vector[scheme].encode(), vector["passphrase"].encode())
    assert signer.public_key.hex() == vector["public_key"]
    with pytest.raises(KeyFileError, match="口令不对"):
        load_pkcs8(vector[scheme].encode(), b"another passphrase")


def test_legacy_encryption_of_key_files_is_refused():
    vector = read("openssl_sm2.json")
    with pytest.raises(KeyFileError, match="加密方式"):
        load_pkcs8(vector["pkcs8_pbes1_3des"].encode(), vector["passphrase"].encode())
