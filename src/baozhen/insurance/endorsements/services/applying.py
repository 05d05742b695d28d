"""What a change does to the policies themselves, at once or on its day: search, standing, end."""

from datetime import datetime

from django.db import transaction

from baozhen.foundation.audit import services as audit
from baozhen.foundation.events.services import publish
from baozhen.foundation.fields import blind_index
from baozhen.foundation.masking import mask_plate
from baozhen.foundation.states import move
from baozhen.insurance.endorsements.models import Change
from baozhen.insurance.endorsements.queries import current_content
from baozhen.insurance.endorsements.services.asking import lock_change
from baozhen.insurance.endorsements.states import ENDING_KINDS, ChangeState
from baozhen.insurance.policies.models import Policy, PolicyFile
from baozhen.insurance.policies.states import PolicyState, Standing

_DUE_MAX = 500


def apply_due(*, at: datetime) -> int:
    """Apply the issued changes whose day has come; return how many."""
    due = Change.objects.filter(
        state=ChangeState.ISSUED, applied_at__isnull=True, effective_at__lte=at
    )
    keys = list(due.values_list("pk", flat=True)[:_DUE_MAX])
    count = 0
    for key in keys:
        with transaction.atomic(durable=True):
            change = lock_change(key)
            if change.applied_at is None:
                apply_change(change, at=at)
                count += 1
    return count


def apply_change(change: Change, *, at: datetime) -> None:
    """Let the policies follow their endorsements, in the caller's transaction."""
    policies = [row.policy for row in change.endorsements.select_related("policy")]
    if change.kind in ENDING_KINDS:
        for policy in policies:
            _end(policy, change, at=at)
    else:
        _find_anew(change, policies)
    change.applied_at = at
    change.save(update_fields=["applied_at"])
    facts = {"kind": change.kind, "effective_at": change.effective_at.isoformat()}
    audit.record("change.applied", subject_id=change.pk, actor="system", at=at, facts=facts)
    publish(
        "policy_change.effective",
        subject=(Change.NOUN, change.public_id),
        data={
            "id": change.public_id,
            "policies": [policy.number for policy in policies],
            **facts,
        },
        at=at,
        client=change.client,
    )


def _end(policy: Policy, change: Change, *, at: datetime) -> None:
    """Cancel the policy as of its day; its papers say so from now on, the mark is withdrawn."""
    move(
        policy,
        PolicyState.CANCELLED,
        actor="system",
        at=at,
        cancelled_at=change.effective_at,
    )
    # 交强险条例 第十五条: with the policy its mark is withdrawn.
    current = PolicyFile.objects.filter(policy=policy, standing=Standing.CURRENT)
    current.update(standing=Standing.CANCELLED)


def _find_anew(change: Change, policies: list[Policy]) -> None:
    """Searches go by what is so now; what the policy once said stays in its frozen content."""
    content = current_content(change.proposal)
    vehicle, insured = content["vehicle"], content["insured"]
    plate = vehicle.get("plate_no") or vehicle.get("temporary_plate_no") or ""
    is_person = insured["kind"] == "person"
    Policy.objects.filter(pk__in=[policy.pk for policy in policies]).update(
        plate_masked=mask_plate(plate) if plate else "",
        plate_index=blind_index(plate, "vehicle.plate") if plate else "",
        vin_index=blind_index(vehicle["vin"], "vehicle.vin"),
        insured_id_index=blind_index(insured["id_no"], "person.id_no") if is_person else "",
    )
