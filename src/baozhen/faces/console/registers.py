"""Registers and records of the staff pages: one list and one detail page, filled with data."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from baozhen.faces.console.frame import page
from baozhen.foundation.audit.models import AuditEntry
from baozhen.foundation.audit.queries import entries_of
from baozhen.foundation.errors import BaozhenError

PAGE_SIZE = 50
ACTS = {
    "binding.pending": "已导入，待启用",
    "binding.active": "启用",
    "binding.failing": "自检失败，暂停签发",
    "binding.suspended": "停用",
    "binding.revoked": "吊销",
    "binding.expired": "过期",
    "binding.probed": "试签验签通过",
    "binding.suspension_explained": "停用理由",
    "binding.revocation_explained": "吊销理由",
    "certificate.expiring": "到期提醒",
    "certificate_application.requested": "提出申请",
    "certificate_application.reviewing": "机构开始审核",
    "certificate_application.issued": "已签发",
    "certificate_application.refused": "被拒绝",
    "certificate_application.cancelled": "取消",
    "ukey.applied": "申请",
    "ukey.approved": "批准",
    "ukey.refused": "不批准",
    "ukey.issued": "领用",
    "ukey.returned": "归还",
    "ukey.lost": "挂失",
    "ukey.expiring": "证书到期提醒",
    "trust_anchor.proposed": "提议列入",
    "trust_anchor.listed": "列入",
    "trust_anchor.refused": "复核未通过",
    "trust_anchor.removal_proposed": "提议移除",
    "trust_anchor.removed": "移除",
    "seal.making": "登记，待审批",
    "seal.active": "在用",
    "seal.suspended": "停用",
    "seal.abolished": "废止",
    "seal.rule_added": "设定使用规则",
    "seal.rule_ended": "取消使用规则",
    "seal_change.requested": "提出申请",
    "seal_change.approved": "批准",
    "seal_change.refused": "驳回",
    "seal_change.withdrawn": "撤回申请",
    "seal.registered": "变更登记信息",
    "seal_loan.requested": "申请用印",
    "seal_loan.approved": "批准",
    "seal_loan.refused": "驳回",
    "seal_loan.handed_out": "领用",
    "seal_loan.stamped": "登记用印",
    "seal_loan.overdue": "逾期提醒",
    "seal_loan.returned": "归还",
    "seal_loan.withdrawn": "撤回申请",
    "risk.open": "发现风险",
    "risk.held": "发现风险并拦截",
    "risk.handled": "已处置",
    "risk.dismissed": "已排除",
    "identity_check.submitted": "发起核验",
    "identity_check.answering": "等待本人完成",
    "identity_check.reviewing": "开始审核",
    "identity_check.passed": "通过",
    "identity_check.failed": "未通过",
    "identity_check.withdrawn": "撤销",
    "identity_check.reused": "在有效期内复用",
    "subject.registered": "登记",
    "subject.changed": "更新资料",
    "subject.revealed": "查看完整信息",
    "table_version.draft": "导入为草稿",
    "table_version.submitted": "提交批准",
    "table_version.approved": "批准",
    "table_version.rejected": "不采用",
    "table_version.retired": "停用",
    "referral.open": "转人工核保",
    "referral.accepted": "通过",
    "referral.offered": "提出新方案",
    "referral.declined": "不予承保",
    "referral.withdrawn": "投保单已撤回或修改",
    "payment_order.opened": "建立订单",
    "payment_order.paying": "开始支付",
    "payment_order.payer_checked": "银行卡核实付款人",
    "payment_order.confirmed": "收款确认",
    "payment_order.refunding": "开始全额退款",
    "payment_order.refunded": "全额退款完成",
    "payment_order.closed": "关闭",
    "refund.proposed": "提出退款",
    "statement.draft": "生成",
    "statement.recounted": "重新计算",
    "statement.confirmed": "确认",
    "statement.locked": "锁定",
    "price_rule.set": "设定",
    "price_rule.ended": "结束",
    "refund.reviewed": "复核意见",
    "refund.requested": "待发送渠道",
    "refund.sent": "已发送渠道",
    "refund.succeeded": "已到原账户",
    "refund.failed": "渠道未受理",
    "refund.rejected": "未批准",
    "payment_difference.open": "发现差异",
    "payment_difference.handled": "处理完毕",
    "invoice.requested": "申请开具",
    "invoice.issued": "已开具",
    "invoice.refused": "开票服务拒绝",
    "invoice.asked_again": "重新申请",
    "template.created": "建模版",
    "template.changed": "改名称或备案要求",
    "template.shared": "改共享范围",
    "template_version.draft": "草稿",
    "template_version.edited": "编辑",
    "template_version.submitted": "提交批准",
    "template_version.approved": "批准",
    "template_version.retired": "停用",
    "template_version.dropped": "放弃",
    "template_clause.worded": "改措辞",
    "legal_hold.placed": "冻结",
    "legal_hold.released": "解除",
    "archive_destruction.proposed": "提出",
    "archive_destruction.refused": "不批准或收回",
    "archive_destruction.approved": "批准",
    "archive_destruction.done": "销毁完毕",
    "change.draft": "试算",
    "change.submitted": "提交审批",
    "change.accepted": "可以确认",
    "change.paying": "客户已确认，待补缴",
    "change.sealing": "手续齐全，生成批单",
    "change.issued": "批单签发",
    "change.refused": "不同意",
    "change.withdrawn": "撤回",
    "change.expired": "过期",
    "change.applied": "保单已按批改更新",
    "change.paper_seen": "查看材料",
}


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One cell: a text, perhaps with an address, a tone and an icon (then it is a tag)."""

    text: str
    href: str = ""
    tone: str | None = None
    icon: str = ""
    is_code: bool = False


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A filter in the address: a list to choose from, or a text or a date to type."""

    name: str
    label: str
    choices: Sequence[tuple[str, str]] = ()
    kind: str = "search"


@dataclass(frozen=True, kw_only=True)
class Link:
    """A button that leads somewhere."""

    href: str
    label: str
    icon: str


@dataclass(frozen=True, kw_only=True)
class Register:
    """A list of one kind of record."""

    here: str
    title: str
    note: str
    columns: Sequence[str]
    empty: tuple[str, str, str]  # icon, what is missing, how to make the first one
    filters: Sequence[Choice] = ()
    links: Sequence[Link] = ()
    buttons: Sequence[Link] = ()  # what changes something: posted, not followed
    tabs: Sequence[Link] = ()


@dataclass(frozen=True, kw_only=True)
class Deed:
    """Something that can be done: a button, with a reason where the rule wants one."""

    href: str
    label: str
    icon: str = "check"
    asks: Sequence[tuple[str, str]] = ()  # (name, label) of texts to type
    choices: tuple[str, str, Sequence[tuple[str, str]]] | None = None
    is_dangerous: bool = False
    files: Sequence[tuple[str, str]] = ()  # (name, label) of files that may go along
    blocked: str = ""  # why it cannot be done now, in words


@dataclass(frozen=True, kw_only=True)
class Act:
    """One line of a record's history."""

    label: str
    at: datetime
    actor: str
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """Everything of one record."""

    here: str
    title: str
    state: Cell
    facts: Sequence[tuple[str, str, bool]]  # label, value, whether it is code
    back: Link
    deeds: Sequence[Deed] = ()
    tables: Sequence[tuple[str, Sequence[str], Sequence[Sequence[Cell]]]] = ()
    acts: Sequence[Act] = ()
    links: Sequence[Link] = ()


