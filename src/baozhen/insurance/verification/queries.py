"""Reads of the verification stage: the register's word on a file, and the proof beside it."""

from collections.abc import Collection
from typing import Any

from django.db.models import QuerySet

from baozhen.foundation.audit.log import InclusionProof, NotYetLogged, inclusion_proof
from baozhen.foundation.audit.models import AuditEntry
from baozhen.insurance.policies.models import ClauseDocument, Policy, PolicyFile
from baozhen.insurance.policies.states import Standing
from baozhen.insurance.verification.errors import NothingToProve
from baozhen.insurance.verification.rules import normalise_number
from baozhen.signing.files.services.stamping import proof_in
from baozhen.trust.evidence import FORMAT, TimestampProof

UNKNOWN = "unknown"


def file_by_sha256(sha256: str) -> PolicyFile | None:
    """Return the file with these bytes, whatever became of it; one index look-up."""
    return _files().filter(sha256=sha256).order_by().first()


def clauses_by_sha256(sha256: str) -> ClauseDocument | None:
    """Return the published clauses with these bytes; one index look-up."""
    return ClauseDocument.objects.filter(sha256=sha256).first()


def sealed_files(digests: Collection[str]) -> list[PolicyFile]:
    """Return the files with these digests and the tokens beside them, in one query."""
    files = _files().filter(sha256__in=digests).select_related("timestamp_batch")
    return list(files.order_by("id"))


def current_file(number: str) -> PolicyFile | None:
    """Return the latest file of a policy or mark number; one that is not sealed yet too."""
    return _files().filter(number=normalise_number(number)).order_by("-version").first()


def register_word(*, sha256: str | None = None, number: str | None = None) -> str:
    """Return `current`, `superseded`, `cancelled` or `unknown` for a file or a number.

    Clauses are current for good: a later version leaves those of earlier policies in force.
    """
    if sha256 is not None and clauses_by_sha256(sha256) is not None:
        return str(Standing.CURRENT)
    file = file_by_sha256(sha256) if sha256 is not None else current_file(number or "")
    if file is None or file.sha256 is None:
        return UNKNOWN
    return str(Standing(file.standing))


def proof_of(file: PolicyFile) -> dict[str, Any]:
    """Return what proves the file beside itself: the content of `<file>.proof.json`.

    `timestamp` is null when the tokens are inside the signatures, when there is none, and while
    one is pending (`timestamp_state` tells which). `log` shows the act of issuing in the Merkle
    log; it is null until the next signed checkpoint. Raises NothingToProve before sealing.
    """
    if file.sha256 is None:
        raise NothingToProve(number=file.number)
    proof = timestamp_proof(file)
    document: dict[str, Any] = (
        proof.to_dict(file_sha256=file.sha256)
        if proof is not None
        else {"format": FORMAT, "sha256": file.sha256, "timestamp": None}
    )
    return document | {
        "sm3": file.sm3,
        "number": file.number,
        "kind": file.kind,
        "standing": file.standing,
        "timestamp_mode": file.timestamp_mode,
        "timestamp_state": file.timestamp_state,
        "log": _log_part(file.policy),
    }


def timestamp_proof(file: PolicyFile) -> TimestampProof | None:
    """Return the token beside the file with its Merkle path, if there is one."""
    batch = file.timestamp_batch
    if batch is None or file.timestamp_leaf is None:
        return None
    return proof_in(batch, file.timestamp_leaf)


def proof_by_sha256(sha256: str) -> TimestampProof | None:
    """Return the token beside the policy's file with these bytes, if there is one."""
    file = file_by_sha256(sha256)
    return timestamp_proof(file) if file is not None else None


def _files() -> QuerySet[PolicyFile]:
    return PolicyFile.objects.defer("content").select_related("policy")


def _log_part(policy: Policy) -> dict[str, Any] | None:
    """Return the entry `policy.issued`, its place in the log and the signed checkpoint."""
    entry = AuditEntry.objects.filter(
        subject_type=Policy.NOUN, subject_id=policy.pk, action="policy.issued"
    ).first()
    if entry is None:
        return None
    try:
        proof = inclusion_proof(entry)
    except NotYetLogged:
        return None
    files = PolicyFile.objects.filter(policy=policy, version=1).order_by("id")
    return {
        # SHA-256 over these digests, joined by line feeds, is the entry's `files_sha256`.
        "files": list(files.values_list("sha256", flat=True)),
        "entry": _entry_part(entry),
        **_inclusion_part(proof),
    }


def _entry_part(entry: AuditEntry) -> dict[str, Any]:
    return {
        "action": entry.action,
        "subject_type": entry.subject_type,
        "subject_id": entry.subject_id,
        "position": entry.position,
        "actor": entry.actor,
        "at": entry.at.isoformat(),
        "facts": entry.facts,
        "previous": bytes(entry.previous).hex(),
        "digest": bytes(entry.digest).hex(),
    }


def _inclusion_part(proof: InclusionProof) -> dict[str, Any]:
    return {
        "index": proof.index,
        "size": proof.size,
        "path": [node.hex() for node in proof.path],
        "checkpoint": proof.note.decode(),
        "token": proof.token.hex() if proof.token else None,
    }
