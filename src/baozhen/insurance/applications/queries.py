"""What pages and programs ask of applications."""

from collections.abc import Mapping
from enum import StrEnum

from django.db.models import Count, Q, QuerySet

from baozhen.insurance.applications.errors import ApplicationUnknown
from baozhen.insurance.applications.models import Application
from baozhen.insurance.applications.states import AUTOMATIC, ApplicationState, Outcome
from baozhen.signing.identity.models import Subject
from baozhen.signing.identity.queries import find_subjects

_DRAFTS_SHOWN_MAX = 5


class Reached(StrEnum):
    """How far an application came, whatever became of it later."""

    CREATED = "created"
    SUBMITTED = "submitted"
    SIGNED = "signed"
    PAID = "paid"
    ISSUED = "issued"


def application_of(number: str) -> Application:
    """Return the application of a proposal number; raises ApplicationUnknown."""
    found = (
        Application.objects.select_related("applicant", "replaces")
        .filter(proposal_no=number)
        .first()
    )
    if found is None:
        raise ApplicationUnknown(number=number)
    return found


def applications_of(subject: Subject | None) -> QuerySet[Application]:
    """Return a person's applications, newest first; nobody has none."""
    rows = Application.objects.filter(applicant=subject, applicant__isnull=False)
    return rows.order_by("-changed_at", "-pk")


def drafts_of_browser(browser_sha256: str, holder: Subject | None) -> list[Application]:
    """Return the drafts that may go on in this browser: nobody's yet, or the holder's own."""
    rows = Application.objects.filter(
        browser_sha256=browser_sha256, state=ApplicationState.DRAFT
    ).exclude(browser_sha256="")
    mine = rows.filter(applicant__isnull=True)
    if holder is not None:
        mine |= Application.objects.filter(applicant=holder, state=ApplicationState.DRAFT)
    return list(mine.order_by("-changed_at")[:_DRAFTS_SHOWN_MAX])


def list_applications(wanted: Mapping[str, str]) -> QuerySet[Application]:
    """Return the applications that the console's filters ask for, newest first."""
    rows = Application.objects.select_related("applicant")
    if wanted.get("state"):
        rows = rows.filter(state=wanted["state"])
    if wanted.get("form"):
        rows = rows.filter(form=wanted["form"])
    if wanted.get("branch"):
        rows = rows.filter(branch_code=wanted["branch"])
    if wanted.get("reached") in set(Reached):
        rows = rows.filter(**{f"{wanted['reached']}_at__isnull": False})
    if wanted.get("outcome") in set(Outcome):
        rows = rows.filter(outcomes()[Outcome(wanted["outcome"])])
    text = wanted.get("q", "").strip()
    if text:
        rows = rows.filter(proposal_no=text) | rows.filter(applicant__in=find_subjects(text))
    return rows.order_by("-pk")


def outcomes() -> Mapping[Outcome, Q]:
    """Return which applications have which outcome of underwriting."""
    accepted, by_rules = Q(decision__outcome="accepted"), Q(decision__underwriter=AUTOMATIC)
    return {
        Outcome.AUTOMATIC: accepted & by_rules,
        Outcome.PERSONAL: accepted & ~by_rules,
        Outcome.REFERRED: Q(decision__outcome="referred"),
        Outcome.DECLINED: Q(decision__outcome="declined"),
    }


def counts_by_state() -> dict[str, int]:
    """Return how many applications stand in each state."""
    rows = Application.objects.values_list("state").annotate(count=Count("pk"))
    return dict(rows.order_by("state"))
