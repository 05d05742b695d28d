"""续保: next year's application, filled in with what the person's own policy says."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from baozhen.faces.mobile.applying.frames import step_address
from baozhen.faces.mobile.holders import current_holder, holder_only
from baozhen.foundation.clock import now
from baozhen.insurance.applications.errors import ApplicationUnknown
from baozhen.insurance.applications.services.closing import begin_renewal, may_renew
from baozhen.insurance.applications.services.drafts import DraftRequest
from baozhen.insurance.applications.steps import Step
from baozhen.insurance.policies.contents import content_now
from baozhen.insurance.policies.models import Policy


@require_POST
@holder_only
def renew(request: HttpRequest, number: str) -> HttpResponse:
    """Begin with what the policy says now; somebody else's policy is not found."""
    holder = current_holder(request)
    policy = Policy.objects.select_related("proposal").filter(number=number).first()
    if holder is None or policy is None:
        raise ApplicationUnknown(number=number)
    content = content_now(policy, on=now())
    if not may_renew(content, holder):
        raise ApplicationUnknown(number=number)
    application = begin_renewal(
        content,
        DraftRequest(
            form=policy.form,
            branch_code=policy.proposal.branch_code,
            client="mobile",
            applicant=holder,
        ),
        actor=f"subject:{holder.public_id}",
        at=now(),
    )
    return redirect(step_address(application, Step.VEHICLE))
