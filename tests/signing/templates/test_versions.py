"""Versions of templates: fixed once approved, by another person, in force by date, linked."""

import hashlib
import os
import time
from datetime import date, timedelta
from pathlib import Path

import pytest

from baozhen.foundation.audit.models import AuditEntry
from baozhen.foundation.confinement import obstacle
from baozhen.foundation.errors import IllegalMove
from baozhen.foundation.states import move
from baozhen.signing.organizations.queries import unit_of_code
from baozhen.signing.organizations.services import UnitFacts, create_unit
from baozhen.signing.organizations.states import UnitKind
from baozhen.signing.templates import typesetting_child
from baozhen.signing.templates.errors import (
    EditedMeanwhile,
    FieldsInvalid,
    NotADraft,
    NotSubmitted,
    NoVersionInForce,
    PeriodInvalid,
    PersonRequired,
    ReasonMissing,
    SamePerson,
    SourceInvalid,
    TemplateInvalid,
    ValuesInvalid,
)
from baozhen.signing.templates.fields import fields_from_json
from baozhen.signing.templates.models import TemplateVersion
from baozhen.signing.templates.queries import usable_by, version_in_force, where_used
from baozhen.signing.templates.services import (
    Approval,
    Content,
    TemplateChange,
    add_version,
    approve_version,
    change_clause,
    change_template,
    edit_draft,
    fill,
    make_clause,
    prepare_upload,
    retire_version,
    return_version,
    share_template,
    submit_version,
    try_fill,
)
from baozhen.signing.templates.states import Sharing, SourceKind, VersionState
from baozhen.signing.templates.typesetting import Sheet
from baozhen.signing.templates.typesetting_child import TypesettingChild
from baozhen.trust.errors import ParseError, SigningError
from tests.signing.templates.conftest import CHECKER, FIELDS, SAMPLE, SOURCE, WRITER
from tests.signing.templates.making import two_pages

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def upload():
    """A prepared PDF of two blank pages, the second one turned."""
    return prepare_upload(two_pages(), SourceKind.PDF)


def content(**more):
    facts = {"source_kind": SourceKind.TYPST, "source": SOURCE, "fields": FIELDS, "sample": SAMPLE}
    return Content(**(facts | more))


@pytest.mark.requirement("S2-L374")
def test_a_template_is_filled_in_one_step(draft, approve, at):
    version = approve(draft())
    filled = fill(version, SAMPLE, at=at)
    assert filled.pdf.startswith(b"%PDF")
    assert filled.sha256 == hashlib.sha256(filled.pdf).hexdigest()
    assert fill(version, SAMPLE, at=at).pdf == filled.pdf
    (sign,) = filled.fields
    assert (sign.name, sign.role, sign.page) == ("sign", "policyholder", 0)
    assert 0 <= sign.rect[0] < sign.rect[2] <= 1


def test_what_cannot_be_filled_says_everything(draft, approve, at):
    version = approve(draft())
    with pytest.raises(ValuesInvalid) as refused:
        fill(version, {"premium": "1"}, at=at)
    assert [fault.path for fault in refused.value.facts["faults"]] == ["holder", "premium"]


def test_an_upload_is_filled_at_its_places(draft, approve, upload, at):
    fields = [
        {"name": "holder", "kind": "text", "rect": [0.1, 0.1, 0.5, 0.15]},
        {"name": "agreed", "kind": "checkbox", "page": 1, "rect": [0.1, 0.1, 0.15, 0.2]},
        {
            "name": "seal",
            "kind": "seal",
            "role": "insurer",
            "page": -1,
            "rect": [0.6, 0.6, 0.8, 0.9],
        },
    ]
    more = {"source_kind": SourceKind.PDF, "upload": upload, "fields": fields}
    version = approve(draft(source="", sample={"holder": "张测试", "agreed": True}, **more))
    filled = fill(version, {"holder": "张测试"}, at=at)
    assert filled.pdf != upload.data
    assert [(field.name, field.page) for field in filled.fields] == [("seal", 1)]


def test_what_is_no_pdf_is_refused():
    with pytest.raises(SourceInvalid):
        prepare_upload(b"not a pdf", SourceKind.PDF)


