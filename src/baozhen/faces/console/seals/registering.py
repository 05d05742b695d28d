"""What is registered of a seal: asked to be changed, shown before and after, taken back."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from baozhen.faces.console.access import actor_of, needs
from baozhen.faces.console.organizations.forms import (
    Asked,
    Field,
    last_day,
    limit,
    number,
    show,
    text,
)
from baozhen.faces.console.registers import do
from baozhen.faces.console.seals.shown import keepers, names_in, seal_managed, usable_keys
from baozhen.faces.templatetags.faces import day
from baozhen.foundation.clock import now, shanghai_date
from baozhen.foundation.errors import Refusal
from baozhen.signing.certificates.models import KeyRecord
from baozhen.signing.organizations.models import Account
from baozhen.signing.organizations.roles import Permission
from baozhen.signing.seals.models import Seal, SealChange
from baozhen.signing.seals.services import Particulars, request_update, withdraw_change
from baozhen.signing.seals.states import SealKind


def _person(key: int | None) -> str:
    account = Account.objects.filter(pk=key).first() if key else None
    return account.display_name if account is not None else ""


def _key(key: int | None) -> str:
    record = KeyRecord.objects.filter(pk=key).first() if key else None
    return str(record.device_no or record.public_id) if record is not None else ""


def _last_day(value: object) -> str:
    return day(_day_of(datetime.fromisoformat(str(value)))) if value else ""


def _day_of(until: datetime) -> date:
    """Return the last whole day before the end: what `last_day` reads from a form."""
    return shanghai_date(until - timedelta(microseconds=1))


_LABELS: dict[str, tuple[str, Callable[[Any], str]]] = {
    "name": ("印章名称", str),
    "keeper_id": ("保管人", _person),
    "key_record_id": ("U-Key", _key),
    "location": ("存放地点", str),
    "networks": ("允许的网段", "、".join),
    "hourly_max": ("每小时用印上限", lambda value: f"{value} 次" if value else ""),
    "valid_until": ("有效期至", _last_day),
}


def differences_of(change: SealChange) -> list[tuple[str, str, str]]:
    """Return what a waiting request would register differently: label, now, then."""
    shown = []
    for name, value in (change.particulars or {}).items():
        label, words = _LABELS[name]
        before = getattr(change.seal, name)
        before = before.isoformat() if isinstance(before, datetime) else before
        shown.append((label, words(before) or "—", words(value) or "—"))
    return shown


@needs(Permission.MANAGE_SEALS)
@require_http_methods(["GET", "HEAD", "POST"])
def update(request: HttpRequest, key: int) -> HttpResponse:
    """Ask to register something else of a seal."""
    seal = seal_managed(request, key)
    if request.method != "POST":
        return show(request, _form(seal))
    try:
        request_update(
            seal.pk,
            _wanted(request, seal),
            reason=text(request, "reason"),
            actor=actor_of(request),
            at=now(),
        )
    except Refusal as refusal:
        return show(request, _form(seal), refusal)
    messages.success(request, "变更申请已提交，等待另一人审批。", extra_tags="jade")
    return redirect("console:seal", key=seal.pk)


@needs(Permission.MANAGE_SEALS)
@require_POST
def withdraw(request: HttpRequest, key: int) -> HttpResponse:
    """Take one's own request about a seal back."""
    seal = seal_managed(request, get_object_or_404(SealChange, pk=key).seal_id)
    deed = partial(withdraw_change, key, actor=actor_of(request), at=now())
    return do(request, deed, done="申请已撤回。", to="seal", key=seal.pk)


def _wanted(request: HttpRequest, seal: Seal) -> Particulars:
    """Return what the form says; what it does not ask of this kind stays as it is."""
    asked = {field.name for field in _form(seal).fields}
    found: Mapping[str, Callable[[], Any]] = {
        "keeper": lambda: Account.objects.filter(pk=number(request, "keeper")).first(),
        "key_record": lambda: KeyRecord.objects.filter(pk=number(request, "key_record")).first(),
        "location": lambda: text(request, "location"),
        "networks": lambda: names_in(text(request, "networks")),
        "hourly_max": lambda: limit(request, "hourly_max", "每小时用印上限"),
        "valid_until": lambda: _until(request, seal),
    }
    facts = {name: read() if name in asked else getattr(seal, name) for name, read in found.items()}
    return Particulars(name=text(request, "name"), **facts)


def _until(request: HttpRequest, seal: Seal) -> datetime | None:
    """Return the end that was typed; the day that stood there before is no change."""
    until = last_day(request, "valid_until", "有效期至")
    kept = seal.valid_until
    is_same = until is not None and kept is not None and _day_of(until) == _day_of(kept)
    return kept if is_same else until


def _form(seal: Seal) -> Asked:
    fields = [Field(name="name", label="印章名称", value=seal.name)]
    if seal.kind == SealKind.PHYSICAL:
        fields += [
            Field(
                name="keeper", label="保管人", value=str(seal.keeper_id or ""), choices=keepers()
            ),
            Field(name="location", label="存放地点", value=seal.location, required=False),
        ]
    else:
        fields += _limits(seal)
    if seal.kind == SealKind.UKEY:
        keys = usable_keys()
        value = str(seal.key_record_id or "")
        fields.append(Field(name="key_record", label="U-Key", value=value, choices=keys))
    return Asked(
        here="seals",
        title=f"变更“{seal.name}”的登记信息",
        submit="提交审批",
        back=reverse("console:seal", kwargs={"key": seal.pk}),
        note="由另一人审批后生效。印模不变；名称或有效期变更时，印章结构重新签发。",
        fields=[*fields, Field(name="reason", label="申请理由")],
    )


def _limits(seal: Seal) -> list[Field]:
    hourly = "" if seal.hourly_max is None else str(seal.hourly_max)
    until = "" if seal.valid_until is None else _day_of(seal.valid_until).isoformat()
    return [
        Field(
            name="networks",
            label="允许的网段",
            value="，".join(seal.networks),
            required=False,
            hint="多个以逗号分隔；空白为不限",
        ),
        Field(
            name="hourly_max",
            label="每小时用印上限",
            value=hourly,
            required=False,
            hint="空白为不限",
        ),
        Field(name="valid_until", label="有效期至", kind="date", value=until, required=False),
    ]
