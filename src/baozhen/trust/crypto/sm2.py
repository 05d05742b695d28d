"""SM2 signatures (GB/T 32918.2 on the curve of GB/T 32918.5) by the system's libcrypto.

The digest e = SM3(Z ‖ M) is computed here with Z cached for each key, so the distinguishing id is
always explicit and libcrypto's own default, the empty id, never comes into play.
Importing this module fails with BackendError unless libcrypto reproduces the standard's example.
"""

import ctypes
from collections.abc import Callable
from ctypes import byref, c_size_t, c_void_p
from functools import lru_cache

from baozhen.trust.crypto import libcrypto, vectors
from baozhen.trust.crypto.der import (
    SM2_ORDER,
    SM2_POINT_BYTES,
    read_signature,
    sm2_point,
    sm2_spki,
)
from baozhen.trust.crypto.digests import sm3
from baozhen.trust.errors import BackendError, ParseError, SigningError, VerificationError

# GM/T 0009 §10: the id of a signer when nothing else was agreed.
DEFAULT_ID = b"1234567812345678"

_DIGEST_BYTES = 32
_SIGNATURE_BYTES_MAX = 80
_KEYS_CACHED = 256
_lib = libcrypto.library

# GB/T 32918.5: a, b, xG and yG of the recommended curve, as they enter Z.
_CURVE = bytes.fromhex(
    "fffffffeffffffffffffffffffffffffffffffff00000000fffffffffffffffc"
    "28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93"
    "32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7"
    "bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0"
)


class _Key:
    """An EVP_PKEY of type SM2 that is freed with its owner; threads may share it."""

    def __init__(self, handle: int) -> None:
        self._handle = handle
        if _lib.EVP_PKEY_is_a(handle, b"SM2") != 1:
            raise ParseError("不是 SM2 密钥")
        self.point = self._read_point()
        self._z = z_value(self.point)

    # Bound here, because module globals may be gone when the interpreter ends.
    def __del__(self, _free: Callable[[int], None] = _lib.EVP_PKEY_free) -> None:
        _free(self._handle)

    @property
    def public_key(self) -> bytes:
        """The DER SubjectPublicKeyInfo."""
        return sm2_spki(self.point)

    def digest(self, message: bytes) -> bytes:
        """Return e = SM3(Z ‖ M), GB/T 32918.2 §6.1 steps A1 and A2."""
        return sm3(self._z + message)

    def _read_point(self) -> bytes:
        buffer = ctypes.create_string_buffer(1 + SM2_POINT_BYTES)
        length = c_size_t()
        read = _lib.EVP_PKEY_get_octet_string_param(
            self._handle, b"pub", buffer, len(buffer), byref(length)
        )
        if read != 1 or length.value != len(buffer) or buffer.raw[0] != 4:  # noqa: PLR2004
            libcrypto.last_error()
            raise ParseError("SM2 公钥不是未压缩的点")
        return buffer.raw[1:]


class PublicKey(_Key):
    """An SM2 public key whose point has been checked to lie on the curve."""

    def verify(self, message: bytes, signature: bytes) -> None:
        """Raise VerificationError unless `signature` (strict DER) is this key's over `message`."""
        self.verify_digest(self.digest(message), signature)

    def verify_digest(self, digest: bytes, signature: bytes) -> None:
        """Verify over e = SM3(Z ‖ M) that the caller has computed."""
        check_shape(signature)
        context = _context(self._handle)
        try:
            good = (
                _lib.EVP_PKEY_verify_init(context) == 1
                and _lib.EVP_PKEY_verify(context, signature, len(signature), digest, len(digest))
                == 1
            )
        finally:
            _lib.EVP_PKEY_CTX_free(context)
        if not good:
            _lib.ERR_clear_error()
            raise VerificationError(0, "SM2 签名与内容不符")


class PrivateKey(_Key):
    """An SM2 private key inside libcrypto."""

    def sign(self, message: bytes) -> bytes:
        """Return the DER signature over `message` with Z of the default id."""
        return self.sign_digest(self.digest(message))

    def sign_digest(self, digest: bytes) -> bytes:
        """Sign e = SM3(Z ‖ M) that the caller has computed."""
        if len(digest) != _DIGEST_BYTES:
            raise SigningError("SM2 只对 32 字节的摘要签名")
        signature = ctypes.create_string_buffer(_SIGNATURE_BYTES_MAX)
        length = c_size_t(_SIGNATURE_BYTES_MAX)
        context = _context(self._handle)
        try:
            if (
                _lib.EVP_PKEY_sign_init(context) != 1
                or _lib.EVP_PKEY_sign(context, signature, byref(length), digest, len(digest)) != 1
            ):
                raise SigningError(f"SM2 签名失败：{libcrypto.last_error()}")
        finally:
            _lib.EVP_PKEY_CTX_free(context)
        return signature.raw[: length.value]

    def to_der(self) -> bytes:
        """Return the PrivateKeyInfo (PKCS#8) in clear, for encryption at once."""
        info = _lib.EVP_PKEY2PKCS8(self._handle)
        if not info:
            raise BackendError(f"libcrypto 无法导出 SM2 密钥：{libcrypto.last_error()}")
        try:
            return libcrypto.encode("i2d_PKCS8_PRIV_KEY_INFO", info)
        finally:
            _lib.PKCS8_PRIV_KEY_INFO_free(info)


