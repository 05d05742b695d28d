"""Tencent Cloud FaceID (API 2018-03-01): elements, bank cards, faces, spoken will.

Requests are signed TC3-HMAC-SHA256 as its documentation says. One account serves four kinds:

| kind | action |
|---|---|
| three_elements | PhoneVerification |
| four_elements | BankCard4EVerification |
| face | DetectAuth, then GetDetectInfoEnhanced |
| video | the same with IntentionVerifyText: the person reads a sentence aloud |
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from baozhen.foundation.clock import now
from baozhen.foundation.links import require_link
from baozhen.foundation.transactions import refuse_inside_transaction
from baozhen.signing.identity.errors import IdentityCallRefused, IdentityOutage
from baozhen.signing.identity.providers.ports import Answer, Question, Session, Verdict
from baozhen.signing.identity.states import CheckKind

ENDPOINT: Final = "https://faceid.tencentcloudapi.com"
_VERSION, _SERVICE, _ALGORITHM = "2018-03-01", "faceid", "TC3-HMAC-SHA256"
_JSON = "application/json; charset=utf-8"
_SECONDS = httpx.Timeout(10.0, connect=3.0)
_ANSWER_BYTES_MAX = 16 * 1024 * 1024
_PASSED = "0"
# Results that say something of the service and nothing of the person: asking later may help.
_BUSY = {
    "PhoneVerification": frozenset({"-7", "-11"}),
    "BankCard4EVerification": frozenset({"-18"}),
}
_LATER = ("RequestLimitExceeded", "InternalError", "FailedOperation.Unknown", "LimitExceeded")
# Pictures and videos are evidence of the provider's, not to be copied into every answer of ours.
_HEAVY = frozenset({"IdCardData", "BestFrame", "VideoData"})


@dataclass(frozen=True, kw_only=True)
class Account:
    """An account at the provider; `rule_id` names the face flow made in its console."""

    secret_id: str
    secret_key: bytes = field(repr=False)
    rule_id: str = ""
    endpoint: str = ENDPOINT
    sentence: str = "我已阅读并同意签署本次文件"


class TencentFaceID:
    """An ElementsVerifier and a SessionVerifier."""

    name = "tencent-faceid"

    def __init__(self, account: Account, *, http: httpx.Client | None = None) -> None:
        if account.endpoint == ENDPOINT:
            require_link("identity", address=account.endpoint)
        self._account = account
        self._http = http or httpx.Client(timeout=_SECONDS, follow_redirects=False)

    @classmethod
    def from_settings(cls, settings: Mapping[str, str]) -> "TencentFaceID":
        """Build from `secret_id`, `secret_key`, `rule_id`; `endpoint`, `sentence` if wanted."""
        given = {name: settings[name] for name in ("endpoint", "sentence") if name in settings}
        account = Account(
            secret_id=settings["secret_id"],
            secret_key=settings["secret_key"].encode(),
            rule_id=settings.get("rule_id", ""),
            **given,
        )
        return cls(account)

    def verify(self, question: Question) -> Answer:
        """Compare three or four elements with the operators' and the banks' registers."""
        if question.kind is CheckKind.FOUR_ELEMENTS:
            action = "BankCard4EVerification"
            asked = {"BankCard": question.inputs["bank_card"], "Phone": question.mobile}
        else:
            action, asked = "PhoneVerification", {"Phone": question.mobile}
        body = self._ask(action, {"Name": question.name, "IdCard": question.id_no, **asked})
        result = str(body.get("Result", ""))
        if result in _BUSY[action] or not result:
            raise IdentityOutage(provider=self.name, reason=str(body.get("Description", "繁忙")))
        return Answer(
            verdict=Verdict.MATCHES if result == _PASSED else Verdict.DIFFERS,
            receipt=str(body.get("RequestId", "")),
            raw=body,
            reason="" if result == _PASSED else str(body.get("Description", "")),
        )

    def start(self, question: Question) -> Session:
        """Open a session for this person; a spoken will reads the account's sentence."""
        asked = {
            "RuleId": self._account.rule_id,
            "Name": question.name,
            "IdCard": question.id_no,
            "RedirectUrl": question.inputs.get("redirect_url", ""),
            "Extra": question.reference,
        }
        if question.kind is CheckKind.VIDEO:
            asked["IntentionVerifyText"] = question.inputs.get("sentence", self._account.sentence)
        body = self._ask("DetectAuth", {name: value for name, value in asked.items() if value})
        return Session(url=str(body["Url"]), receipt=str(body["BizToken"]))

    def result(self, receipt: str) -> Answer:
        """Fetch what came of a session."""
        body = self._ask(
            "GetDetectInfoEnhanced",
            {"BizToken": receipt, "RuleId": self._account.rule_id, "InfoType": "1"},
        )
        text: Mapping[str, Any] = body.get("Text") or {}
        code = text.get("ErrCode")
        raw = {name: value for name, value in body.items() if name not in _HEAVY}
        if code is None:
            return Answer(verdict=Verdict.WAITING, receipt=receipt, raw=raw)
        passed = code == 0 and _intention_passed(body)
        return Answer(
            verdict=Verdict.MATCHES if passed else Verdict.DIFFERS,
            receipt=receipt,
            raw=raw,
            reason="" if passed else str(text.get("ErrMsg", "")),
            score=_score(text.get("Sim")),
        )

    def _ask(self, action: str, payload: Mapping[str, str]) -> Mapping[str, Any]:
        refuse_inside_transaction("an identity check")
        body = json.dumps(payload, ensure_ascii=False).encode()
        host = urlsplit(self._account.endpoint).netloc
        headers = signed_headers(self._account, action=action, host=host, body=body, at=now())
        try:
            answer = self._http.post(self._account.endpoint, content=body, headers=headers)
            found = json.loads(answer.content[:_ANSWER_BYTES_MAX])["Response"]
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise IdentityOutage(provider=self.name, reason=type(error).__name__) from error
        fault: Mapping[str, str] | None = found.get("Error")
        if fault:
            code = fault.get("Code", "")
            kind = IdentityOutage if code.startswith(_LATER) else IdentityCallRefused
            raise kind(provider=self.name, reason=code)
        return dict(found)


