"""存证: what was deposited with the notary, by button or by rule."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from baozhen.faces.console.access import actor_of, needs
from baozhen.faces.console.archive.files import address_of_file, seen, units_of
from baozhen.faces.console.organizations.forms import Asked, Field, number, show, text
from baozhen.faces.console.registers import (
    Cell,
    Choice,
    Deed,
    Link,
    Register,
    Sheet,
    do,
    show_register,
    show_sheet,
)
from baozhen.faces.templatetags.faces import stamp, who
from baozhen.faces.words import DOCUMENT_TYPES
from baozhen.foundation.clock import now
from baozhen.foundation.errors import Refusal
from baozhen.signing.files.models import FileEntry, NotaryDeposit, NotaryRule
from baozhen.signing.files.notary import has_notary
from baozhen.signing.files.services.depositing import (
    ask_again,
    ask_deposits,
    end_rule,
    set_rule,
)
from baozhen.signing.files.states import DEPOSIT_LABELS, DepositState
from baozhen.signing.organizations.models import OrgUnit
from baozhen.signing.organizations.queries import require_power, root_unit, scope_of
from baozhen.signing.organizations.roles import Permission

COLUMNS = ("申请时间", "状态", "存证机构", "回执编号", "存证时间", "申请人")
_TONES = {
    DepositState.QUEUED: ("amber", "clock"),
    DepositState.RECORDED: ("jade", "check"),
    DepositState.REFUSED: ("seal", "cross"),
}


@needs(Permission.VIEW_FILES)
@require_GET
def deposits(request: HttpRequest) -> HttpResponse:
    """List the deposits of the files that one may see."""
    rows = NotaryDeposit.objects.filter(entry__unit__in=units_of(request)).select_related("entry")
    state, receipt = request.GET.get("state", ""), request.GET.get("number", "").strip()
    rows = rows.filter(state=state) if state else rows
    rows = rows.filter(receipt_no=receipt) if receipt else rows
    register = Register(
        here="files",
        title="存证",
        note="证据包的指纹交外部机构登记，回执随证据包交付",
        columns=("申请时间", "文件", "状态", "存证机构", "回执编号", "存证时间"),
        empty=("shield-check", "没有存证", "在文件页点“第三方存证”，或设定存证规则自动办理。"),
        filters=(
            Choice(
                name="state",
                label="状态",
                choices=[(one.value, label) for one, label in DEPOSIT_LABELS.items()],
            ),
            Choice(name="number", label="回执编号"),
        ),
        links=(
            Link(href=reverse("console:deposit_rules"), label="存证规则", icon="list"),
            Link(href=reverse("console:deposit_rule_new"), label="新规则", icon="check"),
        ),
    )
    return show_register(request, register, rows.order_by("-asked_at", "-pk"), _cells)


@needs(Permission.DOWNLOAD_FILES)
@require_POST
def deposit(request: HttpRequest, key: str) -> HttpResponse:
    """Ask for the deposit of one file."""
    entry = seen(request, key, Permission.DOWNLOAD_FILES)
    return do(
        request,
        lambda: ask_deposits([entry], actor=actor_of(request), at=now()),
        done="已申请存证，回执到达后显示在“第三方存证”中。",
        to="file_entry",
        key=key,
    )


@needs(Permission.DOWNLOAD_FILES)
@require_POST
def again(request: HttpRequest, key: int) -> HttpResponse:
    """Ask again for a deposit that was refused."""
    units = units_of(request, Permission.DOWNLOAD_FILES)
    found = NotaryDeposit.objects.select_related("entry").filter(pk=key, entry__unit__in=units)
    row = found.first()
    if row is None:
        raise Http404
    return do(
        request,
        lambda: ask_again(row, actor=actor_of(request), at=now()),
        done="已重新申请存证。",
        to="file_entry",
        key=row.entry.public_id,
    )


@needs(Permission.APPROVE_ENVELOPES)
@require_GET
def rules(request: HttpRequest) -> HttpResponse:
    """Show which files are deposited by themselves, and end a rule."""
    rows = NotaryRule.objects.select_related("unit").order_by("-pk")
    living = [row for row in rows if row.ended_at is None]
    sheet = Sheet(
        here="files",
        title="存证规则",
        state=Cell(text="自动存证" if living else "未设定", tone="jade" if living else "quiet"),
        back=Link(href=reverse("console:deposits"), label="存证", icon="left"),
        facts=(("存证机构", "已配置" if has_notary() else "没有配置", False),),
        deeds=(
            *(
                Deed(
                    href=reverse("console:deposit_rule_end", kwargs={"key": row.pk}),
                    label=f"停用：{_rule_words(row)}",
                    icon="pause",
                )
                for row in living
            ),
        ),
        tables=(
            (
                "全部规则",
                ("范围", "设定", "设定人", "停用", "停用人"),
                [
                    (
                        Cell(text=_rule_words(row)),
                        Cell(text=stamp(row.made_at)),
                        Cell(text=who(row.made_by)),
                        Cell(text=stamp(row.ended_at) if row.ended_at else "在用"),
                        Cell(text=who(row.ended_by)),
                    )
                    for row in rows
                ],
            ),
        ),
    )
    return show_sheet(request, sheet)


@needs(Permission.APPROVE_ENVELOPES)
@require_http_methods(["GET", "POST"])
def new_rule(request: HttpRequest) -> HttpResponse:
    """Let files of a unit and a type be deposited by themselves."""
    units = scope_of(request.user, Permission.APPROVE_ENVELOPES).order_by("path")
    asked = Asked(
        here="files",
        title="新存证规则",
        submit="设定",
        back=reverse("console:deposit_rules"),
        note="以后归档的文件，凡属所选机构（含下级）和类型的，自动存证。已归档的可在文件页单独办理。",
        fields=(
            Field(
                name="unit",
                label="机构",
                required=False,
                choices=[("", "全部机构"), *((str(unit.pk), unit.name) for unit in units)],
            ),
            Field(
                name="document_type",
                label="文件类型",
                required=False,
                choices=[("", "全部类型"), *DOCUMENT_TYPES.items()],
            ),
        ),
    )
    if request.method != "POST":
        return show(request, asked)
    unit = OrgUnit.objects.filter(pk=number(request, "unit")).first()
    try:
        require_power(request.user, Permission.APPROVE_ENVELOPES, unit or root_unit())
        set_rule(unit, text(request, "document_type"), actor=actor_of(request), at=now())
    except Refusal as refusal:
        return show(request, asked, refusal)
    return redirect(reverse("console:deposit_rules"))


@needs(Permission.APPROVE_ENVELOPES)
@require_POST
def end(request: HttpRequest, key: int) -> HttpResponse:
    """End a rule."""
    row = NotaryRule.objects.select_related("unit").filter(pk=key).first()
    if row is None:
        raise Http404
    require_power(request.user, Permission.APPROVE_ENVELOPES, row.unit or root_unit())
    end_rule(key, actor=actor_of(request), at=now())
    return redirect(reverse("console:deposit_rules"))


def deed_of(entry: FileEntry) -> Deed:
    """Return the button on the page of a file; after a refusal it asks for the same again."""
    last = NotaryDeposit.objects.filter(entry=entry).order_by("-pk").first()
    state = last.state if last else ""
    if last is not None and state == DepositState.REFUSED:
        href = reverse("console:deposit_again", kwargs={"key": last.pk})
        return Deed(href=href, label="重新办理第三方存证", icon="shield-check")
    blocked = {DepositState.QUEUED: "正在办理", DepositState.RECORDED: ""}
    return Deed(
        href=address_of_file("file_deposit", entry),
        label="第三方存证",
        icon="shield-check",
        blocked=blocked.get(DepositState(state), "") if state else _missing(),
    )


def rows_of(entry: FileEntry) -> list[tuple[Cell, ...]]:
    """Return the deposits of a file for its page."""
    return [
        (
            Cell(text=stamp(row.asked_at)),
            _state(row),
            Cell(text=row.service or row.refusal or "—"),
            Cell(text=row.receipt_no or "—", is_code=True),
            Cell(text=stamp(row.recorded_at)),
            Cell(text=who(row.asked_by)),
        )
        for row in entry.deposits.order_by("-pk")
    ]


def _missing() -> str:
    return "" if has_notary() else "没有配置存证机构"


def _state(row: NotaryDeposit) -> Cell:
    tone, icon = _TONES[DepositState(row.state)]
    return Cell(text=row.get_state_display(), tone=tone, icon=icon)


def _rule_words(row: NotaryRule) -> str:
    unit = row.unit.name if row.unit else "全部机构"
    kind = DOCUMENT_TYPES.get(row.document_type, row.document_type) or "全部类型"
    return f"{unit} · {kind}"


def _cells(row: NotaryDeposit) -> tuple[Cell, ...]:
    return (
        Cell(text=stamp(row.asked_at)),
        Cell(text=row.title, href=address_of_file("file_entry", row.entry)),
        _state(row),
        Cell(text=row.service or row.refusal or "—"),
        Cell(text=row.receipt_no or "—", is_code=True),
        Cell(text=stamp(row.recorded_at)),
    )
