"""Inspects uploaded bytes in a process of its own, with limits on size, time and memory.

A parser that meets hostile bytes must not share its memory with keys, sessions or other uploads.
The child gets no environment, no Django, no database; it reads the file from its standard input
and may write nothing but one JSON report.
"""

import base64
import json
import struct
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from django.conf import settings

from baozhen.foundation.trust_folder import PlatformTrust, read_trust_folder
from baozhen.trust.crypto.digests import sha256, sm3
from baozhen.trust.evidence import TimestampProof
from baozhen.trust.report import STEP_TITLES, Check, CheckResult, Report, Step, Verdict

REPORT_BYTES_MAX: Final = 1024 * 1024
_SOURCE = Path(__file__).parents[2]
_WORKER = "baozhen.foundation.sandbox_worker"


@dataclass(frozen=True)
class SandboxLimits:
    """What one inspection may use."""

    file_bytes_max: int = 20 * 1024 * 1024
    cpu_seconds_max: int = 10
    memory_bytes_max: int = 768 * 1024 * 1024
    wall_seconds_max: float = 20.0


def inspect_in_subprocess(
    data: bytes,
    *,
    trust: PlatformTrust | None = None,
    at: datetime | None = None,
    limits: SandboxLimits | None = None,
    proof: TimestampProof | None = None,
    expected_dual: bool = False,
) -> dict[str, Any]:
    """Return the report on `data` as plain JSON values; `unreadable` with a reason if it fails.

    `trust` is the platform's own by default, `at` the present.
    """
    bounds = limits or SandboxLimits()
    if len(data) > bounds.file_bytes_max:
        return _unreadable(data, f"文件超过 {bounds.file_bytes_max // 1024 // 1024} MB")
    task = _task(trust or platform_trust(), at or datetime.now(UTC), proof, bounds)
    task["expected_dual"] = expected_dual
    header = json.dumps(task).encode()
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and module, no shell
            [sys.executable, "-m", _WORKER],
            input=struct.pack(">I", len(header)) + header + data,
            capture_output=True,
            timeout=bounds.wall_seconds_max,
            env={"PYTHONPATH": _python_path(), "PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"},
            cwd="/",
            check=False,
        )
    except subprocess.TimeoutExpired:
        return _unreadable(data, f"检查用时超过 {bounds.wall_seconds_max:g} 秒，已中止")
    return _read_report(data, done)


def platform_trust() -> PlatformTrust:
    """Return the platform's own trust; the demonstration roots are left out in production."""
    is_production = getattr(settings, "BAOZHEN_MODE", "production") == "production"
    return read_trust_folder(
        Path(settings.BAOZHEN_DATA) / "trust", with_demonstration=not is_production
    )


def _task(
    trust: PlatformTrust, at: datetime, proof: TimestampProof | None, limits: SandboxLimits
) -> dict[str, Any]:
    return {
        "roots": _encode(trust.anchors.roots),
        "organization": trust.anchors.expected_organization,
        "signers": trust.anchors.expected_signers,
        "crls": _encode(trust.revocation.crls),
        "ocsps": _encode(trust.revocation.ocsps),
        "at": at.isoformat(),
        "proof": proof.to_dict(file_sha256="") if proof else None,
        "limits": asdict(limits),
    }


def _encode(items: Iterable[bytes]) -> list[str]:
    return [base64.b64encode(item).decode("ascii") for item in items]


def _python_path() -> str:
    """Return where the child finds this package and its dependencies."""
    return ":".join(dict.fromkeys([str(_SOURCE), *filter(None, sys.path)]))


def _read_report(data: bytes, done: subprocess.CompletedProcess[bytes]) -> dict[str, Any]:
    if done.returncode != 0 or not 0 < len(done.stdout) <= REPORT_BYTES_MAX:
        return _unreadable(data, f"检查程序异常结束（{done.returncode}），可能超出时间或内存限制")
    try:
        report: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        return _unreadable(data, "检查程序没有给出报告")
    if report.get("sha256") != sha256(data).hex():
        return _unreadable(data, "检查程序的报告不是这个文件的")
    return report


def _unreadable(data: bytes, reason: str) -> dict[str, Any]:
    first = Check(Step.STRUCTURE, STEP_TITLES[Step.STRUCTURE], CheckResult.FAILED, reason)
    rest = [
        Check(step, STEP_TITLES[step], CheckResult.UNKNOWN, "前面的步骤没有通过，此步未检查")
        for step in list(Step)[1:]
    ]
    report = Report(Verdict.UNREADABLE, (), (first, *rest), sha256(data).hex(), sm3(data).hex())
    return report.to_dict()
