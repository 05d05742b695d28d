"""Making and changing a seal: a form with a live preview, then another person's approval."""

import base64
import json
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from baozhen.faces.console.access import actor_of, needs
from baozhen.faces.console.frame import page
from baozhen.faces.console.organizations.forms import last_day, limit, number, text
from baozhen.faces.console.seals.shown import keepers, names_in, seal_managed, usable_keys
from baozhen.foundation.clock import now
from baozhen.foundation.errors import Refusal
from baozhen.signing.certificates.models import KeyRecord
from baozhen.signing.identity.models import Subject
from baozhen.signing.organizations.extent import is_alone
from baozhen.signing.organizations.models import Account, OrgUnit
from baozhen.signing.organizations.queries import legal_entity_of, require_power, scope_of
from baozhen.signing.organizations.roles import Permission
from baozhen.signing.seals.errors import DesignFault
from baozhen.signing.seals.models import Seal, SealVersion
from baozhen.signing.seals.services import (
    Look,
    SealDraft,
    make_look,
    request_change,
    request_seal,
)
from baozhen.signing.seals.services.making import HANDWRITING, PICTURE, SOURCES, default_note
from baozhen.signing.seals.states import (
    CATEGORY_LABELS,
    CHANGE_LABELS,
    KIND_LABELS,
    Category,
    ChangeKind,
    SealKind,
)
from baozhen.trust.seal.drawing import LAYOUTS

_STROKES_MAX = 1_000_000
_CHOICES_MAX = 1_000
_PICTURE_MAX = 8_388_608


@needs(Permission.MANAGE_SEALS)
@require_http_methods(["GET", "HEAD", "POST"])
def make(request: HttpRequest) -> HttpResponse:
    """Ask for a new seal."""
    kind = request.POST.get("kind", "") or request.GET.get("kind", SealKind.ELECTRONIC.value)
    if kind not in set(SealKind):
        kind = SealKind.ELECTRONIC.value
    if request.method != "POST":
        return _form(request, SealKind(kind))
    unit = OrgUnit.objects.filter(pk=number(request, "unit")).first()
    try:
        if unit is None:
            raise DesignFault(reason="请选择所属机构", path="unit")
        require_power(request.user, Permission.MANAGE_SEALS, unit)
        change = request_seal(
            _draft(request, SealKind(kind), unit), actor=actor_of(request), at=now()
        )
    except Refusal as refusal:
        return _form(request, SealKind(kind), refusal=refusal)
    messages.success(request, "已提交，等待另一人审批。", extra_tags="jade")
    return redirect("console:seal", key=change.seal_id)


@needs(Permission.MANAGE_SEALS)
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, key: int) -> HttpResponse:
    """Ask for another look of a seal."""
    seal = seal_managed(request, key)
    if request.method != "POST":
        return _form(request, SealKind(seal.kind), seal=seal)
    try:
        request_change(
            seal.pk,
            ChangeKind.CHANGE,
            look=_look(request),
            reason=text(request, "reason"),
            actor=actor_of(request),
            at=now(),
        )
    except Refusal as refusal:
        return _form(request, SealKind(seal.kind), seal=seal, refusal=refusal)
    messages.success(request, "变更已提交，等待另一人审批。", extra_tags="jade")
    return redirect("console:seal", key=seal.pk)


@needs(Permission.MANAGE_SEALS)
@require_POST
def ask(request: HttpRequest, key: int) -> HttpResponse:
    """Ask to suspend, resume or abolish a seal, with a reason."""
    seal = seal_managed(request, key)
    kind = request.POST.get("kind", "")
    asked = {ChangeKind.SUSPEND, ChangeKind.RESUME, ChangeKind.ABOLISH}
    try:
        if kind not in asked:
            raise DesignFault(reason="请选择要申请的事项")
        request_change(
            seal.pk,
            ChangeKind(kind),
            reason=text(request, "reason"),
            actor=actor_of(request),
            at=now(),
        )
    except Refusal as refusal:
        messages.error(request, str(refusal), extra_tags="seal")
    else:
        words = f"{CHANGE_LABELS[ChangeKind(kind)]}申请已提交，等待另一人审批。"
        messages.success(request, words, extra_tags="jade")
    return redirect("console:seal", key=seal.pk)


@needs(Permission.MANAGE_SEALS)
@require_POST
def preview(request: HttpRequest) -> HttpResponse:
    """Draw what the form says, or say why it cannot be drawn."""
    context: dict[str, Any] = {}
    try:
        made = make_look(_look(request))
    except Refusal as refusal:
        context["fault"] = str(refusal)
    else:
        context["png"] = base64.b64encode(made.png).decode()
        context["size"] = f"{made.width_mm}×{made.height_mm} 毫米"
        context["octets"] = len(made.png)
    return render(request, "console/seals/_preview.html", context)


