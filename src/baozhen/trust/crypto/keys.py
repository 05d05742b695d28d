"""Private keys one may use but not see, and the verification of raw signatures, all families."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import NoReturn, Protocol

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
)

from baozhen.trust.crypto import libcrypto, pkcs8, second, sm2
from baozhen.trust.crypto.der import P256_ORDER, SM2_SPKI_PREFIX, read_signature
from baozhen.trust.errors import (
    KeyFileError,
    ParseError,
    SigningError,
    UnsupportedError,
    VerificationError,
)

RSA_BITS_MIN = 2048
RSA_BITS_MAX = 8192
_RSA_BITS_MADE = (2048, 3072, 4096)
_RSA_EXPONENT = 65537
_KEYS_CACHED = 256


class Algorithm(StrEnum):
    """A signature algorithm together with its digest."""

    SM2_SM3 = "sm2-sm3"
    RSA_SHA256 = "rsa-sha256"
    ECDSA_P256_SHA256 = "ecdsa-p256-sha256"

    @property
    def hash_name(self) -> str:
        """The digest that goes with it: `sm3` or `sha256`."""
        return "sm3" if self is Algorithm.SM2_SM3 else "sha256"


class Signer(Protocol):
    """A private key one may use but never see: in memory, in a token, or in a device."""

    @property
    def algorithm(self) -> Algorithm:
        """What `sign` computes."""

    @property
    def public_key(self) -> bytes:
        """The DER SubjectPublicKeyInfo."""

    def sign(self, message: bytes) -> bytes:
        """Return the raw signature over `message`; SigningError when there is none.

        SM2: DER SEQUENCE { r, s }, Z with the default id. RSA: PKCS#1 v1.5. ECDSA: DER.
        """


@dataclass(frozen=True)
class SoftwareSigner:
    """A private key in this process's memory, loaded and checked once."""

    algorithm: Algorithm
    public_key: bytes
    _sign: Callable[[bytes], bytes]
    _to_der: Callable[[], bytes]

    def sign(self, message: bytes) -> bytes:
        """Return the raw signature over `message`, as Signer says."""
        return self._sign(message)

    def to_pkcs8(self, passphrase: bytes, *, iterations: int = pkcs8.ITERATIONS) -> bytes:
        """Return the key as encrypted PKCS#8 in PEM; an empty passphrase is refused.

        A passphrase made of 128 random bits or more may do with fewer `iterations`.
        """
        entropy = libcrypto.random_bytes(32)
        return pkcs8.encode(self._to_der(), passphrase, entropy=entropy, iterations=iterations)

    def __repr__(self) -> str:
        return f"SoftwareSigner({self.algorithm})"

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled: a key never crosses a process border that way."""
        raise TypeError("a private key is not pickled")


def generate(algorithm: Algorithm, *, rsa_bits: int = RSA_BITS_MIN) -> SoftwareSigner:
    """Make a fresh private key; `rsa_bits` is 2048, 3072 or 4096."""
    match algorithm:
        case Algorithm.SM2_SM3:
            return _sm2_signer(sm2.generate())
        case Algorithm.RSA_SHA256:
            if rsa_bits not in _RSA_BITS_MADE:
                raise UnsupportedError(f"RSA {rsa_bits} 位密钥")
            return _rsa_signer(rsa.generate_private_key(_RSA_EXPONENT, rsa_bits))
        case Algorithm.ECDSA_P256_SHA256:
            return _ecdsa_signer(ec.generate_private_key(ec.SECP256R1()))


def load_pkcs8(data: bytes, passphrase: bytes | None) -> SoftwareSigner:
    """Read a PKCS#8 private key, PEM or DER; `passphrase` is None for a file in clear.

    Raises KeyFileError, or UnsupportedError for a kind of key that is not one of ours.
    """
    der = pkcs8.decode(data, passphrase)
    try:
        return _sm2_signer(sm2.load_private_key(der))
    except ParseError as not_sm2:
        return _load_with_pyca(der, not_sm2)


def verify_signature(
    public_key: bytes, message: bytes, signature: bytes, *, algorithm: Algorithm
) -> None:
    """Raise VerificationError(0, …) unless `signature` is that of `public_key` over `message`.

    The public key is a DER SubjectPublicKeyInfo of the family of `algorithm`; what cannot be read
    as one raises ParseError. Encodings are strict: one signature value has one form.
    """
    if algorithm is Algorithm.SM2_SM3:
        sm2.load_public_key(public_key).verify(message, signature)
    else:
        _verify_with_pyca(public_key, message, signature, algorithm)


def verify_signature_independently(
    public_key: bytes, message: bytes, signature: bytes, *, algorithm: Algorithm
) -> None:
    """Verify like `verify_signature`, SM2 by the second implementation (TRUST: one in a million).

    RSA and ECDSA have one implementation here, pyca, whose public operation shares no code path
    with the private one that a fault could strike.
    """
    if algorithm is Algorithm.SM2_SM3:
        second.verify(public_key, message, signature)
    else:
        _verify_with_pyca(public_key, message, signature, algorithm)


def algorithm_of(public_key: bytes) -> Algorithm:
    """Return the algorithm that goes with a SubjectPublicKeyInfo.

    Raises ParseError or UnsupportedError for keys that are not one of ours.
    """
    if public_key.startswith(SM2_SPKI_PREFIX):
        sm2.load_public_key(public_key)
        return Algorithm.SM2_SM3
    if isinstance(_load_public_key(public_key), rsa.RSAPublicKey):
        return Algorithm.RSA_SHA256
    return Algorithm.ECDSA_P256_SHA256


def _verify_with_pyca(
    public_key: bytes, message: bytes, signature: bytes, algorithm: Algorithm
) -> None:
    key = _load_public_key(public_key)
    try:
        if algorithm is Algorithm.RSA_SHA256 and isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, message, _PKCS1, _SHA256)
        elif algorithm is Algorithm.ECDSA_P256_SHA256 and not isinstance(key, rsa.RSAPublicKey):
            read_signature(signature, order=P256_ORDER)
            key.verify(signature, message, _ECDSA)
        else:
            raise VerificationError(0, "签名算法与公钥不符")
    except (InvalidSignature, ParseError) as error:
        reason = str(error) or f"{_FAMILY[algorithm]} 签名与内容不符"
        raise VerificationError(0, reason) from error


@lru_cache(maxsize=_KEYS_CACHED)
def _load_public_key(public_key: bytes) -> rsa.RSAPublicKey | ec.EllipticCurvePublicKey:
    """Read and check an RSA or P-256 public key; the last 256 are remembered."""
    try:
        key = load_der_public_key(public_key)
    except UnsupportedAlgorithm as error:
        raise UnsupportedError("这种公钥") from error
    except (ValueError, TypeError) as error:
        raise ParseError("公钥无法识别") from error
    if isinstance(key, rsa.RSAPublicKey):
        # Below: too weak for evidence. Above: a stranger's key could stall the verifier.
        if not RSA_BITS_MIN <= key.key_size <= RSA_BITS_MAX:
            raise UnsupportedError(f"RSA {key.key_size} 位公钥")
    elif not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name != "secp256r1":
        raise UnsupportedError("RSA、SM2、ECDSA P-256 以外的公钥")
    # One key has one form: a hybrid or compressed point would be a second one of the same key.
    if _spki(key) != public_key:
        raise ParseError("公钥不是规范的 DER 编码")
    return key


def _load_with_pyca(der: bytes, not_sm2: ParseError) -> SoftwareSigner:
    try:
        key = load_der_private_key(der, None)
    except UnsupportedAlgorithm as error:
        raise KeyFileError(f"私钥无法读取：{not_sm2}") from error
    except (ValueError, TypeError) as error:
        raise KeyFileError("口令不对，或密钥文件已损坏") from error
    if isinstance(key, rsa.RSAPrivateKey) and RSA_BITS_MIN <= key.key_size <= RSA_BITS_MAX:
        return _rsa_signer(key)
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name == "secp256r1":
        return _ecdsa_signer(key)
    raise UnsupportedError("RSA（2048 位以上）、SM2、ECDSA P-256 以外的私钥")


def _sm2_signer(key: sm2.PrivateKey) -> SoftwareSigner:
    return SoftwareSigner(Algorithm.SM2_SM3, key.public_key, key.sign, key.to_der)


def _rsa_signer(key: rsa.RSAPrivateKey) -> SoftwareSigner:
    def sign(message: bytes) -> bytes:
        try:
            return key.sign(message, _PKCS1, _SHA256)
        except ValueError as error:
            raise SigningError(f"RSA 签名失败：{error}") from error

    return SoftwareSigner(Algorithm.RSA_SHA256, _spki(key.public_key()), sign, _exporter(key))


def _ecdsa_signer(key: ec.EllipticCurvePrivateKey) -> SoftwareSigner:
    def sign(message: bytes) -> bytes:
        try:
            return key.sign(message, _ECDSA)
        except ValueError as error:
            raise SigningError(f"ECDSA 签名失败：{error}") from error

    public_key = _spki(key.public_key())
    return SoftwareSigner(Algorithm.ECDSA_P256_SHA256, public_key, sign, _exporter(key))


def _exporter(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> Callable[[], bytes]:
    return lambda: key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def _spki(key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


_SHA256 = hashes.SHA256()
_PKCS1 = padding.PKCS1v15()
_ECDSA = ec.ECDSA(_SHA256)
_FAMILY = {Algorithm.RSA_SHA256: "RSA", Algorithm.ECDSA_P256_SHA256: "ECDSA"}
