"""What a party answers before it signs: asked, answered, read, frozen, signed, and proved later."""

import json
from datetime import date

import pypdfium2
import pytest
from django.db import DatabaseError, transaction

from baozhen.foundation.audit.models import AuditEntry
from baozhen.foundation.clock import now
from baozhen.foundation.consistency import changed_rows
from baozhen.foundation.storage import get_storage
from baozhen.signing.certificates.queries import revocation_evidence, trust_anchors
from baozhen.signing.envelopes.errors import (
    AnswersInvalid,
    AnswersMissing,
    ContentFrozen,
    DraftInvalid,
    ValuesInvalid,
)
from baozhen.signing.envelopes.evidence import parts_of
from baozhen.signing.envelopes.forms import flow_of
from baozhen.signing.envelopes.models import Action, Envelope, Place, Question, Reading
from baozhen.signing.envelopes.services.acts import SignatureInput, sign
from baozhen.signing.envelopes.services.answering import answer, note_asked
from baozhen.signing.envelopes.services.filing import file_envelopes
from baozhen.signing.envelopes.services.from_templates import TemplateOrder, start_from_template
from baozhen.signing.envelopes.services.scenarios import PartyFacts
from baozhen.signing.envelopes.states import EnvelopeState
from baozhen.signing.files.evidence import make_package
from baozhen.signing.files.models import FileEntry
from baozhen.signing.files.services.copies import CopyOrder
from baozhen.signing.organizations.queries import root_unit
from baozhen.signing.templates.errors import FieldsInvalid
from baozhen.signing.templates.errors import ValuesInvalid as TemplateValuesInvalid
from baozhen.signing.templates.services import (
    Approval,
    Content,
    TemplateDraft,
    approve_version,
    create_template,
    retire_version,
    submit_version,
)
from baozhen.signing.templates.states import SourceKind
from baozhen.trust.archives import unpack
from baozhen.trust.judgement import TrustAnchors
from baozhen.trust.package import CHRONOLOGY, MANIFEST, check_package
from baozhen.trust.report import Verdict
from tests.signing.envelopes.conftest import person
from tests.signing.envelopes.test_scenarios import judged

pytestmark = pytest.mark.django_db(transaction=True)
HEALTHY = {f"q{number}": "否" for number in range(1, 9)}
ILL = HEALTHY | {"q2": "是", "details": "2024 年阑尾手术，已痊愈"}


@pytest.fixture
def case(desk):
    """A health disclosure that waits for the insured person."""
    envelope = desk.start(flow_of("health_disclosure"))
    return desk, envelope, Action.objects.get(envelope=envelope, type="sign")


def text_of(envelope):
    data = get_storage().get(envelope.documents.get().head_sha256)
    return "".join(
        page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(data)
    ).replace("\r\n", "")


@pytest.mark.requirement("S2-L40c")
def test_from_the_questions_to_a_package_that_says_what_was_asked_and_answered(case):
    desk, envelope, action = case
    asked = list(Question.objects.filter(signatory=action.signatory).order_by("position"))
    assert [one.answer for one in asked] == [None] * 9  # nobody ticks anything beforehand
    assert text_of(envelope).count("待本人回答") == 9
    desk.read(action)
    with pytest.raises(AnswersMissing, match="还有 9 项"):
        sign(action.pk, SignatureInput(picture=b"x", challenge_id="x"), at=now())
    note_asked(action.signatory, at=now())
    answer(action.pk, ILL, at=now())
    assert not Reading.objects.exists()  # what was read was another text
    first = Envelope.objects.get(pk=envelope.pk).content_sha256
    answer(action.pk, HEALTHY, at=now())
    envelope.refresh_from_db()
    said = text_of(envelope)
    assert (said.count("否"), "不适用" in said, "阑尾" in said) >= (8, True, False)
    assert envelope.content_sha256 not in {first, action.envelope.content_sha256}
    action = Action.objects.select_related("envelope", "signatory__subject").get(pk=action.pk)
    done = desk.finish(envelope)
    assert done.state == EnvelopeState.COMPLETED, done.last_error
    report, _ = judged(done)
    assert report.verdict is Verdict.GENUINE, report.to_json()
    assert list(changed_rows(Envelope)) == []
    file_envelopes(keys=[done.pk])
    entry = FileEntry.objects.get(envelope=done.public_id)
    order = CopyOrder(recipient="测试法院", reason="理赔争议")
    data = make_package(entry, order, parts=parts_of(entry), actor="staff:amy", at=now()).data
    found = check_package(
        data, anchors=TrustAnchors(trust_anchors()), at=now(), revocation=revocation_evidence()
    )
    assert found.is_genuine, found.to_dict()
    files = unpack(data, files_max=99, bytes_max=10**8, needed=(MANIFEST, CHRONOLOGY))
    answers = json.loads(files[f"evidence/answers-{action.signatory.public_id}.json"])
    assert answers["document_sha256"] == done.content_sha256
    assert [one["answer"] for one in answers["questions"]] == ["否"] * 8 + [None]
    assert answers["questions"][1]["question"] == flow_of("health_disclosure").questions[1].label
    assert [one["was_asked"] for one in answers["questions"]] == [True] * 8 + [False]
    assert all(one["shown_at"] and one["changes"] == 1 for one in answers["questions"])
    reading = json.loads(files[f"evidence/reading-{action.signatory.public_id}.json"])
    assert all(page["has_ended"] and page["seconds"] for page in reading["pages"])
    assert f"audit/signatory-{action.signatory_id}.json" in files


