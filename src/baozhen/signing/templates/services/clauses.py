"""Shared clauses: a new wording proposes a new draft of every template that uses the clause."""

import hashlib
from datetime import datetime

from django.db import transaction

from baozhen.foundation.audit import services as audit
from baozhen.signing.organizations.models import OrgUnit
from baozhen.signing.templates.errors import CodeTaken, SourceInvalid, TemplateInvalid
from baozhen.signing.templates.models import Clause, ClauseVersion, TemplateVersion
from baozhen.signing.templates.queries import where_used
from baozhen.signing.templates.services.drafting import (
    TITLE_CHARACTERS_MAX,
    Content,
    write_edit,
    write_version,
)
from baozhen.signing.templates.states import SourceKind, VersionState
from baozhen.signing.templates.typesetting import linked_clauses, source_faults


@transaction.atomic(durable=True)
def make_clause(
    code: str, title: str, text: str, *, unit: OrgUnit, actor: str, at: datetime
) -> ClauseVersion:
    """Make a shared clause with its first wording.

    Raises CodeTaken, TemplateInvalid, SourceInvalid.
    """
    if linked_clauses(f'"/clauses/{code}.typ"') != [code]:
        raise SourceInvalid(path="code", reason="代码应由小写字母、数字和下划线组成")
    if not 1 <= len(title.strip()) <= TITLE_CHARACTERS_MAX:
        raise TemplateInvalid(path="title", reason=f"名称应为 1 至 {TITLE_CHARACTERS_MAX} 字")
    if Clause.objects.filter(code=code).exists():
        raise CodeTaken(path="code", template=code)
    clause = Clause.objects.create(code=code, unit=unit, title=title.strip())
    return _write(clause, text, actor=actor, at=at)


@transaction.atomic(durable=True)
def change_clause(clause: Clause, text: str, *, actor: str, at: datetime) -> list[TemplateVersion]:
    """Write a new wording; return the drafts, changed or new, that it leads to.

    Approved versions keep the wording that they were approved with.
    """
    Clause.objects.select_for_update().get(pk=clause.pk)
    using = list(where_used(clause))
    wording = _write(clause, text, actor=actor, at=at)
    proposed, seen = [], set()
    for version in using:
        if version.template_id in seen:
            continue
        seen.add(version.template_id)
        content = Content(
            source_kind=SourceKind.TYPST,
            source=version.source,
            fields=version.fields,
            sample=version.sample,
            note=f"共用条款“{clause.title}”改为第 {wording.number} 版",
        )
        if version.state == VersionState.DRAFT:
            proposed.append(write_edit(version, content, actor=actor, at=at))
        else:
            proposed.append(write_version(version.template, content, actor=actor, at=at))
    return proposed


def _write(clause: Clause, text: str, *, actor: str, at: datetime) -> ClauseVersion:
    faults = source_faults(text)
    if linked_clauses(text):
        faults.append("共用条款不能再引用共用条款")
    if faults or not text.strip():
        raise SourceInvalid(path="text", reason="；".join(faults) or "没有内容")
    last = clause.versions.order_by("-number").first()
    version = ClauseVersion.objects.create(
        clause=clause,
        number=last.number + 1 if last is not None else 1,
        text=text,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        made_at=at,
        made_by=actor,
    )
    audit.record(
        "template_clause.worded",
        subject_id=clause.pk,
        actor=actor,
        at=at,
        facts={"number": version.number, "sha256": version.sha256},
    )
    return version
