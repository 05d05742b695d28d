"""The notary port (存证): an outside house that writes down a fingerprint and signs a receipt.

`BAOZHEN_NOTARY_URL`: `https://<key id>:<secret>@<host>[/<path>]`.
`BAOZHEN_NOTARY_PUBLIC_KEY`: PEM file of the key with which the notary signs its receipts.

The protocol stands in docs/howto/files.md. The notary learns a fingerprint, a title without
personal data and a time; no document ever leaves the house.
"""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import unquote, urlsplit

import httpx
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
)

from baozhen.foundation.clock import now
from baozhen.foundation.errors import DevelopmentOnly, Outage, Refusal
from baozhen.foundation.ids import new_id
from baozhen.foundation.keys.configuration import configured, is_production
from baozhen.foundation.links import require_link
from baozhen.foundation.transactions import refuse_inside_transaction
from baozhen.trust.crypto.keys import Algorithm, SoftwareSigner, generate, verify_signature
from baozhen.trust.errors import TrustError

CONNECT_SECONDS_MAX: Final = 3.0
ANSWER_SECONDS_MAX: Final = 10.0
_ANSWER_BYTES_MAX: Final = 65_536
_ADDRESS: Final = "/v1/deposits"
DEVELOPMENT: Final = "演示存证（没有法律效力）"


class NotaryOutage(Outage):
    """The notary did not answer, or has not finished."""

    code = "notary_outage"
    message = "存证机构暂时不可用：{reason}"


class NotaryRefused(Refusal):
    """The notary will never take this deposit, or its receipt is not worth anything."""

    code = "notary_refused"
    message = "存证机构拒绝：{reason}"


@dataclass(frozen=True, kw_only=True)
class DepositOrder:
    """What is deposited: `reference` is ours, and a second order with it changes nothing."""

    reference: str
    sha256: str
    title: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What the notary gave: `text` is what it signed, byte for byte (UTF-8)."""

    number: str
    service: str
    text: str
    signature: bytes
    algorithm: Algorithm
    public_key: bytes  # DER SubjectPublicKeyInfo
    recorded_at: datetime


class Notary(Protocol):
    """Takes deposits."""

    def deposit(self, order: DepositOrder) -> Receipt:
        """Hand the fingerprint over; raises NotaryOutage (also while pending) or NotaryRefused."""

    def find(self, reference: str, *, sha256: str) -> Receipt | None:
        """Return the receipt of an earlier order; None when the notary never saw it."""


class HTTPSNotary:
    """A notary that takes JSON over HTTPS, each request signed by HMAC-SHA256."""

    def __init__(self, url: str, *, public_key: bytes, http: httpx.Client | None = None) -> None:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
        self._root = f"{parts.scheme}://{parts.hostname}{port}"
        self._path = parts.path.rstrip("/") + _ADDRESS
        require_link("notary", address=self._root)
        self._key_id = unquote(parts.username or "")
        self._secret = unquote(parts.password or "").encode()
        self._public_key = public_key
        timeout = httpx.Timeout(ANSWER_SECONDS_MAX, connect=CONNECT_SECONDS_MAX)
        self._http = http or httpx.Client(timeout=timeout, follow_redirects=False)

    def deposit(self, order: DepositOrder) -> Receipt:
        """POST the order; a reference that the notary knows gives the first receipt again."""
        body = {
            "reference": order.reference,
            "algorithm": "sha256",
            "hash": order.sha256,
            "title": order.title,
            "time": order.at.isoformat(timespec="seconds"),
        }
        data = json.dumps(body, ensure_ascii=False, sort_keys=True).encode()
        status, answer = self._ask("POST", self._path, data)
        if status not in (httpx.codes.OK, httpx.codes.CREATED, httpx.codes.ACCEPTED):
            raise NotaryRefused(reason=_reason(answer, status))
        return self._receipt(answer, sha256=order.sha256)

    def find(self, reference: str, *, sha256: str) -> Receipt | None:
        """GET the order."""
        status, answer = self._ask("GET", f"{self._path}/{reference}", b"")
        if status == httpx.codes.NOT_FOUND:
            return None
        if status != httpx.codes.OK:
            raise NotaryRefused(reason=_reason(answer, status))
        return self._receipt(answer, sha256=sha256)

    def _ask(self, method: str, path: str, data: bytes) -> tuple[int, Mapping[str, Any]]:
        refuse_inside_transaction("notary")
        headers = signed_headers(self._key_id, self._secret, method, path, data, at=now())
        try:
            answer = self._http.request(
                method, f"{self._root}{path}", content=data, headers=headers
            )
            found = json.loads(answer.content[:_ANSWER_BYTES_MAX] or b"{}")
        except (httpx.HTTPError, ValueError) as error:
            raise NotaryOutage(reason=type(error).__name__) from None
        busy = answer.status_code == httpx.codes.TOO_MANY_REQUESTS
        if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR or busy:
            raise NotaryOutage(reason=f"HTTP 状态 {answer.status_code}")
        if not isinstance(found, dict):
            raise NotaryOutage(reason="应答无法识别")
        return answer.status_code, found

    def _receipt(self, answer: Mapping[str, Any], *, sha256: str) -> Receipt:
        if answer.get("status") == "pending":
            raise NotaryOutage(reason="正在办理，稍后查询")
        if answer.get("status") != "recorded":
            raise NotaryRefused(reason=_reason(answer, 0))
        try:
            return read_receipt(answer["receipt"], public_key=self._public_key, sha256=sha256)
        except (TrustError, KeyError, TypeError, ValueError, binascii.Error) as error:
            raise NotaryRefused(reason=f"回执无效（{error}）") from error


class DevelopmentNotary:
    """Development's twin: keeps nothing and signs receipts with a key of this process."""

    def __init__(self) -> None:
        if is_production():
            raise DevelopmentOnly(twin="演示存证")

    def deposit(self, order: DepositOrder) -> Receipt:
        """Return a receipt that is worth nothing."""
        refuse_inside_transaction("notary")
        at = now().replace(microsecond=0)
        signer = _development_key()
        given = issue_receipt(order, number=new_id("ntr", at=at), service=DEVELOPMENT, by=signer)
        return read_receipt(given, public_key=signer.public_key, sha256=order.sha256)

    def find(self, reference: str, *, sha256: str) -> Receipt | None:
        """Return None: it keeps nothing."""
        return None


