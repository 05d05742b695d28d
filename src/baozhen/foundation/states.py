"""One function changes state. A state, its fact and its audit action share one name.

`move(policy, PolicyState.ISSUED, actor=…, at=…)` writes, in the caller's transaction, the state
`issued`, the audit entry `policy.issued`, the event `policy.issued` where the model tells one and
the jobs that the flow table names for `policy.issued`. `move_many` does the same for many rows
with a few statements.

A model tells events by a method `event_data()`: a mapping of ids and hashes with the row's public
`id`, or None; its column `client`, where there is one, names the program whose business it is.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, cast

from django.db import models, transaction

from baozhen.foundation.audit import services as audit
from baozhen.foundation.audit.acts import Act
from baozhen.foundation.errors import IllegalMove, StaleState
from baozhen.foundation.events.publishing import Happening, publish_many
from baozhen.foundation.events.types import event_type_of
from baozhen.foundation.jobs import defer_for

_flow: dict[str, tuple[str, ...]] = {}


class Stateful(models.Model):
    """A row whose `state` only `move` may change."""

    MOVES: ClassVar[Mapping[Any, frozenset[Any]]]
    NOUN: ClassVar[str]
    # The columns whose values go into every audit entry, so that `fsck` can tell a changed row
    # from a moved one. Never a column with personal data.
    AUDITED: ClassVar[tuple[str, ...]] = ()

    state = models.CharField("状态", max_length=32, editable=False)

    class Meta:
        abstract = True

    @property
    def fact(self) -> str:
        """The name of the fact that the current state tells: `policy.issued`."""
        return f"{self.NOUN}.{self.state}"


def install_flow(flow: Mapping[str, tuple[str, ...]]) -> None:
    """Install what follows each fact (fact -> names of jobs); called once, at start-up."""
    _flow.clear()
    _flow.update(flow)


def installed_flow() -> Mapping[str, tuple[str, ...]]:
    """Return the flow table in force."""
    return dict(_flow)


def move(row: Stateful, to: StrEnum, *, actor: str, at: datetime, **columns: object) -> None:
    """Move `row` to state `to`, set `columns` with it, or raise IllegalMove or StaleState.

    A compare-and-swap: of two concurrent callers exactly one wins.
    """
    _require_transaction()
    _check_edge(row, to)
    unmoved = type(row)._default_manager.filter(pk=row.pk, state=row.state)
    if unmoved.update(state=to, **columns) != 1:
        raise StaleState(subject=row.NOUN)
    _assign(row, to, columns)
    enter(row, actor=actor, at=at)


def enter(row: Stateful, *, actor: str, at: datetime) -> None:
    """Record that `row` has entered its current state and defer what follows."""
    enter_many([row], actor=actor, at=at)


def move_many(
    rows: Sequence[Stateful],
    to: StrEnum,
    *,
    actor: str,
    at: datetime,
    columns: Mapping[int, Mapping[str, object]] | None = None,
    follow: bool = True,
) -> None:
    """Move rows of one model to state `to`: all of them or, raising, none.

    `columns` holds what to set with the state, by primary key; every row sets the same columns.
    One UPDATE a source state. `follow=False` defers nothing: for a job that carries the rows on
    by itself and so already is the promise.
    """
    _require_transaction()
    sources: dict[str, list[Stateful]] = {}
    for row in rows:
        _check_edge(row, to)
        sources.setdefault(row.state, []).append(row)
    columns = columns or {}
    for source, group in sources.items():
        if _swap(group, source, to, columns) != len(group):
            raise StaleState(subject=group[0].NOUN)
    for row in rows:
        _assign(row, to, columns.get(row.pk, {}))
    enter_many(rows, actor=actor, at=at, follow=follow)


def enter_many(rows: Sequence[Stateful], *, actor: str, at: datetime, follow: bool = True) -> None:
    """Record that each row has entered its current state; audit and jobs in bulk."""
    _require_transaction()
    audit.record_many(
        [
            Act(
                action=row.fact,
                subject_type=row.NOUN,
                subject_id=row.pk,
                actor=actor,
                at=at,
                facts=audited_facts(row),
            )
            for row in rows
        ]
    )
    _tell(rows, at=at)
    if not follow:
        return
    facts: dict[str, list[int]] = {}
    for row in rows:
        facts.setdefault(row.fact, []).append(row.pk)
    for fact, keys in facts.items():
        for name in _flow.get(fact, ()):
            defer_for(name, keys)


def audited_facts(row: Stateful) -> dict[str, object]:
    """Return the row's audited columns as JSON holds them."""
    return {name: _plain(getattr(row, name)) for name in row.AUDITED}


def _tell(rows: Sequence[Stateful], *, at: datetime) -> None:
    """Publish the event of every row whose model and fact are told to outside systems."""
    happenings = [happening for row in rows if (happening := _happening(row)) is not None]
    if happenings:
        publish_many(happenings, at=at)


def _happening(row: Stateful) -> Happening | None:
    describe = getattr(row, "event_data", None)
    type_ = event_type_of(row.fact)
    data = describe() if describe is not None and type_ is not None else None
    if data is None or type_ is None:
        return None
    return Happening(
        type=type_,
        subject_type=row.NOUN,
        subject_id=str(data["id"]),
        data=data,
        client=str(getattr(row, "client", "") or ""),
    )


def _require_transaction() -> None:
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("a state changes only inside transaction.atomic()")


def _check_edge(row: Stateful, to: StrEnum) -> None:
    if to not in row.MOVES.get(row.state, frozenset()):
        raise IllegalMove(subject=row.NOUN, source=row.state, target=to)


def _assign(row: Stateful, to: StrEnum, columns: Mapping[str, object]) -> None:
    row.state = to
    for name, value in columns.items():
        setattr(row, name, value)


def _swap(
    group: Sequence[Stateful],
    source: str,
    to: StrEnum,
    columns: Mapping[int, Mapping[str, object]],
) -> int:
    """Set the state and the columns of every row that is still in `source`; return how many.

    One UPDATE from arrays: a CASE for every row and column would cost ten times as much.
    """
    connection = transaction.get_connection()
    quote = connection.ops.quote_name
    meta = group[0]._meta
    names = sorted(set().union(*(columns.get(row.pk, {}) for row in group)))
    fields = [cast("models.Field[Any, Any]", meta.get_field(name)) for name in names]
    targets = [quote(str(field.column)) for field in fields]
    types = [str(field.rel_db_type(connection) or "") for field in fields]
    arrays = [
        [field.get_db_prep_save(_key_of(columns[row.pk][name]), connection) for row in group]
        for name, field in zip(names, fields, strict=True)
    ]
    key = quote(str(meta.pk.column))
    statement = (  # every name in it comes from the model
        f"UPDATE {quote(meta.db_table)} AS stored SET state = %s"  # noqa: S608
        + "".join(f", {target} = new.{target}" for target in targets)
        + " FROM unnest(%s::bigint[]"
        + "".join(f", %s::{kind}[]" for kind in types)
        + f") AS new({', '.join([key, *targets])})"
        + f" WHERE stored.{key} = new.{key} AND stored.state = %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [to, [row.pk for row in group], *arrays, source])
        return int(cursor.rowcount)


def _key_of(value: object) -> object:
    return value.pk if isinstance(value, models.Model) else value


def _plain(value: object) -> object:
    """Return the value as JSON holds it; the audit hash is computed over exactly this."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)
