"""What several pages of seals show: states as tags, history in words, who may see which seal."""

import re
from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.urls import reverse

from baozhen.faces.console.registers import ACTS, Act, Cell
from baozhen.foundation.audit.queries import entries_of
from baozhen.foundation.clock import now
from baozhen.signing.certificates.models import KeyRecord
from baozhen.signing.certificates.states import KeyState
from baozhen.signing.organizations.models import Account
from baozhen.signing.organizations.queries import require_power, scope_of
from baozhen.signing.organizations.roles import Permission
from baozhen.signing.organizations.states import AccountState
from baozhen.signing.seals import states
from baozhen.signing.seals.models import Seal, SealChange, SealLoan, SealUse

_CHOICES_MAX = 1_000
_TONES = {
    "active": ("jade", "check"),
    "making": ("amber", "clock"),
    "suspended": ("amber", "pause"),
    "abolished": ("seal", "cross"),
    "requested": ("amber", "clock"),
    "approved": ("jade", "check"),
    "refused": ("seal", "cross"),
    "reserved": ("amber", "clock"),
    "done": ("jade", "check"),
    "released": ("", "info"),
    "handed_out": ("azure", "person"),
    "returned": ("jade", "check"),
    "revoked": ("seal", "cross"),
    "withdrawn": ("", "left"),
}


def tag(state: str, labels: Mapping[Any, str]) -> Cell:
    """Return a state as a tag: a word, a tone and an icon."""
    tone, icon = _TONES.get(state, ("", "info"))
    word = next((label for key, label in labels.items() if key == state), state)
    return Cell(text=word, tone=tone, icon=icon)


def seal_tag(seal: Seal) -> Cell:
    """Return the state of a seal; one whose validity is over is not in use, whatever its state."""
    is_over = seal.valid_until is not None and seal.valid_until <= now()
    if is_over and seal.state == states.SealState.ACTIVE:
        return Cell(text="已过有效期", tone="seal", icon="clock")
    return tag(seal.state, states.LABELS)


def change_tag(change: SealChange) -> Cell:
    """Return the state of a request."""
    return tag(change.state, states.CHANGE_STATE_LABELS)


def use_tag(use: SealUse) -> Cell:
    """Return the state of a use."""
    return tag(use.state, states.USE_LABELS)


def loan_tag(loan: SealLoan) -> Cell:
    """Return the state of a loan."""
    return tag(loan.state, states.LOAN_LABELS)


def acts_in_words(noun: str, key: int) -> list[Act]:
    """Return what was done to a record, the newest first."""
    return [
        Act(
            label=ACTS.get(entry.action, entry.action),
            at=entry.at,
            actor=entry.actor,
            note=str(entry.facts.get("state_reason") or entry.facts.get("reason") or ""),
        )
        for entry in entries_of(noun, key).order_by("-position")
    ]


def seals_seen(request: HttpRequest) -> QuerySet[Seal]:
    """Return the seals of the units where the person may view seals."""
    return Seal.objects.filter(
        unit__in=scope_of(request.user, Permission.VIEW_SEALS)
    ).select_related("unit", "keeper", "owner")


def seal_seen(request: HttpRequest, key: int) -> Seal:
    """Return one of them, or answer 404."""
    seal = seals_seen(request).filter(pk=key).first()
    if seal is None:
        raise Http404
    return seal


def seal_managed(
    request: HttpRequest, key: int, permission: Permission = Permission.MANAGE_SEALS
) -> Seal:
    """Return a seal of a unit where the person holds the permission; else 404 or PowerMissing."""
    seal = Seal.objects.select_related("unit").filter(pk=key).first()
    if seal is None:
        raise Http404
    require_power(request.user, permission, seal.unit)
    return seal


def keepers() -> list[tuple[str, str]]:
    """Return who may keep a physical seal, to choose from."""
    people = Account.objects.filter(state=AccountState.ACTIVE).select_related("unit")
    return [
        (str(one.pk), f"{one.display_name} · {one.unit.name}")
        for one in people.order_by("display_name")[:_CHOICES_MAX]
    ]


def usable_keys() -> list[tuple[str, str]]:
    """Return the U-keys that somebody has, to choose from."""
    keys = KeyRecord.objects.filter(state=KeyState.ISSUED).select_related("unit")
    return [(str(one.pk), f"{one.device_no or one.public_id} · {one.unit}") for one in keys]


def names_in(typed: str) -> list[str]:
    """Return the names or networks that were typed, however they were parted."""
    return [one.strip() for one in re.split(r"[,，、;；\s]+", typed) if one.strip()]


def envelope_href(reference: str) -> str:
    """Return where the envelope of a use stands, or nothing when it was no envelope's."""
    if not reference.startswith("env_"):
        return ""
    return reverse("console:envelope", kwargs={"public_id": reference})
