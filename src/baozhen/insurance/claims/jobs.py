"""Tell the reporter what became of the claim; a refusal counts as sent when it was told."""

from datetime import datetime

from django.db import transaction

from baozhen.foundation.audit import services as audit
from baozhen.foundation.clock import now
from baozhen.foundation.jobs import Queue, job
from baozhen.foundation.masking import mask_text
from baozhen.foundation.notify.errors import MailAddressInvalid
from baozhen.foundation.notify.services import Letter, queue_letter
from baozhen.insurance.claims.models import Claim
from baozhen.insurance.claims.states import STATE_LABELS, ClaimState
from baozhen.insurance.policies.contents import content_now
from baozhen.insurance.verification.notices import News, tell
from baozhen.signing.organizations.insurer import get_insurer

TELL = "claim.tell"
_LETTER = """尊敬的{name}：

您的报案 {number}（保单 {policy}）经核定，不属于保险责任，理由如下：

{reason}

如有异议，您可以在手机页面的案件详情中提出复核，也可以致电 {phone}，或依法申请调解、仲裁或提起诉讼。

{insurer}
"""


@job(TELL, queue=Queue.HOUSEKEEPING)
def tell_claim_job(key: int) -> None:
    """Tell the reporter that the claim has moved."""
    tell_claim(key, at=now())


def tell_claim(key: int, *, at: datetime) -> None:
    """Tell the state in which the claim is now; each is told once."""
    claim = Claim.objects.select_related("policy__proposal", "subject").get(pk=key)
    if claim.state == ClaimState.REFUSED and claim.refusal_sent_at is None:
        _send_refusal(claim, at=at)
    tell(
        News(
            template="claim",
            title="理赔进度",
            fields={"number": claim.number, "state": STATE_LABELS[claim.state]},
            path=f"/m/claims/{claim.number}",
            reference=f"claim.{claim.number}.{claim.state}.{claim.decided_at:%m%d%H%M}"
            if claim.decided_at
            else f"claim.{claim.number}.{claim.state}",
            subject_type=Claim.NOUN,
            subject_id=claim.pk,
            mobile=str(claim.content["mobile"]),
            person=claim.subject,
        ),
        at=at,
    )


def _send_refusal(claim: Claim, *, at: datetime) -> None:
    """Send the notice of refusal with its reasons to the mail on file (保险法 24)."""
    holder = content_now(claim.policy, on=at)["policyholder"]
    insurer = get_insurer()
    letter = Letter(
        reference=f"refusal/{claim.number}/{claim.decided_at:%Y%m%d%H%M%S}",
        recipient=holder["email"],
        title=f"拒绝赔偿保险金通知书（报案号 {claim.number}）",
        text=_LETTER.format(
            name=holder["name"],
            number=claim.number,
            policy=claim.policy.number,
            reason=mask_text(str(claim.decision)),
            phone=insurer.claim_phone,
            insurer=insurer.name,
        ),
        subject_type=Claim.NOUN,
        subject_id=claim.pk,
    )
    with transaction.atomic(durable=True):
        try:
            queue_letter(letter, actor="system", at=at)
        except MailAddressInvalid:
            # Without a mail the text below tells it, and the clock stays open for a paper letter.
            return
        Claim.objects.filter(pk=claim.pk).update(refusal_sent_at=at)
        audit.record("claim.refusal_sent", subject_id=claim.pk, actor="system", at=at)
