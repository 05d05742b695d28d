"""The port of the electronic invoice service, its HTTPS adapter, and development's twin.

`BAOZHEN_INVOICE_URL`: `https://<key name>:<secret>@invoices.example.com/v1`. What answers there
is the insurer's tax system or a small gateway before it. Requests are signed as those of identity
systems are (`X-Baozhen-Timestamp`, `X-Baozhen-Signature`).

| call | body | answer |
|---|---|---|
| POST /invoices | request_no, seller, buyer, …, amount, tax, remark | number, issued_at, xml, pdf |

`xml` and `pdf` are base64. POST is idempotent by `request_no`; 4xx is a refusal for good.
"""

import base64
import io
import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit
from xml.sax.saxutils import escape

import httpx
import pikepdf

from baozhen.foundation.clock import now
from baozhen.foundation.errors import DevelopmentOnly
from baozhen.foundation.keys.configuration import configured, is_production
from baozhen.foundation.links import require_link
from baozhen.foundation.money import yuan_from_fen
from baozhen.foundation.transactions import refuse_inside_transaction
from baozhen.insurance.policies.errors import InvoiceOutage, InvoiceRefused
from baozhen.signing.identity.providers.generic import SIGNATURE, TIMESTAMP, sign

_SECONDS = httpx.Timeout(15.0, connect=3.0)
_ANSWER_BYTES_MAX = 4 * 1024 * 1024
_NUMBER_CHARACTERS_MAX = 32

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class InvoiceOrder:
    """What is to be invoiced; amounts in fen, `tax_fen` is within `amount_fen`."""

    request_no: str
    seller: str
    buyer: str = field(repr=False)
    buyer_id_no: str = field(repr=False)
    item: str
    policy_no: str
    amount_fen: int
    tax_fen: int
    remark: str


@dataclass(frozen=True, kw_only=True)
class IssuedInvoice:
    """The invoice in its two forms."""

    number: str
    issued_at: datetime
    xml: bytes
    pdf: bytes


class InvoiceService(Protocol):
    """Makes one invoice for each request number, or raises InvoiceOutage or InvoiceRefused."""

    def issue(self, order: InvoiceOrder) -> IssuedInvoice:
        """Make the invoice, or return the one that this request number has already."""


class HTTPSInvoices:
    """The service over HTTPS."""

    def __init__(self, url: str, *, http: httpx.Client | None = None) -> None:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
        self._root = f"{parts.scheme}://{parts.hostname}{port}{parts.path.rstrip('/')}"
        require_link("invoices", address=self._root if parts.scheme == "https" else None)
        self._key = unquote(parts.username or "")
        self._secret = unquote(parts.password or "").encode()
        self._http = http or httpx.Client(timeout=_SECONDS, follow_redirects=False)

    def issue(self, order: InvoiceOrder) -> IssuedInvoice:
        """Ask the service."""
        refuse_inside_transaction("an invoice")
        body = json.dumps(_told(order), ensure_ascii=False).encode()
        stamp = str(int(now().timestamp()))
        headers = {
            "Content-Type": "application/json",
            "X-Baozhen-Key": self._key,
            TIMESTAMP: stamp,
            SIGNATURE: sign(self._secret, stamp, body),
        }
        try:
            answer = self._http.post(f"{self._root}/invoices", content=body, headers=headers)
        except httpx.HTTPError as error:
            raise InvoiceOutage(reason=type(error).__name__) from error
        if answer.is_client_error and answer.status_code != httpx.codes.TOO_MANY_REQUESTS:
            raise InvoiceRefused(reason=_reason(answer))
        if not answer.is_success or len(answer.content) > _ANSWER_BYTES_MAX:
            raise InvoiceOutage(reason=f"HTTP 状态 {answer.status_code}")
        return _read(answer.content)


class DevelopmentInvoices:
    """Development's twin: a sample that says on its face that it is none."""

    def __init__(self) -> None:
        if is_production():
            raise DevelopmentOnly(twin="开发电子发票")

    def issue(self, order: InvoiceOrder) -> IssuedInvoice:
        """Make a sample; the same request number gives the same bytes."""
        refuse_inside_transaction("an invoice")
        number = str(int(sha256(order.request_no.encode()).hexdigest()[:16], 16)).zfill(20)[:20]
        _logger.warning("开发电子发票：样张 %s 不是发票，没有报送税务机关", number)
        return IssuedInvoice(
            number=number, issued_at=now(), xml=_sample_xml(order, number), pdf=_sample_pdf(number)
        )


def get_invoices() -> InvoiceService | None:
    """Return the configured service; development has its twin, production without one has none."""
    url = configured("BAOZHEN_INVOICE_URL")
    if url:
        return HTTPSInvoices(url)
    return None if is_production() else DevelopmentInvoices()


def _told(order: InvoiceOrder) -> Mapping[str, Any]:
    told = asdict(order)
    amount, tax = told.pop("amount_fen"), told.pop("tax_fen")
    return told | {"amount": yuan_from_fen(amount), "tax": yuan_from_fen(tax)}


def _read(content: bytes) -> IssuedInvoice:
    try:
        found = json.loads(content)
        issued_at = datetime.fromisoformat(found["issued_at"])
        number = str(found["number"])
        xml, pdf = (base64.b64decode(found[name], validate=True) for name in ("xml", "pdf"))
    except (ValueError, KeyError, TypeError) as error:
        raise InvoiceOutage(reason="应答无法识别") from error
    is_whole = issued_at.tzinfo and xml and pdf.startswith(b"%PDF-")
    if not is_whole or not 0 < len(number) <= _NUMBER_CHARACTERS_MAX:
        raise InvoiceOutage(reason="应答不完整")
    return IssuedInvoice(number=number, issued_at=issued_at, xml=xml, pdf=pdf)


def _reason(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["message"])[:120]
    except (ValueError, KeyError, TypeError):
        return f"HTTP 状态 {answer.status_code}"


def _sample_xml(order: InvoiceOrder, number: str) -> bytes:
    rows = "".join(
        f"  <{name}>{escape(str(value))}</{name}>\n" for name, value in _told(order).items()
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<invoice number="{number}" sample="开发样张，不是发票">\n{rows}</invoice>\n'
    ).encode()


def _sample_pdf(number: str) -> bytes:
    lines = ["DEVELOPMENT SAMPLE - NOT AN INVOICE", f"No. {number}"]
    text = " T* ".join(f"({line}) Tj" for line in lines)
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page(page_size=(595, 397))
        font = pikepdf.Dictionary(
            Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
        )
        page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
        drawn = f"BT /F1 18 Tf 60 320 Td 30 TL {text} ET".encode()
        page.Contents = pdf.make_stream(drawn)
        out = io.BytesIO()
        pdf.save(out, deterministic_id=True)
    return out.getvalue()
