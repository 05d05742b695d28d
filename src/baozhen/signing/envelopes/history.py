"""The chronicle of one task: everything that is on record about it, in order, for people."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils import timezone

from baozhen.foundation.audit.models import AuditEntry
from baozhen.signing.envelopes.models import (
    Action,
    Envelope,
    Handover,
    Paper,
    Signatory,
    VoidRequest,
)
from baozhen.signing.envelopes.states import LABELS, TYPE_LABELS, ActionType
from baozhen.signing.seals.models import SealUse

_ENVELOPE = {
    "envelope.draft": "建立",
    "envelope.downloaded": "下载文件",
    "envelope.answers_read": "接口读取回答",
    **{f"envelope.{state.value}": label for state, label in LABELS.items()},
}
_ACTS = _ENVELOPE | {
    "action.ready": "轮到",
    "action.performing": "已决定，正在签章",
    "action.done": "完成",
    "action.declined": "退回",
    "action.skipped": "无需处理",
    "action.delegated": "转交",
    "action.retried": "重新签章",
    "envelope.sketched": "由自己的文件发起",
    "handover.made": "发出送达链接",
    "handover.taken": "文件已被领取",
    "signatory.asked": "看到询问事项",
    "signatory.answered": "逐项作答，文件随之重做",
    "signatory.embedded": "发出嵌入链接",
    "signatory.embed_opened": "打开嵌入页",
    "signatory.linked": "发出链接",
    "signatory.opened": "首次打开链接",
    "signatory.verified": "身份已核验",
    "paper.handed_in": "提交材料",
    "pre_stamp.active": "给出预盖章授权",
    "pre_stamp.revoked": "收回预盖章授权",
    "pre_stamp.ended": "预盖章授权用完或到期",
    "void_request.open": "申请作废",
    "void_request.agreed": "各方同意作废",
    "void_request.refused": "有一方不同意作废",
    "void_request.lapsed": "作废申请逾期没有答复",
    "consent.given": "确认签署意愿",
    "seal_use.reserved": "预留用印",
    "seal_use.done": "用印完成",
    "seal_use.refused": "用印被拒",
    "seal_use.released": "放弃用印",
}
_HEAD = ("时间", "对象", "事项", "操作人", "摘要")


@dataclass(frozen=True)
class Line:
    """One thing that happened; `digest` is its place in the hash chain of its object."""

    at: datetime
    subject: str
    act: str
    action: str
    actor: str
    digest: str


def envelope_history(envelope: Envelope) -> list[Line]:
    """Return all that is on record about the task, oldest first; no personal data in it."""
    names = _names(envelope)
    wanted = Q()
    for subject_type, subject_id in names:
        wanted |= Q(subject_type=subject_type, subject_id=subject_id)
    entries = AuditEntry.objects.filter(wanted).order_by("at", "pk")
    return [
        Line(
            at=entry.at,
            subject=names[entry.subject_type, entry.subject_id],
            act=_ACTS.get(entry.action, entry.action),
            action=entry.action,
            actor=entry.actor,
            digest=bytes(entry.digest).hex(),
        )
        for entry in entries
    ]


def history_csv(lines: Sequence[Line]) -> bytes:
    """Return the chronicle as a table that opens in a spreadsheet; cells never act as formulas."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_HEAD)
    for line in lines:
        at = timezone.localtime(line.at).isoformat(timespec="milliseconds")
        writer.writerow(_plain((at, line.subject, line.act, line.actor, line.digest)))
    return out.getvalue().encode("utf-8-sig")


def _names(envelope: Envelope) -> dict[tuple[str, int], str]:
    """Return every object of the task with the words people know it by."""
    names = {("envelope", envelope.pk): "签署任务"}
    actions = Action.objects.filter(envelope=envelope).select_related("signatory")
    for action in actions:
        what = f"{action.signatory.label} {TYPE_LABELS[ActionType(action.type)]}"
        names["action", action.pk] = what
        if action.consent_id is not None:
            names["consent", action.consent_id] = what
    stamped = (action for action in actions if action.pre_stamp_id is not None)
    names |= {("pre_stamp", one.pre_stamp_id or 0): one.signatory.label for one in stamped}
    for signatory in Signatory.objects.filter(envelope=envelope):
        names["signatory", signatory.pk] = signatory.label
    for paper in Paper.objects.filter(signatory__envelope=envelope).select_related("signatory"):
        names["paper", paper.pk] = f"{paper.signatory.label} {paper.label}"
    for request in VoidRequest.objects.filter(envelope=envelope):
        names["void_request", request.pk] = "作废申请"
    for handover in Handover.objects.filter(envelope=envelope):
        names["handover", handover.pk] = f"第 {handover.number} 次送达"
    for use in SealUse.objects.filter(reference=envelope.public_id).select_related("seal"):
        names["seal_use", use.pk] = use.seal.name
    return names


def _plain(cells: Iterable[str]) -> list[str]:
    return [f"'{cell}" if cell[:1] in {"=", "+", "-", "@"} else cell for cell in cells]
