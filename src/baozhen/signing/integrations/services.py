"""Set up connected systems, and take what they send."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from baozhen.foundation.audit import services as audit
from baozhen.foundation.errors import Refusal
from baozhen.foundation.events.models import WebhookEndpoint
from baozhen.signing.envelopes.forms import flow_of
from baozhen.signing.envelopes.models import Envelope
from baozhen.signing.envelopes.services.scenarios import FlowOrder, PartyFacts, start_flow
from baozhen.signing.identity.services.subjects import SubjectFacts
from baozhen.signing.identity.states import SubjectKind
from baozhen.signing.integrations.errors import (
    ConnectedSystemInvalid,
    ConnectedSystemUnknown,
    InboundFlowMissing,
    InboundUnmapped,
)
from baozhen.signing.integrations.models import ConnectedSystem, InboundMessage, SystemFlow
from baozhen.signing.integrations.rules import (
    Mapped,
    MappingFault,
    apply,
    entries_of,
    is_path,
    takes,
)
from baozhen.signing.organizations.models import ApiClient, OrgUnit
from baozhen.signing.organizations.programs import program_name
from baozhen.signing.organizations.queries import unit_of

PARTY_NAMES = frozenset({"name", "id_type", "id_no", "mobile", "email", "unit"})


@dataclass(frozen=True, kw_only=True)
class SystemRequest:
    """A system that shall be connected."""

    code: str
    name: str
    kind: str
    client: ApiClient
    unit: OrgUnit
    telling: str = ConnectedSystem.Telling.PULL
    endpoint: str = ""


@dataclass(frozen=True, kw_only=True)
class FlowRequest:
    """A flow that the system's messages shall start."""

    flow: str
    mapping: Sequence[Mapping[str, Any]]
    when_path: str = ""
    when_value: str = ""
    sample: Mapping[str, Any] = field(default_factory=dict)


@transaction.atomic(durable=True)
def connect_system(request: SystemRequest, *, actor: str, at: datetime) -> ConnectedSystem:
    """Connect a system; raises ConnectedSystemInvalid when its code is taken or unfit."""
    _check(request)
    if not request.code.isascii() or not request.code.replace("-", "").isalnum():
        raise ConnectedSystemInvalid(path="code", reason="代码只能用字母、数字和连字符")
    if ConnectedSystem.objects.filter(code=request.code).exists():
        raise ConnectedSystemInvalid(path="code", reason="代码已被使用")
    system = ConnectedSystem.objects.create(
        code=request.code,
        name=request.name,
        kind=request.kind,
        client=request.client,
        unit=request.unit,
        telling=request.telling,
        endpoint=request.endpoint,
        created_at=at,
        created_by=actor,
    )
    _record("connected_system.connected", system, actor=actor, at=at)
    return system


@transaction.atomic(durable=True)
def change_system(
    system: ConnectedSystem, request: SystemRequest, *, actor: str, at: datetime
) -> None:
    """Change all of a system but its code, which others' addresses carry.

    Raises ConnectedSystemInvalid.
    """
    _check(request)
    facts = {
        "kind": request.kind,
        "client": request.client.name,
        "unit": request.unit.public_id,
        "telling": request.telling,
        "endpoint": request.endpoint,
    }
    ConnectedSystem.objects.filter(pk=system.pk).update(
        name=request.name,
        kind=request.kind,
        client=request.client,
        unit=request.unit,
        telling=request.telling,
        endpoint=request.endpoint,
    )
    _record("connected_system.changed", system, actor=actor, at=at, facts=facts)