def generate() -> PrivateKey:
    """Make a fresh SM2 key with libcrypto's random generator."""
    context = _lib.EVP_PKEY_CTX_new_from_name(None, b"SM2", None)
    if not context:
        raise BackendError(f"系统的 libcrypto 没有 SM2：{libcrypto.last_error()}")
    handle = c_void_p()
    try:
        if (
            _lib.EVP_PKEY_keygen_init(context) != 1
            or _lib.EVP_PKEY_generate(context, byref(handle)) != 1
        ):
            raise BackendError(f"libcrypto 无法产生 SM2 密钥：{libcrypto.last_error()}")
    finally:
        _lib.EVP_PKEY_CTX_free(context)
    if not handle.value:
        raise BackendError("libcrypto 没有交出产生的 SM2 密钥")
    return PrivateKey(handle.value)


def load_private_key(der: bytes) -> PrivateKey:
    """Read a PrivateKeyInfo (PKCS#8, in clear) of an SM2 key; ParseError for anything else."""
    handle = libcrypto.decode("d2i_AutoPrivateKey", der)
    if not handle:
        raise ParseError("不是 SM2 私钥")
    key = PrivateKey(handle)
    # A file may carry a public key that is not the private one's: its signatures would be void.
    if _check(handle, "EVP_PKEY_pairwise_check") != 1:
        raise ParseError("SM2 私钥与它所带的公钥不成对")
    return key


@lru_cache(maxsize=_KEYS_CACHED)
def load_public_key(spki: bytes) -> PublicKey:
    """Read and check a SubjectPublicKeyInfo; the last 256 keys are remembered."""
    sm2_point(spki)
    handle = libcrypto.decode("d2i_PUBKEY", spki)
    if not handle:
        raise ParseError("SM2 公钥不在曲线上")
    key = PublicKey(handle)
    if _check(handle, "EVP_PKEY_public_check") != 1:
        raise ParseError("SM2 公钥不在曲线上")
    return key


def z_value(point: bytes, distinguishing_id: bytes = DEFAULT_ID) -> bytes:
    """Return Z = SM3(ENTL ‖ id ‖ a ‖ b ‖ xG ‖ yG ‖ x ‖ y), GB/T 32918.2 §5.5."""
    if not distinguishing_id:
        raise SigningError("SM2 签名者标识不得为空")
    entl = (len(distinguishing_id) * 8).to_bytes(2, "big")
    return sm3(entl + distinguishing_id + _CURVE + point)


def check_shape(signature: bytes) -> None:
    """Raise VerificationError unless `signature` is canonical DER with r and s in range."""
    try:
        read_signature(signature, order=SM2_ORDER)
    except ParseError as error:
        raise VerificationError(0, str(error)) from error


def backend_name() -> str:
    """Return what computes SM2 here, for `baozhen doctor`."""
    return f"libcrypto（{libcrypto.version()}）"


def check_backend() -> None:
    """Verify the example of GB/T 32918.5 annex A; BackendError names the backend that fails."""
    try:
        key = load_public_key(sm2_spki(vectors.SM2_POINT))
        key.verify(vectors.SM2_MESSAGE, vectors.SM2_SIGNATURE)
    except (ParseError, VerificationError) as error:
        raise BackendError(f"{backend_name()} 未通过 GB/T 32918.5 的 SM2 示例：{error}") from error


def _context(handle: int) -> int:
    context: int | None = _lib.EVP_PKEY_CTX_new(handle, None)
    if not context:
        raise BackendError(f"libcrypto 无法准备 SM2 运算：{libcrypto.last_error()}")
    return context


def _check(handle: int, function_name: str) -> int:
    context = _context(handle)
    try:
        return int(getattr(_lib, function_name)(context))
    finally:
        _lib.EVP_PKEY_CTX_free(context)
        _lib.ERR_clear_error()


check_backend()
