"""The platform's own HTTPS protocol for identity systems that have none in public.

An insurer's own system, a bank's transfer service or a company register answers it, mostly behind
a small gateway. Every request and every callback is JSON under an HMAC-SHA256 of timestamp and
body with a shared secret:

    X-Baozhen-Timestamp: seconds since 1970      X-Baozhen-Signature: hex(HMAC(ts + "." + body))

| call | body | answer |
|---|---|---|
| POST /checks | kind, reference, subject, inputs, amount_fen | receipt, verdict, reason, url |
| GET /checks/{receipt} | | receipt, verdict, reason, score |
| callback to us | reference, receipt, verdict, reason | |

A verdict is `matches`, `differs` or `waiting`. POST is idempotent by `reference`.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import quote

import httpx

from baozhen.foundation.clock import now
from baozhen.foundation.links import require_link
from baozhen.foundation.transactions import refuse_inside_transaction
from baozhen.signing.identity.errors import (
    CallbackRefused,
    IdentityCallRefused,
    IdentityOutage,
)
from baozhen.signing.identity.providers.ports import Answer, Question, Session, Verdict

TIMESTAMP, SIGNATURE = "X-Baozhen-Timestamp", "X-Baozhen-Signature"
SKEW_SECONDS_MAX = 300
_SECONDS = httpx.Timeout(10.0, connect=3.0)
_ANSWER_BYTES_MAX = 1024 * 1024


class HTTPSIdentity:
    """All four ports over the platform's own protocol."""

    def __init__(
        self, *, name: str, url: str, secret: bytes, http: httpx.Client | None = None
    ) -> None:
        require_link("identity", address=url)
        self.name = name
        self._url = url.rstrip("/")
        self._secret = secret
        self._http = http or httpx.Client(timeout=_SECONDS, follow_redirects=False)

    @classmethod
    def from_settings(cls, settings: Mapping[str, str]) -> "HTTPSIdentity":
        """Build from `name`, `url` and `secret`."""
        return cls(name=settings["name"], url=settings["url"], secret=settings["secret"].encode())

    def verify(self, question: Question) -> Answer:
        """Ask for an answer at once; a system that wants time is an outage here."""
        answer = self.submit(question)
        if answer.verdict is Verdict.WAITING:
            raise IdentityOutage(provider=self.name, reason="没有立即给出结果")
        return answer

    def start(self, question: Question) -> Session:
        """Open a session at the address that the system names."""
        body = self._post(_told(question))
        return Session(url=str(body.get("url", "")), receipt=_answer(body).receipt)

    def submit(self, question: Question) -> Answer:
        """Hand the case in."""
        return _answer(self._post(_told(question)))

    def pay(self, question: Question, *, amount_fen: int) -> Answer:
        """Have a small sum paid to the account in the question's inputs."""
        answer = _answer(self._post({**_told(question), "amount_fen": amount_fen}))
        if answer.verdict is Verdict.WAITING:
            raise IdentityOutage(provider=self.name, reason="银行尚未受理")
        return answer

    def result(self, receipt: str) -> Answer:
        """Ask what came of it."""
        refuse_inside_transaction("an identity check")
        path = f"/checks/{quote(receipt, safe='')}"
        return _answer(self._read("GET", path, b""))

    def read_callback(self, headers: Mapping[str, str], body: bytes) -> tuple[str, Answer]:
        """Return our reference and the answer; raises CallbackRefused for a notice of another's."""
        given = {name.lower(): value for name, value in headers.items()}
        stamp, signature = given.get(TIMESTAMP.lower(), ""), given.get(SIGNATURE.lower(), "")
        expected = sign(self._secret, stamp, body)
        if not hmac.compare_digest(signature.encode(), expected.encode()):
            raise CallbackRefused
        if not stamp.isdecimal() or abs(now().timestamp() - int(stamp)) > SKEW_SECONDS_MAX:
            raise CallbackRefused
        try:
            told = json.loads(body)
            return str(told["reference"]), _answer(told)
        except (ValueError, KeyError, TypeError, IdentityOutage) as error:
            raise CallbackRefused from error

    def _post(self, told: Mapping[str, Any]) -> Mapping[str, Any]:
        refuse_inside_transaction("an identity check")
        return self._read("POST", "/checks", json.dumps(told, ensure_ascii=False).encode())

    def _read(self, method: str, path: str, body: bytes) -> Mapping[str, Any]:
        stamp = str(int(now().timestamp()))
        headers = {
            "Content-Type": "application/json",
            TIMESTAMP: stamp,
            SIGNATURE: sign(self._secret, stamp, body or path.encode()),
        }
        try:
            answer = self._http.request(method, self._url + path, content=body, headers=headers)
            found = json.loads(answer.content[:_ANSWER_BYTES_MAX]) if answer.is_success else {}
        except (httpx.HTTPError, ValueError) as error:
            raise IdentityOutage(provider=self.name, reason=type(error).__name__) from error
        if answer.is_success and isinstance(found, dict):
            return found
        refused = answer.is_client_error and answer.status_code != httpx.codes.TOO_MANY_REQUESTS
        kind = IdentityCallRefused if refused else IdentityOutage
        raise kind(provider=self.name, reason=f"HTTP 状态 {answer.status_code}")


def sign(secret: bytes, stamp: str, body: bytes) -> str:
    """Return the signature of a message of this protocol."""
    return hmac.new(secret, stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def _told(question: Question) -> dict[str, Any]:
    return {
        "kind": question.kind.value,
        "reference": question.reference,
        "subject": {
            "name": question.name,
            "id_type": question.id_type,
            "id_no": question.id_no,
            "mobile": question.mobile,
            "uscc": question.uscc,
            "legal_rep_name": question.legal_rep_name,
            "legal_rep_id_no": question.legal_rep_id_no,
        },
        "inputs": dict(question.inputs),
    }


def _answer(body: Mapping[str, Any]) -> Answer:
    try:
        score = body.get("score")
        return Answer(
            verdict=Verdict(body["verdict"]),
            receipt=str(body["receipt"]),
            raw=dict(body),
            reason=str(body.get("reason", ""))[:255],
            score=None if score is None else Decimal(str(score)),
        )
    except (ValueError, KeyError, TypeError, InvalidOperation) as error:
        raise IdentityOutage(provider="https", reason="应答无法识别") from error
