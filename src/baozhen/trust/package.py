"""Evidence packages: one ZIP that holds everything about a signed file, checked without anybody.

    manifest.json          SHA-256 and size of every other file but the chronology
    chronology.pdf         what happened, for people; sealed, and its keywords name the manifest
    documents/*.pdf        the signed files as archived (with <name>.proof.json where there is one)
    certificates/*.cer     certificates and roots, for reference: they are never trusted from here
    revocation/*.crl       revocation lists
    evidence/*.json        identity and will: what was checked, by whom, with which receipt
    audit/*.json           the chained record of acts, each line as it was hashed
    log/*.json             proof that an act is in the public log, with the signed checkpoint
    notary/*.json          receipts of an outside notary, each with the manifest it is about

The chronology's seal covers the keywords, these name the manifest, the manifest names the files.
"""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import pikepdf

from baozhen.trust import archives
from baozhen.trust.crypto.digests import sha256
from baozhen.trust.errors import ParseError, TrustError
from baozhen.trust.evidence import parse_proof
from baozhen.trust.judgement import TrustAnchors
from baozhen.trust.package_records import (
    PackageStep,
    check_audit,
    check_log,
    check_notary,
    read_json,
    step_check,
    under,
)
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
_MAY_BE_ABSENT: Final = frozenset({PackageStep.EVIDENCE, PackageStep.LOG, PackageStep.NOTARY})


@dataclass(frozen=True)
class PackageReport:
    """The numbered checks of one package."""

    checks: tuple[Check, ...]
    sha256: str

    @property
    def is_genuine(self) -> bool:
        """Whether no check failed, and both seal and documents were found good."""
        needed = {step.value for step in PackageStep} - _MAY_BE_ABSENT
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
    """Return the ZIP, what people read first; the same input gives the same bytes."""
    frame = [(CHRONOLOGY, chronology), (MANIFEST, manifest)]
    return archives.pack([*frame, *sorted(files.items())])


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
        files = archives.unpack(
            data, files_max=FILES_MAX, bytes_max=BYTES_MAX, needed=(MANIFEST, CHRONOLOGY)
        )
    except ParseError as error:
        failed = step_check(PackageStep.READABLE, CheckResult.FAILED, f"不是证据包：{error}")
        rest = [step_check(s, CheckResult.UNKNOWN, "证据包读不出来") for s in list(PackageStep)[1:]]
        return PackageReport((failed, *rest), found)
    crls = tuple(body for path, body in files.items() if path.startswith("revocation/"))
    known = replace(revocation, crls=revocation.crls + crls)
    checks = [
        step_check(PackageStep.READABLE, CheckResult.PASSED, f"共 {len(files)} 个文件"),
        _complete(files),
        _sealed(files, anchors, at, known),
        _bound(files),
        _documents(files, anchors, at, known),
        _evidence(files),
        check_audit(files),
        check_log(files, anchors, known),
        check_notary(files),
    ]
    return PackageReport(tuple(checks), found)


def _is_about(value: Mapping[str, Any], about: str, known: set[str]) -> bool:
    """Tell whether evidence speaks of the package; one will may cover many documents at once."""
    together = [str(one) for one in value.get("documents", ())]
    if not together:
        return about in known
    return sha256("\n".join(together).encode()).hex() == about and not known.isdisjoint(together)


def _complete(files: Mapping[str, bytes]) -> Check:
    try:
        manifest = read_json(files[MANIFEST])
        if manifest.get("format") != FORMAT:
            raise ParseError(  # noqa: TRY301 -- one answer for every fault of the list
                f"清单的格式不是 {FORMAT}"
            )
        named = {str(entry["path"]): str(entry["sha256"]) for entry in manifest["files"]}
    except (ParseError, KeyError, TypeError) as error:
        return step_check(PackageStep.COMPLETE, CheckResult.FAILED, f"清单读不懂：{error}")
    there = {path: sha256(body).hex() for path, body in files.items() if path not in _FRAME}
    if problems := archives.differences(named, there):
        return step_check(PackageStep.COMPLETE, CheckResult.FAILED, problems)
    return step_check(
        PackageStep.COMPLETE, CheckResult.PASSED, f"{len(named)} 个文件的 SHA-256 相符"
    )