@pytest.mark.requirement("S2-L160.c3")
def test_who_wrote_it_does_not_approve_it(draft, approve, at):
    version = draft()
    edit_draft(version.pk, content(note="改"), actor=CHECKER, at=at)
    with pytest.raises(SamePerson):
        approve(version)


@pytest.mark.requirement("S2-L160.c3")
def test_no_program_approves(draft, at):
    """Two keys may be in one hand, so another key is not another person."""
    version = draft()
    submit_version(version.pk, actor="api:writer", at=at)
    approval = Approval(effective_from=date(2026, 1, 1))
    with pytest.raises(PersonRequired):
        approve_version(version.pk, approval, actor="api:checker", at=at)
    assert TemplateVersion.objects.get(pk=version.pk).state == VersionState.SUBMITTED
    assert not AuditEntry.objects.filter(action="template_version.approved").exists()


def test_what_was_submitted_waits_unchanged_and_may_come_back(draft, approve, at):
    version = draft()
    approval = Approval(effective_from=date(2026, 1, 1))
    with pytest.raises(NotSubmitted):
        approve_version(version.pk, approval, actor=CHECKER, at=at)
    submit_version(version.pk, actor=WRITER, at=at)
    for act in (
        lambda: edit_draft(version.pk, content(), actor=WRITER, at=at),
        lambda: submit_version(version.pk, actor=WRITER, at=at),
    ):
        with pytest.raises(NotADraft):
            act()
    with pytest.raises(ReasonMissing):
        return_version(version.pk, reason=" ", actor=CHECKER, at=at)
    return_version(version.pk, reason="备案号有误", actor=CHECKER, at=at)
    version = TemplateVersion.objects.get(pk=version.pk)
    assert (version.state, version.note) == (VersionState.DRAFT, "备案号有误")
    edit_draft(version.pk, content(), actor=WRITER, at=at)
    assert approve(version).state == VersionState.APPROVED


def test_a_sample_that_makes_no_document_is_not_submitted(draft, at):
    version = draft(sample={"holder": "张测试"})
    with pytest.raises(ValuesInvalid):
        submit_version(version.pk, actor=WRITER, at=at)
    assert TemplateVersion.objects.get().state == VersionState.DRAFT


def test_two_people_do_not_overwrite_each_other(draft, at):
    version = draft()
    opened = version.sha256
    changed = content(source=SOURCE + "完\n")
    edit_draft(version.pk, changed, actor=WRITER, at=at, opened_sha256=opened)
    with pytest.raises(EditedMeanwhile):
        edit_draft(version.pk, content(), actor="staff:amy", at=at, opened_sha256=opened)


def test_a_template_is_renamed_and_shared_otherwise(draft, unit, at):
    template = draft().template
    facts = {"document_type": "receipt", "needs_filing": True}
    change_template(template, TemplateChange(title="回执", **facts), actor=WRITER, at=at)
    share_template(template, Sharing.OWN, actor=WRITER, at=at)
    template.refresh_from_db()
    assert (template.title, template.sharing, template.code) == ("回执", "own", "confirmation")
    branch = unit_of_code("DEMO11")
    assert list(usable_by([branch])) == []
    with pytest.raises(TemplateInvalid, match="名称"):
        change_template(template, TemplateChange(title=" ", **facts), actor=WRITER, at=at)


def test_chosen_units_and_those_below_use_a_template_until_it_is_taken_back(draft, unit, at):
    """Another branch, and the tree above the chosen one, never see it."""
    template = draft().template
    branch = unit_of_code("DEMO11")
    office, other = (
        create_unit(UnitFacts(name=name, parent=parent, kind=UnitKind.BRANCH), actor="test", at=at)
        for name, parent in (("测试支公司", branch), ("测试另一分公司", unit))
    )

    def users():
        return [list(usable_by([one])) == [template] for one in (unit, branch, office, other)]

    share_template(template, Sharing.CHOSEN, [branch], actor=WRITER, at=at)
    assert users() == [True, True, True, False]
    share_template(template, Sharing.CHOSEN, [office, other], actor=WRITER, at=at)
    assert users() == [True, False, True, True]
    with pytest.raises(TemplateInvalid, match="至少选一个机构"):
        share_template(template, Sharing.CHOSEN, [], actor=WRITER, at=at)
    told = AuditEntry.objects.filter(action="template.shared").order_by("-pk")[0].facts
    assert told == {
        "sharing": ["chosen", "chosen"],
        "added": [office.public_id, other.public_id],
        "removed": [branch.public_id],
    }
    share_template(template, Sharing.OWN, actor=WRITER, at=at)
    assert users() == [True, False, False, False]


