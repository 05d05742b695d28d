"""Start a signing task from a template: fill it, then give its open fields to the parties.

Every role of the template becomes a party, in the order in which the template first names it. A
role with a seal is a company: the one that is named, or our own when none is. A role with nothing
but signatures is a person, or the legal representative of the company that is named for it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Q

from baozhen.foundation.clock import now, shanghai_date
from baozhen.signing.envelopes.errors import DraftInvalid
from baozhen.signing.envelopes.forms import Field as FormField
from baozhen.signing.envelopes.forms import Flow, flow_of
from baozhen.signing.envelopes.models import Envelope, EnvelopeBatch
from baozhen.signing.envelopes.services.create import create_envelope
from baozhen.signing.envelopes.services.drafts import (
    ActionDraft,
    DocumentDraft,
    EnvelopeDraft,
    PaperDraft,
    PlaceDraft,
    SignatoryDraft,
)
from baozhen.signing.envelopes.services.scenarios import PartyFacts
from baozhen.signing.envelopes.states import ActionType
from baozhen.signing.identity.services.subjects import register_subject
from baozhen.signing.organizations.models import OrgUnit
from baozhen.signing.organizations.queries import legal_entity_of
from baozhen.signing.templates.errors import TemplateUnknown
from baozhen.signing.templates.fields import SIGNED, Field, FieldKind, fields_from_json
from baozhen.signing.templates.models import TemplateVersion
from baozhen.signing.templates.queries import (
    template_of,
    usable_by,
    version_in_force,
)
from baozhen.signing.templates.services import FilledDocument, fill
from baozhen.signing.templates.states import SourceKind, VersionState
from baozhen.signing.templates.values import is_filled
from baozhen.trust.pdf.pages import SeenPage
from baozhen.trust.pdf.positions import from_fractions

TEMPLATE_FLOW: Final = "template"
_ID_START: Final = "tpl_"
_DAYS: Final = 30
SEALS: Final = frozenset({FieldKind.SEAL, FieldKind.RIDING_SEAL})
# What people call the roles that insurance documents usually have.
_LABELS: Final = {
    "policyholder": "投保人",
    "insured": "被保险人",
    "beneficiary": "受益人",
    "claimant": "索赔申请人",
    "insurer": "保险人",
    "reinsurer": "再保险人",
    "agent": "代理人",
    "customer": "客户",
}


@dataclass(frozen=True, kw_only=True)
class TemplateRole:
    """A party that the template wants; `kind` is person or organization."""

    role: str
    label: str
    kind: str


@dataclass(frozen=True, kw_only=True)
class TemplateOrder:
    """The wish to have a template signed. `template` is its code or public id.

    `silent` names the roles that our own company seals without anybody at it; `steps` the order
    of roles, where it is not that of the template.
    """

    template: str
    client: str
    unit: OrgUnit
    values: Mapping[str, Any]
    parties: Mapping[str, PartyFacts] = field(default_factory=dict)
    silent: frozenset[str] = frozenset()
    steps: Mapping[str, int] = field(default_factory=dict)
    biz_no: str | None = None
    title: str = ""
    message: str = ""


@dataclass(frozen=True)
class _Wanted:
    """What a party has to bring besides its mark."""

    papers: Sequence[PaperDraft]
    questions: Sequence[Field]


def start_from_template(
    order: TemplateOrder, *, actor: str, at: datetime, batch: EnvelopeBatch | None = None
) -> Envelope:
    """Fill the version in force today and start the task.

    Raises TemplateUnknown, also for a template that is not shared with the unit; NoVersionInForce,
    the templates' ValuesInvalid with every fault, DraftInvalid or BizNumberTaken.
    """
    version = usable_version(order.template, order.unit, at=at)
    draft = draft_from_version(order, version, actor=actor, at=at)
    return create_envelope(draft, actor=actor, at=at, batch=batch)


def wants_one_seal(version: TemplateVersion) -> bool:
    """Tell whether nobody but one company seals the template, with nothing to hand in."""
    entries = fields_from_json(version.fields)
    marks = [entry for entry in entries if entry.kind in SIGNED]
    return (
        len({entry.role for entry in marks}) == 1
        and all(entry.kind in SEALS for entry in marks)
        and not any(entry.kind is FieldKind.ATTACHMENT for entry in entries)
    )


def usable_version(template: str, unit: OrgUnit, *, at: datetime) -> TemplateVersion:
    """Return the version in force; raises TemplateUnknown unless the unit may use the template."""
    row = template_of(template)
    if not usable_by([unit]).filter(pk=row.pk).exists():
        raise TemplateUnknown(template=template)
    return version_in_force(template, shanghai_date(at))


def roles_of(version: TemplateVersion) -> list[TemplateRole]:
    """Return the parties of a version, in the order in which it first names them."""
    by_role: dict[str, list[Field]] = {}
    for entry in fields_from_json(version.fields):
        if entry.kind in SIGNED:
            by_role.setdefault(entry.role, []).append(entry)
    return [
        TemplateRole(role=role, label=_LABELS.get(role, role)[:32], kind=_kind(entries))
        for role, entries in by_role.items()
    ]


def is_template(flow: str) -> bool:
    """Tell whether the flow of a batch is a template, by its public id."""
    return flow.startswith(_ID_START)


def form_of(flow: str) -> Flow:
    """Return what a table has to bring for a ready-made flow, or for a template by its id."""
    if not is_template(flow):
        return flow_of(flow)
    version = version_in_force(flow, shanghai_date(now()))
    entries = [one for one in fields_from_json(version.fields) if is_filled(one)]
    return Flow(
        code=flow,
        title=version.template.title,
        document_type=version.template.document_type,
        fields=[
            FormField(
                name=one.name,
                label=one.shown_label,
                kind=one.kind.value,
                required=one.required,
                options=one.options,
                columns=one.columns,
            )
            for one in entries
        ],
        parts=(),
        roles=(),
        actions=(),
    )


def title_of(flow: str) -> str:
    """Return what people call a ready-made flow or a template."""
    return template_of(flow).title if is_template(flow) else flow_of(flow).title


def own_seals_of(flow: str) -> list[str]:
    """Return the roles of a template that our own company fills where nobody else is named."""
    version = version_in_force(flow, shanghai_date(now()))
    return [one.role for one in roles_of(version) if one.kind == "organization"]


def templates_in_force(units: Sequence[OrgUnit], *, at: datetime) -> list[TemplateVersion]:
    """Return the version in force of each template with marks that these units may use."""
    today = shanghai_date(at)
    found = (
        TemplateVersion.objects.select_related("template")
        .defer("document", "source")
        .filter(template__in=usable_by(units), state=VersionState.APPROVED)
        .filter(effective_from__lte=today)
        .filter(Q(effective_until__isnull=True) | Q(effective_until__gte=today))
        .order_by("effective_from")
    )
    newest = {version.template_id: version for version in found}
    usable = [version for version in newest.values() if roles_of(version)]
    return sorted(usable, key=lambda version: version.template.title)


def draft_from_version(
    order: TemplateOrder, version: TemplateVersion, *, actor: str, at: datetime
) -> EnvelopeDraft:
    """Fill the version and give its open fields to the parties; raises what starting raises."""
    roles = {one.role: one for one in roles_of(version)}
    _check_roles(order, roles)
    filled = fill(version, order.values, at=at)
    open_fields = _by_role(filled, roles)
    parties = {role: order.parties.get(role) or PartyFacts() for role in open_fields}
    papers = _papers(filled.fields, roles, list(open_fields))
    asked = _asked(version)
    signatories = [
        _signatory(
            roles[role],
            party,
            _Wanted(papers.get(role, ()), asked.get(role, ())),
            order,
            actor=actor,
            at=at,
        )
        for role, party in parties.items()
    ]
    actions = [
        action
        for number, (party, entries) in enumerate(
            zip(signatories, open_fields.values(), strict=True), 1
        )
        for action in _actions(party, entries, filled.pages, order, number)
    ]
    template = version.template
    made_from = f"{template.code}@{version.number}"
    # What our typesetter wrote is checked more strictly than what came as a file.
    is_typeset = version.source_kind == SourceKind.TYPST
    return EnvelopeDraft(
        client=order.client,
        unit=order.unit,
        title=order.title.strip() or template.title,
        document_type=template.document_type,
        documents=[
            DocumentDraft(
                title=template.title,
                pdf=filled.pdf,
                template=made_from if is_typeset else "",
                prepared=filled.prepared,
                made_from=made_from,
            )
        ],
        signatories=signatories,
        actions=actions,
        flow=TEMPLATE_FLOW,
        biz_no=order.biz_no,
        message=order.message,
        values=order.values,
        rules={"template": made_from},
        expires_at=at + timedelta(days=_DAYS),
    )


def _check_roles(order: TemplateOrder, roles: Mapping[str, TemplateRole]) -> None:
    if not roles:
        raise DraftInvalid(path="template", reason="模版没有签名或印章的位置")
    for path, named in (
        ("parties", order.parties),
        ("silent", order.silent),
        ("steps", order.steps),
    ):
        for role in named:
            if role not in roles:
                raise DraftInvalid(path=f"{path}.{role}", reason=f"模版没有签署方 {role}")


def _by_role(filled: FilledDocument, roles: Mapping[str, TemplateRole]) -> dict[str, list[Field]]:
    """Return the marks of each party that this filling wants; a condition may leave one out."""
    found: dict[str, list[Field]] = {}
    for entry in filled.fields:
        if entry.kind in SIGNED:
            found.setdefault(entry.role, []).append(entry)
    if not found:
        raise DraftInvalid(path="values", reason="按这样填写，没有要签署的位置")
    return {role: found[role] for role in roles if role in found}


def _papers(
    fields: Sequence[Field], roles: Mapping[str, TemplateRole], present: Sequence[str]
) -> dict[str, list[PaperDraft]]:
    """Return what each party has to hand in; without a role it is the first person's."""
    people = [role for role in present if roles[role].kind == "person"]
    found: dict[str, list[PaperDraft]] = {}
    for entry in fields:
        if entry.kind is not FieldKind.ATTACHMENT:
            continue
        role = entry.role or next(iter(people), "")
        if role not in present:
            text = f"附件“{entry.shown_label}”没有要交的签署方"
            raise DraftInvalid(path="template", reason=text)
        paper = PaperDraft(
            key=entry.name[:32], label=entry.shown_label[:64], required=entry.required
        )
        found.setdefault(role, []).append(paper)
    return found