def get_notary() -> Notary:
    """Return the configured notary; without one development's twin, which refuses production."""
    url = configured("BAOZHEN_NOTARY_URL")
    if not url:
        return DevelopmentNotary()
    pem = Path(configured("BAOZHEN_NOTARY_PUBLIC_KEY")).read_bytes()
    key = load_pem_public_key(pem)
    return HTTPSNotary(
        url, public_key=key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    )


def has_notary() -> bool:
    """Tell whether deposits can be made here."""
    return bool(configured("BAOZHEN_NOTARY_URL")) or not is_production()


def signed_headers(
    key_id: str, secret: bytes, method: str, path: str, data: bytes, *, at: datetime
) -> dict[str, str]:
    """Return the headers of one request, signature included."""
    moment, nonce = str(int(at.timestamp())), secrets.token_hex(16)
    return {
        "Content-Type": "application/json",
        "X-Notary-Key": key_id,
        "X-Notary-Time": moment,
        "X-Notary-Nonce": nonce,
        "X-Notary-Signature": request_signature(secret, method, path, moment, nonce, data),
    }


def request_signature(
    secret: bytes, method: str, path: str, moment: str, nonce: str, data: bytes
) -> str:
    """Return HMAC-SHA256 in hex over verb, path, time, nonce and the body's digest, a line each."""
    text = "\n".join([method, path, moment, nonce, hashlib.sha256(data).hexdigest()])
    return hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()


def issue_receipt(
    order: DepositOrder, *, number: str, service: str, by: SoftwareSigner
) -> dict[str, str]:
    """Return a receipt as a notary sends it."""
    said = {
        "number": number,
        "service": service,
        "reference": order.reference,
        "algorithm": "sha256",
        "hash": order.sha256,
        "title": order.title,
        "recorded_at": order.at.isoformat(timespec="seconds"),
    }
    text = json.dumps(said, ensure_ascii=False, sort_keys=True)
    signature = base64.b64encode(by.sign(text.encode())).decode()
    return {"text": text, "signature": signature, "algorithm": by.algorithm.value}


def read_receipt(given: Mapping[str, str], *, public_key: bytes, sha256: str) -> Receipt:
    """Return a receipt whose signature holds and that speaks of this digest.

    Raises TrustError, ValueError or KeyError.
    """
    text, algorithm = given["text"], Algorithm(given["algorithm"])
    signature = base64.b64decode(given["signature"], validate=True)
    verify_signature(public_key, text.encode(), signature, algorithm=algorithm)
    said = json.loads(text)
    if said["hash"] != sha256:
        raise ValueError("回执所说的摘要与所存的不同")
    return Receipt(
        number=str(said["number"])[:100],
        service=str(said["service"])[:100],
        text=text,
        signature=signature,
        algorithm=algorithm,
        public_key=public_key,
        recorded_at=datetime.fromisoformat(said["recorded_at"]),
    )


def _reason(answer: Mapping[str, Any], status: int) -> str:
    return str(answer.get("message") or answer.get("code") or f"HTTP 状态 {status}")[:200]


@lru_cache(maxsize=1)
def _development_key() -> SoftwareSigner:
    return generate(Algorithm.ECDSA_P256_SHA256)
