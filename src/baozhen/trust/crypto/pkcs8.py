"""Private keys in PKCS#8 files: PEM, encrypted by PBES2 (RFC 8018), for every family alike.

Written with PBKDF2-HMAC-SHA-256 and AES-256-CBC, which any OpenSSL reads; read also with the SM3
and SM4 that domestic tools write.
"""

import base64
import binascii
import re
from dataclasses import dataclass

from asn1crypto import algos, core, keys
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES, SM4
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from cryptography.hazmat.primitives.padding import PKCS7

from baozhen.trust.errors import KeyFileError

ITERATIONS = 600_000
ITERATIONS_MIN = 1_000
ITERATIONS_MAX = 10_000_000
FILE_BYTES_MAX = 64 * 1024

_PBES2 = "1.2.840.113549.1.5.13"
_PBKDF2 = "1.2.840.113549.1.5.12"
_PRFS: dict[str, hashes.HashAlgorithm] = {
    "1.2.840.113549.2.9": hashes.SHA256(),
    "1.2.840.113549.2.11": hashes.SHA512(),
    "1.2.156.10197.1.401.2": hashes.SM3(),
}
_CIPHERS: dict[str, tuple[type[AES] | type[SM4], int]] = {
    "2.16.840.1.101.3.4.1.2": (AES, 16),
    "2.16.840.1.101.3.4.1.42": (AES, 32),
    "1.2.156.10197.1.104.2": (SM4, 16),
}
_SALT_BYTES = 16
_BLOCK_BITS = 128
_WRONG = "口令不对，或密钥文件已损坏"
_PEM = re.compile(
    rb"\A\s*-----BEGIN ((?:ENCRYPTED )?PRIVATE KEY)-----\s(.*?)-----END \1-----\s*\Z", re.DOTALL
)


def decode(data: bytes, passphrase: bytes | None) -> bytes:
    """Return the PrivateKeyInfo (DER, in clear) of PEM or DER `data`.

    Raises KeyFileError for a wrong or missing passphrase, a clear file where a passphrase was
    given, an unknown scheme, and anything that is not PKCS#8.
    """
    if len(data) > FILE_BYTES_MAX:
        raise KeyFileError("密钥文件过大")
    der = _from_pem(data) if b"-----BEGIN" in data else data
    if not _is_encrypted(der):
        if passphrase is not None:
            raise KeyFileError("密钥文件没有加密，却给了口令：请先加密保存")
        return der
    if not passphrase:
        raise KeyFileError("密钥文件已加密，需要口令")
    return _decrypt(der, passphrase)


def encode(der: bytes, passphrase: bytes, *, entropy: bytes, iterations: int = ITERATIONS) -> bytes:
    """Return `der` (PrivateKeyInfo) as encrypted PEM; `entropy` is 32 fresh random bytes."""
    if not passphrase:
        raise KeyFileError("私钥只能加密保存：口令不得为空")
    if not ITERATIONS_MIN <= iterations <= ITERATIONS_MAX or len(entropy) != 2 * _SALT_BYTES:
        raise KeyFileError("口令派生的参数不合规定")
    salt, vector = entropy[:_SALT_BYTES], entropy[_SALT_BYTES:]
    key = _derive(passphrase, hashes.SHA256(), salt=salt, iterations=iterations, length=32)
    padder = PKCS7(_BLOCK_BITS).padder()
    encryptor = Cipher(AES(key), CBC(vector)).encryptor()
    padded = padder.update(der) + padder.finalize()
    sealed = keys.EncryptedPrivateKeyInfo(
        {
            "encryption_algorithm": {
                "algorithm": "pbes2",
                "parameters": {
                    "key_derivation_func": {
                        "algorithm": "pbkdf2",
                        "parameters": {
                            "salt": algos.Pbkdf2Salt(name="specified", value=salt),
                            "iteration_count": iterations,
                            "prf": {"algorithm": "sha256", "parameters": core.Null()},
                        },
                    },
                    "encryption_scheme": {"algorithm": "aes256_cbc", "parameters": vector},
                },
            },
            "encrypted_data": encryptor.update(padded) + encryptor.finalize(),
        }
    )
    return _to_pem(sealed.dump(), b"ENCRYPTED PRIVATE KEY")


