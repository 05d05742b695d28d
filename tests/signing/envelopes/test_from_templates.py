"""From a template with seal, riding seal and signature to a finished task that verifies."""

from datetime import date, timedelta

import pytest

from baozhen.foundation.clock import now
from baozhen.foundation.storage import get_storage
from baozhen.signing.envelopes.errors import BizNumberTaken, DraftInvalid
from baozhen.signing.envelopes.models import Action, BatchRow, Envelope, Place
from baozhen.signing.envelopes.services.batches import BatchOrder, create_batch, start_rows
from baozhen.signing.envelopes.services.from_templates import (
    TemplateOrder,
    roles_of,
    start_from_template,
)
from baozhen.signing.envelopes.services.scenarios import PartyFacts
from baozhen.signing.envelopes.states import EnvelopeState
from baozhen.signing.organizations.queries import root_unit, unit_of_code
from baozhen.signing.templates.errors import NoVersionInForce, TemplateUnknown, ValuesInvalid
from baozhen.signing.templates.services import (
    Approval,
    Content,
    TemplateDraft,
    approve_version,
    create_template,
    prepare_upload,
    share_template,
    submit_version,
)
from baozhen.signing.templates.states import Sharing, SourceKind
from baozhen.trust.report import Verdict
from tests.signing.envelopes.conftest import person
from tests.signing.envelopes.sealing import outside_company
from tests.signing.envelopes.test_scenarios import judged
from tests.signing.templates.making import two_pages

pytestmark = pytest.mark.django_db(transaction=True)

SOURCE = """#import "/look.typ": *
#let d = json("/data.json")
#show: setup.with("确认书")
#head("投保确认书")
#rows(("投保人", d.shown.holder), ("保险费", d.shown.premium))
#place-for("投保人（签名）")
#pagebreak()
第二页
"""
FIELDS = [
    {"name": "holder", "kind": "text", "label": "投保人"},
    {"name": "premium", "kind": "amount", "label": "保险费"},
    {"name": "sign", "kind": "signature", "role": "policyholder", "keyword": "投保人（签名）"},
    {"name": "card", "kind": "attachment", "role": "policyholder", "label": "身份证"},
    {"name": "seal", "kind": "seal", "role": "insurer", "page": -1, "rect": [0.6, 0.6, 0.8, 0.74]},
    {"name": "ride", "kind": "riding_seal", "role": "insurer", "rect": [0.8, 0.4, 1, 0.54]},
    {
        "name": "boss",
        "kind": "signature",
        "role": "policyholder",
        "rect": [0.1, 0.8, 0.3, 0.86],
        "condition": "premium >= 1000000",
    },
]
VALUES = {"holder": "张测试", "premium": 137645}


@pytest.fixture
def in_force(platform):
    """Put a template in force: `in_force("confirmation")`."""

    def make(code="confirmation", sharing=Sharing.ALL, sample=VALUES, **content):
        facts = {"source_kind": SourceKind.TYPST, "source": SOURCE, "fields": FIELDS} | content
        draft = TemplateDraft(
            code=code, title="投保确认书", document_type="confirmation", unit=root_unit(),
            sharing=sharing,
        )  # fmt: skip
        made = create_template(draft, Content(sample=sample, **facts), actor="amy", at=now())
        submit_version(made.pk, actor="amy", at=now())
        approval = Approval(effective_from=date(2026, 1, 1))
        return approve_version(made.pk, approval, actor="bob", at=now())

    return make


def order(**changes):
    facts = {
        "template": "confirmation", "client": "test", "unit": root_unit(), "values": VALUES,
        "parties": {"policyholder": PartyFacts(subject=person(1, "张测试"), channel="sms")},
    }  # fmt: skip
    return TemplateOrder(**(facts | changes))


def start(**changes):
    return start_from_template(order(**changes), actor="test", at=now())


