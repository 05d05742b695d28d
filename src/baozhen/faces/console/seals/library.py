"""The library of seals and one seal's page: pictures, grants, rules, uses, history."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from baozhen.faces.console.access import actor_of, may, needs
from baozhen.faces.console.frame import page
from baozhen.faces.console.registers import Cell, Choice, Link, Register, show_register
from baozhen.faces.console.seals.known import flow_word, known_flows, type_word
from baozhen.faces.console.seals.registering import differences_of
from baozhen.faces.console.seals.shown import (
    acts_in_words,
    change_tag,
    envelope_href,
    seal_seen,
    seal_tag,
    seals_seen,
    use_tag,
)
from baozhen.faces.console.typed import end_of_day, typed_midnight
from baozhen.faces.templatetags.faces import stamp, who
from baozhen.signing.organizations.roles import Permission
from baozhen.signing.seals.models import Seal, SealChange, SealRule, SealUse, SealVersion
from baozhen.signing.seals.queries import version_picture
from baozhen.signing.seals.states import (
    KIND_LABELS,
    LABELS,
    USE_LABELS,
    ChangeState,
    SealKind,
    SealState,
)
from baozhen.trust.seal.ses import parse_seal

_PAGE = 48
_USES_SHOWN = 20


@needs(Permission.VIEW_SEALS)
@require_GET
def seals(request: HttpRequest) -> HttpResponse:
    """Show the library: every seal with its picture; those in use first."""
    asked = {name: request.GET.get(name, "").strip() for name in ("kind", "state", "q")}
    found = seals_seen(request)
    if asked["kind"]:
        found = found.filter(kind=asked["kind"])
    found = (
        found.filter(state=asked["state"])
        if asked["state"]
        else found.exclude(state=SealState.ABOLISHED)
    )
    if asked["q"]:
        q = asked["q"]
        found = found.filter(name__icontains=q) | found.filter(unit__name__icontains=q)
        found = found | seals_seen(request).filter(public_id=q)
    number = request.GET.get("page", "1")
    place = max(int(number), 1) if number.isdecimal() and number.isascii() else 1
    rows = list(found.order_by("state", "-pk")[(place - 1) * _PAGE : place * _PAGE + 1])
    waiting = SealChange.objects.filter(state=ChangeState.REQUESTED, seal__in=seals_seen(request))
    context = {
        "here": "seals",
        "seals": [{"row": row, "tag": seal_tag(row)} for row in rows[:_PAGE]],
        "has_more": len(rows) > _PAGE,
        "next": place + 1,
        "asked": asked,
        "filtered": any(asked.values()),
        "kinds": KIND_LABELS.items(),
        "states": LABELS.items(),
        "waiting": waiting.count(),
        "may_manage": may(request, Permission.MANAGE_SEALS),
    }
    return page(request, "console/seals/library.html", context)


@needs(Permission.VIEW_SEALS)
@require_GET
def seal(request: HttpRequest, key: int) -> HttpResponse:
    """Show one seal with everything about it."""
    row = seal_seen(request, key)
    version = SealVersion.objects.filter(seal=row, number=row.version).first()
    changes = row.changes.order_by("-pk")
    pending = changes.filter(state=ChangeState.REQUESTED).first()
    context = {
        "here": "seals",
        "seal": row,
        "tag": seal_tag(row),
        "version": version,
        "facts": _facts(row, version),
        "structure": _structure(version),
        "grants": [
            {
                "row": grant,
                "types": [type_word(one) for one in grant.document_types],
                "flows": [flow_word(one) for one in grant.flows],
            }
            for grant in row.grants.select_related("account", "unit", "client").order_by(
                "state", "-pk"
            )
        ],
        "rules": [
            {"row": rule, "words": _rule_words(rule)}
            for rule in row.rules.filter(ended_at__isnull=True)
            .select_related("unit")
            .order_by("pk")
        ],
        "uses": [
            {
                "row": use,
                "tag": use_tag(use),
                "href": envelope_href(use.reference),
                "document": f"{type_word(use.document_type)} · {flow_word(use.flow)}",
            }
            for use in row.uses.select_related("unit").order_by("-at", "-pk")[:_USES_SHOWN]
        ],
        "changes": [{"row": change, "tag": change_tag(change)} for change in changes[:20]],
        "pending": pending,
        "differences": differences_of(pending) if pending is not None else [],
        "is_own_request": pending is not None and pending.requested_by == actor_of(request),
        "acts": acts_in_words(Seal.NOUN, row.pk),
        "may_manage": may(request, Permission.MANAGE_SEALS),
        "may_approve": may(request, Permission.APPROVE_SEALS),
    }
    return page(request, "console/seals/seal.html", context)


@needs(Permission.VIEW_SEALS)
@require_GET
def picture(request: HttpRequest, key: int) -> HttpResponse:
    """Send a seal's picture as PNG; `version` shows an older one."""
    version = _version(request, key)
    return HttpResponse(version_picture(version), content_type="image/png")


