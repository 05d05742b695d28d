"""Tell the applicant by text: the papers wait, or a person has decided."""

from datetime import datetime

from django.conf import settings

from baozhen.foundation.notify.sms import TextMessage, get_sms
from baozhen.foundation.transactions import refuse_inside_transaction
from baozhen.insurance.applications.models import Application
from baozhen.insurance.applications.services.links import issue_reading_link, link_address
from baozhen.insurance.applications.states import ApplicationState

SYSTEM = "system"
_TEMPLATE = "link"
_WORDS = {
    ApplicationState.REFERRED: "需要人工核保，有结果会再通知您",
    ApplicationState.OFFERED: "核保给出了新方案，请查看并决定",
    ApplicationState.DECLINED: "很抱歉未能承保，请查看原因",
}


def send_reading_link(key: int, *, at: datetime) -> None:
    """Send the link to the reading page; a second run sends another, the first is good no more."""
    refuse_inside_transaction("sending a reading link")
    application = Application.objects.select_related("applicant").get(pk=key)
    if application.state != ApplicationState.ACCEPTED:
        return
    token = issue_reading_link(key, actor=SYSTEM, at=at)
    _send(application, "核保已通过，请阅读投保文件并签名", link_address(token))


def tell_outcome(key: int) -> None:
    """Tell what became of the application, with the way to its page."""
    refuse_inside_transaction("telling an applicant")
    application = Application.objects.select_related("applicant").get(pk=key)
    words = _WORDS.get(ApplicationState(application.state))
    if words:
        root = str(settings.BAOZHEN_PUBLIC_URL).rstrip("/")
        _send(application, words, f"{root}/m/mine/{application.proposal_no}")


def _send(application: Application, what: str, link: str) -> None:
    subject = application.applicant
    if subject is None or not subject.mobile:
        return
    get_sms().send(
        TextMessage(
            mobile=str(subject.mobile),
            template=_TEMPLATE,
            reference=f"{application.proposal_no}.{application.state}",
            parameters={
                "title": f"投保单 {application.proposal_no}",
                "what": what,
                "link": link,
            },
        )
    )
