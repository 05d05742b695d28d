"""Signing keys in PKCS#11 tokens: RSA and ECDSA P-256. SM2 keys go through SDF.

SM2 in PKCS#11 is a different vendor extension at every vendor, so it is not guessed at here.
"""

import threading
from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

import pkcs11
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass
from pkcs11.util import ec

from baozhen.foundation.keys.devices import Device, DeviceInfo
from baozhen.foundation.keys.errors import DeviceOutage, DeviceRefused
from baozhen.trust.crypto.digests import sha256
from baozhen.trust.crypto.keys import Algorithm
from baozhen.trust.errors import UnsupportedError

# What an operator must mend; anything else may pass by itself.
_PERMANENT = (
    pkcs11.PinIncorrect,
    pkcs11.PinInvalid,
    pkcs11.PinLenRange,
    pkcs11.PinLocked,
    pkcs11.PinExpired,
    pkcs11.UserPinNotInitialized,
    pkcs11.NoSuchKey,
    pkcs11.NoSuchToken,
    pkcs11.MultipleObjectsReturned,
    pkcs11.MultipleTokensReturned,
    pkcs11.MechanismInvalid,
    pkcs11.KeyTypeInconsistent,
    pkcs11.FunctionNotSupported,
)
_P256_PARAMETERS = bytes.fromhex("06082a8648ce3d030107")
_P256_SPKI_PREFIX = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")
_OCTET_STRING_HEADER_BYTES = 2

# PKCS#11 §5.4: python-pkcs11 initialises a library as one that a single thread uses, so every call
# of this process takes its turn. More throughput comes from more worker processes.
_ONE_AT_A_TIME = threading.RLock()

# The package's types do not tell which keys can sign and read their attributes.
_Key: TypeAlias = Any
_T = TypeVar("_T")


class PKCS11KeyStore:
    """The tokens behind one PKCS#11 library."""

    def __init__(self, device: Device) -> None:
        self._device = device

    def open(self, *, token: str, label: str) -> "PKCS11Signer":
        """Log in to a token and find the private key with that label.

        Raises DeviceRefused (PIN, no such key), DeviceOutage, or UnsupportedError.
        """
        return PKCS11Signer(self._device, token=token, label=label)

    def info(self, *, token: str) -> DeviceInfo:
        """Return what a certificate binding records of a token."""
        found = _calling(self._device, "C_GetTokenInfo", lambda: _find(self._device, token))
        return DeviceInfo(
            device=self._device.name,
            manufacturer=found.manufacturer_id.strip(),
            model=found.model.strip(),
            serial=found.serial.decode(errors="replace").strip(),
            approval_no=self._device.approval_no,
        )


class PKCS11Signer:
    """A private key in a token; a broken session is renewed by the next call."""

    def __init__(self, device: Device, *, token: str, label: str) -> None:
        self._device, self._token, self._label = device, token, label
        self._key: _Key | None = None
        key = _calling(device, "C_Login", self._open)
        self.algorithm: Algorithm = _calling(
            device, "C_GetAttributeValue", lambda: _algorithm_of(key)
        )
        read = _read_rsa if self.algorithm is Algorithm.RSA_SHA256 else self._read_ecdsa
        self.public_key: bytes = _calling(device, "C_GetAttributeValue", lambda: read(key))

    def sign(self, message: bytes) -> bytes:
        """Return the raw signature over `message`; DeviceRefused or DeviceOutage are SigningErrors.

        The session is thrown away after a failure, so that the next call logs in again.
        """
        try:
            return _calling(self._device, "C_Sign", lambda: self._sign(message))
        except (DeviceRefused, DeviceOutage):
            self._key = None
            raise

    def _sign(self, message: bytes) -> bytes:
        key = self._key or self._open()
        if self.algorithm is Algorithm.RSA_SHA256:
            return bytes(key.sign(message, mechanism=Mechanism.SHA256_RSA_PKCS))
        raw = key.sign(sha256(message), mechanism=Mechanism.ECDSA)
        return bytes(ec.encode_ecdsa_signature(raw))

    def _open(self) -> _Key:
        token = _find(self._device, self._token)
        try:
            session = token.open(user_pin=self._device.pin)
        except pkcs11.UserAlreadyLoggedIn:
            # PKCS#11 §5.6.8: a login is the whole process's, so another signer has made it.
            session = token.open()
        key = session.get_key(object_class=ObjectClass.PRIVATE_KEY, label=self._label)
        self._key = key
        return key

    def _read_ecdsa(self, key: _Key) -> bytes:
        public = key.session.get_key(object_class=ObjectClass.PUBLIC_KEY, label=self._label)
        # PKCS#11 §6.3.3: CKA_EC_POINT is the point inside a DER OCTET STRING.
        return _P256_SPKI_PREFIX + bytes(public[Attribute.EC_POINT])[_OCTET_STRING_HEADER_BYTES:]


def _find(device: Device, token: str) -> pkcs11.Token:
    return pkcs11.lib(str(device.library)).get_token(token_label=token)


def _algorithm_of(key: _Key) -> Algorithm:
    if key.key_type is KeyType.RSA:
        return Algorithm.RSA_SHA256
    if key.key_type is KeyType.EC and bytes(key[Attribute.EC_PARAMS]) == _P256_PARAMETERS:
        return Algorithm.ECDSA_P256_SHA256
    raise UnsupportedError("PKCS#11 中 RSA、ECDSA P-256 以外的密钥；SM2 密钥请经 SDF 接口使用")


def _read_rsa(key: _Key) -> bytes:
    modulus = int.from_bytes(key[Attribute.MODULUS], "big")
    exponent = int.from_bytes(key[Attribute.PUBLIC_EXPONENT], "big")
    public = RSAPublicNumbers(exponent, modulus).public_key()
    return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _calling(device: Device, call: str, action: Callable[[], _T]) -> _T:
    """Run `action`, and name device and call in the typed error that a failure becomes."""
    try:
        with _ONE_AT_A_TIME:
            return action()
    except _PERMANENT as error:
        raise DeviceRefused(device=device.name, call=call, result=type(error).__name__) from error
    except pkcs11.PKCS11Error as error:
        raise DeviceOutage(device=device.name, call=call, result=type(error).__name__) from error
    except (RuntimeError, OSError) as error:
        # The library itself could not be loaded.
        raise DeviceOutage(device=device.name, call=call, result=str(error)) from error
