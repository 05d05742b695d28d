"""Versions of tables: made by one person, approved by another, in force from their day."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction

from baozhen.foundation.clock import shanghai_date
from baozhen.foundation.states import enter, move
from baozhen.insurance.products.cells import changes
from baozhen.insurance.products.errors import (
    TableInvalid,
    TableNotSubmitted,
    TablePeriodInvalid,
    TableReasonMissing,
    TableSamePerson,
    TableUnknown,
    TableVersionTaken,
)
from baozhen.insurance.products.kinds import check_content, kinds
from baozhen.insurance.products.models import TableVersion
from baozhen.insurance.products.queries import SHIPPED_BY, contents_on
from baozhen.insurance.products.states import TableState
from baozhen.insurance.products.table_parts import TableError

RELEASED_BY = "system:release"
_NOTE_CHARACTERS_MAX = 200


@dataclass(frozen=True, kw_only=True)
class TableDraft:
    """A new version: its head, and what it says."""

    table: str
    version: str
    effective_from: date
    effective_to: date | None = None
    source: str
    confirmed: bool
    content: Mapping[str, Any]
    note: str = ""


def digest_of(content: Mapping[str, Any]) -> str:
    """Return the digest of a content, whatever the order of its fields."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


@transaction.atomic(durable=True)
def import_table(draft: TableDraft, *, actor: str, at: datetime) -> TableVersion:
    """Make a version; raises TableUnknown, TableInvalid, TablePeriodInvalid, TableVersionTaken."""
    kind = kinds().get(draft.table)
    if kind is None:
        raise TableUnknown(name=draft.table)
    _check_head(draft, shanghai_date(at))
    content = {
        **draft.content,
        "table": draft.table,
        "version": draft.version.strip(),
        "jurisdiction": draft.content.get("jurisdiction", "CN"),
        "region": draft.content.get("region", "CN"),
        "effective_from": draft.effective_from.isoformat(),
        "effective_to": draft.effective_to.isoformat() if draft.effective_to else None,
        "source": draft.source.strip(),
        "confirmed": draft.confirmed,
    }
    in_force = contents_on(draft.effective_from)
    _check(content, in_force)
    before = in_force.get(draft.table)
    if before is not None and not changes(before, content):
        raise TableInvalid(path="content", title=kind.title, why="与现行版本没有不同")
    version = _row(content, actor=actor, at=at, note=draft.note.strip()[:_NOTE_CHARACTERS_MAX])
    version.state = TableState.DRAFT
    _insert(version)
    enter(version, actor=actor, at=at)
    return version


def _check_head(draft: TableDraft, today: date) -> None:
    if not draft.version.strip():
        raise TablePeriodInvalid(path="version", why="请填写版本名")
    if not draft.source.strip():
        raise TablePeriodInvalid(path="source", why="请填写依据：文号、备案号或内部批件")
    if draft.effective_from < today:
        raise TablePeriodInvalid(path="effective_from", why="生效日不能早于今天")
    if draft.effective_to is not None and draft.effective_to < draft.effective_from:
        raise TablePeriodInvalid(path="effective_to", why="失效日不能早于生效日")


def _check(content: Mapping[str, Any], in_force: Mapping[str, Mapping[str, Any]]) -> None:
    try:
        check_content(content, in_force)
    except TableError as error:
        title = kinds()[content["table"]].title
        raise TableInvalid(path="content", title=title, why=str(error)) from error


def _row(content: Mapping[str, Any], *, actor: str, at: datetime, note: str) -> TableVersion:
    ends = content.get("effective_to")
    return TableVersion(
        table=content["table"],
        version=content["version"],
        jurisdiction=content["jurisdiction"],
        region=content["region"],
        effective_from=date.fromisoformat(content["effective_from"]),
        effective_to=None if ends is None else date.fromisoformat(ends),
        source=content["source"],
        confirmed=content["confirmed"],
        content=dict(content),
        sha256=digest_of(content),
        note=note,
        made_by=actor,
        made_at=at,
    )


