"""Rows against the record: whether every row says what its last audit entry says."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import OuterRef, Subquery

from baozhen.foundation.audit.models import AuditEntry
from baozhen.foundation.states import Stateful, audited_facts


@dataclass(frozen=True, kw_only=True)
class RowFault:
    """A row that differs from the record."""

    noun: str
    key: int
    message: str


def changed_rows(model: type[Stateful]) -> Iterator[RowFault]:
    """Yield the rows whose state or audited columns are not what the record says last."""
    facts = [f"{model.NOUN}.{state}" for state in model.MOVES]
    last = (
        AuditEntry.objects.filter(
            subject_type=model.NOUN, subject_id=OuterRef("pk"), action__in=facts
        )
        .order_by("-position")
        .values("pk")[:1]
    )
    rows = model._default_manager.annotate(last_entry=Subquery(last)).order_by("pk")
    chunk: list[Stateful] = []
    for row in rows.iterator(chunk_size=1_000):
        chunk.append(row)
        if len(chunk) == 1_000:  # noqa: PLR2004 -- as many as one iteration fetches
            yield from _compare(chunk)
            chunk = []
    yield from _compare(chunk)


def _compare(rows: list[Stateful]) -> Iterator[RowFault]:
    keys = {row.pk: getattr(row, "last_entry", None) for row in rows}
    entries = AuditEntry.objects.in_bulk([key for key in keys.values() if key is not None])
    for row in rows:
        entry = entries.get(keys[row.pk])
        for message in _differences(row, entry):
            yield RowFault(noun=row.NOUN, key=row.pk, message=message)


def _differences(row: Stateful, entry: AuditEntry | None) -> Iterator[str]:
    if entry is None:
        yield "没有任何审计记录说明它的状态"
        return
    if entry.action != row.fact:
        yield f"状态为 {row.state}，而最后的审计记录是 {entry.action}"
        return
    for name, value in audited_facts(row).items():
        if name in entry.facts and entry.facts[name] != value:
            yield f"列 {name} 与审计记录不符"