@pytest.mark.requirement("S2-L374", "S2-L420a", "S2-L160.b1")
def test_from_a_template_to_a_verified_file(desk, in_force):
    version = in_force()
    assert [(one.role, one.label, one.kind) for one in roles_of(version)] == [
        ("policyholder", "投保人", "person"),
        ("insurer", "保险人", "organization"),
    ]
    envelope = start(biz_no="N1")
    steps = Action.objects.filter(envelope=envelope).order_by("order")
    assert [(one.signatory.role, one.type, one.order) for one in steps] == [
        ("policyholder", "sign", 1),
        ("insurer", "seal", 2),
    ]
    places = Place.objects.filter(action__envelope=envelope).order_by("pk")
    assert [(one.page, one.is_riding) for one in places] == [(0, False), (1, False), (0, True)]
    seal = places[1]
    assert (seal.x, seal.width) == pytest.approx((0.6 * 595.28, 0.2 * 595.28), abs=0.5)
    assert envelope.signatories.get(role="policyholder").papers.get().label == "身份证"
    assert envelope.documents.get().template == "confirmation@1"
    assert envelope.signatories.get(role="policyholder").channel == "sms"
    done = desk.finish(envelope)
    assert done.state == EnvelopeState.COMPLETED, done.last_error
    report, _ = judged(done)
    assert report.verdict is Verdict.GENUINE, report.to_json()
    assert len(report.signatures) == 4  # SM2 and RSA of both parties
    assert start(biz_no="N1").pk == envelope.pk
    with pytest.raises(BizNumberTaken):
        start(biz_no="N1", values=VALUES | {"premium": 1})


@pytest.mark.requirement("S2-L374")
def test_an_uploaded_template_is_sealed_silently_where_its_fields_lie(desk, in_force):
    fields = [
        {"name": "holder", "kind": "text", "rect": [0.1, 0.1, 0.5, 0.15]},
        {
            "name": "seal",
            "kind": "seal",
            "role": "insurer",
            "page": 1,
            "rect": [0.6, 0.6, 0.8, 0.8],
        },
    ]
    upload = prepare_upload(two_pages(), SourceKind.PDF)
    values = {"holder": "李测试"}
    more = {"source_kind": SourceKind.PDF, "source": "", "upload": upload, "fields": fields}
    in_force("receipt", sample=values, **more)
    wish = {"template": "receipt", "values": values, "parties": {}, "biz_no": "R1"}
    envelope = start(silent=frozenset({"insurer"}), **wish)
    later = order(silent=frozenset({"insurer"}), **wish)
    again = start_from_template(later, actor="test", at=now() + timedelta(minutes=1))
    assert (again.pk, again.rules) == (envelope.pk, {"template": "receipt@1"})
    done = desk.perform(envelope)
    assert done.state == EnvelopeState.COMPLETED, done.last_error
    report, _ = judged(done)
    assert report.verdict is Verdict.GENUINE, report.to_json()
    assert Place.objects.get(action__envelope=envelope).page == 1


def test_a_condition_brings_a_second_signature_and_a_company_signs_by_its_head(desk, in_force):
    in_force()
    company = outside_company("测试投保企业")
    much = {"values": VALUES | {"premium": 2_000_000}, "steps": {"insurer": 1, "policyholder": 2}}
    envelope = start(parties={"policyholder": PartyFacts(unit=company)}, **much)
    steps = Action.objects.filter(envelope=envelope).order_by("order")
    assert [(one.type, one.places.count()) for one in steps] == [("seal", 2), ("legal_rep_sign", 2)]


def test_what_cannot_be_started_says_why(desk, in_force):
    version = in_force(sharing=Sharing.OWN)
    facts = person(1)
    odd = {"policyholder": PartyFacts(subject=facts), "x": PartyFacts()}
    for changes, reason in (
        ({"parties": {}}, "请填写投保人的身份信息"),
        ({"parties": odd}, "没有签署方 x"),
        ({"silent": frozenset({"x"})}, "没有签署方 x"),
        ({"steps": {"x": 1}}, "没有签署方 x"),
        ({"parties": {"insurer": PartyFacts(subject=facts)}}, "请填写投保人"),
        ({"silent": frozenset({"policyholder"})}, "只有本单位"),
    ):
        with pytest.raises(DraftInvalid, match=reason):
            start(**changes)
    with pytest.raises(ValuesInvalid) as refused:
        start(values={"premium": "1"})
    assert [fault.path for fault in refused.value.facts["faults"]] == ["holder", "premium"]
    with pytest.raises(TemplateUnknown):
        start(unit=unit_of_code("DEMO11"))
    with pytest.raises(TemplateUnknown):
        start(template="nothing")
    type(version).objects.update(effective_from=date(2999, 1, 1))
    with pytest.raises(NoVersionInForce):
        start()
    assert not Envelope.objects.filter(flow="template").exists()