def show_register(
    request: HttpRequest,
    register: Register,
    rows: QuerySet[Any],
    cells: Callable[[Any], Sequence[Cell]],
) -> HttpResponse:
    """Render a page of the rows; the filters and the place stand in the address."""
    asked = {item.name: request.GET.get(item.name, "").strip() for item in register.filters}
    kept = {name: value for name, value in asked.items() if value}
    number = request.GET.get("page", "1")
    place = max(int(number), 1) if number.isdecimal() and number.isascii() else 1
    start = (place - 1) * PAGE_SIZE
    found = list(rows[start : start + PAGE_SIZE + 1])
    context = {
        "here": register.here,
        "register": register,
        "filters": [(item, asked[item.name]) for item in register.filters],
        "filtered": bool(kept),
        "rows": [cells(row) for row in found[:PAGE_SIZE]],
        "newer": _address(kept, place - 1) if place > 1 else "",
        "older": _address(kept, place + 1) if len(found) > PAGE_SIZE else "",
    }
    return page(request, "console/authorities/register.html", context)


def show_sheet(request: HttpRequest, sheet: Sheet) -> HttpResponse:
    """Render one record: what it is, what can be done, what was done."""
    return page(request, "console/authorities/sheet.html", {"here": sheet.here, "sheet": sheet})


def do(
    request: HttpRequest, deed: Callable[[], object], *, done: str, to: str, **place: str | int
) -> HttpResponse:
    """Do it and say so, or say why not; then go to the page named `to`."""
    try:
        deed()
    except BaozhenError as failure:
        messages.error(request, str(failure), extra_tags="seal")
    else:
        messages.success(request, done, extra_tags="jade")
    return redirect(reverse(f"console:{to}", kwargs=place))


def acts_of(noun: str, key: int) -> list[Act]:
    """Return what was done to a record, the newest first."""
    return [_act(entry) for entry in entries_of(noun, key).order_by("-position")]


def _act(entry: AuditEntry) -> Act:
    reason = entry.facts.get("reason", "")
    return Act(
        label=ACTS.get(entry.action, entry.action),
        at=entry.at,
        actor=entry.actor,
        note=str(reason) if reason else "",
    )


def _address(kept: dict[str, str], place: int) -> str:
    return "?" + urlencode(kept | {"page": str(place)})
