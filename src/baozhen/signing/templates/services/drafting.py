"""Making templates and drafts of their versions; every change of a draft leaves its difference."""

import difflib
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from baozhen.foundation.audit import services as audit
from baozhen.foundation.ids import new_id
from baozhen.foundation.states import enter
from baozhen.foundation.workbench import prepare_in_subprocess
from baozhen.signing.organizations.models import OrgUnit
from baozhen.signing.templates.conversion import docx_to_pdf
from baozhen.signing.templates.errors import (
    CodeTaken,
    EditedMeanwhile,
    FieldsInvalid,
    NotADraft,
    SourceInvalid,
    TemplateInvalid,
)
from baozhen.signing.templates.fields import check_fields
from baozhen.signing.templates.models import ClauseVersion, Template, TemplateEdit, TemplateVersion
from baozhen.signing.templates.queries import newest_clauses
from baozhen.signing.templates.services.sharing import write_sharing
from baozhen.signing.templates.states import Sharing, SourceKind, VersionState
from baozhen.signing.templates.typesetting import linked_clauses, source_faults
from baozhen.trust.errors import TrustError
from baozhen.trust.pdf.prepare import PreparedPdf

UPLOAD_BYTES_MAX = 20 * 1024 * 1024
TITLE_CHARACTERS_MAX = 128
TYPE_CHARACTERS_MAX = 48
_CODE = re.compile(r"[a-z][a-z0-9_]{0,47}", re.ASCII)
_DIFFERENCE_CHARACTERS_MAX = 100_000


@dataclass(frozen=True, kw_only=True)
class TemplateDraft:
    """What a new template is."""

    code: str
    title: str
    document_type: str
    unit: OrgUnit
    sharing: Sharing = Sharing.BELOW
    shared_with: Sequence[OrgUnit] = ()
    needs_filing: bool = False


@dataclass(frozen=True, kw_only=True)
class TemplateChange:
    """What of a template may change while its versions stay."""

    title: str
    document_type: str
    needs_filing: bool


@dataclass(frozen=True, kw_only=True)
class Content:
    """What a version says: Typst text, or an upload that `prepare_upload` made fit.

    Without an upload, a version of a file keeps the file it has; a new one takes the newest.
    """

    source_kind: SourceKind
    source: str = ""
    upload: PreparedPdf | None = None
    fields: Sequence[Mapping[str, Any]] = ()
    sample: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""


def prepare_upload(data: bytes, kind: SourceKind) -> PreparedPdf:
    """Return an uploaded PDF or DOCX fit to be signed; SourceInvalid or ConverterMissing.

    Works in child processes; call it outside a transaction.
    """
    if len(data) > UPLOAD_BYTES_MAX:
        raise SourceInvalid(path="file", reason=f"文件超过 {UPLOAD_BYTES_MAX // 1024 // 1024} MB")
    pdf = docx_to_pdf(data) if kind is SourceKind.DOCX else data
    try:
        return prepare_in_subprocess(pdf)
    except TrustError as error:
        raise SourceInvalid(path="file", reason=str(error)) from error


@transaction.atomic(durable=True)
def create_template(
    draft: TemplateDraft, content: Content, *, actor: str, at: datetime
) -> TemplateVersion:
    """Make a template with its first draft.

    Raises TemplateInvalid, CodeTaken, FieldsInvalid, SourceInvalid, ClauseUnknown.
    """
    if not _CODE.fullmatch(draft.code):
        text = "代码应以小写字母开头，由小写字母、数字和下划线组成，不超过 48 个字符"
        raise TemplateInvalid(path="code", reason=text)
    _check_names(draft.title, draft.document_type)
    if Template.objects.filter(code=draft.code).exists():
        raise CodeTaken(path="code", template=draft.code)
    template = Template.objects.create(
        public_id=new_id("tpl", at=at),
        code=draft.code,
        unit=draft.unit,
        title=draft.title.strip(),
        document_type=draft.document_type.strip(),
        sharing=draft.sharing.value,
        needs_filing=draft.needs_filing,
        created_at=at,
        created_by=actor,
    )
    write_sharing(template, draft.sharing, draft.shared_with, actor=actor, at=at)
    audit.record(
        "template.created",
        subject_id=template.pk,
        actor=actor,
        at=at,
        facts={"code": draft.code, "sharing": draft.sharing.value},
    )
    return write_version(template, content, actor=actor, at=at)


@transaction.atomic(durable=True)
def change_template(
    template: Template, change: TemplateChange, *, actor: str, at: datetime
) -> Template:
    """Rename a template; raises TemplateInvalid. The code never changes."""
    _check_names(change.title, change.document_type)
    row = Template.objects.select_for_update().get(pk=template.pk)
    before = {name: getattr(row, name) for name in ("needs_filing", "document_type")}
    row.title, row.document_type = change.title.strip(), change.document_type.strip()
    row.needs_filing = change.needs_filing
    row.save(update_fields=["title", "document_type", "needs_filing"])
    changed = {
        name: [was, getattr(row, name)] for name, was in before.items() if was != getattr(row, name)
    }
    audit.record("template.changed", subject_id=row.pk, actor=actor, at=at, facts=changed)
    return row


@transaction.atomic(durable=True)
def add_version(
    template: Template, content: Content, *, actor: str, at: datetime
) -> TemplateVersion:
    """Begin a new draft; raises FieldsInvalid, SourceInvalid, ClauseUnknown."""
    Template.objects.select_for_update().get(pk=template.pk)
    return write_version(template, content, actor=actor, at=at)


