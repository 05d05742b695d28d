"""Evidence packages: one ZIP that holds everything about a signed file, checked without anybody.

    manifest.json          SHA-256 and size of every other file but the chronology
    chronology.pdf         what happened, for people; sealed, and its keywords name the manifest
    documents/*.pdf        the signed files as archived (with <name>.proof.json where there is one)
    certificates/*.cer     certificates and roots, for reference: they are never trusted from here
    revocation/*.crl       revocation lists
    evidence/*.json        identity and will: what was checked, by whom, with which receipt
    audit/*.json           the chained record of acts, each line as it was hashed
    log/*.json             proof that an act is in the public log, with the signed checkpoint

The chronology's seal covers the keywords, these name the manifest, the manifest names the files.
"""

import base64
import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntEnum
from typing import Any, Final

import pikepdf

from baozhen.trust.crypto.digests import sha256
from baozhen.trust.errors import ParseError, TrustError, VerificationError
from baozhen.trust.evidence import parse_proof
from baozhen.trust.judgement import TrustAnchors
from baozhen.trust.log.checkpoint import parse_note
from baozhen.trust.log.merkle import leaf_hash, verify_inclusion
from baozhen.trust.report import VERDICT_WORDS, Check, CheckResult, Verdict
from baozhen.trust.verify import inspect
from baozhen.trust.x509.revocation import RevocationEvidence

FORMAT: Final = "baozhen-evidence/1"
MANIFEST: Final = "manifest.json"
CHRONOLOGY: Final = "chronology.pdf"
KEYWORD: Final = "baozhen-manifest-sha256:"
FILES_MAX: Final = 2_000
BYTES_MAX: Final = 512 * 1024 * 1024
_FRAME: Final = frozenset({MANIFEST, CHRONOLOGY})
_GENESIS: Final = bytes(32).hex()
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)


class PackageStep(IntEnum):
    """The steps of checking a package; the numbers stand in docs/howto/files.md."""

    READABLE = 1
    COMPLETE = 2
    SEALED = 3
    BOUND = 4
    DOCUMENTS = 5
    EVIDENCE = 6
    AUDIT = 7
    LOG = 8


STEP_TITLES: Mapping[PackageStep, str] = {
    PackageStep.READABLE: "证据包完整可读",
    PackageStep.COMPLETE: "清单与各文件相符，不多不少",
    PackageStep.SEALED: "经过说明的签章真实有效",
    PackageStep.BOUND: "签章覆盖清单",
    PackageStep.DOCUMENTS: "签署文件真实有效",
    PackageStep.EVIDENCE: "身份与意愿证据指向包内文件",
    PackageStep.AUDIT: "操作记录首尾相连，没有缺失",
    PackageStep.LOG: "操作记录在存证日志之内",
}


