"""The front door of verification: any bytes in, a numbered report out (docs/verification.md).

`inspect` always returns a Report; `verify` returns proof as a value or raises. The clock, the trust
anchors and all evidence are parameters: nothing is fetched here.
"""

from dataclasses import dataclass
from datetime import datetime

from baozhen.trust.checklist import Checklist
from baozhen.trust.crypto.digests import sha256, sm3
from baozhen.trust.errors import ParseError, TrustError, UnsupportedError, VerificationError
from baozhen.trust.evidence import TimestampProof
from baozhen.trust.judgement import Judge, TrustAnchors
from baozhen.trust.pdf.verify import PdfFindings, verify_bytes
from baozhen.trust.report import Report, SignatureSummary, Step, Verdict
from baozhen.trust.x509.revocation import RevocationEvidence

__all__ = ["TrustAnchors", "VerifiedDocument", "inspect", "verify"]

_ZIP = b"PK\x03\x04"
_NO_EVIDENCE = RevocationEvidence()


@dataclass(frozen=True)
class VerifiedDocument:
    """Proof as a value: only `verify` makes one, of a genuine file."""

    data: bytes
    report: Report


def inspect(
    data: bytes,
    *,
    anchors: TrustAnchors,
    at: datetime,
    revocation: RevocationEvidence = _NO_EVIDENCE,
    detached_timestamp: TimestampProof | None = None,
    expected_dual: bool = False,
) -> Report:
    """Return the report on any bytes; nothing is raised whatever they are.

    `at` is the time of verification. `expected_dual` comes from a register that knows the file to
    bear both an SM2 and an RSA signature; our own files also say so themselves.
    """
    checklist = Checklist()
    judge = Judge(
        anchors, at, checklist, revocation=revocation, detached_timestamp=detached_timestamp
    )
    summaries: tuple[SignatureSummary, ...] = ()
    try:
        findings = _read(data, checklist)
        if findings.signatures:
            summaries = judge.judge(data, findings, expected_dual=expected_dual)
    except TrustError as error:
        checklist.broke(Step.STRUCTURE, error)
    except Exception as error:  # noqa: BLE001 - a stranger's bytes may not end in an exception
        checklist.broke(Step.STRUCTURE, ParseError(f"读取时出错（{type(error).__name__}）"))
    return Report(
        verdict=checklist.verdict,
        signatures=summaries,
        checks=checklist.checks(),
        sha256=sha256(data).hex(),
        sm3=sm3(data).hex(),
        trust=judge.anchor_names,
        is_demo=judge.is_demo,
    )


def verify(
    data: bytes,
    *,
    anchors: TrustAnchors,
    at: datetime,
    revocation: RevocationEvidence = _NO_EVIDENCE,
    detached_timestamp: TimestampProof | None = None,
    expected_dual: bool = False,
) -> VerifiedDocument:
    """Return the document if it is genuine; VerificationError with the first failed step if not."""
    report = inspect(
        data,
        anchors=anchors,
        at=at,
        revocation=revocation,
        detached_timestamp=detached_timestamp,
        expected_dual=expected_dual,
    )
    if report.verdict is Verdict.GENUINE:
        return VerifiedDocument(data, report)
    failure = report.first_failure
    if failure is None:
        unsettled = next(check for check in report.checks if check.result != "passed")
        raise VerificationError(unsettled.step, unsettled.detail)
    raise VerificationError(failure.step, failure.detail)


def _read(data: bytes, checklist: Checklist) -> PdfFindings:
    if data.startswith(_ZIP):
        raise UnsupportedError("ZIP 容器（OFD 等）的核验")
    return verify_bytes(data, checklist)
