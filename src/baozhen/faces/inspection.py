"""Inspect a stranger's file in a process of its own, then ask the register about it."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from baozhen.foundation.sandbox import inspect_in_subprocess, platform_trust
from baozhen.foundation.trust_folder import PlatformTrust
from baozhen.insurance.endorsements.models import Endorsement
from baozhen.insurance.endorsements.queries import (
    endorsement_with,
    standing_of_endorsement,
    word_of_file,
)
from baozhen.insurance.policies.models import ClauseDocument, PolicyFile
from baozhen.insurance.verification import queries
from baozhen.insurance.verification.services import record_verification
from baozhen.signing.certificates.queries import revocation_evidence
from baozhen.signing.certificates.trust import stranger_anchors
from baozhen.signing.envelopes.evidence import standing_of
from baozhen.signing.envelopes.signers import expected_signers
from baozhen.signing.files.models import FileEntry
from baozhen.signing.files.proofs import proof_beside
from baozhen.signing.files.search import entry_with
from baozhen.trust.report import Verdict
from baozhen.trust.verify import TrustAnchors


@dataclass(frozen=True, kw_only=True)
class Inspected:
    """The core's report, the register's word, and what the register knows the file as.

    `is_strangers` says that others signed the file, whose authority stands in the trust list.
    """

    report: dict[str, Any]
    word: str
    is_strangers: bool = False
    file: PolicyFile | None = None
    clauses: ClauseDocument | None = None
    endorsement: Endorsement | None = None
    entry: FileEntry | None = None

    @property
    def is_task(self) -> bool:
        """Tell whether the file is a signing task's."""
        return self.entry is not None and bool(self.entry.envelope)


def inspect_file(data: bytes, *, at: datetime) -> Inspected:
    """Return what the file is worth at an instant; the register knows that its files have two."""
    digest = hashlib.sha256(data).hexdigest()
    file = queries.file_by_sha256(digest)
    clauses = queries.clauses_by_sha256(digest) if file is None else None
    endorsement = endorsement_with(digest) if file is None and clauses is None else None
    ours = file is not None or clauses is not None or endorsement is not None
    entry = None if ours else entry_with(digest)
    signers = None if ours else expected_signers(data)
    report = inspect_in_subprocess(
        data,
        trust=_of_the_task(signers) if entry is not None or signers is not None else None,
        at=at,
        proof=proof_beside(digest),
        expected_dual=ours,
    )
    known = ours or entry is not None or signers is not None
    strangers = None if known else _by_strangers(data, report, at=at)
    return Inspected(
        report=strangers or report,
        word=_word(digest, file=file, endorsement=endorsement, entry=entry),
        is_strangers=strangers is not None,
        file=file,
        clauses=clauses,
        endorsement=endorsement,
        entry=entry,
    )


def _word(
    digest: str,
    *,
    file: PolicyFile | None,
    endorsement: Endorsement | None,
    entry: FileEntry | None,
) -> str:
    """Return the register's word on what the file is known as."""
    if file is not None and file.sha256 is not None:
        return word_of_file(file)
    if endorsement is not None:
        return standing_of_endorsement(endorsement)
    return queries.register_word(sha256=digest) if entry is None else standing_of(entry)


def _of_the_task(signers: tuple[str, ...] | None) -> PlatformTrust:
    """Expect those who sign in the file's own task: an agent and a client, say, and nobody else."""
    trust = platform_trust()
    anchors = TrustAnchors(trust.anchors.roots, expected_signers=signers)
    return PlatformTrust(anchors, trust.revocation)


def _by_strangers(data: bytes, report: dict[str, Any], *, at: datetime) -> dict[str, Any] | None:
    """Return the report by the trust list of the console, if it finds the file genuine.

    The listed roots alone are asked, and never about a file that bears or claims our company's
    signature: a listed authority vouches for its own customers, it cannot make a file ours, nor
    lend its trust to a signature that somebody has put on a file of ours.
    """
    if report["verdict"] != Verdict.UNTRUSTED:
        return None
    own = platform_trust().anchors.expected_organization
    roots = stranger_anchors(at)
    if not roots or any(own in _names(signature) for signature in report["signatures"]):
        return None
    trust = PlatformTrust(TrustAnchors(roots), revocation_evidence())
    found = inspect_in_subprocess(data, trust=trust, at=at)
    return found if found["verdict"] == Verdict.GENUINE else None


def _names(signature: dict[str, Any]) -> set[str | None]:
    return {signature["organization"], signature["signer"]}


def inspect_upload(
    data: bytes, *, source: str, at: datetime, client_address: str = ""
) -> Inspected:
    """Inspect a stranger's file; the question and its answer are kept, the file is not."""
    found = inspect_file(data, at=at)
    record_verification(
        source=source,
        at=at,
        word=found.word,
        sha256=found.report["sha256"],
        number=_number(found),
        verdict=found.report["verdict"],
        client_address=client_address,
    )
    return found


def _number(found: Inspected) -> str:
    known = found.file or found.endorsement
    return known.number if known is not None else ""
