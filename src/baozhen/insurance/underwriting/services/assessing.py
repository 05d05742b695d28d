"""Assessing a proposal by the rules in force: accepted, left to a person, or declined."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from importlib import resources
from typing import Any

from django.db import transaction

from baozhen.foundation.audit import services as audit
from baozhen.foundation.clock import shanghai_date
from baozhen.foundation.states import enter, move
from baozhen.insurance.products.kinds import Kind
from baozhen.insurance.products.queries import content_on, tables_on
from baozhen.insurance.products.rating import Record
from baozhen.insurance.underwriting.facts import facts_of
from baozhen.insurance.underwriting.models import AssessmentRow, Referral
from baozhen.insurance.underwriting.register import VehicleQuery, find_duplicate, get_register
from baozhen.insurance.underwriting.rules import (
    TABLE,
    Assessment,
    Rule,
    judge,
    read_rules,
    with_told,
)
from baozhen.insurance.underwriting.states import Decision, ReferralState

SYSTEM = "system:underwriting"


def assess_content(
    content: Mapping[str, Any],
    *,
    at: datetime,
    record: Record | None = None,
    quote: Mapping[str, Any] | None = None,
    told: Sequence[str] = (),
) -> Assessment:
    """Judge the content of a proposal by the rules in force and keep what was said.

    Asks the industry platform, so never inside a transaction; raises RegisterOutage. A proposal
    that the rules leave to a person gets a referral; the same content again gets no second one.
    `quote` is a stored quote, shown to the underwriter; `told` are reasons for a person to look
    that the applicant's own disclosure gives.
    """
    query = query_of(content)
    on = shanghai_date(at)
    known = get_register().record(query) if record is None else record
    duplicate = find_duplicate(query)
    tables = tables_on(on)
    facts = facts_of(content, known, has_duplicate=duplicate is not None, on=on, tables=tables)
    version, rules = rules_on(on)
    assessment = with_told(judge(facts, rules, version), told)
    _keep(content, assessment, facts=facts, quote=quote, at=at)
    return assessment


def vehicle_record(content: Mapping[str, Any]) -> Record:
    """Return the record of the vehicle for a quote; raises RegisterOutage."""
    return get_register().record(query_of(content))


def query_of(content: Mapping[str, Any]) -> VehicleQuery:
    """Return the question to the register about a proposal's vehicle."""
    vehicle = content["vehicle"]
    since = vehicle.get("first_registered_on") or vehicle.get("invoice_on")
    starts_at = datetime.fromisoformat(content["compulsory"]["cover_starts_at"])
    return VehicleQuery(
        vin=vehicle["vin"],
        plate_no=vehicle.get("plate_no"),
        registered_on=None if since is None else date.fromisoformat(since),
        starts_on=shanghai_date(starts_at),
    )


def rules_on(day: date) -> tuple[str, tuple[Rule, ...]]:
    """Return the version and the rules in force on a day."""
    content = content_on(TABLE, day)
    return content["version"], read_rules(content)


def kind_of_rules() -> Kind:
    """Return the rules as a kind of versioned table: a second person approves them too."""
    return Kind(TABLE, "自动核保规则", lambda content, _: read_rules(content), _shipped_rules)


def _shipped_rules() -> dict[str, Any]:
    folder = resources.files("baozhen.insurance.underwriting")
    table: dict[str, Any] = json.loads(folder.joinpath(f"data/{TABLE}.json").read_text("utf-8"))
    return table


@transaction.atomic(durable=True)
def _keep(
    content: Mapping[str, Any],
    assessment: Assessment,
    *,
    facts: Mapping[str, Any],
    quote: Mapping[str, Any] | None,
    at: datetime,
) -> None:
    row = AssessmentRow.objects.create(
        proposal_no=content["proposal_no"],
        form=content["form"],
        content_sha256=_digest(content),
        decision=assessment.decision,
        hits=[hit.as_json() for hit in assessment.hits],
        rules_version=assessment.rules_version,
        facts={name: _plain(value) for name, value in facts.items()},
        assessed_at=at,
    )
    audit.record(
        "assessment.made",
        subject_id=row.pk,
        actor=SYSTEM,
        at=at,
        facts={"proposal_no": row.proposal_no, "decision": row.decision},
    )
    if assessment.decision != Decision.REFERRED:
        return
    open_ones = Referral.objects.select_for_update().filter(
        proposal_no=row.proposal_no, state=ReferralState.OPEN
    )
    for other in open_ones:
        if other.content == content:
            return
        # The proposal was changed meanwhile: nobody decides on what it was.
        move(other, ReferralState.WITHDRAWN, actor=SYSTEM, at=at)
    total = content.get("total")
    referral = Referral.objects.create(
        state=ReferralState.OPEN,
        proposal_no=row.proposal_no,
        form=row.form,
        branch_code=content["branch"]["code"],
        assessment=row,
        total_fen=None if total is None else int(Decimal(total) * 100),
        content=dict(content),
        quote=None if quote is None else dict(quote),
        opened_at=at,
    )
    enter(referral, actor=SYSTEM, at=at)


def _digest(content: Mapping[str, Any]) -> str:
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal) else value
