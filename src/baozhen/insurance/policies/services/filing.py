"""Registers issued policies with the file centre, so that people find them there.

A job of its own does it, one for a whole chunk of a batch, and from what is on record: nobody
reads a file again.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef

from baozhen.insurance.policies.models import PolicyFile
from baozhen.insurance.policies.services.silent import CLIENT
from baozhen.insurance.policies.states import FILE_TITLES
from baozhen.signing.envelopes.models import Envelope
from baozhen.signing.files.models import FileEntry
from baozhen.signing.files.services import FileFacts, Involved, register_files
from baozhen.signing.organizations.models import OrgUnit
from baozhen.signing.organizations.queries import root_unit

_PEOPLE = ("policyholder", "insured", "owner")
_COMPANY = "organisation"
_SIGNERS = 1  # the insurer alone


def register_policies(proposal_ids: Sequence[int], *, at: datetime) -> int:
    """Register the sealed files of these proposals; safe to repeat. Returns how many there are."""
    files = PolicyFile.objects.filter(policy__proposal__in=proposal_ids, sha256__isnull=False)
    rows = list(files.defer("content").select_related("policy__proposal").order_by("pk"))
    if not rows:
        return 0
    numbers = {row.policy.number for row in rows}
    found = Envelope.objects.filter(client=CLIENT, biz_no__in=numbers).select_related("unit")
    envelopes = {str(envelope.biz_no): envelope for envelope in found}
    codes = {row.policy.branch_code for row in rows}
    units = {unit.code: unit for unit in OrgUnit.objects.filter(code__in=codes)}
    parties = {row.policy.proposal_id: involved_in(row.policy.proposal.content) for row in rows}
    facts = [
        _facts(row, envelopes.get(row.policy.number), units, parties[row.policy.proposal_id])
        for row in rows
    ]
    with transaction.atomic(durable=True):
        return len(register_files(facts, at=at))


def unregistered_proposals(*, after: int, limit: int) -> list[int]:
    """Return the proposals after this one that have a sealed file which nobody can find."""
    found = FileEntry.objects.filter(
        sha256=OuterRef("sha256"), item__dossier=OuterRef("policy__proposal__proposal_no")
    )
    files = PolicyFile.objects.filter(
        ~Exists(found), policy__proposal__gt=after, sha256__isnull=False
    )
    keys = files.order_by("policy__proposal").values_list("policy__proposal", flat=True)
    return list(keys.distinct()[:limit])


def _facts(
    file: PolicyFile,
    envelope: Envelope | None,  # what was issued before there were signing tasks has none
    units: Mapping[str | None, OrgUnit],
    parties: tuple[Involved, ...],
) -> FileFacts:
    policy = file.policy
    title = FILE_TITLES[file.kind, policy.kind]
    return FileFacts(
        dossier=policy.proposal.proposal_no,
        sha256=str(file.sha256),
        unit=units.get(policy.branch_code) or (envelope.unit if envelope else root_unit()),
        title=f"{title} {file.number}",
        document_type=file.kind,
        signed_at=file.sealed_at or policy.numbered_at,
        channel=envelope.flow if envelope else "",
        client=policy.proposal.client,
        biz_no=policy.number,
        envelope=envelope.public_id if envelope else "",
        signatures=_SIGNERS,
        parties=parties,
        words=(title, policy.number, file.number, policy.proposal.proposal_no, policy.branch_code),
    )


def involved_in(content: Mapping[str, Any]) -> tuple[Involved, ...]:
    """Return each person or company of an application once; the vehicle is found by its owner."""
    found: dict[str, Involved] = {}
    vehicle = content.get("vehicle", {})
    marks = tuple(filter(None, (vehicle.get("plate_no"), vehicle.get("vin"))))
    for role in _PEOPLE:
        facts = content.get(role) or {}
        name = str(facts.get("name", ""))
        if name and name not in found:
            numbers = tuple(filter(None, (facts.get("id_no"), facts.get("mobile"))))
            found[name] = Involved(
                name=name,
                is_person=facts.get("kind") != _COMPANY,
                numbers=(*numbers, *(marks if not found else ())),
            )
    return tuple(found.values())
