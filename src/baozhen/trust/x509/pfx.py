"""PKCS#12 files (RFC 7292): the private key of a company with its certificates.

RSA and ECDSA files are read by pyca. An SM2 file, which pyca cannot read, is read here where it
is protected by PBES2 (as GmSSL, Tongsuo and OpenSSL 3 write it). Its MAC is not needed: the key is
held against its certificate afterwards, and a file in disorder does not decrypt.
"""

from dataclasses import dataclass, field
from typing import Any, Final

from asn1crypto import cms, core, pkcs12
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12

from baozhen.trust.crypto import pkcs8
from baozhen.trust.crypto.keys import SoftwareSigner, load_pkcs8
from baozhen.trust.errors import KeyFileError, TrustError
from baozhen.trust.x509.certs_only import leaf_first

BYTES_MAX: Final = 1_048_576
_WRONG = "口令不对，或证书文件已损坏"


@dataclass(frozen=True)
class KeyBundle:
    """A key with its certificate and those above it (DER), the root left out."""

    signer: SoftwareSigner = field(repr=False)
    certificates: tuple[bytes, ...]


def read_pfx(data: bytes, password: str) -> KeyBundle:
    """Return what a PKCS#12 file holds.

    Raises KeyFileError for a wrong password or an unknown protection, ParseError when no
    certificate in it belongs to the key.
    """
    if len(data) > BYTES_MAX:
        raise KeyFileError("证书文件过大")
    try:
        key, certificates = _with_pyca(data, password)
    except (ValueError, TypeError, UnsupportedAlgorithm, KeyFileError):
        key, certificates = _by_hand(data, password)
    signer = load_pkcs8(key, None)
    return KeyBundle(signer, leaf_first(certificates, signer.public_key))


def _with_pyca(data: bytes, password: str) -> tuple[bytes, tuple[bytes, ...]]:
    bundle = load_pkcs12(data, password.encode())
    if bundle.key is None or bundle.cert is None:
        raise KeyFileError("证书文件中没有私钥或证书")
    key = bundle.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    items = (bundle.cert, *bundle.additional_certs)
    return key, tuple(item.certificate.public_bytes(Encoding.DER) for item in items)


def _by_hand(data: bytes, password: str) -> tuple[bytes, tuple[bytes, ...]]:
    try:
        bags = list(_bags(pkcs12.Pfx.load(data, strict=True), password.encode()))
        keys = [bag["bag_value"] for bag in bags if _is(bag, "pkcs8_shrouded_key_bag")]
        shrouded = keys[0].untag().dump() if keys else b""
        certificates = tuple(
            bytes(bag["bag_value"]["cert_value"]) for bag in bags if _is(bag, "cert_bag")
        )
        if not shrouded or not certificates:
            raise KeyFileError("证书文件中没有私钥或证书")
        return pkcs8.decode(shrouded, password.encode()), certificates
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise KeyFileError(_WRONG) from error
    except TrustError as error:
        raise KeyFileError(str(error)) from error


def _bags(pfx: pkcs12.Pfx, password: bytes) -> Any:
    safes = pkcs12.AuthenticatedSafe.load(pfx["auth_safe"]["content"].native, strict=True)
    for info in safes:
        content = info["content"]
        if info["content_type"].native == "encrypted_data":
            plain = _decrypted(content, password)
        else:
            plain = content.native
        yield from pkcs12.SafeContents.load(plain, strict=True)


def _decrypted(content: cms.EncryptedData, password: bytes) -> bytes:
    """Decrypt a safe: its protection is that of a PKCS#8 key, so the same code opens it."""
    inner = content["encrypted_content_info"]
    wrapped = core.OctetString(inner["encrypted_content"].native)
    body = inner["content_encryption_algorithm"].dump() + wrapped.dump()
    sealed = core.Sequence(contents=body)
    return pkcs8.decode(sealed.dump(), password)


def _is(bag: Any, name: str) -> bool:
    return bool(bag["bag_id"].native == name)
