"""Devices and mobiles: who uses which, whom they belong to, and who must not confirm with them."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F

from baozhen.foundation.fields import blind_index
from baozhen.signing.identity.errors import AgentActsForClient
from baozhen.signing.identity.models import DeviceUse, Subject
from baozhen.signing.identity.rules import load_policy
from baozhen.signing.identity.services.alerts import is_reported, report
from baozhen.signing.identity.services.subjects import mobile_index
from baozhen.signing.organizations.models import Account

_DEVICE = "subject.device"
_BUSINESS = ("staff", "outside")
# As much of a keyed index as tells two mobiles or devices apart in the risk list.
_SHOWN = 12


@dataclass(frozen=True, kw_only=True)
class _Owner:
    """Whose mobile or device was about to confirm for somebody else."""

    what: str
    subject: str


def device_index(device: str) -> str:
    """Return the keyed index of a device's id; empty for none."""
    return blind_index(device, _DEVICE) if device else ""


def check_not_agent(subject: Subject, *, mobile: str = "", device: str = "", at: datetime) -> None:
    """Raise AgentActsForClient when mobile or device belong to staff or an agent, and report it.

    The report is written in a transaction of its own, so that it outlives the refusal. Whoever is
    an agent signs for themselves with their own telephone like everybody else.
    """
    owner = _agent_behind(subject, mobile_index(mobile), device_index(device))
    if owner is None:
        return
    with transaction.atomic():
        report(
            "agent_confirms",
            subject,
            severity="severe",
            facts={"what": owner.what, "agent": owner.subject},
            at=at,
        )
    raise AgentActsForClient(what=owner.what)


@transaction.atomic
def note_device(subject: Subject, device: str, *, at: datetime) -> int:
    """Remember that the subject used the device; return how many subjects have.

    Reaching a threshold is reported once: families share a telephone, so nobody is refused.
    """
    index = device_index(device)
    if not index:
        return 0
    seen, is_new = DeviceUse.objects.get_or_create(
        device=index, subject=subject, defaults={"first_at": at, "last_at": at}
    )
    if not is_new:
        DeviceUse.objects.filter(pk=seen.pk).update(uses=F("uses") + 1, last_at=at)
    users = DeviceUse.objects.filter(device=index).count()
    sharing = load_policy().sharing
    if is_new and users in (sharing.device_raised, sharing.device_high):
        severity = "warning" if users >= sharing.device_high else "notice"
        facts = {"subjects": users, "device": index[:_SHOWN]}
        report("device_shared", subject, severity=severity, facts=facts, at=at)
    return users


def note_mobile(subject: Subject, *, at: datetime) -> int:
    """Report a mobile that has reached a threshold of subjects, once; return how many share it."""
    if not subject.mobile_index:
        return 0
    users = Subject.objects.filter(mobile_index=subject.mobile_index).count()
    sharing = load_policy().sharing
    facts = {"subjects": users, "mobile": subject.mobile_index[:_SHOWN]}
    if users in (sharing.mobile_raised, sharing.mobile_high) and not is_reported(
        "mobile_shared", facts
    ):
        severity = "warning" if users >= sharing.mobile_high else "notice"
        report("mobile_shared", subject, severity=severity, facts=facts, at=at)
    return users


def _agent_behind(subject: Subject, mobile: str, device: str) -> _Owner | None:
    if mobile:
        agent = Subject.objects.filter(mobile_index=mobile, is_agent=True).first()
        if agent is not None and agent.pk != subject.pk:
            return _Owner(what="手机号", subject=agent.public_id)
        for account in Account.objects.filter(mobile_index=mobile, kind__in=_BUSINESS):
            # One of the staff who insures their own car is a client like any other.
            if account.pk != subject.account_id and account.display_name != subject.name:
                return _Owner(what="手机号", subject=account.public_id)
    if device:
        use = (
            DeviceUse.objects.filter(device=device, subject__is_agent=True)
            .exclude(subject=subject)
            .select_related("subject")
            .first()
        )
        if use is not None:
            return _Owner(what="设备", subject=use.subject.public_id)
    return None
