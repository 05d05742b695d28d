"""What the adapters share: HTTPS that fails in words, RSA signatures, sums and instants."""

import base64
import binascii
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import httpx
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    load_pem_private_key,
    load_pem_public_key,
)
from cryptography.x509 import load_pem_x509_certificate

from baozhen.foundation.clock import SHANGHAI
from baozhen.foundation.keys.private_files import read_private
from baozhen.foundation.links import require_link
from baozhen.foundation.money import fen_from_yuan
from baozhen.foundation.transactions import refuse_inside_transaction
from baozhen.insurance.payments.errors import PaymentChannelOutage
from baozhen.insurance.payments.states import CHANNEL_LABELS

_SECONDS: Final = httpx.Timeout(10.0, connect=3.0)
_BYTES_MAX: Final = 64 * 1024 * 1024
LINK: Final = "payment"
_TRAILING_ZEROS = re.compile(r"(\.\d\d)0+$")


class Exchange:
    """Asks one channel over HTTPS; a channel that is down or odd is an outage."""

    def __init__(self, name: str, address: str, http: httpx.Client | None = None) -> None:
        require_link(LINK, address=address)
        self.label = CHANNEL_LABELS[name]
        self._http = http or httpx.Client(timeout=_SECONDS, follow_redirects=False)

    def ask(
        self,
        method: str,
        url: str,
        *,
        content: bytes = b"",
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Return the answer, whatever it says; raises PaymentChannelOutage when there is none."""
        refuse_inside_transaction("a payment channel")
        require_link(LINK, address=url)
        more: dict[str, Any] = {"data": dict(form)} if form is not None else {"content": content}
        try:
            answer = self._http.request(method, url, headers=dict(headers or {}), **more)
        except httpx.HTTPError as error:
            raise self.outage(type(error).__name__) from error
        if answer.is_server_error or answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
            raise self.outage(f"HTTP 状态 {answer.status_code}")
        if len(answer.content) > _BYTES_MAX:
            raise self.outage("应答过大")
        return answer

    def outage(self, reason: str) -> PaymentChannelOutage:
        """Return the outage to raise."""
        return PaymentChannelOutage(channel=self.label, reason=reason)


def private_key(text: str) -> RSAPrivateKey:
    """Return the RSA key of a PEM, or of the private file that holds one."""
    data = text.encode() if text.lstrip().startswith("-----") else read_private(Path(text))
    key = load_pem_private_key(data, password=None)
    if not isinstance(key, RSAPrivateKey):
        raise TypeError("a payment channel wants an RSA key")
    return key


def public_key(text: str) -> RSAPublicKey:
    """Return the RSA key of a public key's or a certificate's PEM, or of a file with one."""
    data = text.encode() if text.lstrip().startswith("-----") else Path(text).read_bytes()
    key = (
        load_pem_x509_certificate(data).public_key()
        if b"BEGIN CERTIFICATE" in data
        else load_pem_public_key(data)
    )
    if not isinstance(key, RSAPublicKey):
        raise TypeError("a payment channel wants an RSA key")
    return key


def sign(key: RSAPrivateKey, message: bytes) -> str:
    """Return the Base64 of an RSA-SHA256 signature (RSASSA-PKCS1-v1_5)."""
    return base64.b64encode(key.sign(message, padding.PKCS1v15(), hashes.SHA256())).decode("ascii")


def is_signed(key: RSAPublicKey, message: bytes, signature: str) -> bool:
    """Tell whether the Base64 signature is good."""
    try:
        data = base64.b64decode(signature, validate=True)
        key.verify(data, message, padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def sorted_query(fields: Mapping[str, str], *, without: tuple[str, ...] = ()) -> str:
    """Return `k=v&k=v` of the fields that are not empty, sorted by name, as both houses sign it."""
    return "&".join(
        f"{name}={value}" for name, value in sorted(fields.items()) if value and name not in without
    )


def fen(text: str) -> int:
    """Return the fen of a sum in yuan as bills write it: `12`, `12.3`, `12.30`, `12.30000`."""
    return fen_from_yuan(_TRAILING_ZEROS.sub(r"\1", text.strip()))


def local(at: datetime, form: str) -> str:
    """Write an instant in China's time."""
    return at.astimezone(SHANGHAI).strftime(form)


def instant(text: str, form: str) -> datetime:
    """Read an instant that was written in China's time."""
    return datetime.strptime(text.strip(), form).replace(tzinfo=SHANGHAI).astimezone(UTC)