def test_a_new_version_takes_the_newest_file_over(draft, approve, upload, at):
    fields = [{"name": "seal", "kind": "seal", "role": "insurer", "page": 1, "rect": [0, 0, 1, 1]}]
    more = {"source_kind": SourceKind.PDF, "fields": fields, "sample": {}}
    first = draft(source="", upload=upload, **more)
    second = add_version(first.template, content(source="", **more), actor=WRITER, at=at)
    assert bytes(second.document) == upload.data
    assert second.pages == 2


@pytest.mark.parametrize("code", ["", "A", "1a", "a-b", "a" * 49])
def test_a_code_is_a_word_that_programs_can_use(draft, code):
    with pytest.raises(TemplateInvalid, match="代码"):
        draft(code=code)


@pytest.mark.requirement("S2-L160.c3")
def test_an_approved_version_is_fixed(draft, approve, at):
    version = approve(draft())
    with pytest.raises(NotADraft):
        edit_draft(version.pk, content(), actor=WRITER, at=at)
    retire_version(version.pk, reason="停售", actor=CHECKER, at=at)
    version.refresh_from_db()
    with pytest.raises(SourceInvalid):
        fill(version, SAMPLE, at=at)
    with pytest.raises(IllegalMove):
        retire_version(version.pk, reason="再停", actor=CHECKER, at=at)


@pytest.mark.requirement("S2-L160.c3")
def test_the_version_in_force_is_found_by_date(draft, approve, at):
    first = approve(draft(), on=date(2026, 1, 1), filing_no="备案-1")
    second = add_version(first.template, content(), actor=WRITER, at=at)
    approve(second, on=date(2026, 3, 1), effective_until=date(2026, 12, 31))
    assert version_in_force("confirmation", date(2026, 2, 28)).number == 1
    assert version_in_force("confirmation", date(2026, 3, 1)).number == 2
    with pytest.raises(NoVersionInForce):
        version_in_force("confirmation", date(2025, 12, 31))
    third = add_version(first.template, content(), actor=WRITER, at=at)
    with pytest.raises(PeriodInvalid):
        approve(third, on=date(2026, 3, 1))
    with pytest.raises(PeriodInvalid):
        approve(third, on=date(2026, 5, 1), effective_until=date(2026, 4, 1))
    first.template.needs_filing = True
    first.template.save()
    with pytest.raises(PeriodInvalid):
        approve(third, on=date(2026, 6, 1))


@pytest.mark.requirement("S2-L160.c2")
def test_each_change_leaves_its_difference(draft, at):
    version = draft()
    fields = [{**FIELDS[0], "label": "投保人名称"}, *FIELDS[1:]]
    edit_draft(
        version.pk,
        content(source=SOURCE.replace("投保确认书", "确认函"), fields=fields, note="改名"),
        actor="staff:amy",
        at=at + timedelta(hours=1),
    )
    edit = version.edits.get(actor="staff:amy")
    assert '-#head("投保确认书")' in edit.source_diff
    assert '+#head("确认函")' in edit.source_diff
    assert edit.field_diff == [
        {"name": "holder", "act": "改", "changed": {"label": ["投保人", "投保人名称"]}}
    ]


def test_a_changed_clause_proposes_new_drafts(draft, approve, unit, at):
    wording = make_clause("privacy", "隐私", "= 隐私", unit=unit, actor=WRITER, at=at)
    version = approve(draft(source=SOURCE + '#include "/clauses/privacy.typ"\n'))
    before = fill(version, SAMPLE, at=at).pdf
    (proposed,) = change_clause(wording.clause, "= 个人信息", actor=WRITER, at=at)
    assert (proposed.number, proposed.state) == (2, VersionState.DRAFT)
    assert proposed.sha256 != version.sha256
    assert fill(version, SAMPLE, at=at).pdf == before
    assert [one.number for one in where_used(wording.clause)] == [2, 1]
    (changed,) = change_clause(wording.clause, "= 个人信息保护", actor=WRITER, at=at)
    assert changed.pk == proposed.pk
    assert changed.clauses.get().number == 3


