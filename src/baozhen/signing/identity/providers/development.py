"""Development twins of the providers: they know nobody, and say so.

A name or number that holds 不符 or ends in 0000 differs; a face session opens no camera. Nothing
here proves anything about anybody.
"""

import hashlib
import logging
from collections.abc import Mapping
from decimal import Decimal

from baozhen.foundation.errors import DevelopmentOnly
from baozhen.foundation.keys.configuration import configured, is_production
from baozhen.signing.identity.errors import CallbackRefused
from baozhen.signing.identity.providers.ports import Answer, Question, Session, Verdict

_logger = logging.getLogger(__name__)
_DIFFERS = "演示规则：姓名含“不符”或号码以 0000 结尾即为不一致"
_RECEIPT_DIGITS = 24


class _Twin:
    """What all twins share: a name that says what they are, and no place in production."""

    name = "development"

    def __init__(self) -> None:
        if is_production():
            raise DevelopmentOnly(twin="演示认证服务")
        _logger.warning("演示认证服务：核验结果没有任何证明力")


class DevelopmentElements(_Twin):
    """Agrees with everything but what its rule says differs."""

    def verify(self, question: Question) -> Answer:
        """Return the rule's answer."""
        return _answer(question)


class DevelopmentSession(_Twin):
    """A face or video session that is over as soon as it is asked for."""

    def start(self, question: Question) -> Session:
        """Return a page of our own that explains the twin."""
        mark = "x" if _differs(question) else "m"
        receipt = f"dev-{mark}-{_digest(question)}"
        return Session(url=f"{configured('BAOZHEN_PUBLIC_URL')}/", receipt=receipt)

    def result(self, receipt: str) -> Answer:
        """Return what `start` decided."""
        differs = receipt.startswith("dev-x-")
        return Answer(
            verdict=Verdict.DIFFERS if differs else Verdict.MATCHES,
            receipt=receipt,
            raw={"twin": True, "receipt": receipt},
            reason=_DIFFERS if differs else "",
            score=Decimal("0.00") if differs else Decimal("99.00"),
        )


class DevelopmentTransfer(_Twin):
    """Pays nothing."""

    def pay(self, question: Question, *, amount_fen: int) -> Answer:
        """Say that the bank took it; the log tells a developer how much."""
        _logger.warning("演示打款：%s 的验证金额是 %d 分", question.reference, amount_fen)
        return _answer(question)


class DevelopmentOwnSystem(_Twin):
    """An own system that reviews at once."""

    def submit(self, question: Question) -> Answer:
        """Take the case; its result is there when asked."""
        mark = "x" if _differs(question) else "m"
        receipt = f"own-{mark}-{_digest(question)}"
        return Answer(verdict=Verdict.WAITING, receipt=receipt, raw={"twin": True})

    def result(self, receipt: str) -> Answer:
        """Return what `submit` decided."""
        differs = receipt.startswith("own-x-")
        return Answer(
            verdict=Verdict.DIFFERS if differs else Verdict.MATCHES,
            receipt=receipt,
            raw={"twin": True, "receipt": receipt},
            reason=_DIFFERS if differs else "",
        )

    def read_callback(self, headers: Mapping[str, str], body: bytes) -> tuple[str, Answer]:
        """Refuse: nobody calls back."""
        raise CallbackRefused


def _answer(question: Question) -> Answer:
    differs = _differs(question)
    return Answer(
        verdict=Verdict.DIFFERS if differs else Verdict.MATCHES,
        receipt=f"dev-{_digest(question)}",
        raw={"twin": True, "kind": question.kind.value},
        reason=_DIFFERS if differs else "",
    )


def _differs(question: Question) -> bool:
    values = (question.id_no, question.mobile, question.uscc, *question.inputs.values())
    return "不符" in question.name or any(value.endswith("0000") for value in values)


def _digest(question: Question) -> str:
    return hashlib.sha256(question.reference.encode()).hexdigest()[:_RECEIPT_DIGITS]