def _insert(version: TableVersion) -> None:
    try:
        with transaction.atomic():
            version.save(force_insert=True)
    except IntegrityError as error:
        raise _taken(version) from error


def _taken(version: TableVersion) -> TableVersionTaken:
    return TableVersionTaken(
        path="version",
        title=kinds()[version.table].title,
        version=version.version,
        day=version.effective_from.isoformat(),
    )


@transaction.atomic(durable=True)
def submit_version(key: int, *, actor: str, at: datetime) -> TableVersion:
    """Send a draft to a second person."""
    version = TableVersion.objects.select_for_update().get(pk=key)
    move(version, TableState.SUBMITTED, actor=actor, at=at)
    return version


@transaction.atomic(durable=True)
def approve_version(key: int, *, actor: str, at: datetime) -> TableVersion:
    """Approve what another person made; it is in force from its day.

    Raises TableNotSubmitted, TableSamePerson, TablePeriodInvalid, TableInvalid, TableVersionTaken.
    """
    version = _submitted(key)
    if actor == version.made_by:
        raise TableSamePerson()
    if version.effective_from < shanghai_date(at) and version.made_by != SHIPPED_BY:
        raise TablePeriodInvalid(
            path="effective_from", why="生效日已过：请退回，由编制人以新的生效日重新导入"
        )
    # Other tables may have changed since it was made.
    _check(version.content, contents_on(version.effective_from))
    try:
        with transaction.atomic():
            move(
                version,
                TableState.APPROVED,
                actor=actor,
                at=at,
                approved_by=actor,
                approved_at=at,
            )
    except IntegrityError as error:
        raise _taken(version) from error
    return version


@transaction.atomic(durable=True)
def reject_version(key: int, *, reason: str, actor: str, at: datetime) -> TableVersion:
    """Give up what was not approved, for a reason; raises TableReasonMissing."""
    version = TableVersion.objects.select_for_update().get(pk=key)
    move(version, TableState.REJECTED, actor=actor, at=at, note=_reason(reason))
    return version


@transaction.atomic(durable=True)
def retire_version(key: int, *, reason: str, actor: str, at: datetime) -> TableVersion:
    """Take an approved version out of force; the one before it applies again."""
    version = TableVersion.objects.select_for_update().get(pk=key)
    if actor == version.made_by:
        raise TableSamePerson()
    move(version, TableState.RETIRED, actor=actor, at=at, note=_reason(reason))
    return version


def _submitted(key: int) -> TableVersion:
    version = TableVersion.objects.select_for_update().get(pk=key)
    if version.state != TableState.SUBMITTED:
        raise TableNotSubmitted(version=version.version)
    return version


def _reason(reason: str) -> str:
    if not reason.strip():
        raise TableReasonMissing(path="reason")
    return reason.strip()[:_NOTE_CHARACTERS_MAX]


@transaction.atomic(durable=True)
def store_shipped(*, at: datetime) -> int:
    """Keep the shipped tables as first versions, so that a quote can be made again after updates.

    Safe to repeat. The first version of a table is in force at once; what a later release ships
    waits for a person. Raises TableVersionTaken where a table changed under the same version.
    """
    stored = 0
    for kind in kinds().values():
        if kind.shipped is None:
            continue
        content = kind.shipped()
        known = TableVersion.objects.filter(table=kind.name)
        found = known.filter(version=content["version"]).order_by("pk").last()
        version = _row(content, actor=SHIPPED_BY, at=at, note="随程序发布")
        if found is not None:
            if found.sha256 != version.sha256:
                raise _taken(version)
            continue
        version.state = TableState.SUBMITTED
        if not known.exists():
            version.state = TableState.APPROVED
            version.approved_by, version.approved_at = RELEASED_BY, at
        _insert(version)
        enter(version, actor=SHIPPED_BY, at=at)
        stored += 1
    return stored
