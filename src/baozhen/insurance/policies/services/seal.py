"""Seal what is numbered: step 6, seal, and step 7, archive the bytes, of docs/issuance.md.

No transaction is open here. A proposal that meets a bug is set aside; the others go on.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from baozhen.foundation.clock import now
from baozhen.foundation.errors import Outage
from baozhen.foundation.sealing import SealedPdf, Sealer, SealRequest
from baozhen.foundation.storage import StoringBeside
from baozhen.foundation.timestamps.modes import TimestampMode
from baozhen.foundation.timestamps.port import Timestamper, TimestampOutage
from baozhen.insurance.policies.models import Policy, PolicyFile
from baozhen.insurance.policies.services.accept import failure
from baozhen.insurance.policies.services.numbering import Numbered
from baozhen.insurance.policies.services.outcomes import Outcome
from baozhen.insurance.policies.services.resources import (
    SEALING,
    process_sealer,
    process_timestamper,
)
from baozhen.insurance.policies.services.silent import (
    issuing_seal,
    open_envelopes,
    wish_of,
)
from baozhen.insurance.policies.states import TimestampState
from baozhen.insurance.proposals.models import Proposal
from baozhen.insurance.proposals.states import ProposalState
from baozhen.signing.envelopes.models import Envelope

logger = logging.getLogger(__name__)

KeepCopy = Callable[[PolicyFile, bytes], None]


@dataclass(kw_only=True)
class Unissued:
    """A numbered proposal whose files are to be sealed; `files` have policy and content."""

    proposal: Proposal
    policies: list[Policy]
    files: list[PolicyFile]


@dataclass(frozen=True, kw_only=True)
class Sealed:
    """One sealed file and whether its signatures carry tokens."""

    file: PolicyFile
    pdf: SealedPdf
    timestamp_state: TimestampState


@dataclass(kw_only=True)
class SealedProposal:
    """Everything of one proposal is sealed."""

    unissued: Unissued
    sealed: list[Sealed]


@dataclass(kw_only=True)
class Sealing:
    """What a run of sealing has made, and the failures by proposal id.

    `envelopes` holds the open envelope of each policy by its number.
    """

    envelopes: Mapping[str, Envelope] = field(default_factory=dict)
    done: list[SealedProposal] = field(default_factory=list)
    failed: dict[int, Outcome] = field(default_factory=dict)


class _Stamp:
    """The timestamper of one run; after an outage the rest of the run goes without it."""

    def __init__(self, mode: str) -> None:
        self._timestamper: Timestamper | None = None
        self.is_wanted = mode == TimestampMode.EACH
        if self.is_wanted:
            self._timestamper = process_timestamper()

    def seal(self, sealer: Sealer, file: PolicyFile, *, at: datetime) -> Sealed:
        """Seal one file; with tokens if they are wanted and can be had, never with a stand-in."""
        if self._timestamper is not None:
            try:
                pdf = sealer.seal(_request(file, at=at, timestamper=self._timestamper))
            except TimestampOutage as outage:
                logger.warning("timestamp service is away: %s", outage)
                self._timestamper = None
            else:
                return Sealed(file=file, pdf=pdf, timestamp_state=TimestampState.STAMPED)
        pdf = sealer.seal(_request(file, at=at, timestamper=None))
        state = TimestampState.PENDING if self.is_wanted else TimestampState.NONE
        return Sealed(file=file, pdf=pdf, timestamp_state=state)


def unissued_of(numbered: Iterable[Numbered]) -> list[Unissued]:
    """Return what has just been numbered, without reading it back."""
    return [
        Unissued(proposal=entry.proposal, policies=entry.policies, files=entry.files)
        for entry in numbered
    ]


def load_unissued(proposal_ids: Sequence[int]) -> list[Unissued]:
    """Return those of the proposals that are numbered and not issued yet, read from the rows."""
    proposals = Proposal.objects.filter(
        pk__in=proposal_ids, state=ProposalState.SUBMITTED
    ).in_bulk()
    files: dict[int, list[PolicyFile]] = defaultdict(list)
    rows = PolicyFile.objects.filter(
        policy__proposal__in=proposals.keys(), sha256__isnull=True
    ).select_related("policy")
    for file in rows.order_by("id"):
        files[file.policy.proposal_id].append(file)
    return [
        Unissued(
            proposal=proposals[key],
            policies=_policies_of(proposals[key], own),
            files=own,
        )
        for key, own in files.items()
    ]


def _policies_of(proposal: Proposal, files: Sequence[PolicyFile]) -> list[Policy]:
    """Return the files' policies, one object each, with their proposal set."""
    policies: dict[int, Policy] = {}
    for file in files:
        file.policy = policies.setdefault(file.policy_id, file.policy)
        file.policy.proposal = proposal
    return list(policies.values())


def seal_proposals(unissued: Sequence[Unissued], *, mode: str) -> Sealing:
    """Steps 6 and 7: seal every file and store it; a proposal that meets a bug is set aside.

    A proposal that another process has issued meanwhile is left to it.
    """
    if not unissued:
        return Sealing()
    seal = issuing_seal()
    sealer = process_sealer(seal)
    policies = [policy for entry in unissued for policy in entry.policies]
    wishes = [wish_of(policy) for policy in policies]
    sealing = Sealing(envelopes=open_envelopes(wishes, seal, at=now()))
    stamp = _Stamp(mode)
    with StoringBeside() as storing:
        for entry in unissued:
            if any(policy.number not in sealing.envelopes for policy in entry.policies):
                continue
            try:
                with SEALING:
                    sealed = [stamp.seal(sealer, file, at=_second()) for file in entry.files]
            except Outage:
                raise  # not this proposal's fault: the whole run is tried again
            except Exception:  # noqa: BLE001 -- a bug met by one proposal must not stop the others
                sealing.failed[entry.proposal.pk] = failure(0, entry.proposal.proposal_no)
                continue
            sealing.done.append(SealedProposal(unissued=entry, sealed=sealed))
            for item in sealed:
                storing.add(item.pdf.sha256, item.pdf.data)
    return sealing


def _second() -> datetime:
    """Return the present second: documents and signatures carry no fractions."""
    return now().replace(microsecond=0)


def _request(file: PolicyFile, *, at: datetime, timestamper: Timestamper | None) -> SealRequest:
    return SealRequest(
        template=file.template_code,
        version=file.template_version,
        data=file.content,
        at=at,
        timestamp=timestamper,
    )