def _asked(version: TemplateVersion) -> dict[str, list[Field]]:
    found: dict[str, list[Field]] = {}
    for entry in fields_from_json(version.fields):
        if entry.is_asked:
            found.setdefault(entry.role, []).append(entry)
    return found


def _signatory(
    wanted: TemplateRole,
    party: PartyFacts,
    wants: _Wanted,
    order: TemplateOrder,
    *,
    actor: str,
    at: datetime,
) -> SignatoryDraft:
    path = f"parties.{wanted.role}"
    if party.subject is not None:
        if wanted.kind == "organization":
            raise DraftInvalid(path=path, reason=f"{wanted.label}要盖章，应为单位")
        return SignatoryDraft(
            role=wanted.role,
            label=wanted.label,
            kind="person",
            name=party.subject.name,
            subject=register_subject(party.subject, actor=actor, at=at),
            papers=wants.papers,
            questions=wants.questions,
            channel=party.channel,
            channel_id=party.channel_id,
        )
    if wants.questions:
        text = f"{wanted.label}签署时要自己填写内容，应为个人"
        raise DraftInvalid(path=path, reason=text)
    unit = party.unit or (order.unit if wanted.kind == "organization" else None)
    if unit is None:
        raise DraftInvalid(path=path, reason=f"请填写{wanted.label}的身份信息")
    return SignatoryDraft(
        role=wanted.role,
        label=wanted.label,
        kind="organization",
        name=legal_entity_of(unit).name,
        unit=unit,
        operator=party.operator,
        papers=wants.papers,
        channel=party.channel,
        channel_id=party.channel_id,
    )


