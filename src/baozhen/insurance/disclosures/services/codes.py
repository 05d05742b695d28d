"""投保短信验证: a code to the applicant's own mobile, after signing and before paying.

S0-4.2.4d1. The code is bound to the signed form, so that one for another proposal is no good here.
"""

from datetime import datetime

from django.db import transaction

from baozhen.foundation.audit.services import record
from baozhen.insurance.applications.models import Application
from baozhen.insurance.applications.states import ApplicationState
from baozhen.insurance.disclosures.errors import NotYetSigned
from baozhen.insurance.disclosures.models import ReadingSet
from baozhen.insurance.disclosures.queries import signed_set
from baozhen.signing.identity.models import CodeChallenge, Subject
from baozhen.signing.identity.services.codes import CodeRequest, confirm_code, send_code

PURPOSE = "proposal_code"


def send_proposal_code(application: Application, *, device: str, at: datetime) -> CodeChallenge:
    """Send the code; raises NotYetSigned and the refusals and outages of codes."""
    signed, applicant = _signed(application)
    return send_code(
        CodeRequest(
            subject_id=applicant.public_id,
            purpose=PURPOSE,
            document_sha256=signed.proposal_sha256,
            device=device,
        ),
        at=at,
    )


def pass_proposal_code(
    application: Application, challenge_id: str, code: str, *, device: str, at: datetime
) -> Application:
    """Confirm the code and open payment; a second call changes nothing.

    Raises NotYetSigned and the refusals of codes: each wrong try counts.
    """
    if application.code_passed_at is not None:
        return application
    signed, applicant = _signed(application)
    challenge = confirm_code(
        challenge_id,
        code,
        at=at,
        subject_id=applicant.public_id,
        purpose=PURPOSE,
        document_sha256=signed.proposal_sha256,
        device=device,
    )
    return _pass(application.pk, challenge, actor=f"subject:{applicant.public_id}", at=at)


def _signed(application: Application) -> tuple[ReadingSet, Subject]:
    signed, applicant = signed_set(application), application.applicant
    if application.state != ApplicationState.SIGNED or signed is None or applicant is None:
        raise NotYetSigned
    return signed, applicant


@transaction.atomic(durable=True)
def _pass(key: int, challenge: CodeChallenge, *, actor: str, at: datetime) -> Application:
    application = Application.objects.select_for_update(of=("self",)).get(pk=key)
    if application.state != ApplicationState.SIGNED:
        raise NotYetSigned
    if application.code_passed_at is None:
        application.code_passed_at = application.changed_at = at
        application.save(update_fields=["code_passed_at", "changed_at"])
        record(
            "application.code_passed",
            subject_id=application.pk,
            actor=actor,
            at=at,
            facts={"challenge": challenge.public_id},
        )
    return application
