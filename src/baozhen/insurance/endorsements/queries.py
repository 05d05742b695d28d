"""Reads of the endorsements stage: what a policy says now, and what has become of its changes."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from baozhen.foundation.fields import blind_index
from baozhen.insurance.endorsements.errors import ChangeUnknown
from baozhen.insurance.endorsements.models import Change, Endorsement
from baozhen.insurance.endorsements.patching import Patch, apply
from baozhen.insurance.endorsements.states import (
    OPEN_STATES,
    ChangeState,
    EndorsementState,
)
from baozhen.insurance.policies.models import Policy, PolicyFile
from baozhen.insurance.policies.states import FileKind, Standing
from baozhen.insurance.proposals.models import Proposal
from baozhen.signing.identity.models import Subject

CHANGED = "changed"
PAGE_ROWS = 50


@dataclass(frozen=True, kw_only=True)
class Version:
    """What the policies of a proposal said, and since which endorsement; None as issued."""

    content: dict[str, Any]
    since: datetime | None


@dataclass(frozen=True, kw_only=True)
class ChangeFilter:
    """What a list of changes shows; every empty part leaves everything in."""

    state: str = ""
    kind: str = ""
    number: str = ""


def current_content(proposal: Proposal, *, on: datetime | None = None) -> dict[str, Any]:
    """Return what the policies of a proposal say with the endorsements in effect at `on`.

    The frozen rows stay what they were: original content and endorsements together are the
    contract (S0-4.3.3a). Without `on` everything that was endorsed counts.
    """
    return contents_of(proposal, on=on)[-1].content


def contents_of(proposal: Proposal, *, on: datetime | None = None) -> list[Version]:
    """Return what the policies of a proposal have said, one after the other, as issued first."""
    changes = Change.objects.filter(proposal=proposal, state=ChangeState.ISSUED)
    if on is not None:
        changes = changes.filter(effective_at__lte=on)
    versions = [Version(content=proposal.content, since=None)]
    for change in changes.order_by("issued_at", "id"):
        content = apply(versions[-1].content, [Patch(**patch) for patch in change.patches])
        versions.append(Version(content=content, since=change.effective_at))
    return versions


def content_digest(content: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a content's canonical JSON."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def change_of(public_id: str) -> Change:
    """Return a change by its number, or raise ChangeUnknown."""
    found = Change.objects.select_related("proposal", "holder").filter(public_id=public_id).first()
    if found is None:
        raise ChangeUnknown
    return found


def change_for(public_id: str, *, holder: Subject) -> Change:
    """Return a change of one of this person's policies, or raise ChangeUnknown."""
    change = change_of(public_id)
    if not _is_holder(change.proposal.policies.first(), holder):
        raise ChangeUnknown
    return change


def policy_for(number: str, *, holder: Subject) -> Policy:
    """Return an issued policy that this person took out, or raise ChangeUnknown."""
    found = Policy.objects.select_related("proposal").filter(number=number, issued_at__isnull=False)
    policy = found.first()
    if not _is_holder(policy, holder):
        raise ChangeUnknown
    assert policy is not None  # noqa: S101 -- _is_holder has seen it
    return policy


def _is_holder(policy: Policy | None, holder: Subject) -> bool:
    """Only who took the policy out changes it: the insured sees it, and asks the holder."""
    return policy is not None and policy.holder_id_index == blind_index(
        str(holder.id_no), "person.id_no"
    )


def open_change(proposal: Proposal) -> Change | None:
    """Return the change of a proposal that is not finished, if there is one."""
    states = [state.value for state in OPEN_STATES]
    return Change.objects.filter(proposal=proposal, state__in=states).first()


def issued_change(change_id: int) -> Change | None:
    """Return a change if it is issued."""
    rows = Change.objects.select_related("proposal")
    return rows.filter(pk=change_id, state=ChangeState.ISSUED).first()


def issued_rows(change: Change) -> list[Endorsement]:
    """Return the endorsements of a change, in order."""
    rows = change.endorsements.filter(state=EndorsementState.ISSUED)
    return list(rows.select_related("policy", "change").order_by("id"))


def endorsements_of(policy: Policy) -> list[Endorsement]:
    """Return the issued endorsements of a policy, in order."""
    rows = Endorsement.objects.filter(policy=policy, state=EndorsementState.ISSUED)
    return list(rows.select_related("change", "policy").order_by("sequence"))


def changes_of(proposal: Proposal) -> list[Change]:
    """Return what was asked for the policies of a proposal, newest first, without drafts."""
    changes = Change.objects.filter(proposal=proposal).exclude(state=ChangeState.DRAFT)
    return list(changes.prefetch_related("endorsements").order_by("-created_at", "-id"))


def get_endorsement(number: str) -> Endorsement:
    """Return an issued endorsement by its number, or raise ChangeUnknown."""
    found = endorsement_numbered(number)
    if found is None:
        raise ChangeUnknown
    return found


def endorsement_numbered(number: str) -> Endorsement | None:
    """Return the issued endorsement of a number, if there is one."""
    return _issued().filter(number=number).first()


def endorsement_with(sha256: str) -> Endorsement | None:
    """Return the endorsement with these bytes, if the register knows them; one index look-up."""
    return _issued().filter(sha256=sha256).first()


def _issued() -> QuerySet[Endorsement]:
    rows = Endorsement.objects.filter(state=EndorsementState.ISSUED).defer("content")
    return rows.select_related("policy", "change")


def standing_of_endorsement(endorsement: Endorsement) -> str:
    """Return `current`, or `cancelled` once the policy has ended by a later endorsement."""
    later = Endorsement.objects.filter(
        policy=endorsement.policy_id,
        sequence__gt=endorsement.sequence,
        state=EndorsementState.ISSUED,
    )
    ended = endorsement.policy.cancelled_at is not None
    return Standing.CANCELLED.value if ended and later.exists() else Standing.CURRENT.value


def word_of_file(file: PolicyFile) -> str:
    """Return the register's word on a policy's file: `changed` once endorsements go with it."""
    if file.standing == Standing.CURRENT and file.kind == FileKind.POLICY:
        issued = Endorsement.objects.filter(policy=file.policy_id, state=EndorsementState.ISSUED)
        if issued.exists():
            return CHANGED
    return str(Standing(file.standing))


def list_changes(wanted: ChangeFilter) -> QuerySet[Change]:
    """Return changes, newest first; a number is a policy's, an endorsement's or the change's."""
    rows = Change.objects.exclude(state=ChangeState.DRAFT).select_related("proposal")
    if wanted.state:
        rows = rows.filter(state=wanted.state)
    if wanted.kind:
        rows = rows.filter(kind=wanted.kind)
    number = "".join(wanted.number.split())
    if number:
        rows = rows.filter(pk__in=_keys_of(number))
    return rows.order_by("-created_at", "-id")


def _keys_of(number: str) -> Sequence[int]:
    by_policy = Change.objects.filter(proposal__policies__number=number)
    by_endorsement = Change.objects.filter(endorsements__number=number)
    by_itself = Change.objects.filter(public_id=number)
    by_proposal = Change.objects.filter(proposal__proposal_no=number)
    found = by_policy.union(by_endorsement, by_itself, by_proposal)
    return list(found.values_list("pk", flat=True))