def test_every_fault_is_told_and_nothing_is_kept(case):
    _, envelope, action = case
    for given, paths in (
        ({}, [f"q{number}" for number in range(1, 9)]),
        (HEALTHY | {"q3": "也许"}, ["q3"]),
        (HEALTHY | {"q3": "是"}, ["details"]),
        (HEALTHY | {"q9": "是"}, ["q9"]),
    ):
        with pytest.raises(AnswersInvalid) as refused:
            answer(action.pk, given, at=now())
        assert [one.path for one in refused.value.facts["faults"]] == paths
    assert not Question.objects.exclude(answered_at=None).exists()
    assert envelope.documents.get().versions.count() == 1
    assert not AuditEntry.objects.filter(action="signatory.answered").exists()


def test_who_begins_the_task_answers_nothing_for_the_party(desk):
    flow = flow_of("health_disclosure")
    values = {entry.name: "测试" for entry in flow.fields}
    with pytest.raises(ValuesInvalid) as refused:
        desk.start(flow, values=values | {"q1": "否"})
    assert [one.path for one in refused.value.facts["faults"]] == ["q1"]


def test_the_first_signature_freezes_the_answers_in_the_database_too(case):
    desk, envelope, action = case
    answer(action.pk, HEALTHY, at=now())
    action = Action.objects.select_related("envelope", "signatory__subject").get(pk=action.pk)
    desk.act(action)
    with pytest.raises(ContentFrozen):
        answer(action.pk, ILL, at=now())
    with pytest.raises(DatabaseError, match="frozen"), transaction.atomic():
        Envelope.objects.filter(pk=envelope.pk).update(content_sha256="0" * 64)


SOURCE = """#import "/look.typ": *
#let d = json("/data.json")
#show: setup.with("声明")
#head("声明")
#rows(("产品", d.shown.product), ("吸烟", d.shown.smokes), ("说明", d.shown.more))
#place-for("客户（签名）")
"""
FIELDS = [
    {"name": "product", "kind": "text", "label": "产品"},
    {"name": "smokes", "kind": "choice", "role": "customer", "label": "您是否吸烟？",
     "options": ["是", "否"]},
    {"name": "more", "kind": "text", "role": "customer", "label": "每天几支",
     "condition": 'smokes = "是"'},
    {"name": "agreed", "kind": "checkbox", "role": "customer", "label": "同意核实"},
    {"name": "sign", "kind": "signature", "role": "customer", "keyword": "客户（签名）"},
    {"name": "seal", "kind": "seal", "role": "insurer", "rect": [0.6, 0.6, 0.8, 0.74]},
]  # fmt: skip
SAMPLE = {"product": "测试险", "smokes": "否", "agreed": True}


def template(fields=FIELDS):
    draft = TemplateDraft(
        code="statement", title="声明", document_type="statement", unit=root_unit()
    )
    content = Content(source_kind=SourceKind.TYPST, source=SOURCE, fields=fields, sample=SAMPLE)
    made = create_template(draft, content, actor="amy", at=now())
    submit_version(made.pk, actor="amy", at=now())
    approval = Approval(effective_from=date(2026, 1, 1))
    return approve_version(made.pk, approval, actor="bob", at=now())


def begin(values=None, **changes):
    order = TemplateOrder(
        template="statement", client="test", unit=root_unit(),
        values=values or {"product": "测试险"}, silent=frozenset({"insurer"}),
        parties={"customer": PartyFacts(subject=person(1, "张测试"))}, **changes,
    )  # fmt: skip
    return start_from_template(order, actor="test", at=now())


def test_a_template_of_the_centre_asks_too_and_its_marks_move_with_the_text(desk):
    version = template()
    with pytest.raises(TemplateValuesInvalid) as refused:
        begin(SAMPLE)
    assert "不能代填" in str(refused.value.facts["faults"][0].message)
    with pytest.raises(DraftInvalid, match="第一个签名"):
        begin(steps={"insurer": 1, "customer": 2})
    envelope = begin()
    retire_version(version.pk, reason="换版", actor="bob", at=now())
    action = Action.objects.get(envelope=envelope, type="sign")
    before = Place.objects.get(action=action).y
    with pytest.raises(AnswersInvalid) as unticked:
        answer(action.pk, {"smokes": "否", "agreed": False}, at=now())
    assert [one.path for one in unticked.value.facts["faults"]] == ["agreed"]
    answer(action.pk, {"smokes": "是", "more": "十支" * 120, "agreed": True}, at=now())
    assert Place.objects.get(action=action).y < before - 20
    done = desk.finish(envelope)
    assert done.state == EnvelopeState.COMPLETED, done.last_error
    assert judged(done)[0].verdict is Verdict.GENUINE
    assert "十支十支" in text_of(done)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"name": "sign", "role": "other"}, "role_unsigned"),
        ({"name": "seal", "condition": 'smokes = "是"'}, "condition_asked"),
        ({"name": "product", "kind": "amount", "role": "customer"}, "role_unfit"),
    ],
)
def test_a_template_that_asks_must_be_signed_by_who_answers(desk, change, code):
    fields = [one | change if one["name"] == change["name"] else one for one in FIELDS]
    with pytest.raises(FieldsInvalid) as refused:
        template(fields)
    assert code in {fault.code for fault in refused.value.facts["faults"]}