def signed_headers(
    account: Account, *, action: str, host: str, body: bytes, at: datetime
) -> dict[str, str]:
    """Return the headers of one call, its Authorization included (signature method v3)."""
    moment = at.astimezone(UTC)
    stamp = str(int(moment.timestamp()))
    signed = "content-type;host;x-tc-action"
    canonical = (
        f"POST\n/\n\ncontent-type:{_JSON}\nhost:{host}\nx-tc-action:{action.lower()}\n\n{signed}\n"
        + hashlib.sha256(body).hexdigest()
    )
    scope = f"{moment:%Y-%m-%d}/{_SERVICE}/tc3_request"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = f"{_ALGORITHM}\n{stamp}\n{scope}\n{digest}"
    key = b"TC3" + account.secret_key
    for part in (f"{moment:%Y-%m-%d}", _SERVICE, "tc3_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    return {
        "Content-Type": _JSON,
        "Host": host,
        "X-TC-Action": action,
        "X-TC-Version": _VERSION,
        "X-TC-Timestamp": stamp,
        "Authorization": (
            f"{_ALGORITHM} Credential={account.secret_id}/{scope}, "
            f"SignedHeaders={signed}, Signature={signature}"
        ),
    }


def _intention_passed(body: Mapping[str, Any]) -> bool:
    """Whether the spoken will was understood; a session without one has nothing to say."""
    intention = body.get("IntentionVerifyData")
    return not intention or intention.get("ErrorCode") == 0


def _score(value: object) -> Decimal | None:
    try:
        return Decimal(str(value)) if value is not None else None
    except InvalidOperation:
        return None
