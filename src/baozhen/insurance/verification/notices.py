"""Tell people of their policies by SMS and WeChat, beside the mail that carries the files.

Texts name the policy and lead to the wallet, which asks who is there; they hold nothing else.
`BAOZHEN_NOTICES` names the ways, `sms,wechat` by default; `none` switches them off.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from django.conf import settings
from django.db import transaction

from baozhen.foundation.audit import services as audit
from baozhen.foundation.audit.models import AuditEntry
from baozhen.foundation.clock import now
from baozhen.foundation.jobs import Queue, job
from baozhen.foundation.keys.configuration import configured, is_production
from baozhen.foundation.notify.entries import Notice, NoticeRefused
from baozhen.foundation.notify.sms import SMSRefused, TextMessage, get_sms
from baozhen.foundation.notify.wechat import get_wechat
from baozhen.foundation.transactions import refuse_inside_transaction
from baozhen.insurance.proposals.models import Proposal
from baozhen.insurance.proposals.states import ProposalState
from baozhen.insurance.verification.states import WeChatApp
from baozhen.insurance.verification.wechat import openids_of
from baozhen.signing.identity.models import Subject
from baozhen.signing.identity.services.subjects import number_index
from baozhen.signing.identity.states import SubjectKind

TELL = "policy.tell"
SMS, WECHAT = "sms", "wechat"
_DEFAULT_WAYS: Final = f"{SMS},{WECHAT}"
ISSUED = "issued"


@dataclass(frozen=True, kw_only=True)
class News:
    """What a person is told: our template's name, its fields, and where a tap leads.

    `subject_type` and `subject_id` name what it is about; `reference` is the same for the same
    news, so that it is told once.
    """

    template: str
    title: str
    fields: Mapping[str, str]
    path: str
    reference: str
    subject_type: str
    subject_id: int
    mobile: str = field(default="", repr=False)
    person: Subject | None = None

    @property
    def link(self) -> str:
        """The address of the page."""
        return f"{settings.BAOZHEN_PUBLIC_URL.rstrip('/')}{self.path}"


@job(TELL, queue=Queue.HOUSEKEEPING, chunk=50)
def tell_issued_job(keys: list[int]) -> None:
    """Tell the holders of issued proposals."""
    tell_issued(keys, at=now())


def tell_issued(proposal_ids: Sequence[int], *, at: datetime) -> int:
    """Tell each holder, once by each way, that the policies are there; return how many notices."""
    proposals = Proposal.objects.filter(pk__in=proposal_ids, state=ProposalState.ISSUED)
    return sum(tell(_issued(proposal), at=at) for proposal in proposals.order_by("id"))


def tell(news: News, *, at: datetime) -> int:
    """Send the news by every way that is open to the person; return how many went out.

    Raises SMSOutage or NoticeOutage; what had gone by then is not sent again.
    """
    refuse_inside_transaction("telling a customer")
    ways = {way.strip() for way in (configured("BAOZHEN_NOTICES") or _DEFAULT_WAYS).split(",")}
    count = 0
    if SMS in ways and news.mobile and _may_text() and not _is_told(news, SMS):
        count += _by_sms(news, at=at)
    if WECHAT in ways and news.person is not None and not _is_told(news, WECHAT):
        count += _by_wechat(news, news.person, at=at)
    return count


def _may_text() -> bool:
    """Production without a text service tells by mail and WeChat."""
    return bool(configured("BAOZHEN_SMS_URL")) or not is_production()


def _by_sms(news: News, *, at: datetime) -> int:
    text = TextMessage(
        mobile=news.mobile,
        template=news.template,
        reference=news.reference,
        parameters={**news.fields, "link": news.link},
    )
    try:
        receipt = get_sms().send(text)
    except SMSRefused as refusal:
        # A number that takes no texts must not park a job: the mail has gone all the same.
        _note(news, SMS, at=at, failure=str(refusal))
        return 0
    _note(news, SMS, at=at, receipt=receipt)
    return 1


def _by_wechat(news: News, person: Subject, *, at: datetime) -> int:
    count = 0
    for openid in openids_of(person, WeChatApp.ACCOUNT):
        notice = Notice(
            to=openid,
            template=news.template,
            reference=news.reference,
            title=news.title,
            fields=news.fields,
            link=news.link,
        )
        try:
            receipt = get_wechat().send(notice)
        except NoticeRefused as refusal:
            _note(news, WECHAT, at=at, failure=str(refusal))
            continue
        _note(news, WECHAT, at=at, receipt=receipt)
        count += 1
    return count


def _issued(proposal: Proposal) -> News:
    holder = proposal.content["policyholder"]
    numbers = "、".join(proposal.policies.order_by("id").values_list("number", flat=True))
    person = Subject.objects.filter(
        kind=SubjectKind.PERSON, id_index=number_index(holder["id_no"])
    ).first()
    return News(
        template=ISSUED,
        title="电子保单已签发",
        fields={"policy": numbers},
        path="/m/policies",
        reference=f"issued.{proposal.proposal_no}",
        subject_type=Proposal.NOUN,
        subject_id=proposal.pk,
        mobile=str(holder.get("mobile") or ""),
        person=person,
    )


def _is_told(news: News, way: str) -> bool:
    told = AuditEntry.objects.filter(
        subject_type=news.subject_type, subject_id=news.subject_id, action="customer.told"
    )
    return told.filter(facts__way=way, facts__reference=news.reference).exists()


def _note(news: News, way: str, *, at: datetime, receipt: str = "", failure: str = "") -> None:
    with transaction.atomic(durable=True):
        audit.record(
            "customer.told",
            subject_type=news.subject_type,
            subject_id=news.subject_id,
            actor="system",
            at=at,
            facts={
                "way": way,
                "reference": news.reference,
                "receipt": receipt,
                "failure": failure,
            },
        )
