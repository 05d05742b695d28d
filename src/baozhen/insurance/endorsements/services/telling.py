"""Deliver what is issued: a mail with the endorsements attached, a text, the file centre."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef

from baozhen.foundation.notify.services import Attachment, Letter, queue_letter
from baozhen.foundation.notify.sms import TextMessage, get_sms
from baozhen.foundation.transactions import refuse_inside_transaction
from baozhen.insurance.endorsements.models import Change, Endorsement
from baozhen.insurance.endorsements.queries import current_content
from baozhen.insurance.endorsements.rules import change_table
from baozhen.insurance.endorsements.services.issuing import CLIENT, DOCUMENT_TYPE
from baozhen.insurance.endorsements.states import ChangeState, EndorsementState
from baozhen.insurance.policies.models import PolicyFile
from baozhen.insurance.policies.states import FileKind, Standing
from baozhen.insurance.policies.tokens import verification_url
from baozhen.signing.envelopes.models import Envelope
from baozhen.signing.files.models import FileEntry
from baozhen.signing.files.services import FileFacts, Involved, register_files
from baozhen.signing.organizations.insurer import get_insurer
from baozhen.signing.organizations.models import OrgUnit
from baozhen.signing.organizations.queries import root_unit

_SMS_TEMPLATE = "link"
_SIGNERS = 1  # the insurer alone
_TEXT = """尊敬的{name}：

您申请的“{kind}”已经办妥，电子批单见附件，与纸质批单具有同等法律效力：

{documents}

核验真伪：{url}
如有疑问，请致电 {phone}。

{insurer}
"""


def mail_change(change_id: int, *, at: datetime) -> None:
    """Queue one mail for an issued change; one that has its mail already is left alone."""
    change = _issued(change_id)
    if change is None:
        return
    holder = current_content(change.proposal)["policyholder"]
    rows = _rows(change)
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
    change = _issued(change_id)
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
                "title": f"批单 {_rows(change)[0].number}",
                "what": "已经生成，可查看和下载",
                "link": f"{root}/m/changes/{change.public_id}",
            },
        )
    )


def register_endorsements(change_id: int, *, at: datetime) -> None:
    """Let the endorsements be found in the file centre; safe to repeat."""
    change = _issued(change_id)
    if change is None:
        return
    rows = _rows(change)
    numbers = [row.number for row in rows]
    found = Envelope.objects.filter(client=CLIENT, biz_no__in=numbers).select_related("unit")
    envelopes = {str(envelope.biz_no): envelope for envelope in found}
    unit = OrgUnit.objects.filter(code=change.proposal.branch_code).first()
    parties = _parties(current_content(change.proposal))
    facts = [_facts(row, envelopes.get(row.number), unit, parties) for row in rows]
    with transaction.atomic(durable=True):
        register_files(facts, at=at)


def unregistered_changes(*, after: int, limit: int) -> list[int]:
    """Return the issued changes after this one with an endorsement that nobody can find."""
    found = FileEntry.objects.filter(
        sha256=OuterRef("sha256"), item__dossier=OuterRef("change__proposal__proposal_no")
    )
    rows = Endorsement.objects.filter(
        ~Exists(found),
        change__gt=after,
        change__state=ChangeState.ISSUED,
        state=EndorsementState.ISSUED,
    )
    keys = rows.order_by("change").values_list("change", flat=True)
    return list(keys.distinct()[:limit])


def _issued(change_id: int) -> Change | None:
    rows = Change.objects.select_related("proposal")
    return rows.filter(pk=change_id, state=ChangeState.ISSUED).first()


def _rows(change: Change) -> list[Endorsement]:
    rows = change.endorsements.filter(state=EndorsementState.ISSUED)
    return list(rows.select_related("policy", "change").order_by("id"))


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


def _facts(
    row: Endorsement,
    envelope: Envelope | None,  # what was issued before there were signing tasks has none
    unit: OrgUnit | None,
    parties: tuple[Involved, ...],
) -> FileFacts:
    label = change_table().kinds[row.change.kind].label
    return FileFacts(
        dossier=row.change.proposal.proposal_no,
        sha256=str(row.sha256),
        unit=unit or (envelope.unit if envelope else root_unit()),
        title=f"电子批单 {row.number}",
        document_type=DOCUMENT_TYPE,
        signed_at=row.sealed_at or row.numbered_at,
        channel=envelope.flow if envelope else "",
        client=row.change.client,
        biz_no=row.policy.number,
        envelope=envelope.public_id if envelope else "",
        signatures=_SIGNERS,
        parties=parties,
        words=("电子批单", label, row.number, row.policy.number, row.change.proposal.proposal_no),
    )


def _parties(content: dict[str, dict[str, str]]) -> tuple[Involved, ...]:
    found: dict[str, Involved] = {}
    for role in ("policyholder", "insured", "owner"):
        facts = content[role]
        numbers = tuple(filter(None, (facts.get("id_no"), facts.get("mobile"))))
        is_person = facts.get("kind") == "person"
        found.setdefault(
            facts["name"], Involved(name=facts["name"], is_person=is_person, numbers=numbers)
        )
    return tuple(found.values())
