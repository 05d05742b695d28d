"""Whether what was issued still is what was issued: files, rows, states and proofs. For `fsck`.

Every finding names the object and says in Chinese what does not hold.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from baozhen.foundation.storage import ObjectDamaged, ObjectMissing, get_storage
from baozhen.insurance.policies.documents import expected_text
from baozhen.insurance.policies.models import ClauseDocument, PolicyFile
from baozhen.insurance.policies.services.numbering import content_digest
from baozhen.insurance.verification.queries import timestamp_proof
from baozhen.signing.files.models import ArchiveItem, TimestampBatch
from baozhen.signing.files.services.stamping import leaves_of
from baozhen.trust.cms.timestamp import verify_token
from baozhen.trust.errors import TrustError
from baozhen.trust.evidence import TimestampProof
from baozhen.trust.judgement import TrustAnchors
from baozhen.trust.log.merkle import leaf_hash
from baozhen.trust.log.merkle import root as merkle_root
from baozhen.trust.report import CheckResult, Verdict
from baozhen.trust.verify import inspect
from baozhen.trust.x509.revocation import RevocationEvidence

ExtractText = Callable[[bytes], str]
_BLANKS = re.compile(r"\s+")


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that does not hold."""

    where: str
    message: str


@dataclass(frozen=True, kw_only=True)
class FileChecks:
    """What files are held against."""

    anchors: TrustAnchors
    revocation: RevocationEvidence
    timestamp_anchors: tuple[bytes, ...]
    extract_text: ExtractText
    at: datetime


@dataclass(frozen=True, kw_only=True)
class SealedWords:
    """A sealed file as its row has it, and what it must say: (key, words)."""

    content: Mapping[str, Any]
    content_sha256: str
    sha256: str
    size: int | None
    words: Sequence[tuple[str, str]]
    proof: TimestampProof | None = None


def check_file(file: PolicyFile, checks: FileChecks) -> Iterator[Finding]:
    """Hold one sealed file of a policy against its row: bytes, signatures, proof, text."""
    sealed = SealedWords(
        content=file.content,
        content_sha256=file.content_sha256,
        sha256=str(file.sha256),
        size=file.size,
        words=expected_text(file.content),
        proof=timestamp_proof(file),
    )
    yield from check_sealed(f"文件 {file.number}", sealed, checks)


def check_sealed(where: str, sealed: SealedWords, checks: FileChecks) -> Iterator[Finding]:
    """Hold a sealed file against what is on record of it: bytes, signatures, text."""
    if content_digest(sealed.content) != sealed.content_sha256:
        yield Finding(where=where, message="冻结内容与其摘要不符")
    try:
        data = get_storage().get(sealed.sha256)
    except (ObjectMissing, ObjectDamaged) as error:
        yield Finding(where=where, message=str(error))
        return
    if len(data) != sealed.size:
        yield Finding(where=where, message=f"登记 {sealed.size} 字节，实为 {len(data)} 字节")
    yield from _check_signatures(where, data, checks, proof=sealed.proof)
    try:
        text = checks.extract_text(data)
    except TrustError as error:
        yield Finding(where=where, message=f"读不出文字：{error}")
        return
    for key in _missing(text, sealed.words):
        yield Finding(where=where, message=f"文件的文字中没有冻结内容 {key}")


def check_clauses(checks: FileChecks) -> Iterator[Finding]:
    """Hold the published clauses, of which there are few, against their rows."""
    for document in ClauseDocument.objects.order_by("id"):
        where = f"条款 {document}"
        try:
            data = get_storage().get(document.sha256)
        except (ObjectMissing, ObjectDamaged) as error:
            yield Finding(where=where, message=str(error))
            continue
        yield from _check_signatures(where, data, checks, proof=None)


def _check_signatures(
    where: str, data: bytes, checks: FileChecks, *, proof: TimestampProof | None
) -> Iterator[Finding]:
    report = inspect(
        data,
        anchors=checks.anchors,
        at=checks.at,
        revocation=checks.revocation,
        detached_timestamp=proof,
        expected_dual=True,
    )
    if report.verdict is not Verdict.GENUINE:
        failed = [
            f"第 {check.step} 步 {check.detail}"
            for check in report.checks
            if check.result is CheckResult.FAILED
        ]
        yield Finding(where=where, message=f"核验结论为 {report.verdict}：{'；'.join(failed)}")


def missing_text(text: str, file: PolicyFile) -> list[str]:
    """Return the keys of the frozen content that the text of the file does not say."""
    return _missing(text, expected_text(file.content))


def _missing(text: str, words: Sequence[tuple[str, str]]) -> list[str]:
    printed = _BLANKS.sub("", text)
    return [key for key, value in words if _BLANKS.sub("", value) not in printed]


def sealed_files(*, sample: int | None) -> QuerySet[PolicyFile]:
    """Return all sealed files, or a sample of them drawn by the database."""
    files = PolicyFile.objects.filter(sha256__isnull=False).select_related(
        "policy", "timestamp_batch"
    )
    return files.order_by("id") if sample is None else files.order_by("?")[:sample]


