"""Signed requests: HTTP Message Signatures (RFC 9421) over Content-Digest (RFC 9530).

Both ends of the platform's profile stand here. Covered are `@method`, `@authority`, `@path` and
`@query`, and `content-digest` where there is a body; `created`, `keyid`, `nonce` and `alg` are
always given. `alg` is `hmac-sha256`, `ed25519`, or `sm2-sm3`: SM2 with SM3, the signature as DER,
which is this platform's own name, the registry having none (GB/T 32918.2, GM/T 0009).
"""

import base64
import binascii
import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from baozhen.trust.crypto.keys import Algorithm, load_pkcs8, verify_signature
from baozhen.trust.errors import TrustError

HMAC_SHA256: Final = "hmac-sha256"
ED25519: Final = "ed25519"
SM2_SM3: Final = "sm2-sm3"
ALGORITHMS: Final = (HMAC_SHA256, ED25519, SM2_SM3)

_LABEL: Final = "baozhen"
_ALWAYS: Final = ("@method", "@authority", "@path", "@query")
_DIGEST: Final = "content-digest"
_INPUT: Final = re.compile(
    r'(?P<label>[a-z][a-z0-9_-]{0,31})=(?P<params>\((?P<covered>"[a-z@-]+"(?: "[a-z@-]+")*)\)'
    r"(?P<rest>(?:;[a-z]+=(?:[0-9]{1,12}|\"[\x21\x23-\x5b\x5d-\x7e]{1,128}\"))+))",
    re.ASCII,
)
_PARAMETER: Final = re.compile(r';([a-z]+)=(?:([0-9]+)|"([^"]*)")')
_SIGNATURE: Final = re.compile(r"(?P<label>[a-z][a-z0-9_-]{0,31})=:(?P<value>[A-Za-z0-9+/]+=*):")
_CONTENT_DIGEST: Final = re.compile(r"sha-256=:([A-Za-z0-9+/]{43}=):")


class SignatureMalformed(ValueError):
    """The signature headers are not of this profile."""


@dataclass(frozen=True, kw_only=True)
class Message:
    """What of a request is signed; `digest` is the value of its Content-Digest header."""

    method: str
    authority: str
    path: str
    query: str
    digest: str | None = None

    def component(self, name: str) -> str:
        """Return the value of a component (RFC 9421 §2.2)."""
        values: Mapping[str, str | None] = {
            "@method": self.method.upper(),
            "@authority": self.authority.lower(),
            "@path": self.path or "/",
            "@query": f"?{self.query}",
            _DIGEST: self.digest,
        }
        value = values.get(name)
        if value is None:
            raise SignatureMalformed(f"no component {name}")
        return value


@dataclass(frozen=True, kw_only=True)
class Given:
    """A signature as it came: its parameters, what it covers and its octets."""

    key_id: str
    algorithm: str
    created: int
    nonce: str
    covered: tuple[str, ...]
    params: str
    signature: bytes


@dataclass(frozen=True)
class RequestSigner:
    """Signs requests under `key_id`; made by `hmac`, `ed25519` or `sm2`."""

    key_id: str
    algorithm: str
    sign: Callable[[bytes], bytes]

    def __repr__(self) -> str:
        return f"RequestSigner({self.key_id!r}, {self.algorithm!r})"

    @classmethod
    def hmac(cls, key_id: str, secret: bytes) -> "RequestSigner":
        """Sign by HMAC-SHA256 with a shared secret."""
        return cls(key_id, HMAC_SHA256, lambda base: hmac_sha256(secret, base))

    @classmethod
    def ed25519(cls, key_id: str, private_key: bytes) -> "RequestSigner":
        """Sign by Ed25519 with the 32 octets of a private key."""
        return cls(key_id, ED25519, Ed25519PrivateKey.from_private_bytes(private_key).sign)

    @classmethod
    def sm2(
        cls, key_id: str, private_key: bytes, passphrase: bytes | None = None
    ) -> "RequestSigner":
        """Sign by SM2 with a private key in PKCS#8 (PEM or DER)."""
        return cls(key_id, SM2_SM3, load_pkcs8(private_key, passphrase).sign)

    def headers(self, method: str, url: str, sha256: bytes | None) -> dict[str, str]:
        """Return the headers that sign a request, `sha256` being its body's if it has one.

        Each call draws a new nonce: a request that is sent again is signed again.
        """
        parts = urlsplit(url)
        digest = content_digest(sha256) if sha256 is not None else None
        message = Message(
            method=method,
            authority=parts.netloc.rpartition("@")[2],
            path=parts.path,
            query=parts.query,
            digest=digest,
        )
        covered = (*_ALWAYS, _DIGEST) if digest else _ALWAYS
        params = (
            "(" + " ".join(f'"{name}"' for name in covered) + ")"
            f";created={int(time.time())}"
            f';keyid="{self.key_id}"'
            f';nonce="{secrets.token_urlsafe(18)}"'
            f';alg="{self.algorithm}"'
        )
        signature = self.sign(signature_base(message, covered, params))
        headers = {
            "Signature-Input": f"{_LABEL}={params}",
            "Signature": f"{_LABEL}=:{base64.b64encode(signature).decode()}:",
        }
        return {"Content-Digest": digest, **headers} if digest else headers