def _actions(
    party: SignatoryDraft,
    entries: Sequence[Field],
    pages: Sequence[SeenPage],
    order: TemplateOrder,
    number: int,
) -> list[ActionDraft]:
    """Return one step a kind of mark: a company's seals together, its signatures together."""
    seals = [place_of(entry, pages) for entry in entries if entry.kind in SEALS]
    signatures = [place_of(entry, pages) for entry in entries if entry.kind not in SEALS]
    hand = ActionType.SIGN if party.kind == "person" else ActionType.LEGAL_REP_SIGN
    step = order.steps.get(party.role, number)
    return [
        ActionDraft(
            role=party.role,
            type=kind.value,
            order=step,
            is_silent=party.role in order.silent,
            places=places,
        )
        for kind, places in ((ActionType.SEAL, seals), (hand, signatures))
        if places
    ]


def place_of(entry: Field, pages: Sequence[SeenPage]) -> PlaceDraft:
    """Return where a mark goes, in points; raises DraftInvalid for one without a place."""
    if entry.rect is None:
        raise DraftInvalid(path="template", reason=f"“{entry.shown_label}”没有位置")
    left, bottom, right, top = from_fractions(pages[entry.page], entry.rect)
    return PlaceDraft(
        page=entry.page,
        x=left,
        y=bottom,
        width=right - left,
        height=top - bottom,
        is_riding=entry.kind is FieldKind.RIDING_SEAL,
    )


def _kind(entries: Sequence[Field]) -> str:
    return "organization" if any(entry.kind in SEALS for entry in entries) else "person"