@pytest.mark.parametrize(
    "text",
    [
        '#import "@preview/tablex:0.0.1": *',
        '#include "/etc/passwd"',
        '#import /**/ "@preview/x:1.0.0"',
        '#import "/look.typ".replace("/look.typ", "@preview/x:1.0.0"): *',
        '#{ import "/look.typ"  // so be it\n .replace("/look.typ", "@preview/x:1.0.0") }',
        '#{ import "/look.typ" /* /* */ */ .replace("/look.typ", "@preview/x:1.0.0") }',
        '#eval("1")',
        '#dictionary(std).at("ev" + "al")("1")',
        '#plugin("x.wasm")',
    ],
)
def test_what_reaches_outside_is_refused_with_its_line(draft, text):
    with pytest.raises(SourceInvalid, match="第 2 行"):
        draft(source=f"正文\n{text}\n")


def test_a_template_reads_no_file_of_the_machine(draft, at):
    version = draft(source='#read("/../../../../../../etc/passwd")\n', fields=[], sample={})
    with pytest.raises(SourceInvalid):
        try_fill(version, {}, at=at)


def test_a_template_that_never_ends_is_stopped(draft, at, monkeypatch):
    version = draft(source="#while true { 1 }\n", fields=[], sample={})
    with pytest.raises(SourceInvalid):
        try_fill(version, {}, at=at)


def test_approved_text_is_set_in_a_child_too(fonts, at):
    """One that eats memory or fetches a package ends its child; the next sheet gets another."""
    child = TypesettingChild(fonts, sheets_max=2)
    try:
        plain = Sheet('#import "/look.typ": *\n#show: setup.with("件")\n正文', {}, {})
        first = child.typeset(plain, at=at).data
        with pytest.raises(SigningError, match=r"第 1 行.*不能引用软件包"):
            child.typeset(Sheet('#import "@preview/tablex:0.0.8": *', {}, {}), at=at)
        if not obstacle():
            networks = {
                Path(f"/proc/{pid}/ns/net").readlink() for pid in ("self", child._process.pid)
            }
            assert len(networks) == 2
        with pytest.raises(ParseError, match="限制"):
            child.typeset(Sheet("#let a = range(2000000000)\n#a.len()", {}, {}), at=at)
        assert child.typeset(plain, at=at).data == first
        child._seconds_max = 0.0
        with pytest.raises(ParseError, match="排版用时超过 0 秒，已中止"):
            child.typeset(plain, at=at)
        child._seconds_max = 60.0
        assert child.typeset(plain, at=at).data == first
        killed = child._process
        killed.kill()
        killed.wait()
        assert child.typeset(plain, at=at).data == first  # whatever ended it, the next one goes on
    finally:
        child.close()


def test_what_a_child_says_after_the_deadline_is_not_heard():
    """Else one that always has another byte to say would be listened to as long as it speaks."""
    ours, theirs = os.pipe()
    with os.fdopen(ours, "rb", buffering=0) as pipe:
        os.write(theirs, b"late")
        os.close(theirs)
        with pytest.raises(TimeoutError):
            typesetting_child._read(pipe, 4, until=time.monotonic() - 1)
        assert typesetting_child._read(pipe, 4, until=time.monotonic() + 60) == b"late"


def test_an_error_names_its_line_and_no_folder_of_the_machine(draft, approve):
    version = draft(source="正文\n#nothing\n", fields=[], sample={})
    with pytest.raises(SourceInvalid, match=r"：main\.typ 第 2 行.*没有这个变量"):
        approve(version)


def test_faulty_fields_are_refused(draft):
    with pytest.raises(FieldsInvalid) as refused:
        draft(fields=[{"name": "A", "kind": "text"}])
    assert refused.value.path == "fields.0.name"


def test_a_template_is_shared_as_far_as_its_unit_says(draft, unit):
    version = draft()
    assert list(usable_by([unit])) == [version.template]
    assert list(usable_by([])) == []


def test_a_state_never_goes_back(draft, approve, at):
    version = approve(draft())
    assert fields_from_json(version.fields)[0].name == "holder"
    with pytest.raises(RuntimeError):
        move(version, VersionState.RETIRED, actor=CHECKER, at=at)
    assert TemplateVersion.objects.get().state == VersionState.APPROVED
