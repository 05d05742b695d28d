"""Trace packages: one ZIP by which anybody replays and checks what a person was shown and did.

    index.html             the acts in their order, with the pages; opens from the disk
    replay.html            the moving picture, with its player
    replay.pdf             the acts in their order, to print; sealed by the platform
    events.json, .csv      the acts of every session, each line as it was hashed
    served/*.html          every page exactly as it was served (secrets left out)
    view/*.html            the same pages to look at: no scripts, files from files/
    files/                 styles, pictures, fonts and scripts of the page versions
    recordings/            the moving picture: data, player
    documents/             signed files, where the platform has them
    evidence/              results of identity checks, without biometrics
    certificates/*.cer     of whoever signed the note, for reference: never trusted from here
    manifest.json          SHA-256 and SM3 of every file above
    manifest.note          the manifest's digests, signed by the platform in both families
    manifest.tst           a timestamp over the note, where a service answered
    verify.py              checks chain and list with nothing but Python

A note is a checkpoint over the manifest: its two roots are the manifest's SHA-256 and SM3, its
origin ends in `/trace/<number of the export>`, so that it is never taken for one of the log.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from typing import Any, Final

from baozhen.foundation.traces.chain import GENESIS, VERSION, TracedAct
from baozhen.trust import archives
from baozhen.trust.cms.timestamp import verify_token
from baozhen.trust.crypto.digests import sha256, sm3
from baozhen.trust.errors import ParseError, TrustError, VerificationError
from baozhen.trust.log.checkpoint import Checkpoint
from baozhen.trust.report import CheckResult
from baozhen.trust.signed_checkpoints import signed_checkpoint
from baozhen.trust.verify import TrustAnchors
from baozhen.trust.x509.revocation import RevocationEvidence

FORMAT: Final = "baozhen-trace/1"
MANIFEST: Final = "manifest.json"
NOTE: Final = "manifest.note"
STAMP: Final = "manifest.tst"
EVENTS: Final = "events.json"
PRINTED: Final = "replay.pdf"
ORIGIN_MARK: Final = "/trace/"
FILES_MAX: Final = 20_000
BYTES_MAX: Final = 1024 * 1024 * 1024
_FRAME: Final = frozenset({MANIFEST, NOTE, STAMP})


class Step(IntEnum):
    """The steps of checking a package; the numbers stand in docs/traces.md."""

    READABLE = 1
    COMPLETE = 2
    SIGNED = 3
    STAMPED = 4
    CHAINED = 5
    PAGES = 6


TITLES: Mapping[Step, str] = {
    Step.READABLE: "回溯包完整可读",
    Step.COMPLETE: "清单与各文件相符，不多不少（SHA-256 与 SM3）",
    Step.SIGNED: "清单由平台签名",
    Step.STAMPED: "清单盖有时间戳",
    Step.CHAINED: "操作记录首尾相连，没有缺失或改动",
    Step.PAGES: "所见页面与操作记录中的摘要相符",
}


@dataclass(frozen=True)
class StepResult:
    """What one step found."""

    step: Step
    result: CheckResult
    detail: str


@dataclass(frozen=True)
class TraceReport:
    """The steps of one package, in their order."""

    steps: tuple[StepResult, ...]
    sha256: str

    @property
    def is_genuine(self) -> bool:
        """Whether every step passed; only the timestamp may be missing."""
        return all(
            one.result is CheckResult.PASSED
            or (one.step is Step.STAMPED and one.result is CheckResult.UNKNOWN)
            for one in self.steps
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "kind": "trace_package",
            "verdict": "genuine" if self.is_genuine else "failed",
            "sha256": self.sha256,
            "checks": [
                {
                    "step": one.step.value,
                    "title": TITLES[one.step],
                    "result": one.result.value,
                    "detail": one.detail,
                }
                for one in self.steps
            ],
        }


def build_manifest(files: Mapping[str, bytes], *, subject: str, at: datetime) -> bytes:
    """Return the manifest of these files, by path."""
    value = {
        "format": FORMAT,
        "subject": subject,
        "made_at": at.astimezone(UTC).isoformat(timespec="seconds"),
        "files": [
            {"path": path, "size": len(data), "sha256": sha256(data).hex(), "sm3": sm3(data).hex()}
            for path, data in sorted(files.items())
        ],
    }
    return json.dumps(value, ensure_ascii=False, indent=1).encode()


def checkpoint_over(
    manifest: bytes, *, origin: str, subject: str, count: int, at: datetime
) -> Checkpoint:
    """Return what the platform signs over a manifest of `count` files."""
    return Checkpoint(
        origin=f"{origin}{ORIGIN_MARK}{subject}",
        size=count,
        root_sha256=sha256(manifest),
        root_sm3=sm3(manifest),
        at=at.replace(microsecond=0),
    )


def pack(files: Mapping[str, bytes]) -> bytes:
    """Return the ZIP; the same input gives the same bytes."""
    return archives.pack(sorted(files.items()))


def check_package(
    data: bytes,
    *,
    anchors: TrustAnchors,
    at: datetime,
    revocation: RevocationEvidence = RevocationEvidence(),  # noqa: B008 - frozen
) -> TraceReport:
    """Return the numbered report on a package; nothing is raised whatever the bytes are."""
    found = sha256(data).hex()
    try:
        files = archives.unpack(
            data, files_max=FILES_MAX, bytes_max=BYTES_MAX, needed=(MANIFEST, NOTE, EVENTS)
        )
    except ParseError as error:
        first = StepResult(Step.READABLE, CheckResult.FAILED, f"不是回溯包：{error}")
        rest = [StepResult(s, CheckResult.UNKNOWN, "包读不出来") for s in list(Step)[1:]]
        return TraceReport((first, *rest), found)
    checks: tuple[tuple[Step, Callable[[], tuple[CheckResult, str]]], ...] = (
        (Step.COMPLETE, lambda: _complete(files)),
        (Step.SIGNED, lambda: _signed(files, anchors, revocation)),
        (Step.STAMPED, lambda: _stamped(files, anchors, at, revocation)),
        (Step.CHAINED, lambda: _chained(files)),
        (Step.PAGES, lambda: _pages(files)),
    )
    steps = [StepResult(Step.READABLE, CheckResult.PASSED, f"共 {len(files)} 个文件")]
    for step, check in checks:
        try:
            steps.append(StepResult(step, *check()))
        except (TrustError, KeyError, TypeError, ValueError, IndexError) as error:
            steps.append(StepResult(step, CheckResult.FAILED, str(error)))
    return TraceReport(tuple(steps), found)


def act_of(value: Mapping[str, Any]) -> tuple[TracedAct, bytes, bytes]:
    """Read one act of events.json: the act, `previous` and `digest`."""
    line = json.loads(value["line"])
    if line[0] != VERSION:
        raise ParseError(f"操作记录的格式不是 {VERSION}")
    act = TracedAct(
        session=line[2],
        seq=line[3],
        server_time=datetime.fromisoformat(line[4]),
        client_time=datetime.fromisoformat(line[5]) if line[5] else None,
        offset_ms=line[6],
        kind=line[7],
        page=line[8],
        shown=line[9],
        target=line[10],
        value=line[11],
        value_hash=line[12],
    )
    return act, bytes.fromhex(line[1]), bytes.fromhex(value["digest"])


def _complete(files: Mapping[str, bytes]) -> tuple[CheckResult, str]:
    manifest = json.loads(files[MANIFEST])
    if manifest.get("format") != FORMAT:
        raise ParseError(f"清单的格式不是 {FORMAT}")
    named = {str(one["path"]): (one["sha256"], one["sm3"]) for one in manifest["files"]}
    there = {
        path: (sha256(body).hex(), sm3(body).hex())
        for path, body in files.items()
        if path not in _FRAME
    }
    if problems := archives.differences(named, there):
        return CheckResult.FAILED, problems
    return CheckResult.PASSED, f"{len(named)} 个文件相符"


def _signed(
    files: Mapping[str, bytes], anchors: TrustAnchors, known: RevocationEvidence
) -> tuple[CheckResult, str]:
    manifest = files[MANIFEST]
    subject = str(json.loads(manifest)["subject"])
    brought = [body for path, body in sorted(files.items()) if path.startswith("certificates/")]
    found = signed_checkpoint(files[NOTE], brought, anchors=anchors, revocation=known)
    checkpoint = found.checkpoint
    if not checkpoint.origin.endswith(f"{ORIGIN_MARK}{subject}"):
        raise VerificationError(0, "签名的不是这个导出的清单")
    if (checkpoint.root_sha256, checkpoint.root_sm3) != (sha256(manifest), sm3(manifest)):
        raise VerificationError(0, "签名的是另一份清单")
    told = "、".join(found.signers)
    return CheckResult.PASSED, f"由 {told} 于 {checkpoint.at.isoformat()} 签名（SM2 与 RSA）"


def _stamped(
    files: Mapping[str, bytes], anchors: TrustAnchors, at: datetime, known: RevocationEvidence
) -> tuple[CheckResult, str]:
    if STAMP not in files:
        return CheckResult.UNKNOWN, "生成时没有取得时间戳"
    info = verify_token(
        files[STAMP], digest=sha256(files[NOTE]), anchors=anchors.roots, at=at, revocation=known
    )
    return CheckResult.PASSED, f"{info.tsa_name} 于 {info.gen_time.isoformat()}"


def _chained(files: Mapping[str, bytes]) -> tuple[CheckResult, str]:
    sessions = json.loads(files[EVENTS])["sessions"]
    count = 0
    for session in sessions:
        previous = GENESIS
        for place, value in enumerate(session["events"], start=1):
            act, named, digest = act_of(value)
            fits = act.session == session["id"] and act.seq == place and named == previous
            if not fits or sha256(value["line"].encode()) != digest:
                raise VerificationError(0, f"{session['id']} 第 {place} 条与摘要链不符")
            previous = digest
            count += 1
        if previous.hex() != session["head"] or len(session["events"]) != session["count"]:
            raise VerificationError(0, f"{session['id']} 的末条与登记不符")
    return CheckResult.PASSED, f"{len(sessions)} 次会话、{count} 条操作"


def _pages(files: Mapping[str, bytes]) -> tuple[CheckResult, str]:
    count = 0
    for session in json.loads(files[EVENTS])["sessions"]:
        for value in session["events"]:
            act, _, _ = act_of(value)
            name = value.get("page_file")
            if act.shown and not name:
                raise VerificationError(0, f"{session['id']} 第 {act.seq} 条没有页面")
            if name and sha256(files[name]).hex() != act.shown:
                raise VerificationError(0, f"{name} 不是当时所见的页面")
            count += bool(name)
            picture = value.get("recording_file")
            if act.kind == "RECORD" and sha256(files[picture]).hex() != act.value_hash:
                raise VerificationError(0, f"{picture} 不是当时的画面记录")
    return CheckResult.PASSED, f"{count} 个页面"
