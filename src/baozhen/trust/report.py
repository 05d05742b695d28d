"""What a verification found: a verdict, the signatures, and numbered checks (docs/verification.md).

A report is never true or false by itself: three answers exist for a check (passed, failed, could
not tell) and six verdicts for a file, so asking for its truth value is refused.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any, Never


class Verdict(StrEnum):
    """The answer about a file, in the words of the command line and the API."""

    GENUINE = "genuine"
    TAMPERED = "tampered"
    UNTRUSTED = "untrusted"
    NOT_SIGNED = "not_signed"
    UNSUPPORTED = "unsupported"
    UNREADABLE = "unreadable"


class CheckResult(StrEnum):
    """The answer of one check; `unknown` always comes with its reason."""

    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Step(IntEnum):
    """The steps of verification; the numbers are those of docs/verification.md and the tests."""

    STRUCTURE = 1
    SIGNATURES = 2
    COVERAGE = 3
    MATHEMATICS = 4
    CHANGES = 5
    BOTH_ALGORITHMS = 6
    CHAIN = 7
    REVOCATION = 8
    SIGNER = 9
    TIME = 10


STEP_TITLES: Mapping[Step, str] = {
    Step.STRUCTURE: "文件结构完整可读",
    Step.SIGNATURES: "签名齐全且都能识别",
    Step.COVERAGE: "签名覆盖整个文件",
    Step.MATHEMATICS: "签名值与内容相符",
    Step.CHANGES: "签名之后没有改动",
    Step.BOTH_ALGORITHMS: "国密与国际算法双签名俱在",
    Step.CHAIN: "签名证书来自受信任的机构",
    Step.REVOCATION: "签名证书未被吊销",
    Step.SIGNER: "签名者是应签署的机构",
    Step.TIME: "签署时间有可信证明",
}

VERDICT_WORDS: Mapping[Verdict, str] = {
    Verdict.GENUINE: "真实有效",
    Verdict.TAMPERED: "已被改动",
    Verdict.UNTRUSTED: "签名者不受信任",
    Verdict.NOT_SIGNED: "未签名",
    Verdict.UNSUPPORTED: "无法识别（不支持的格式）",
    Verdict.UNREADABLE: "无法识别",
}


@dataclass(frozen=True)
class Check:
    """One numbered check: what was asked, what came out, and why, in Chinese."""

    step: int
    title: str
    result: CheckResult
    detail: str


@dataclass(frozen=True)
class SignatureSummary:
    """One signature of a file, as far as it could be read.

    `party` is what the fields of one of several parties share; empty in a file of one organisation.
    """

    field: str
    algorithm: str
    profile: str
    signer: str
    organization: str
    serial: str
    signed_at: datetime | None
    timestamp_at: datetime | None
    timestamp_by: str
    covers_whole_file: bool
    valid: bool
    trusted: bool
    note: str = ""
    party: str = ""


@dataclass(frozen=True)
class Report:
    """The whole answer about one file; digests are lower-case hex of all its bytes.

    `trust` names the anchors that the signatures led to; `is_demo` says that one of them is for
    demonstration and worth nothing in law.
    """

    verdict: Verdict
    signatures: tuple[SignatureSummary, ...]
    checks: tuple[Check, ...]
    sha256: str
    sm3: str
    trust: tuple[str, ...] = ()
    is_demo: bool = False

    def __bool__(self) -> Never:
        """Refuse: compare `verdict` with the one you need."""
        raise TypeError("核验结论不止真假两种：请比较 report.verdict")

    @property
    def first_failure(self) -> Check | None:
        """The failed check with the lowest number, if any."""
        return next((check for check in self.checks if check.result == CheckResult.FAILED), None)

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain JSON values."""
        return {
            "verdict": self.verdict.value,
            "verdict_text": VERDICT_WORDS[self.verdict],
            "sha256": self.sha256,
            "sm3": self.sm3,
            "trust": list(self.trust),
            "demo": self.is_demo,
            "signatures": [_summary_dict(summary) for summary in self.signatures],
            "checks": [
                {
                    "step": check.step,
                    "title": check.title,
                    "result": check.result.value,
                    "detail": check.detail,
                }
                for check in self.checks
            ],
        }

    def to_json(self, *, file: str = "", register: str | None = None) -> str:
        """Return one line of JSON; `register` is the register's word where there is a register."""
        value = {"file": file, **self.to_dict()}
        if register is not None:
            value["register"] = register
        return json.dumps(value, ensure_ascii=False)


def _summary_dict(summary: SignatureSummary) -> dict[str, Any]:
    value = dict(vars(summary))
    for key in ("signed_at", "timestamp_at"):
        moment = value[key]
        value[key] = moment.isoformat() if moment else None
    return value