@needs(Permission.VIEW_SEALS)
@require_GET
def structure(request: HttpRequest, key: int) -> HttpResponse:
    """Send the seal structure (GB/T 38540) as a file."""
    version = _version(request, key)
    if version.ses is None:
        raise Http404
    name = f"{version.seal.public_id}-v{version.number}.esl"
    return HttpResponse(
        bytes(version.ses),
        content_type="application/octet-stream",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@needs(Permission.VIEW_SEALS)
@require_GET
def uses(request: HttpRequest) -> HttpResponse:
    """List the uses of all seals one may see."""
    found = SealUse.objects.filter(seal__in=seals_seen(request)).select_related("seal", "unit")
    for name, column in (("state", "state"), ("flow", "flow"), ("seal", "seal__public_id")):
        if value := request.GET.get(name, "").strip():
            found = found.filter(**{column: value})
    if actor := request.GET.get("actor", "").strip():
        found = found.filter(actor__icontains=actor)
    if since := typed_midnight(request.GET.get("from", "")):
        found = found.filter(at__gte=since)
    if before := end_of_day(request.GET.get("to", "")):
        found = found.filter(at__lt=before)
    register = Register(
        here="seals",
        title="用印记录",
        note="每一次用印和每一次被拒绝的用印",
        columns=("时间", "印章", "用印人", "机构", "文件类型", "流程", "签署任务", "结果"),
        empty=("tag", "还没有用印", "签署任务盖章后，记录出现在这里。"),
        filters=(
            Choice(name="state", label="结果", choices=_pairs(USE_LABELS)),
            Choice(name="flow", label="流程", choices=known_flows()),
            Choice(name="from", label="从", kind="date"),
            Choice(name="to", label="到", kind="date"),
            Choice(name="actor", label="用印人"),
            Choice(name="seal", label="印章编号"),
        ),
        links=(Link(href=reverse("console:seals"), label="印章库", icon="tag"),),
    )
    return show_register(request, register, found.order_by("-at", "-pk"), _use_cells)


def _rule_words(rule: SealRule) -> str:
    if rule.unit is not None:
        return f"机构 {rule.unit.name}及下级"
    if rule.flow:
        return f"流程 {flow_word(rule.flow)}"
    return f"文件类型 {type_word(rule.document_type)}"


def _use_cells(use: SealUse) -> list[Cell]:
    result = use_tag(use)
    if use.refusal:
        result = Cell(text=use.refusal, tone="seal", icon="cross")
    return [
        Cell(text=stamp(use.at)),
        Cell(text=use.seal.name, href=reverse("console:seal", kwargs={"key": use.seal_id})),
        Cell(text=who(use.actor) + ("（静默）" if use.is_silent else "")),
        Cell(text=use.unit.name),
        Cell(text=type_word(use.document_type)),
        Cell(text=flow_word(use.flow)),
        Cell(text=use.reference or "—", href=envelope_href(use.reference), is_code=True),
        result,
    ]


def _facts(row: Seal, version: SealVersion | None) -> list[tuple[str, Any, bool]]:
    facts: list[tuple[str, Any, bool]] = [
        ("印章编号", row.public_id, True),
        ("种类", KIND_LABELS[SealKind(row.kind)], False),
        ("用途", row.get_category_display(), False),
        ("所属机构", row.unit.name, False),
        ("印文单位", row.company, False),
    ]
    if version is not None:
        facts.append(("尺寸", f"{version.width_mm}×{version.height_mm} 毫米", False))
        facts.append(("版本", f"第 {version.number} 版，{stamp(version.made_at)}", False))
    more = (
        ("印章编码", row.code_no, True),
        ("保管人", row.keeper.display_name if row.keeper is not None else "", False),
        ("存放地点", row.location, False),
        ("允许的网段", "、".join(row.networks), True),
        ("每小时上限", f"{row.hourly_max} 次" if row.hourly_max is not None else "", False),
        ("有效期至", stamp(row.valid_until) if row.valid_until is not None else "", False),
        ("状态原因", row.state_reason, False),
    )
    facts += [fact for fact in more if fact[1]]
    return facts


def _structure(version: SealVersion | None) -> dict[str, Any] | None:
    """Return what the seal structure says of itself, read again from its bytes."""
    if version is None or version.ses is None:
        return None
    info = parse_seal(bytes(version.ses)).info
    return {
        "name": info.name,
        "from": info.valid_from,
        "until": info.valid_until,
        "certificates": version.certificates,
        "version": info.version,
    }


def _version(request: HttpRequest, key: int) -> SealVersion:
    row = seal_seen(request, key)
    asked = request.GET.get("version", "")
    number = int(asked) if asked.isdecimal() and asked.isascii() else row.version
    version = SealVersion.objects.select_related("seal").filter(seal=row, number=number).first()
    if version is None:
        raise Http404
    return version


def _pairs(labels: Any) -> list[tuple[str, str]]:
    return [(str(key.value), label) for key, label in labels.items()]