@transaction.atomic(durable=True)
def change_flows(
    system: ConnectedSystem,
    change: Callable[[list[FlowRequest]], Sequence[FlowRequest]],
    *,
    actor: str,
    at: datetime,
) -> None:
    """Replace the flows by what `change` makes of them; two people never undo each other's work.

    Raises ConnectedSystemInvalid with every fault, and what `change` raises.
    """
    ConnectedSystem.objects.select_for_update().get(pk=system.pk)
    requests = change(flows_of(system))
    faults = [fault for request in requests for fault in flow_faults(request)]
    if faults:
        refusal = ConnectedSystemInvalid(reason=f"共 {len(faults)} 处")
        refusal.facts["faults"] = faults
        raise refusal
    system.flows.all().delete()
    SystemFlow.objects.bulk_create(
        SystemFlow(
            system=system,
            position=number,
            flow=request.flow,
            when_path=request.when_path,
            when_value=request.when_value,
            mapping=list(request.mapping),
            sample=dict(request.sample),
        )
        for number, request in enumerate(requests)
    )
    facts = {"flows": [request.flow for request in requests]}
    _record("connected_system.flows_set", system, actor=actor, at=at, facts=facts)


def flows_of(system: ConnectedSystem) -> list[FlowRequest]:
    """Return the flows of a system as they were asked for, in order."""
    return [
        FlowRequest(
            flow=one.flow,
            mapping=one.mapping,
            when_path=one.when_path,
            when_value=one.when_value,
            sample=one.sample,
        )
        for one in system.flows.all()
    ]


@transaction.atomic(durable=True)
def switch_system(system: ConnectedSystem, *, on: bool, actor: str, at: datetime) -> None:
    """Take the system's messages, or refuse them from now on."""
    if ConnectedSystem.objects.filter(pk=system.pk, active=not on).update(active=on):
        verb = "connected_system.switched_on" if on else "connected_system.switched_off"
        _record(verb, system, actor=actor, at=at)


def flow_faults(request: FlowRequest) -> list[MappingFault]:
    """Return what is wrong with a flow's set-up, against the flow's own parameters and roles."""
    flow = flow_of(request.flow)
    entries, faults = entries_of(list(request.mapping))
    if request.when_path and not is_path(request.when_path):
        faults.append(MappingFault("mapping_invalid", "when_path", "路径不正确"))
    targets = {entry.target for entry in entries}
    fields = {f"values.{one.name}": one for one in flow.fields}
    roles = {role.role for role in flow.roles}
    for target in sorted(targets):
        head, _, rest = target.partition(".")
        if head == "values" and target not in fields:
            faults.append(MappingFault("mapping_invalid", target, "流程没有这个参数"))
        role, _, name = rest.partition(".")
        if head == "parties" and role not in roles:
            faults.append(MappingFault("mapping_invalid", target, "流程没有这个角色"))
        if head == "parties" and name not in PARTY_NAMES:
            faults.append(MappingFault("mapping_invalid", target, "签署方没有这个字段"))
    faults += [
        MappingFault("mapping_invalid", target, f"缺少必填参数“{one.label}”的映射")
        for target, one in fields.items()
        if one.required and target not in targets
    ]
    return faults


def preview(request: FlowRequest) -> tuple[Mapped, list[MappingFault]]:
    """Return what the sample would become, without starting anything."""
    entries, faults = entries_of(list(request.mapping))
    mapped, missing = apply(entries, dict(request.sample))
    return mapped, faults + missing


def system_for(code: str, client: ApiClient) -> ConnectedSystem:
    """Return the system of this code and client; raises ConnectedSystemUnknown."""
    found = ConnectedSystem.objects.select_related("unit", "client")
    system = found.filter(code=code, client=client, active=True).first()
    if system is None:
        raise ConnectedSystemUnknown(system=code)
    return system


def receive(
    system: ConnectedSystem, message: Mapping[str, Any], *, client: str, at: datetime
) -> Envelope:
    """Start the flow that a message asks for, and write down that it came.

    Raises InboundFlowMissing, InboundUnmapped, and whatever the flow refuses.
    """
    text = json.dumps(message, ensure_ascii=False, sort_keys=True)
    row = InboundMessage(
        system=system, sha256=hashlib.sha256(text.encode()).hexdigest(), received_at=at
    )
    try:
        mapped, flow = _mapped(system, message)
        row.biz_no = mapped.biz_no
        envelope = start_flow(_order(system, flow, mapped, client), actor=client, at=at)
    except Refusal as refusal:
        row.code, row.problem = refusal.code, _told(refusal)[:500]
        row.save()
        raise
    row.envelope = envelope.public_id
    row.save()
    return envelope


