"""Codes at a signing page: for one person, one purpose and one content, on the device it is at."""

from dataclasses import dataclass

from baozhen.faces.mobile.visit import Visit
from baozhen.foundation.masking import mask_email, mask_mobile
from baozhen.signing.identity.models import CodeChallenge, Subject
from baozhen.signing.identity.services.codes import CodeRequest, confirm_code, send_code
from baozhen.signing.identity.services.devices import check_not_agent


def channel_of(subject: Subject) -> str:
    """Return how a code reaches a person: by text, and by mail who has no mobile."""
    return "sms" if subject.mobile else "mail"


def destination_of(subject: Subject) -> str:
    """Return where it goes, masked."""
    if subject.mobile:
        return mask_mobile(str(subject.mobile))
    return mask_email(str(subject.email))


@dataclass(frozen=True)
class Code:
    """What a code is for; another purpose or content needs another."""

    visit: Visit
    subject: Subject
    purpose: str
    document_sha256: str

    def send(self) -> str:
        """Send one and return its challenge; raises the refusals and outages of sending."""
        request = CodeRequest(
            subject_id=self.subject.public_id,
            channel=channel_of(self.subject),
            purpose=self.purpose,
            document_sha256=self.document_sha256,
            device=self.visit.device,
        )
        return send_code(request, at=self.visit.at).public_id

    def confirm(self, challenge: object, code: str) -> CodeChallenge:
        """Return the challenge that the code answers; raises the refusals of confirming."""
        return confirm_code(
            str(challenge),
            code,
            at=self.visit.at,
            subject_id=self.subject.public_id,
            purpose=self.purpose,
            document_sha256=self.document_sha256,
            device=self.visit.device,
        )

    def confirm_will(self, challenge: object) -> CodeChallenge:
        """Confirm what was typed as this person's own will; raises AgentActsForClient too."""
        confirmed = self.confirm(challenge, self.visit.request.POST.get("code", ""))
        check_not_agent(self.subject, device=self.visit.device, at=self.visit.at)
        return confirmed
