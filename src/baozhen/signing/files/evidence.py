"""Puts an evidence package together: what the archive knows, and what the rooms above add."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from django.conf import settings

from baozhen.foundation.audit.log import NotYetLogged, inclusion_proof
from baozhen.foundation.audit.models import AuditEntry
from baozhen.foundation.audit.queries import entries_of
from baozhen.foundation.clock import SHANGHAI
from baozhen.foundation.storage import get_storage
from baozhen.foundation.transactions import refuse_inside_transaction
from baozhen.signing.certificates.models import CertificateBinding
from baozhen.signing.certificates.queries import (
    certificates_ever,
    revocation_evidence,
    trust_anchors,
)
from baozhen.signing.files.errors import CopyImpossible
from baozhen.signing.files.models import FileEntry
from baozhen.signing.files.papers import Paper, Section, seal_paper
from baozhen.signing.files.proofs import proof_beside
from baozhen.signing.files.services.copies import CopyOrder, MadeCopy, finish_copy, record_copy
from baozhen.signing.files.services.depositing import deposits_of
from baozhen.signing.files.states import CopyKind
from baozhen.trust.crypto.digests import sha256
from baozhen.trust.package import build_manifest, keyword_of, pack
from baozhen.trust.package_records import chain_file, log_file, notary_file
from baozhen.trust.x509.parse import parse_pem

_LOGGED_MAX: Final = 50


@dataclass(frozen=True, kw_only=True)
class Happening:
    """One line of the chronology, for people."""

    at: datetime
    who: str
    what: str


@dataclass(frozen=True, kw_only=True)
class EvidenceParts:
    """What is added to a file: other documents, evidence of identity and will, chains of acts.

    `evidence` is plain JSON values by name; `chains` are (subject type, key) of the audit log.
    """

    evidence: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    chains: Sequence[tuple[str, int]] = ()
    happenings: Sequence[Happening] = ()
    documents: Mapping[str, str] = field(default_factory=dict)


_NOTHING: Final = EvidenceParts()


def make_package(
    entry: FileEntry,
    order: CopyOrder,
    *,
    parts: EvidenceParts = _NOTHING,
    actor: str,
    at: datetime,
) -> MadeCopy:
    """Return the package of a file, on record. Raises CopyImpossible or FileUnknown."""
    refuse_inside_transaction("making an evidence package")
    copy = record_copy(entry, CopyKind.PACKAGE, order, actor=actor, at=at)
    files = _files(entry, parts) | _receipts(entry)
    manifest = build_manifest(files, subject=entry.public_id, at=at)
    paper = _chronology(entry, parts, files, number=copy.number, keyword=keyword_of(manifest))
    chronology = seal_paper(paper, unit=entry.unit, at=at)
    return finish_copy(copy, pack(files, manifest=manifest, chronology=chronology))


def make_manifest(entry: FileEntry, *, parts: EvidenceParts = _NOTHING, at: datetime) -> bytes:
    """Return the manifest of the package as it would be made now: what is deposited outside."""
    return build_manifest(_files(entry, parts), subject=entry.public_id, at=at)


def _files(entry: FileEntry, parts: EvidenceParts) -> dict[str, bytes]:
    chains = [("archive_item", entry.item_id), ("file_entry", entry.pk), *parts.chains]
    acts = {chain: list(entries_of(*chain)) for chain in dict.fromkeys(chains)}
    storage = get_storage()
    files = {}
    for name, digest in {entry.public_id: entry.sha256, **parts.documents}.items():
        files[f"documents/{name}.pdf"] = storage.get(digest)
        proof = proof_beside(digest)
        if proof is not None:
            files[f"documents/{name}.pdf.proof.json"] = proof.to_json(file_sha256=digest)
    for name, value in parts.evidence.items():
        text = json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True, default=str)
        files[f"evidence/{name}.json"] = text.encode()
    for place, certificate in enumerate(_certificates()):
        files[f"certificates/{place:03d}-{sha256(certificate).hex()[:12]}.cer"] = certificate
    for place, crl in enumerate(revocation_evidence().crls):
        files[f"revocation/{place:03d}.crl"] = crl
    for (noun, key), entries in acts.items():
        if entries:
            lines = [(_line(one), bytes(one.digest)) for one in entries]
            files[f"audit/{noun}-{key}.json"] = chain_file(lines)
    files.update(_proofs([one for entries in acts.values() for one in entries]))
    return files


def _certificates() -> Sequence[bytes]:
    """Return all that a reader needs to follow a signature or a checkpoint up to its root."""
    chains = CertificateBinding.objects.exclude(chain_pem="").values_list("chain_pem", flat=True)
    authorities = [one for page in chains.distinct() for one in parse_pem(page.encode())]
    return list(dict.fromkeys((*certificates_ever(), *authorities, *trust_anchors())))


def _receipts(entry: FileEntry) -> dict[str, bytes]:
    return {
        f"notary/{deposit.public_id}.json": notary_file(
            text=deposit.receipt,
            signature=deposit.signature,
            algorithm=deposit.algorithm,
            public_key=deposit.public_key,
            manifest=get_storage().get(deposit.sha256),
        )
        for deposit in deposits_of([entry.pk])
    }


def _line(entry: AuditEntry) -> str:
    """Return the line whose SHA-256 is the entry's digest; CopyImpossible when it is not."""
    line = json.dumps(
        [
            "baozhen audit v1",
            bytes(entry.previous).hex(),
            entry.subject_type,
            entry.subject_id,
            entry.position,
            entry.action,
            entry.actor,
            entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
            entry.facts,
        ],
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
    )
    if sha256(line.encode()) != bytes(entry.digest):
        raise CopyImpossible(problem=f"审计记录 {entry.pk} 与其摘要不符")
    return line


