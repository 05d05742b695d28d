"""What faces ask about signing tasks."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from baozhen.foundation.clock import now
from baozhen.signing.envelopes.errors import EnvelopeNotFound
from baozhen.signing.envelopes.models import (
    Action,
    BatchRow,
    Envelope,
    EnvelopeBatch,
    EnvelopeDocument,
    Signatory,
    VoidConsent,
)
from baozhen.signing.envelopes.states import (
    PASSIVE_TYPES,
    SIGNING_TYPES,
    ActionState,
    ActionType,
    EnvelopeState,
    RowStatus,
    VoidState,
)
from baozhen.signing.files.models import Tombstone
from baozhen.signing.files.queries import bytes_kept
from baozhen.signing.identity.models import Subject
from baozhen.signing.organizations.queries import powers_reaching, scope_of
from baozhen.signing.organizations.roles import Permission


def envelope_of(public_id: str, *, client: str | None = None) -> Envelope:
    """Return the envelope, only the client's own when one is named; raises EnvelopeNotFound."""
    found = Envelope.objects.select_related("unit", "batch").filter(public_id=public_id)
    if client is not None:
        found = found.filter(client=client)
    row = found.first()
    if row is None:
        raise EnvelopeNotFound
    return row


def envelopes_for(user: User | AnonymousUser) -> QuerySet[Envelope]:
    """Return the envelopes of the units where the person may see them."""
    units = scope_of(user, Permission.VIEW_ENVELOPES)
    return Envelope.objects.filter(unit__in=units).select_related("unit")


def envelopes_of_client(client: str) -> QuerySet[Envelope]:
    """Return the envelopes that one program made."""
    return Envelope.objects.filter(client=client).select_related("unit")


def tasks_for(user: User | AnonymousUser) -> QuerySet[Action]:
    """Return what waits for this person: steps named for them, and those of their units.

    A step whose person has lost the power since stands with the unit, like one without a name.
    """
    units = scope_of(user, Permission.APPROVE_ENVELOPES)
    step = Action.objects.filter(state=ActionState.READY, signatory__unit__isnull=False)
    is_looking_on = Q(type__in=PASSIVE_TYPES)
    has_power = Exists(
        powers_reaching(
            Permission.APPROVE_ENVELOPES,
            unit=OuterRef("signatory__unit"),
            path=OuterRef("signatory__unit__path"),
            at=now(),
        ).filter(account=OuterRef("signatory__operator"))
    )
    is_named = Q(signatory__operator__isnull=False) & (is_looking_on | Q(has_power))
    return (
        step.filter(envelope__state=EnvelopeState.IN_PROGRESS)
        .filter(
            Q(signatory__operator__user_id=user.pk) & is_named
            | ~is_named & Q(signatory__unit__in=units)
        )
        .select_related("envelope__unit", "signatory")
        .order_by("envelope__expires_at", "pk")
    )


def voids_for(user: User | AnonymousUser) -> QuerySet[Envelope]:
    """Return the completed tasks whose voiding waits for the word of this person's units."""
    units = scope_of(user, Permission.APPROVE_ENVELOPES)
    parties = Signatory.objects.filter(
        unit__in=units, actions__type__in=SIGNING_TYPES, actions__state=ActionState.DONE
    )
    answered = VoidConsent.objects.filter(request__state=VoidState.OPEN).values("signatory")
    waiting = parties.exclude(pk__in=answered)
    return Envelope.objects.filter(
        pk__in=waiting.values("envelope"), state=EnvelopeState.VOIDING
    ).select_related("unit")


def own_party(envelope: Envelope, user: User | AnonymousUser) -> Signatory:
    """Return the party that this person's units are in the task; raises EnvelopeNotFound."""
    units = scope_of(user, Permission.APPROVE_ENVELOPES)
    found = envelope.signatories.filter(
        unit__in=units, actions__type__in=SIGNING_TYPES, actions__state=ActionState.DONE
    ).first()
    if found is None:
        raise EnvelopeNotFound
    return found


def document_bytes(document: EnvelopeDocument, *, number: int | None = None) -> bytes:
    """Return the newest bytes of a document, or those of one version; raises FileDestroyed."""
    version = None if number is None else document.versions.get(number=number)
    sha256 = document.head_sha256 if version is None else version.sha256
    return bytes_kept(sha256, dossier=document.envelope.public_id)


def signatures_waiting(subject: Subject | None, *, at: datetime) -> list[Action]:
    """Return the signatures that wait for one person, in whatever task, the most urgent first."""
    if subject is None:
        return []
    return list(
        Action.objects.filter(
            signatory__subject=subject,
            type=ActionType.SIGN,
            state=ActionState.READY,
            envelope__state=EnvelopeState.IN_PROGRESS,
        )
        .exclude(envelope__expires_at__lte=at)
        .select_related("envelope__unit", "signatory__subject")
        .order_by("envelope__expires_at", "pk")
    )


def last_signature(subject: Subject | None) -> Action | None:
    """Return the act whose signature a person may use once more."""
    if subject is None:
        return None
    gone = Tombstone.objects.filter(item__dossier=OuterRef("envelope__public_id"))
    return (
        Action.objects.filter(signatory__subject=subject, type=ActionType.SIGN)
        .filter(state=ActionState.DONE)
        .exclude(picture_sha256="")
        .exclude(Exists(gone))
        .order_by("-acted_at")
        .first()
    )


def action_of(signatory: Signatory) -> Action | None:
    """Return what the signatory has to do next, or did last."""
    actions = list(signatory.actions.order_by("order", "pk"))
    waiting = [a for a in actions if a.state in {ActionState.READY, ActionState.PERFORMING}]
    return next(iter(waiting or actions[-1:]), None)


@dataclass(frozen=True)
class BatchCounts:
    """How far a batch is."""

    total: int
    started: int
    failed: int

    @property
    def waiting(self) -> int:
        """Rows that nobody has looked at yet."""
        return self.total - self.started - self.failed


def batch_counts(batch: EnvelopeBatch) -> BatchCounts:
    """Return how many rows of a batch were started and how many failed."""
    counted = dict(
        BatchRow.objects.filter(batch=batch)
        .values_list("status")
        .annotate(count=Count("id"))
        .order_by()
    )
    return BatchCounts(
        batch.rows_total, counted.get(RowStatus.STARTED, 0), counted.get(RowStatus.FAILED, 0)
    )


def counts_by_state(envelopes: QuerySet[Envelope]) -> dict[str, int]:
    """Return how many envelopes stand in each state."""
    counted = envelopes.order_by().values_list("state").annotate(count=Count("id"))
    return {str(state): count for state, count in counted}


def overdue_at(at: datetime) -> QuerySet[Envelope]:
    """Return the envelopes whose time is over and that nobody has ended yet."""
    return Envelope.objects.filter(state=EnvelopeState.IN_PROGRESS, expires_at__lte=at)
