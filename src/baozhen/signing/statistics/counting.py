"""Where the figures and the uses come from: seals, files, signing actions, codes, checks."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Count, F, QuerySet, Value
from django.db.models.functions import Coalesce, TruncDate

from baozhen.foundation.clock import SHANGHAI
from baozhen.signing.envelopes.models import Action, Envelope
from baozhen.signing.envelopes.states import SIGNING_TYPES, ActionState, ActionType, EnvelopeState
from baozhen.signing.files.models import FileEntry
from baozhen.signing.identity.models import CodeChallenge, IdentityCheck
from baozhen.signing.identity.states import Channel
from baozhen.signing.organizations.queries import root_unit
from baozhen.signing.seals.models import SealUse
from baozhen.signing.seals.states import UseState
from baozhen.signing.statistics.states import Measure, UsageKind

# (the id of what was used, the unit that pays, when)
Uses = Iterable[tuple[str, int, datetime | None]]
_OVER = (EnvelopeState.COMPLETED, EnvelopeState.VOIDING, EnvelopeState.VOIDED)
_PERSONAL = (ActionType.SIGN, ActionType.LEGAL_REP_SIGN)


def counted_between(start: datetime, end: datetime) -> Mapping[Measure, Iterable[dict[str, Any]]]:
    """Return how many of each measure there were, by day, unit, type and channel."""
    files = FileEntry.objects.filter(signed_at__gte=start, signed_at__lt=end)
    return {
        Measure.SEALS: _by_day(_seals(start, end), "done_at", ("unit_id", "document_type", "flow")),
        Measure.FILES: _by_day(files, "signed_at", ("unit_id", "document_type", "channel")),
        Measure.SIGNATURES: _together(
            _by_day(
                _actions(start, end).filter(type__in=SIGNING_TYPES),
                "done_at",
                ("envelope__unit_id", "type", "envelope__client"),
            ),
            # A silent envelope has no actions: its one seal is its signature.
            _by_day(
                _envelopes(start, end).filter(rules__silent=True),
                "ended_at",
                ("unit_id", Value(ActionType.SEAL.value), "client"),
            ),
        ),
    }


def uses_between(start: datetime, end: datetime) -> Mapping[UsageKind, Uses]:
    """Return what is charged for; what nobody else can be charged for is head office's."""
    office = root_unit().pk
    passed = IdentityCheck.objects.filter(
        state="passed", passed_at__gte=start, passed_at__lt=end
    ).annotate(pays=Coalesce("subject__org_unit_id", Value(office)))
    signatures = _actions(start, end).filter(type__in=_PERSONAL)
    return {
        UsageKind.ENVELOPE: _envelopes(start, end).values_list("public_id", "unit_id", "ended_at"),
        UsageKind.SEAL: _seals(start, end).values_list("public_id", "unit_id", "done_at"),
        UsageKind.SIGNATURE: signatures.values_list("public_id", "envelope__unit_id", "done_at"),
        UsageKind.IDENTITY: passed.values_list("public_id", "pays", "passed_at"),
        UsageKind.SMS: _codes(start, end, office),
    }


def _seals(start: datetime, end: datetime) -> QuerySet[SealUse]:
    return SealUse.objects.filter(state=UseState.DONE, done_at__gte=start, done_at__lt=end)


def _actions(start: datetime, end: datetime) -> QuerySet[Action]:
    return Action.objects.filter(state=ActionState.DONE, done_at__gte=start, done_at__lt=end)


def _envelopes(start: datetime, end: datetime) -> QuerySet[Envelope]:
    return Envelope.objects.filter(state__in=_OVER, ended_at__gte=start, ended_at__lt=end)


def _codes(start: datetime, end: datetime, office: int) -> Uses:
    """Return the codes that went out by text; the unit whose document it was for pays."""
    sent = list(
        CodeChallenge.objects.filter(
            channel=Channel.SMS, sent_at__gte=start, sent_at__lt=end
        ).values_list("public_id", "document_sha256", "subject__org_unit_id", "sent_at")
    )
    contents = {digest for _, digest, _, _ in sent if digest}
    about = Envelope.objects.filter(content_sha256__in=contents)
    units = dict(about.values_list("content_sha256", "unit_id"))
    for name, digest, unit, at in sent:
        yield name, units.get(digest) or unit or office, at


def _by_day(
    rows: "QuerySet[Any]", instant: str, columns: tuple[str, "str | Value", str]
) -> list[dict[str, Any]]:
    named = dict(zip(("of_unit", "of_type", "of_channel"), columns, strict=True))
    counted = (
        rows.annotate(
            of_day=TruncDate(instant, tzinfo=SHANGHAI),
            **{
                name: F(column) if isinstance(column, str) else column
                for name, column in named.items()
            },
        )
        .values("of_day", *named)
        .annotate(pieces=Count("pk"))
        .order_by()
    )
    return [
        {
            "day": row["of_day"],
            "unit_id": row["of_unit"],
            "type": row["of_type"],
            "channel": row["of_channel"],
            "count": row["pieces"],
        }
        for row in counted
    ]


def _together(*lists: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the sums of lists that may name the same day, unit, type and channel."""
    sums: Counter[tuple[Any, ...]] = Counter()
    for row in (row for rows in lists for row in rows):
        sums[row["day"], row["unit_id"], row["type"], row["channel"]] += row["count"]
    names = ("day", "unit_id", "type", "channel")
    return [dict(zip(names, key, strict=True), count=count) for key, count in sums.items()]