@transaction.atomic(durable=True)
def edit_draft(
    key: int, content: Content, *, actor: str, at: datetime, opened_sha256: str = ""
) -> TemplateVersion:
    """Change a draft and keep what became different; raises NotADraft for any other version.

    `opened_sha256` is what the editor began from: EditedMeanwhile when it is not that any more.
    """
    version = TemplateVersion.objects.select_for_update().get(pk=key)
    if opened_sha256 and opened_sha256 != version.sha256:
        raise EditedMeanwhile()
    return write_edit(version, content, actor=actor, at=at)


def write_edit(
    version: TemplateVersion, content: Content, *, actor: str, at: datetime
) -> TemplateVersion:
    """Change a draft in the caller's transaction; it takes the newest wording of its clauses."""
    if version.state != VersionState.DRAFT:
        raise NotADraft(number=version.number)
    before = (version.source, version.fields)
    _set_content(version, content)
    version.save()
    version.clauses.set(newest_clauses(linked_clauses(version.source)))
    _keep_edit(version, before, actor=actor, at=at)
    audit.record(
        "template_version.edited",
        subject_id=version.pk,
        actor=actor,
        at=at,
        facts={"sha256": version.sha256},
    )
    return version


def write_version(
    template: Template, content: Content, *, actor: str, at: datetime
) -> TemplateVersion:
    """Write a draft in the caller's transaction, with the next number."""
    last = template.versions.order_by("-number").first()
    version = TemplateVersion(
        template=template,
        state=VersionState.DRAFT.value,
        number=last.number + 1 if last is not None else 1,
        created_at=at,
        created_by=actor,
    )
    given = template.versions.filter(document__isnull=False).order_by("-number").first()
    if given is not None:
        version.document, version.pages = given.document, given.pages
    _set_content(version, content)
    clauses = newest_clauses(linked_clauses(version.source))
    version.save()
    version.clauses.set(clauses)
    enter(version, actor=actor, at=at)
    _keep_edit(version, (last.source, last.fields) if last else ("", []), actor=actor, at=at)
    return version


def content_sha256(version: TemplateVersion, clauses: Sequence[ClauseVersion]) -> str:
    """Return the digest of all that decides what a version's documents look like."""
    digest = hashlib.sha256()
    fields = json.dumps(version.fields, ensure_ascii=False, sort_keys=True)
    parts = [version.source_kind, version.source, fields, *(one.sha256 for one in clauses)]
    for part in [*(text.encode() for text in parts), bytes(version.document or b"")]:
        digest.update(f"{len(part)}:".encode())
        digest.update(part)
    return digest.hexdigest()


def _check_names(title: str, document_type: str) -> None:
    if not 1 <= len(title.strip()) <= TITLE_CHARACTERS_MAX:
        raise TemplateInvalid(path="title", reason=f"名称应为 1 至 {TITLE_CHARACTERS_MAX} 字")
    if not 1 <= len(document_type.strip()) <= TYPE_CHARACTERS_MAX:
        text = f"文件类型应为 1 至 {TYPE_CHARACTERS_MAX} 字"
        raise TemplateInvalid(path="document_type", reason=text)


def _set_content(version: TemplateVersion, content: Content) -> None:
    version.source_kind = content.source_kind.value
    if content.source_kind is SourceKind.TYPST:
        check_source(content.source)
        version.source, version.document, version.pages = content.source, None, None
    elif content.upload is not None:
        version.source, version.document = "", content.upload.data
        version.pages = len(content.upload.pages)
    elif not version.document:
        raise SourceInvalid(path="file", reason="没有文件")
    version.fields = checked_fields(content, pages=version.pages)
    version.sample = dict(content.sample)
    version.note = content.note[:200]
    clauses = newest_clauses(linked_clauses(version.source))
    version.sha256 = content_sha256(version, clauses)


def check_source(source: str) -> None:
    """Raise SourceInvalid, with the line of each reason, for what may not be a template's text."""
    faults = source_faults(source)
    if faults or not source.strip():
        raise SourceInvalid(path="source", reason="；".join(faults) or "没有内容")


def checked_fields(content: Content, *, pages: int | None) -> list[dict[str, Any]]:
    """Return the fields of the content as they are stored; FieldsInvalid with every fault."""
    raw = [dict(entry) for entry in content.fields]
    needs_place = content.source_kind is not SourceKind.TYPST
    faults = check_fields(raw, pages=pages, needs_place=needs_place)
    if faults:
        refusal = FieldsInvalid(path=faults[0].path, count=len(faults), first=faults[0].message)
        refusal.facts["faults"] = faults
        raise refusal
    return raw


def _keep_edit(
    version: TemplateVersion, before: tuple[str, Any], *, actor: str, at: datetime
) -> None:
    source, fields = before
    lines = difflib.unified_diff(
        source.splitlines(), version.source.splitlines(), "之前", "之后", lineterm="", n=2
    )
    TemplateEdit.objects.create(
        version=version,
        at=at,
        actor=actor,
        note=version.note,
        source_diff="\n".join(lines)[:_DIFFERENCE_CHARACTERS_MAX],
        field_diff=field_differences(fields, version.fields),
    )


def field_differences(
    before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return which fields came, went or changed, each with its properties before and after."""
    old = {entry["name"]: entry for entry in before}
    new = {entry["name"]: entry for entry in after}
    found = []
    for name in dict.fromkeys([*old, *new]):
        left, right = old.get(name, {}), new.get(name, {})
        if left != right:
            word = "改" if left and right else ("增" if right else "删")
            changed = {
                part: [left.get(part), right.get(part)]
                for part in dict.fromkeys([*left, *right])
                if left.get(part) != right.get(part)
            }
            found.append({"name": name, "act": word, "changed": changed})
    return found