def check_timestamps(checks: FileChecks) -> Iterator[Finding]:
    """Check every aggregated token: root of its leaves, token over it, leaves of its files."""
    for batch in TimestampBatch.objects.order_by("id").iterator(chunk_size=200):
        where = f"聚合时间戳 {batch.pk}"
        leaves = leaves_of(batch)
        root = merkle_root([leaf_hash(leaf) for leaf in leaves])
        if root != bytes(batch.root_sha256) or len(leaves) != batch.size:
            yield Finding(where=where, message="默克尔根与叶子不符")
        try:
            verify_token(
                bytes(batch.token), digest=root, anchors=checks.timestamp_anchors, at=checks.at
            )
        except TrustError as error:
            yield Finding(where=where, message=f"令牌不成立：{error}")
        files = PolicyFile.objects.filter(timestamp_batch=batch)
        items = ArchiveItem.objects.filter(timestamp_batch=batch)
        stamped = chain(
            files.values_list("number", "timestamp_leaf", "sha256"),
            items.values_list("dossier", "timestamp_leaf", "sha256"),
        )
        for number, leaf, sha256 in stamped:
            if leaf is None or leaf >= len(leaves) or leaves[leaf].hex() != sha256:
                yield Finding(where=f"文件 {number}", message="不是其聚合时间戳所记的叶子")


# Each question finds rows that contradict a state; the answer is the number that names them.
_CONTRADICTIONS: Sequence[tuple[str, str]] = (
    (
        "已出单，但有文件没有签章",
        "SELECT DISTINCT p.number FROM policies_policy p JOIN policies_policyfile f"
        " ON f.policy_id = p.id WHERE p.state <> 'numbered' AND f.sha256 IS NULL",
    ),
    (
        "没有任何文件",
        "SELECT p.number FROM policies_policy p WHERE NOT EXISTS"
        " (SELECT 1 FROM policies_policyfile f WHERE f.policy_id = p.id)",
    ),
    (
        "交强险没有电子保险标志",
        "SELECT p.number FROM policies_policy p WHERE p.kind = 'compulsory' AND NOT EXISTS"
        " (SELECT 1 FROM policies_policyfile f WHERE f.policy_id = p.id AND f.kind = 'mark')",
    ),
    (
        "文件总摘要与文件登记不符",
        "SELECT p.number FROM policies_policy p JOIN policies_policyfile f ON f.policy_id = p.id"
        " WHERE p.state <> 'numbered' AND f.version = 1 GROUP BY p.id, p.number, p.files_sha256"
        " HAVING encode(sha256(convert_to(string_agg(f.sha256, E'\\n' ORDER BY f.id), 'UTF8')),"
        " 'hex') <> p.files_sha256",
    ),
    (
        "内容总摘要与文件登记不符",
        "SELECT p.number FROM policies_policy p JOIN policies_policyfile f ON f.policy_id = p.id"
        " WHERE f.version = 1 GROUP BY p.id, p.number, p.content_sha256"
        " HAVING encode(sha256(convert_to(string_agg(f.content_sha256, E'\\n' ORDER BY f.id),"
        " 'UTF8')), 'hex') <> p.content_sha256",
    ),
    (
        "已签章的文件没有归档，或归档的字节数不同",
        "SELECT f.number FROM policies_policyfile f WHERE f.sha256 IS NOT NULL AND NOT EXISTS"
        " (SELECT 1 FROM files_archiveitem a WHERE a.sha256 = f.sha256 AND a.size = f.size"
        "  AND a.subject_type = 'policy' AND a.subject_id = f.policy_id)",
    ),
    (
        "条款文件没有归档，或归档的字节数不同",
        "SELECT c.product || ' ' || c.version FROM policies_clausedocument c WHERE NOT EXISTS"
        " (SELECT 1 FROM files_archiveitem a WHERE a.sha256 = c.sha256 AND a.size = c.size"
        "  AND a.subject_type = 'clause_document' AND a.subject_id = c.id)",
    ),
    (
        "保管期限早于保险止期",
        "SELECT p.number FROM policies_policy p JOIN files_archiveitem a"
        " ON a.subject_type = 'policy' AND a.subject_id = p.id"
        " WHERE a.retain_until < (p.cover_ends_at AT TIME ZONE 'Asia/Shanghai')::date",
    ),
    (
        "投保单已出单，但有保单没有出单",
        "SELECT DISTINCT r.proposal_no FROM proposals_proposal r JOIN policies_policy p"
        " ON p.proposal_id = r.id WHERE r.state = 'issued' AND p.state = 'numbered'",
    ),
    (
        "投保单没有收费记录",
        "SELECT r.proposal_no FROM proposals_proposal r WHERE NOT EXISTS"
        " (SELECT 1 FROM payments_payment y WHERE y.proposal_id = r.id)",
    ),
    (
        "保单记录缺失：投保单没有保单",
        "SELECT r.proposal_no FROM proposals_proposal r WHERE NOT EXISTS"
        " (SELECT 1 FROM policies_policy p WHERE p.proposal_id = r.id)",
    ),
)


def contradictions(
    questions: Sequence[tuple[str, str]] = _CONTRADICTIONS,
) -> Iterator[Finding]:
    """Compare states with facts, in the database; later stages bring questions of their own."""
    with connection.cursor() as cursor:
        for message, question in questions:
            cursor.execute(question)
            for (number,) in cursor.fetchall():
                yield Finding(where=str(number), message=message)