def _mapped(system: ConnectedSystem, message: Mapping[str, Any]) -> tuple[Mapped, str]:
    flow = next(
        (one for one in system.flows.all() if takes(one.when_path, one.when_value, message)), None
    )
    if flow is None:
        raise InboundFlowMissing
    entries, _faults = entries_of(flow.mapping)
    mapped, faults = apply(entries, message)
    if faults:
        refusal = InboundUnmapped(count=len(faults))
        refusal.facts["faults"] = faults
        raise refusal
    return mapped, flow.flow


def _order(system: ConnectedSystem, flow: str, mapped: Mapped, client: str) -> FlowOrder:
    return FlowOrder(
        flow=flow,
        client=client,
        unit=system.unit,
        values=mapped.values,
        parties={role: _party(role, facts) for role, facts in mapped.parties.items()},
        biz_no=mapped.biz_no or None,
        message=mapped.message,
    )


def _party(role: str, facts: Mapping[str, Any]) -> PartyFacts:
    if unit := facts.get("unit"):
        return PartyFacts(unit=unit_of(str(unit)))
    told = {name: str(value) for name, value in facts.items() if name in PARTY_NAMES}
    if not told.get("name"):
        refusal = InboundUnmapped(count=1)
        fault = MappingFault("source_missing", f"parties.{role}.name", "缺少签署方的姓名")
        refusal.facts["faults"] = [fault]
        raise refusal
    return PartyFacts(
        subject=SubjectFacts(
            kind=SubjectKind.PERSON,
            name=told["name"],
            id_type=told.get("id_type", "id_card"),
            id_no=told.get("id_no", ""),
            mobile=told.get("mobile", ""),
            email=told.get("email", ""),
        )
    )


def _told(refusal: Refusal) -> str:
    """Say the refusal without the values that it is about."""
    faults = refusal.facts.get("faults")
    if not isinstance(faults, list):
        return str(refusal)
    return "；".join(f"{fault.path}：{fault.message}" for fault in faults)


def _check(request: SystemRequest) -> None:
    """Raise ConnectedSystemInvalid unless the system can be told of what it started."""
    if not request.name.strip():
        raise ConnectedSystemInvalid(path="name", reason="请填写名称")
    if request.kind not in ConnectedSystem.Kind.values:
        raise ConnectedSystemInvalid(path="kind", reason="没有这个类别")
    if request.telling not in ConnectedSystem.Telling.values:
        raise ConnectedSystemInvalid(path="telling", reason="没有这种通知方式")
    if not request.client.active:
        raise ConnectedSystemInvalid(path="client", reason="接口客户端已停用，请换一个")
    if request.telling == ConnectedSystem.Telling.PULL:
        return
    endpoint = WebhookEndpoint.objects.filter(public_id=request.endpoint, active=True).first()
    if endpoint is None:
        raise ConnectedSystemInvalid(path="endpoint", reason="回调推送要选一个在用的回调地址")
    # An endpoint hears of its own client's business; the platform's hear of everybody's.
    if endpoint.owner not in {"", program_name(request.client)}:
        raise ConnectedSystemInvalid(
            path="endpoint", reason="这个回调地址属于别的接口客户端，收不到该系统的事件"
        )


def _record(
    action: str,
    system: ConnectedSystem,
    *,
    actor: str,
    at: datetime,
    facts: Mapping[str, object] | None = None,
) -> None:
    facts = {"system": system.code, **(facts or {})}
    audit.record(action, subject_id=system.pk, actor=actor, at=at, facts=facts)
