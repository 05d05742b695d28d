"""Tell who asked what is issued: a mail with the endorsements attached, a text."""

from datetime import datetime

from django.conf import settings
from django.db import transaction

from baozhen.foundation.notify.services import Attachment, Letter, queue_letter
from baozhen.foundation.notify.sms import TextMessage, get_sms
from baozhen.foundation.transactions import refuse_inside_transaction
from baozhen.insurance.endorsements.models import Endorsement
from baozhen.insurance.endorsements.queries import current_content, issued_change, issued_rows
from baozhen.insurance.endorsements.rules import change_table
from baozhen.insurance.policies.models import PolicyFile
from baozhen.insurance.policies.states import FileKind, Standing
from baozhen.insurance.policies.tokens import verification_url
from baozhen.signing.organizations.insurer import get_insurer

_SMS_TEMPLATE = "link"
_TEXT = """尊敬的{name}：

您申请的“{kind}”已经办妥，电子批单见附件，与纸质批单具有同等法律效力：

{documents}

核验真伪：{url}
如有疑问，请致电 {phone}。

{insurer}
"""


def mail_change(change_id: int, *, at: datetime) -> None:
    """Queue one mail for an issued change; one that has its mail already is left alone."""
    change = issued_change(change_id)
    if change is None:
        return
    holder = current_content(change.proposal)["policyholder"]
    rows = issued_rows(change)
    insurer = get_insurer()
    letter = Letter(
        reference=f"change/{change.public_id}",
        subject_type=change.NOUN,
        subject_id=change.pk,
        recipient=holder["email"],
        title=f"您的电子批单（{rows[0].number}）",
        text=_TEXT.format(
            name=holder["name"],
            kind=change_table().kinds[change.kind].label,
            documents="\n".join(f"　电子批单 {row.number}" for row in rows),
            url=verification_url(rows[0].number),
            phone=insurer.service_phone,
            insurer=insurer.name,
        ),
        attachments=tuple(_attachments(rows)),
    )
    with transaction.atomic(durable=True):
        queue_letter(letter, actor="system", at=at)


def text_change(change_id: int) -> None:
    """Send the holder a text that the endorsement is there; the service drops a second one."""
    refuse_inside_transaction("telling a holder")
    change = issued_change(change_id)
    if change is None:
        return
    holder = current_content(change.proposal)["policyholder"]
    root = str(settings.BAOZHEN_PUBLIC_URL).rstrip("/")
    get_sms().send(
        TextMessage(
            mobile=holder["mobile"],
            template=_SMS_TEMPLATE,
            reference=change.public_id,
            parameters={
                "title": f"批单 {issued_rows(change)[0].number}",
                "what": "已经生成，可查看和下载",
                "link": f"{root}/m/changes/{change.public_id}",
            },
        )
    )


def _attachments(rows: list[Endorsement]) -> list[Attachment]:
    made = [Attachment(name=f"电子批单_{row.number}.pdf", sha256=str(row.sha256)) for row in rows]
    marks = PolicyFile.objects.filter(
        policy__in=[row.policy_id for row in rows],
        kind=FileKind.MARK,
        version__gt=1,
        standing=Standing.CURRENT,
        sealed_at__gte=min(row.numbered_at for row in rows).replace(microsecond=0),
    )
    for mark in marks.defer("content"):
        name = f"电子保险标志_{mark.number}_v{mark.version}.pdf"
        made.append(Attachment(name=name, sha256=str(mark.sha256)))
    return made
