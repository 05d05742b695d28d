"""Checks that need no network: is a callback the platform's, is a policy genuine."""

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from baozhen.client.errors import WebhookInvalid
from baozhen.trust.evidence import TimestampProof, parse_proof
from baozhen.trust.report import Report
from baozhen.trust.verify import TrustAnchors, inspect

TOLERANCE_SECONDS: Final = 300
_SECRET: Final = "whsec_"  # noqa: S105 -- tells what follows, no secret
_PUBLIC: Final = "whpk_"
_PEM: Final = re.compile(
    rb"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----"
)


def verify_webhook(
    headers: Mapping[str, str],
    raw_body: bytes,
    secret: str | Sequence[str],
    *,
    at: datetime | None = None,
    tolerance_seconds: int = TOLERANCE_SECONDS,
) -> dict[str, Any]:
    """Return the event of a callback (Standard Webhooks 1.0), or raise WebhookInvalid.

    `raw_body` must be the octets as they came. `secret` is the endpoint's `whsec_…`, its public
    key `whpk_…`, or several of them. Keep `webhook-id`: the same event may come again.
    """
    given = {name.lower(): value for name, value in headers.items()}
    try:
        message_id, stamp = given["webhook-id"], given["webhook-timestamp"]
        signatures = given["webhook-signature"].split(" ")
    except KeyError as missing:
        raise WebhookInvalid(f"缺少请求头 {missing.args[0]}") from None
    if not stamp.isascii() or not stamp.isdecimal():
        raise WebhookInvalid("webhook-timestamp 不是整数")
    moment = (at or datetime.now(UTC)).timestamp()
    if abs(moment - int(stamp)) > tolerance_seconds:
        raise WebhookInvalid("回调的时间相差过大")
    signed = f"{message_id}.{stamp}.".encode() + raw_body
    keys = [secret] if isinstance(secret, str) else list(secret)
    if not any(_matches(key, signatures, signed) for key in keys):
        raise WebhookInvalid("签名不符")
    try:
        event = json.loads(raw_body)
    except ValueError as error:
        raise WebhookInvalid("内容不是 JSON") from error
    return {"id": message_id, **event}


def verify_policy(
    data: bytes,
    roots: bytes | Iterable[bytes],
    *,
    at: datetime | None = None,
    organization: str | None = None,
    proof: bytes | TimestampProof | None = None,
) -> Report:
    """Return the report on a file; `report.verdict` says what it is worth.

    `roots` are the root certificates one trusts: PEM text, or DER octets one by one.
    `organization` is who should have signed; `proof` the timestamp proof beside the file.
    """
    anchors = TrustAnchors(roots=_certificates(roots), expected_organization=organization)
    if isinstance(proof, bytes):
        proof = parse_proof(proof, file_sha256=hashlib.sha256(data).hexdigest())
    return inspect(data, anchors=anchors, at=at or datetime.now(UTC), detached_timestamp=proof)


def _matches(key: str, signatures: Sequence[str], signed: bytes) -> bool:
    try:
        octets = base64.b64decode(key.removeprefix(_SECRET).removeprefix(_PUBLIC), validate=True)
    except binascii.Error:
        raise WebhookInvalid("密钥格式不正确") from None
    check = _is_ed25519 if key.startswith(_PUBLIC) else _is_hmac
    return any(check(octets, signature, signed) for signature in signatures)


def _is_hmac(key: bytes, signature: str, signed: bytes) -> bool:
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())
    return hmac.compare_digest(f"v1,{expected.decode()}".encode(), signature.encode())


def _is_ed25519(key: bytes, signature: str, signed: bytes) -> bool:
    version, _, text = signature.partition(",")
    if version != "v1a":
        return False
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(base64.b64decode(text), signed)
    except (InvalidSignature, ValueError):
        return False
    return True


def _certificates(roots: bytes | Iterable[bytes]) -> tuple[bytes, ...]:
    if not isinstance(roots, bytes):
        return tuple(roots)
    found = tuple(base64.b64decode(text) for text in _PEM.findall(roots))
    return found or (roots,)