@dataclass(frozen=True)
class _Scheme:
    """What an EncryptedPrivateKeyInfo says about how its key was derived."""

    prf: hashes.HashAlgorithm
    salt: bytes
    iterations: int
    cipher: type[AES] | type[SM4]
    key_bytes: int
    vector: bytes


def _decrypt(der: bytes, passphrase: bytes) -> bytes:
    try:
        info = keys.EncryptedPrivateKeyInfo.load(der, strict=True)
        scheme = _read_scheme(info["encryption_algorithm"])
        sealed = info["encrypted_data"].native
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise KeyFileError("密钥文件不是加密的 PKCS#8，或其加密方式不被接受") from error
    key = _derive(
        passphrase,
        scheme.prf,
        salt=scheme.salt,
        iterations=scheme.iterations,
        length=scheme.key_bytes,
    )
    try:
        decryptor = Cipher(scheme.cipher(key), CBC(scheme.vector)).decryptor()
        unpadder = PKCS7(_BLOCK_BITS).unpadder()
        padded = decryptor.update(sealed) + decryptor.finalize()
        return unpadder.update(padded) + unpadder.finalize()
    except ValueError as error:
        raise KeyFileError(_WRONG) from error


def _read_scheme(algorithm: algos.EncryptionAlgorithm) -> _Scheme:
    if algorithm["algorithm"].dotted != _PBES2:
        raise ValueError("not PBES2")
    derivation = algorithm["parameters"]["key_derivation_func"]
    encryption = algorithm["parameters"]["encryption_scheme"]
    if derivation["algorithm"].dotted != _PBKDF2:
        raise ValueError("not PBKDF2")
    parameters = derivation["parameters"]
    iterations = parameters["iteration_count"].native
    if not ITERATIONS_MIN <= iterations <= ITERATIONS_MAX:
        raise ValueError("iterations out of bounds")
    salt = parameters["salt"].native
    if not isinstance(salt, bytes):
        raise TypeError("salt of another source")
    cipher, key_bytes = _CIPHERS[encryption["algorithm"].dotted]
    return _Scheme(
        prf=_PRFS[parameters["prf"]["algorithm"].dotted],
        salt=salt,
        iterations=iterations,
        cipher=cipher,
        key_bytes=key_bytes,
        vector=_octets(encryption["parameters"]),
    )


def _octets(parameters: core.Asn1Value) -> bytes:
    """Return the initial vector, also for a cipher whose parameters asn1crypto does not know."""
    return bytes(core.OctetString.load(parameters.dump(), strict=True).native)


def _derive(
    passphrase: bytes, prf: hashes.HashAlgorithm, *, salt: bytes, iterations: int, length: int
) -> bytes:
    return PBKDF2HMAC(prf, length, salt, iterations).derive(passphrase)


def _is_encrypted(der: bytes) -> bool:
    """Tell the two SEQUENCEs apart: PrivateKeyInfo begins with an INTEGER, the other does not."""
    try:
        first = core.Sequence.load(der, strict=True)[0]
    except (ValueError, TypeError, KeyError) as error:
        raise KeyFileError("不是 PKCS#8 密钥文件") from error
    return not isinstance(first, core.Integer)


def _from_pem(data: bytes) -> bytes:
    match = _PEM.match(data)
    if match is None:
        raise KeyFileError("不是 PKCS#8 的 PEM 文件；旧格式可先用 openssl pkcs8 -topk8 转换")
    try:
        return base64.b64decode(b"".join(match[2].split()), validate=True)
    except binascii.Error as error:
        raise KeyFileError("密钥文件的 Base64 已损坏") from error


def _to_pem(der: bytes, label: bytes) -> bytes:
    text = base64.b64encode(der)
    lines = [text[start : start + 64] for start in range(0, len(text), 64)]
    return b"\n".join([b"-----BEGIN %s-----" % label, *lines, b"-----END %s-----" % label, b""])
