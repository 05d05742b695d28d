"""Ask underwriting about a submitted application, and carry over what it, or a person, decides."""

from datetime import datetime
from typing import Any

from baozhen.foundation.clock import shanghai_date
from baozhen.foundation.transactions import refuse_inside_transaction
from baozhen.insurance.applications.models import Application
from baozhen.insurance.applications.packages import COMPULSORY_ONLY, OWN
from baozhen.insurance.applications.questions import told
from baozhen.insurance.applications.services.deciding import Decision, apply_decision, apply_offer
from baozhen.insurance.applications.states import ApplicationState
from baozhen.insurance.products.queries import tables_on
from baozhen.insurance.products.rating import Record
from baozhen.insurance.underwriting import offers
from baozhen.insurance.underwriting.models import Referral
from baozhen.insurance.underwriting.services import assess_content, withdraw_referral
from baozhen.insurance.underwriting.states import ReferralState

SYSTEM = "system:underwriting"
_OUTCOMES = {ReferralState.ACCEPTED: "accepted", ReferralState.DECLINED: "declined"}
_CHOSEN = ("code", "sum_insured", "seats", "deductible_rate")


def assess_application(key: int, *, at: datetime) -> Application:
    """Let underwriting decide; an application that is past that is left alone.

    Raises RegisterOutage: then the promised job asks again.
    """
    refuse_inside_transaction("asking underwriting")
    application = Application.objects.get(pk=key)
    if application.state != ApplicationState.SUBMITTED:
        return application
    unusual = told(application.inputs.get("answers") or {})
    record = (application.inputs.get("cover") or {}).get("record")
    assessment = assess_content(
        application.content,
        at=at,
        record=Record(**record) if record else None,
        quote=application.quote,
        told=tuple(f"告知事项须人工核保：{question.text}" for question, _ in unusual),
    )
    decision = Decision(
        outcome=assessment.decision.value,
        reasons=assessment.reasons,
        facts={"rules_version": assessment.rules_version},
    )
    return apply_decision(key, decision, actor=SYSTEM, at=at)


def settle_referral(key: int, *, at: datetime) -> None:
    """Carry what a person decided over to the application; a second run changes nothing."""
    referral = Referral.objects.get(pk=key)
    application = Application.objects.filter(
        proposal_no=referral.proposal_no, state=ApplicationState.REFERRED
    ).first()
    if application is None:
        return
    reasons = [referral.note] if referral.note else []
    decision = Decision(outcome="accepted", reasons=reasons, underwriter=referral.underwriter)
    actor = referral.underwriter or SYSTEM
    if referral.state == ReferralState.OFFERED:
        cover = _offered_cover(application, referral.offer or {}, at)
        apply_offer(application.pk, cover, decision, actor=actor, at=at)
    elif referral.state in _OUTCOMES:
        outcome = _OUTCOMES[ReferralState(referral.state)]
        decision = Decision(outcome=outcome, reasons=reasons, underwriter=referral.underwriter)
        apply_decision(application.pk, decision, actor=actor, at=at)


def end_referral(key: int, *, at: datetime) -> None:
    """Take an application that went away off the underwriters' queue."""
    application = Application.objects.get(pk=key)
    withdraw_referral(application.proposal_no, actor=SYSTEM, at=at)


def _offered_cover(application: Application, offer: dict[str, Any], at: datetime) -> dict[str, Any]:
    """Return the choice of covers that an offer amounts to."""
    changed = offers.apply_offer(application.content, offer, tables_on(shanghai_date(at)))
    lines = (changed.get("commercial") or {}).get("coverages", [])
    covers = [
        {name: line[name] for name in _CHOSEN if line.get(name) is not None} for line in lines
    ]
    cover: dict[str, Any] = {"package": OWN if covers else COMPULSORY_ONLY, "covers": covers}
    if offer.get("self_pricing") is not None:
        cover["self_pricing"] = str(offer["self_pricing"])
    return cover