@dataclass(frozen=True)
class PackageReport:
    """The numbered checks of one package."""

    checks: tuple[Check, ...]
    sha256: str

    @property
    def is_genuine(self) -> bool:
        """Whether no check failed, and both seal and documents were found good."""
        needed = {step.value for step in PackageStep} - {PackageStep.EVIDENCE, PackageStep.LOG}
        return all(
            check.result is CheckResult.PASSED
            or (check.result is CheckResult.UNKNOWN and check.step not in needed)
            for check in self.checks
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "kind": "evidence_package",
            "verdict": "genuine" if self.is_genuine else "failed",
            "sha256": self.sha256,
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


def build_manifest(files: Mapping[str, bytes], *, subject: str, at: datetime) -> bytes:
    """Return the manifest of these files, by path."""
    value = {
        "format": FORMAT,
        "subject": subject,
        "made_at": at.isoformat(timespec="seconds"),
        "files": [
            {"path": path, "sha256": sha256(data).hex(), "size": len(data)}
            for path, data in sorted(files.items())
        ],
    }
    return json.dumps(value, ensure_ascii=False, indent=1).encode()


def keyword_of(manifest: bytes) -> str:
    """Return the keyword that the chronology must carry for this manifest."""
    return KEYWORD + sha256(manifest).hex()


def pack(files: Mapping[str, bytes], *, manifest: bytes, chronology: bytes) -> bytes:
    """Return the ZIP; the same input gives the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in [(CHRONOLOGY, chronology), (MANIFEST, manifest), *sorted(files.items())]:
            archive.writestr(zipfile.ZipInfo(path, _EPOCH), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def is_package(data: bytes) -> bool:
    """Tell whether the bytes begin as a package does."""
    return data.startswith(b"PK\x03\x04")


def check_package(
    data: bytes,
    *,
    anchors: TrustAnchors,
    at: datetime,
    revocation: RevocationEvidence = RevocationEvidence(),  # noqa: B008 - frozen
) -> PackageReport:
    """Return the numbered report on a package; nothing is raised whatever the bytes are."""
    found = sha256(data).hex()
    try:
        files = _read(data)
    except (TrustError, zipfile.BadZipFile, zlib.error, ValueError, NotImplementedError) as error:
        failed = _check(PackageStep.READABLE, CheckResult.FAILED, f"不是证据包：{error}")
        rest = [_check(s, CheckResult.UNKNOWN, "证据包读不出来") for s in list(PackageStep)[1:]]
        return PackageReport((failed, *rest), found)
    crls = tuple(body for path, body in files.items() if path.startswith("revocation/"))
    known = replace(revocation, crls=revocation.crls + crls)
    checks = [
        _check(PackageStep.READABLE, CheckResult.PASSED, f"共 {len(files)} 个文件"),
        _complete(files),
        _sealed(files, anchors, at, known),
        _bound(files),
        _documents(files, anchors, at, known),
        _evidence(files),
        _audit(files),
        _log(files),
    ]
    return PackageReport(tuple(checks), found)


def _read(data: bytes) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    left = BYTES_MAX
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = archive.infolist()
        if len(entries) > FILES_MAX:
            raise ParseError(f"文件超过 {FILES_MAX} 个")
        for entry in entries:
            if entry.filename in files:
                raise ParseError(f"{entry.filename} 出现两次")
            # What the directory says of the size may be a lie: never read more than is left.
            with archive.open(entry) as stream:
                body = stream.read(left + 1)
            left -= len(body)
            if left < 0:
                raise ParseError("内容过大")
            files[entry.filename] = body
    if MANIFEST not in files or CHRONOLOGY not in files:
        raise ParseError(f"缺少 {MANIFEST} 或 {CHRONOLOGY}")
    return files


def _complete(files: Mapping[str, bytes]) -> Check:
    try:
        manifest = _json(files[MANIFEST])
        if manifest.get("format") != FORMAT:
            raise ParseError(  # noqa: TRY301 -- one answer for every fault of the list
                f"清单的格式不是 {FORMAT}"
            )
        named = {str(entry["path"]): str(entry["sha256"]) for entry in manifest["files"]}
    except (ParseError, KeyError, TypeError) as error:
        return _check(PackageStep.COMPLETE, CheckResult.FAILED, f"清单读不懂：{error}")
    there = {path: sha256(body).hex() for path, body in files.items() if path not in _FRAME}
    wrong = sorted(path for path in named.keys() & there.keys() if named[path] != there[path])
    missing, extra = sorted(named.keys() - there.keys()), sorted(there.keys() - named.keys())
    problems = [
        f"{word}：{'、'.join(paths[:5])}"
        for word, paths in (("内容不符", wrong), ("缺少", missing), ("多出", extra))
        if paths
    ]
    if problems:
        return _check(PackageStep.COMPLETE, CheckResult.FAILED, "；".join(problems))
    return _check(PackageStep.COMPLETE, CheckResult.PASSED, f"{len(named)} 个文件的 SHA-256 相符")


def _sealed(
    files: Mapping[str, bytes], anchors: TrustAnchors, at: datetime, known: RevocationEvidence
) -> Check:
    report = inspect(files[CHRONOLOGY], anchors=anchors, at=at, revocation=known)
    names = "、".join(dict.fromkeys(s.organization or "未知" for s in report.signatures))
    is_good = report.verdict is Verdict.GENUINE
    result = CheckResult.PASSED if is_good else CheckResult.FAILED
    return _check(PackageStep.SEALED, result, f"{VERDICT_WORDS[report.verdict]}，签署机构：{names}")


def _bound(files: Mapping[str, bytes]) -> Check:
    try:
        with pikepdf.open(io.BytesIO(files[CHRONOLOGY])) as document:
            words = f"{document.docinfo.get('/Keywords', '')}"
    except (pikepdf.PdfError, ValueError, TypeError) as error:
        return _check(PackageStep.BOUND, CheckResult.FAILED, f"经过说明打不开：{error}")
    if keyword_of(files[MANIFEST]) not in words:
        return _check(PackageStep.BOUND, CheckResult.FAILED, "经过说明所盖章的是另一份清单")
    return _check(PackageStep.BOUND, CheckResult.PASSED, "清单的 SHA-256 写在已签章的经过说明里")


def _documents(
    files: Mapping[str, bytes], anchors: TrustAnchors, at: datetime, known: RevocationEvidence
) -> Check:
    # Whoever signed a document of several parties is named, not expected.
    open_minded = TrustAnchors(anchors.roots)
    words, is_good = [], True
    for path, body in sorted(_under(files, "documents/", ".pdf")):
        try:
            proof_body = files.get(f"{path}.proof.json")
            digest = sha256(body).hex()
            proof = parse_proof(proof_body, file_sha256=digest) if proof_body else None
        except TrustError as error:
            return _check(PackageStep.DOCUMENTS, CheckResult.FAILED, f"{path} 的时间证明：{error}")
        report = inspect(
            body, anchors=open_minded, at=at, revocation=known, detached_timestamp=proof
        )
        is_good = is_good and report.verdict is Verdict.GENUINE
        signers = "、".join(dict.fromkeys(s.organization or "未知" for s in report.signatures))
        words.append(
            f"{path.removeprefix('documents/')} {VERDICT_WORDS[report.verdict]}（{signers}）"
        )
    if not words:
        return _check(PackageStep.DOCUMENTS, CheckResult.FAILED, "包内没有签署文件")
    result = CheckResult.PASSED if is_good else CheckResult.FAILED
    return _check(PackageStep.DOCUMENTS, result, "；".join(words))


def _evidence(files: Mapping[str, bytes]) -> Check:
    known = {sha256(body).hex() for _, body in _under(files, "documents/", ".pdf")}
    count = 0
    try:
        for path, body in _under(files, "evidence/", ".json"):
            value = _json(body)
            known |= {str(one) for one in value.get("versions", ())}
            about = value.get("document_sha256")
            if about and about not in known:
                detail = f"{path} 所说的文件不在包内"
                return _check(PackageStep.EVIDENCE, CheckResult.FAILED, detail)
            count += 1
    except (ParseError, TypeError, AttributeError) as error:
        return _check(PackageStep.EVIDENCE, CheckResult.FAILED, f"证据读不懂：{error}")
    if not count:
        return _check(PackageStep.EVIDENCE, CheckResult.UNKNOWN, "包内没有身份与意愿证据")
    return _check(PackageStep.EVIDENCE, CheckResult.PASSED, f"{count} 份证据")


def chain_file(lines: Iterable[tuple[str, bytes]]) -> bytes:
    """Return one object's record: each line as it was hashed, with its digest."""
    entries = [{"line": line, "sha256": digest.hex()} for line, digest in lines]
    return json.dumps(entries, ensure_ascii=False, indent=1).encode()


def _audit(files: Mapping[str, bytes]) -> Check:
    count = 0
    try:
        for path, body in _under(files, "audit/", ".json"):
            for entry in _walk(path, body):
                count += bool(entry)
    except (ParseError, VerificationError, KeyError, TypeError, IndexError) as error:
        return _check(PackageStep.AUDIT, CheckResult.FAILED, f"{error}")
    if not count:
        return _check(PackageStep.AUDIT, CheckResult.FAILED, "包内没有操作记录")
    return _check(PackageStep.AUDIT, CheckResult.PASSED, f"{count} 条记录，摘要和前后相连都正确")


def _walk(path: str, body: bytes) -> Iterator[str]:
    """Yield the digests of one chain; VerificationError where it breaks."""
    previous = _GENESIS
    for position, entry in enumerate(_json(body)):
        line = str(entry["line"])
        said = json.loads(line)
        digest = hashlib.sha256(line.encode()).hexdigest()
        if digest != entry["sha256"] or said[1] != previous or said[4] != position:
            raise VerificationError(0, f"{path} 第 {position + 1} 条与前后不相连或被改动")
        previous = digest
        yield digest


def log_file(*, digest: bytes, index: int, size: int, path: Iterable[bytes], note: bytes) -> bytes:
    """Return the proof that the act with this digest is leaf `index` of the log of `size`."""
    value = {
        "digest": digest.hex(),
        "index": index,
        "size": size,
        "path": [node.hex() for node in path],
        "checkpoint": base64.b64encode(note).decode(),
    }
    return json.dumps(value, indent=1).encode()


def _log(files: Mapping[str, bytes]) -> Check:
    try:
        acts = {d for p, b in _under(files, "audit/", ".json") for d in _walk(p, b)}
        count = 0
        for path, body in _under(files, "log/", ".json"):
            value = _json(body)
            if value["digest"] not in acts:
                raise VerificationError(0, f"{path} 证明的不是包内的操作记录")
            checkpoint = parse_note(base64.b64decode(value["checkpoint"])).checkpoint
            if checkpoint.size != value["size"]:
                raise VerificationError(0, f"{path} 与检查点的大小不符")
            verify_inclusion(
                leaf_hash(bytes.fromhex(value["digest"])),
                index=value["index"],
                size=value["size"],
                path=[bytes.fromhex(node) for node in value["path"]],
                expected_root=checkpoint.root_sha256,
            )
            count += 1
    except (TrustError, KeyError, TypeError, ValueError, IndexError) as error:
        return _check(PackageStep.LOG, CheckResult.FAILED, f"{error}")
    if not count:
        return _check(PackageStep.LOG, CheckResult.UNKNOWN, "生成时记录还没有进入日志")
    return _check(PackageStep.LOG, CheckResult.PASSED, f"{count} 条记录在检查点之内")


def _under(files: Mapping[str, bytes], folder: str, ending: str) -> list[tuple[str, bytes]]:
    return [(p, b) for p, b in files.items() if p.startswith(folder) and p.endswith(ending)]


def _json(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ParseError("不是 JSON") from error


def _check(step: PackageStep, result: CheckResult, detail: str) -> Check:
    return Check(step.value, STEP_TITLES[step], result, detail)