def test_who_loses_a_template_starts_nothing_new_and_ends_what_was_begun(desk, in_force):
    template, branch = in_force(sharing=Sharing.OWN).template, unit_of_code("DEMO11")
    share_template(template, Sharing.CHOSEN, [branch], actor="amy", at=now())
    begun = start(unit=branch)
    share_template(template, Sharing.OWN, actor="amy", at=now())
    with pytest.raises(TemplateUnknown):
        start(unit=branch)
    many = BatchOrder(flow=template.public_id, client="test", unit=branch)
    with pytest.raises(TemplateUnknown):
        create_batch(many, [{"values": VALUES}], actor="test", at=now())
    done = desk.finish(begun)
    assert done.state == EnvelopeState.COMPLETED, done.last_error


@pytest.mark.requirement("S2-L420c", "S2-L420a")
def test_a_table_starts_a_template_for_every_row(desk, in_force):
    version = in_force()
    parties = {
        "policyholder": {"name": "张测试", "id_no": "990000199001010019", "mobile": "19900000001"}
    }
    parties["policyholder"] |= {"id_type": "id_card"}
    row = {"values": VALUES, "parties": parties, "silent": ["insurer"]}
    rows = [
        row | {"biz_no": "A"},
        row | {"biz_no": "B", "values": {"holder": "张测试"}},
        row | {"biz_no": "C", "silent": "insurer"},
    ]
    wish = BatchOrder(flow=version.template.public_id, client="test", unit=root_unit())
    batch = create_batch(wish, rows, actor="test", at=now())
    start_rows(keys=list(BatchRow.objects.values_list("pk", flat=True)))
    found = BatchRow.objects.filter(batch=batch).order_by("line")
    assert [one.status for one in found] == ["started", "failed", "failed"]
    assert "保险费" in found[1].problem
    done = desk.finish(Envelope.objects.get(flow="template"))
    assert done.state == EnvelopeState.COMPLETED, done.last_error
    assert get_storage().get(done.documents.get().head_sha256).startswith(b"%PDF-")


@pytest.mark.requirement("S2-L420c")
def test_rows_that_want_our_silent_seal_alone_are_opened_and_sealed_together(desk, in_force):
    seals = [entry for entry in FIELDS if entry["kind"] not in {"signature", "attachment"}]
    version = in_force(fields=seals)
    own, other = root_unit(), outside_company("别家")
    row = {"values": VALUES, "silent": ["insurer"]}
    rows = [
        row | {"biz_no": "A"},
        row | {"biz_no": "B"},
        row | {"biz_no": "C", "values": {"holder": "张测试"}},
        row | {"biz_no": "D", "silent": []},
        row | {"biz_no": "E", "silent": [], "parties": {"insurer": {"unit": other.public_id}}},
        row | {"biz_no": "F", "silent": "insurer"},
    ]
    wish = BatchOrder(flow=version.template.public_id, client="test", unit=own)
    batch = create_batch(wish, rows, actor="test", at=now())
    start_rows(keys=list(BatchRow.objects.values_list("pk", flat=True)))
    found = {one.line: one for one in BatchRow.objects.filter(batch=batch)}
    assert [found[line].status for line in (1, 2, 3, 4, 5, 6)] == [
        "started", "started", "failed", "started", "started", "failed",
    ]  # fmt: skip
    made = {one.biz_no: one for one in Envelope.objects.filter(batch=batch)}
    assert [made[name].state for name in "ABDE"] == [
        "completed", "completed", "in_progress", "in_progress",
    ]  # fmt: skip
    assert made["A"].started_at == made["B"].started_at
    for name in "AB":
        assert made[name].rules == {"template": "confirmation@1"}
        report, _ = judged(made[name])
        assert report.verdict is Verdict.GENUINE, report.to_json()
        seal, riding = Place.objects.filter(action__envelope=made[name]).order_by("pk")
        assert (seal.page, riding.is_riding) == (1, True)
