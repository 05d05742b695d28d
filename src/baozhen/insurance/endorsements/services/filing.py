"""Let the file centre find endorsements, and policies by those whom they concern now."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef

from baozhen.insurance.endorsements.models import Change, Endorsement
from baozhen.insurance.endorsements.queries import (
    Version,
    contents_of,
    issued_change,
    issued_rows,
)
from baozhen.insurance.endorsements.rules import change_table
from baozhen.insurance.endorsements.services.issuing import CLIENT, DOCUMENT_TYPE
from baozhen.insurance.endorsements.states import ChangeKind, ChangeState, EndorsementState
from baozhen.insurance.policies.services.filing import involved_in, register_policies
from baozhen.insurance.proposals.models import Proposal
from baozhen.signing.envelopes.models import Envelope
from baozhen.signing.files.models import FileEntry
from baozhen.signing.files.services import (
    FileFacts,
    Involved,
    register_files,
    renew_parties,
)
from baozhen.signing.organizations.models import OrgUnit
from baozhen.signing.organizations.queries import root_unit

_SIGNERS = 1  # the insurer alone
# What can bring another name, number or plate by which people look for a policy.
_RENAMING = (
    ChangeKind.TRANSFER,
    ChangeKind.INSURED_NAME,
    ChangeKind.CORRECTION,
    ChangeKind.PLATE,
)


def register_endorsements(change_id: int, *, at: datetime) -> None:
    """Let the endorsements be found in the file centre, and their policies by who is new in them.

    Safe to repeat. A mark that was made anew is registered with them.
    """
    change = issued_change(change_id)
    if change is None:
        return
    rows = issued_rows(change)
    numbers = [row.number for row in rows]
    found = Envelope.objects.filter(client=CLIENT, biz_no__in=numbers).select_related("unit")
    envelopes = {str(envelope.biz_no): envelope for envelope in found}
    unit = OrgUnit.objects.filter(code=change.proposal.branch_code).first()
    facts = [_facts(row, envelopes.get(row.number), unit) for row in rows]
    register_policies([change.proposal_id], at=at)
    with transaction.atomic(durable=True):
        register_files(facts, at=at)
        _renew(change.proposal)


def renew_policy_parties(change_id: int) -> None:
    """Let everything of a changed policy be found by those whom it concerns; safe to repeat."""
    change = issued_change(change_id)
    if change is not None:
        with transaction.atomic(durable=True):
            _renew(change.proposal)


def unregistered_changes(*, after: int, limit: int) -> list[int]:
    """Return the issued changes after this one with an endorsement that nobody can find."""
    found = FileEntry.objects.filter(
        sha256=OuterRef("sha256"), item__dossier=OuterRef("change__proposal__proposal_no")
    )
    rows = Endorsement.objects.filter(
        ~Exists(found),
        change__gt=after,
        change__state=ChangeState.ISSUED,
        state=EndorsementState.ISSUED,
    )
    keys = rows.order_by("change").values_list("change", flat=True)
    return list(keys.distinct()[:limit])


def renaming_changes(*, after: int, limit: int) -> list[int]:
    """Return the issued changes after this one that can bring a new name or number."""
    rows = Change.objects.filter(pk__gt=after, state=ChangeState.ISSUED, kind__in=_RENAMING)
    return list(rows.order_by("pk").values_list("pk", flat=True)[:limit])


def parties_over(versions: Sequence[Version]) -> list[Involved]:
    """Return everybody whom the policies have concerned; who no longer does has an `until`.

    The numbers of all versions count: the old plate finds the policy as the new one does.
    """
    found: dict[str, Involved] = {}
    for version in versions:
        present = {party.name: party for party in involved_in(version.content)}
        for name in found.keys() - present.keys():
            if found[name].until is None:
                found[name] = replace(found[name], until=version.since)
        for name, party in present.items():
            before = found[name].numbers if name in found else ()
            numbers = tuple(dict.fromkeys((*before, *party.numbers)))
            found[name] = replace(party, numbers=numbers, until=None)
    return list(found.values())


def _renew(proposal: Proposal) -> None:
    renew_parties(proposal.proposal_no, lambda: parties_over(contents_of(proposal)))


def _facts(
    row: Endorsement,
    envelope: Envelope | None,  # what was issued before there were signing tasks has none
    unit: OrgUnit | None,
) -> FileFacts:
    label = change_table().kinds[row.change.kind].label
    return FileFacts(
        dossier=row.change.proposal.proposal_no,
        sha256=str(row.sha256),
        unit=unit or (envelope.unit if envelope else root_unit()),
        title=f"电子批单 {row.number}",
        document_type=DOCUMENT_TYPE,
        signed_at=row.sealed_at or row.numbered_at,
        channel=envelope.flow if envelope else "",
        client=row.change.client,
        biz_no=row.policy.number,
        envelope=envelope.public_id if envelope else "",
        signatures=_SIGNERS,
        words=("电子批单", label, row.number, row.policy.number, row.change.proposal.proposal_no),
    )