def signature_base(message: Message, covered: tuple[str, ...], params: str) -> bytes:
    """Return the octets that are signed (RFC 9421 §2.5)."""
    lines = [f'"{name}": {message.component(name)}' for name in covered]
    return "\n".join([*lines, f'"@signature-params": {params}']).encode()


def read_signature(headers: Mapping[str, str]) -> Given:
    """Return the signature of a request; raises SignatureMalformed."""
    given = _INPUT.fullmatch(headers.get("Signature-Input", ""))
    signature = _SIGNATURE.fullmatch(headers.get("Signature", ""))
    if given is None or signature is None or given["label"] != signature["label"]:
        raise SignatureMalformed("signature headers")
    found = _PARAMETER.findall(given["rest"])
    parameters = {name: number or text for name, number, text in found}
    if len(parameters) != len(found) or set(parameters) != {"created", "keyid", "nonce", "alg"}:
        raise SignatureMalformed("parameters")
    covered = tuple(name.strip('"') for name in given["covered"].split(" "))
    if len(set(covered)) != len(covered) or not parameters["created"].isdecimal():
        raise SignatureMalformed("components")
    try:
        octets = base64.b64decode(signature["value"], validate=True)
    except binascii.Error as exc:
        raise SignatureMalformed("signature") from exc
    return Given(
        key_id=parameters["keyid"],
        algorithm=parameters["alg"],
        created=int(parameters["created"]),
        nonce=parameters["nonce"],
        covered=covered,
        params=given["params"],
        signature=octets,
    )


def require_coverage(given: Given, *, has_body: bool) -> None:
    """Raise SignatureMalformed unless everything that matters is covered, and nothing strange."""
    needed = {*_ALWAYS, _DIGEST} if has_body else set(_ALWAYS)
    if not needed <= set(given.covered) or not set(given.covered) <= {*_ALWAYS, _DIGEST}:
        raise SignatureMalformed("components")


def is_signed(given: Given, message: Message, key: bytes) -> bool:
    """Tell whether the signature is the key's over this message.

    `key` is the shared secret, the 32 octets of an Ed25519 key, or the SubjectPublicKeyInfo of an
    SM2 key, as the algorithm says. The algorithm must be the one the key was registered with.
    """
    base = signature_base(message, given.covered, given.params)
    if given.algorithm == HMAC_SHA256:
        return hmac.compare_digest(hmac_sha256(key, base), given.signature)
    try:
        if given.algorithm == ED25519:
            Ed25519PublicKey.from_public_bytes(key).verify(given.signature, base)
        elif given.algorithm == SM2_SM3:
            verify_signature(key, base, given.signature, algorithm=Algorithm.SM2_SM3)
        else:
            return False
    except (InvalidSignature, TrustError, ValueError):
        return False
    return True


def content_digest(sha256: bytes) -> str:
    """Return the Content-Digest header for a SHA-256 (RFC 9530 §2)."""
    return f"sha-256=:{base64.b64encode(sha256).decode()}:"


def read_content_digest(header: str) -> bytes:
    """Return the SHA-256 of a Content-Digest header; raises SignatureMalformed."""
    found = _CONTENT_DIGEST.fullmatch(header.strip())
    if found is None:
        raise SignatureMalformed("content-digest")
    return base64.b64decode(found[1])


def hmac_sha256(secret: bytes, message: bytes) -> bytes:
    """Return the HMAC (RFC 2104)."""
    return hmac.new(secret, message, hashlib.sha256).digest()