def _draft(request: HttpRequest, kind: SealKind, unit: OrgUnit) -> SealDraft:
    keeper = Account.objects.filter(pk=number(request, "keeper")).first()
    owner = Subject.objects.filter(public_id=text(request, "owner")).first()
    if text(request, "owner") and owner is None:
        raise DesignFault(reason="没有这个主体编号", path="owner")
    return SealDraft(
        kind=kind,
        category=text(request, "category"),
        name=text(request, "title"),
        unit=unit,
        company=text(request, "company"),
        reason=text(request, "reason"),
        look=None if kind == SealKind.PHYSICAL else _look(request),
        owner=owner,
        code_no=text(request, "code"),
        key_record=KeyRecord.objects.filter(pk=number(request, "key_record")).first(),
        keeper=keeper,
        location=text(request, "location"),
        networks=names_in(text(request, "networks")),
        hourly_max=limit(request, "hourly_max", "每小时用印上限"),
        valid_until=_until(request),
    )


def _until(request: HttpRequest) -> datetime | None:
    until = last_day(request, "valid_until", "有效期至")
    if until is not None and until <= now():
        raise DesignFault(reason="有效期须晚于今天", path="valid_until")
    return until


def _look(request: HttpRequest) -> Look:
    source = text(request, "source") or "drawn"
    if source not in SOURCES:
        raise DesignFault(reason="请选择样式来源", path="source")
    return Look(
        source=source,
        layout=text(request, "layout") or "round_40",
        name=text(request, "name"),
        purpose=text(request, "purpose"),
        code=text(request, "code"),
        note=text(request, "note"),
        is_red=text(request, "ink") != "black",
        width_mm=_side(request, "width_mm"),
        height_mm=_side(request, "height_mm"),
        picture=_picture(request) if source == PICTURE else b"",
        strokes=_strokes(request) if source == HANDWRITING else None,
    )


def _side(request: HttpRequest, name: str) -> int:
    value = text(request, name)
    side = int(value) if value.isdecimal() and value.isascii() else 40
    if not 10 <= side <= 100:  # noqa: PLR2004 -- millimetres of a seal
        raise DesignFault(reason="尺寸须为 10 至 100 毫米", path=name)
    return side


def _picture(request: HttpRequest) -> bytes:
    file = request.FILES.get("picture")
    if file is None:
        raise DesignFault(reason="请选择印章图片（PNG 或 JPEG）", path="picture")
    if file.size is None or file.size > _PICTURE_MAX:
        raise DesignFault(reason="图片超过 8 MB", path="picture")
    return bytes(file.read())


def _strokes(request: HttpRequest) -> Any:
    typed = text(request, "strokes")
    if not typed or len(typed) > _STROKES_MAX:
        raise DesignFault(reason="请在方框内手写签名", path="strokes")
    try:
        return json.loads(typed)
    except ValueError as error:
        raise DesignFault(reason="笔迹数据不能读取", path="strokes") from error


def _form(
    request: HttpRequest,
    kind: SealKind,
    *,
    seal: Seal | None = None,
    refusal: Refusal | None = None,
) -> HttpResponse:
    context = {
        "here": "seals",
        "seal": seal,
        "kind": kind.value,
        "kinds": [(value.value, label) for value, label in KIND_LABELS.items()],
        "categories": [(value.value, label) for value, label in CATEGORY_LABELS.items()],
        "sources": SOURCES.items(),
        "layouts": _layouts(kind),
        "typed": request.POST if request.method == "POST" else _start(request, kind, seal),
        "fault": str(refusal) if refusal is not None else "",
        "is_pictured": kind != SealKind.PHYSICAL,
        **_choices(request),
    }
    status = 200 if refusal is None else 422
    return page(request, "console/seals/make.html", context, status=status)


def _layouts(kind: SealKind) -> list[tuple[str, str]]:
    persons = kind in {SealKind.LEGAL_REP, SealKind.PERSONAL}
    return [(name, layout.label) for name, layout in LAYOUTS.items() if layout.is_square == persons]


def _start(request: HttpRequest, kind: SealKind, seal: Seal | None) -> dict[str, str]:
    """Return what stands in the form at first: the last look, or the unit's own name."""
    persons = kind in {SealKind.LEGAL_REP, SealKind.PERSONAL}
    if seal is not None:
        version = SealVersion.objects.filter(seal=seal, number=seal.version).first()
        design = version.design if version is not None else {}
        return {name: str(value) for name, value in design.items()}
    unit = scope_of(request.user, Permission.MANAGE_SEALS).order_by("path").first()
    company = legal_entity_of(unit).name if unit is not None else ""
    usual = Category.CONTRACT if is_alone() else Category.POLICY
    return {
        "name": "" if persons else company,
        "note": "" if persons else default_note(company),
        "layout": "square_20" if persons else "round_40",
        "source": "handwriting" if kind == SealKind.PERSONAL else "drawn",
        "category": "person" if persons else usual,
        "purpose": "" if persons else CATEGORY_LABELS[usual],
        "width_mm": "40",
        "height_mm": "40",
    }


def _choices(request: HttpRequest) -> dict[str, Any]:
    scope = scope_of(request.user, Permission.MANAGE_SEALS).order_by("path")
    return {
        "units": [(unit.pk, "　" * unit.depth + unit.name) for unit in scope[:_CHOICES_MAX]],
        "people": keepers(),
        "keys": usable_keys(),
    }