def _proofs(entries: Sequence[AuditEntry]) -> dict[str, bytes]:
    files = {}
    for entry in entries[:_LOGGED_MAX]:
        try:
            proof = inclusion_proof(entry)
        except NotYetLogged:
            continue
        files[f"log/{entry.pk}.json"] = log_file(
            digest=proof.digest,
            index=proof.index,
            size=proof.size,
            path=proof.path,
            note=proof.note,
        )
    return files


def _chronology(
    entry: FileEntry,
    parts: EvidenceParts,
    files: Mapping[str, bytes],
    *,
    number: str,
    keyword: str,
) -> Paper:
    registered = [
        Happening(at=entry.signed_at, who="", what="签署完成"),
        Happening(at=entry.registered_at, who="system", what="归档登记"),
        *(
            Happening(
                at=one.recorded_at, who=one.service, what=f"第三方存证，回执 {one.receipt_no}"
            )
            for one in deposits_of([entry.pk])
            if one.recorded_at is not None
        ),
    ]
    happenings = sorted([*parts.happenings, *registered], key=lambda one: one.at)
    return Paper(
        title="证据包经过说明",
        number=number,
        note="本说明由平台依据系统记录生成并加盖电子签章。把证据包交给 baozhen verify，"
        "不联网即可逐项核验；任何一个文件被改动都会被发现。",
        facts=(
            ("文件编号", entry.public_id),
            ("标题", entry.title),
            ("SHA-256", entry.sha256),
            ("签署任务", entry.envelope or "无"),
            ("核验地址", f"{settings.BAOZHEN_PUBLIC_URL.rstrip('/')}/verify"),
        ),
        sections=(
            Section(
                title="经过",
                head=("时间", "人", "事"),
                rows=[(_stamp(one.at), one.who or "—", one.what) for one in happenings],
                widths=(3, 3, 6),
            ),
            Section(
                title="包内文件",
                head=("文件", "SHA-256"),
                rows=[(path, sha256(data).hex()) for path, data in sorted(files.items())],
                widths=(5, 7),
            ),
        ),
        keywords=(keyword,),
    )


def _stamp(at: datetime) -> str:
    return f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"
