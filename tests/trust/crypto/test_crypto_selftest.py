"""The self-test names every backend and fails closed."""

import ctypes
from dataclasses import dataclass, replace

import pytest

from baozhen.trust.crypto import libcrypto, selftest, sm2, vectors
from baozhen.trust.crypto.keys import Algorithm, generate
from baozhen.trust.errors import BackendError, TrustError, VerificationError


def test_it_tells_who_computes_what():
    lines = selftest.self_test()
    assert [line.partition("：")[0] for line in lines] == [
        "SM3", "SM3", "SM4", "SM2", "SM2 复核", "RSA", "ECDSA",
    ]  # fmt: skip
    assert all(line.endswith("自检通过") for line in lines)
    assert sum("libcrypto" in line for line in lines) == 1
    assert sum("gmssl-pyx" in line for line in lines) == 2


def test_a_backend_that_computes_wrongly_is_named(monkeypatch):
    monkeypatch.setattr(vectors, "SM2_MESSAGE", b"another message")
    with pytest.raises(BackendError, match="libcrypto") as failure:
        sm2.check_backend()
    assert "GB/T 32918.5" in str(failure.value)
    with pytest.raises(BackendError, match="gmssl-pyx"):
        selftest.self_test()


def test_a_wrong_digest_is_noticed():
    with pytest.raises(VerificationError, match="GB/T 32905"):
        selftest.check_sm3(lambda message: bytes(32))


def test_a_key_whose_signatures_are_void_is_noticed():
    signer = generate(Algorithm.SM2_SM3)
    selftest.check_signer(signer)
    with pytest.raises(TrustError):
        selftest.check_signer(replace(signer, public_key=generate(Algorithm.SM2_SM3).public_key))


@dataclass
class OldLibrary:
    """A libcrypto before 3.0: the functions are there, the number is not."""

    number: int = 0x1010117F

    def __getattr__(self, name: str):
        number = object.__getattribute__(self, "number")
        prototype = ctypes.CFUNCTYPE(ctypes.c_ulong)
        return prototype(lambda: number)


def test_an_old_libcrypto_is_refused(monkeypatch):
    monkeypatch.setattr(libcrypto, "_open", OldLibrary)
    with pytest.raises(BackendError, match="太旧"):
        libcrypto._load()


def test_a_libcrypto_without_the_functions_is_refused(monkeypatch):
    monkeypatch.setattr(libcrypto, "_open", lambda: ctypes.CDLL(None))
    monkeypatch.setattr(libcrypto, "_PROTOTYPES", {"EVP_no_such_function": (None, [])})
    with pytest.raises(BackendError, match="EVP_no_such_function"):
        libcrypto._load()


def test_a_machine_without_libcrypto_is_told_what_to_install(monkeypatch):
    monkeypatch.setattr(libcrypto, "_NAMES", ("libcrypto-of-nowhere.so",))
    monkeypatch.setattr(ctypes.util, "find_library", lambda name: None)
    with pytest.raises(BackendError, match="libssl3"):
        libcrypto._load()


def test_a_libcrypto_under_another_name_is_found(monkeypatch):
    monkeypatch.setattr(libcrypto, "_NAMES", ("libcrypto-of-nowhere.so",))
    monkeypatch.setattr(ctypes.util, "find_library", lambda name: libcrypto.library._name)
    assert libcrypto._load().OpenSSL_version_num() >> 28 >= 3
    monkeypatch.setattr(ctypes.util, "find_library", lambda name: "libcrypto-of-nowhere.so")
    with pytest.raises(BackendError, match="libcrypto-of-nowhere"):
        libcrypto._load()


def test_the_random_generator_gives_what_was_asked():
    one, two = libcrypto.random_bytes(32), libcrypto.random_bytes(32)
    assert len(one) == 32
    assert one != two