def _sealed(
    files: Mapping[str, bytes], anchors: TrustAnchors, at: datetime, known: RevocationEvidence
) -> Check:
    report = inspect(files[CHRONOLOGY], anchors=anchors, at=at, revocation=known)
    names = "、".join(dict.fromkeys(s.organization or "未知" for s in report.signatures))
    is_good = report.verdict is Verdict.GENUINE
    result = CheckResult.PASSED if is_good else CheckResult.FAILED
    return step_check(
        PackageStep.SEALED, result, f"{VERDICT_WORDS[report.verdict]}，签署机构：{names}"
    )


def _bound(files: Mapping[str, bytes]) -> Check:
    try:
        with pikepdf.open(io.BytesIO(files[CHRONOLOGY])) as document:
            words = f"{document.docinfo.get('/Keywords', '')}"
    except (pikepdf.PdfError, ValueError, TypeError) as error:
        return step_check(PackageStep.BOUND, CheckResult.FAILED, f"经过说明打不开：{error}")
    if keyword_of(files[MANIFEST]) not in words:
        return step_check(PackageStep.BOUND, CheckResult.FAILED, "经过说明所盖章的是另一份清单")
    return step_check(
        PackageStep.BOUND, CheckResult.PASSED, "清单的 SHA-256 写在已签章的经过说明里"
    )


def _documents(
    files: Mapping[str, bytes], anchors: TrustAnchors, at: datetime, known: RevocationEvidence
) -> Check:
    # Whoever signed a document of several parties is named, not expected.
    open_minded = TrustAnchors(anchors.roots)
    words, is_good = [], True
    for path, body in sorted(under(files, "documents/", ".pdf")):
        try:
            proof_body = files.get(f"{path}.proof.json")
            digest = sha256(body).hex()
            proof = parse_proof(proof_body, file_sha256=digest) if proof_body else None
        except TrustError as error:
            return step_check(
                PackageStep.DOCUMENTS, CheckResult.FAILED, f"{path} 的时间证明：{error}"
            )
        report = inspect(
            body, anchors=open_minded, at=at, revocation=known, detached_timestamp=proof
        )
        is_good = is_good and report.verdict is Verdict.GENUINE
        signers = "、".join(dict.fromkeys(s.organization or "未知" for s in report.signatures))
        words.append(
            f"{path.removeprefix('documents/')} {VERDICT_WORDS[report.verdict]}（{signers}）"
        )
    if not words:
        return step_check(PackageStep.DOCUMENTS, CheckResult.FAILED, "包内没有签署文件")
    result = CheckResult.PASSED if is_good else CheckResult.FAILED
    return step_check(PackageStep.DOCUMENTS, result, "；".join(words))


def _evidence(files: Mapping[str, bytes]) -> Check:
    known = {sha256(body).hex() for _, body in under(files, "documents/", ".pdf")}
    count = 0
    try:
        for path, body in under(files, "evidence/", ".json"):
            value = read_json(body)
            known |= {str(one) for one in value.get("versions", ())}
            about = value.get("document_sha256")
            if about and not _is_about(value, about, known):
                detail = f"{path} 所说的文件不在包内"
                return step_check(PackageStep.EVIDENCE, CheckResult.FAILED, detail)
            count += 1
    except (ParseError, TypeError, AttributeError) as error:
        return step_check(PackageStep.EVIDENCE, CheckResult.FAILED, f"证据读不懂：{error}")
    if not count:
        return step_check(PackageStep.EVIDENCE, CheckResult.UNKNOWN, "包内没有身份与意愿证据")
    return step_check(PackageStep.EVIDENCE, CheckResult.PASSED, f"{count} 份证据")
