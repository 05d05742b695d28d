"""The self-test of every backend: the standards' examples, then a fresh key of each family.

It runs when a process starts, every hour, and for `baozhen doctor`. It fails closed: BackendError
names the backend, and nothing may be signed or verified after it.
"""

from collections.abc import Callable

from cryptography.hazmat.backends.openssl import backend as pyca

from baozhen.trust.crypto import second, sm2, sm4, vectors
from baozhen.trust.crypto.der import sm2_spki
from baozhen.trust.crypto.digests import sm3
from baozhen.trust.crypto.keys import (
    Algorithm,
    Signer,
    generate,
    verify_signature,
    verify_signature_independently,
)
from baozhen.trust.errors import BackendError, TrustError, VerificationError

_MESSAGE = "保真：自检".encode()
_NONCE = bytes(sm4.NONCE_BYTES)


def self_test() -> tuple[str, ...]:
    """Try every backend; one Chinese line for each that passed. Raises BackendError."""
    return (
        _try("SM3", pyca_name(), check_sm3),
        _try("SM3", second.backend_name(), check_second_sm3),
        _try("SM4", pyca_name(), check_sm4),
        _try("SM2", sm2.backend_name(), check_sm2),
        _try("SM2 复核", second.backend_name(), check_second_sm2),
        _try("RSA", pyca_name(), lambda: check_signer(generate(Algorithm.RSA_SHA256))),
        _try("ECDSA", pyca_name(), lambda: check_signer(generate(Algorithm.ECDSA_P256_SHA256))),
    )


def check_signer(signer: Signer) -> None:
    """Sign a probe, verify it with both implementations, and see a changed probe refused.

    Raises TrustError. Also right for keys in tokens and devices, hourly.
    """
    algorithm, public_key, signature = signer.algorithm, signer.public_key, signer.sign(_MESSAGE)
    verify_signature(public_key, _MESSAGE, signature, algorithm=algorithm)
    # That the second implementation refuses too is proved by the tests on the very wheel that the
    # lock file names; here it would write noise to the error stream every hour.
    verify_signature_independently(public_key, _MESSAGE, signature, algorithm=algorithm)
    try:
        verify_signature(public_key, _MESSAGE + b".", signature, algorithm=algorithm)
    except VerificationError:
        return
    raise VerificationError(0, "对改动过的内容也判为有效")


def check_sm3(digest: Callable[[bytes], bytes] = sm3) -> None:
    """Hold `digest` to the two examples of GB/T 32905 annex A."""
    for message, expected in vectors.SM3_EXAMPLES:
        if digest(message).hex() != expected:
            raise VerificationError(0, "与 GB/T 32905 的示例不符")


def check_second_sm3() -> None:
    """Hold the second implementation's SM3, with Z, to the e of GB/T 32918.5 annex A."""
    if second.digest(vectors.SM2_POINT, vectors.SM2_MESSAGE) != vectors.SM2_DIGEST:
        raise VerificationError(0, "与 GB/T 32918.5 的示例不符")


def check_sm4() -> None:
    """Hold SM4 to the example of GB/T 32907 annex A, then seal, open and refuse with GCM."""
    if sm4.encrypt_block(vectors.SM4_KEY, vectors.SM4_BLOCK) != vectors.SM4_ENCRYPTED:
        raise VerificationError(0, "与 GB/T 32907 的示例不符")
    sealed = sm4.seal(vectors.SM4_KEY, _MESSAGE, nonce=_NONCE, aad=b"a")
    if sm4.open_sealed(vectors.SM4_KEY, sealed, nonce=_NONCE, aad=b"a") != _MESSAGE:
        raise VerificationError(0, "SM4-GCM 解密后与原文不符")
    try:
        sm4.open_sealed(vectors.SM4_KEY, sealed, nonce=_NONCE, aad=b"b")
    except VerificationError:
        return
    raise VerificationError(0, "SM4-GCM 未发现被改动的附加数据")


def check_sm2() -> None:
    """Verify the example of GB/T 32918.5 with libcrypto, then try a fresh key."""
    sm2.check_backend()
    check_signer(generate(Algorithm.SM2_SM3))


def check_second_sm2() -> None:
    """Verify the example with gmssl-pyx, then a signature of its own with libcrypto."""
    second.verify(sm2_spki(vectors.SM2_POINT), vectors.SM2_MESSAGE, vectors.SM2_SIGNATURE)
    point, scalar = second.generate()
    signature = second.sign(scalar, point, _MESSAGE)
    verify_signature(sm2_spki(point), _MESSAGE, signature, algorithm=Algorithm.SM2_SM3)


def pyca_name() -> str:
    """Return what computes everything but SM2, for `baozhen doctor`."""
    return f"pyca/cryptography（{pyca.openssl_version_text()}）"


def _try(what: str, backend: str, check: Callable[[], None]) -> str:
    try:
        check()
    except TrustError as error:
        raise BackendError(f"{what} 自检未通过，后端 {backend}：{error}") from error
    return f"{what}：{backend}，自检通过"
