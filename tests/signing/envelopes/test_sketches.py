"""A task from one's own files: what strangers' bytes may do, what is missing, and starting once."""

import pytest

from baozhen.foundation.clock import now
from baozhen.signing.envelopes.errors import DraftInvalid, PlaceNotFound, SketchNotFound
from baozhen.signing.envelopes.models import Envelope, Place, Sketch
from baozhen.signing.envelopes.services import create, sketches
from baozhen.signing.envelopes.services.create import create_envelope
from baozhen.signing.envelopes.services.drafts import (
    ActionDraft,
    DocumentDraft,
    EnvelopeDraft,
    PlaceDraft,
    SignatoryDraft,
)
from baozhen.signing.organizations.queries import root_unit
from baozhen.signing.organizations.services.setup import appoint_first
from tests.pdfs import lay_out, plain

PERSON = {
    "kind": "person",
    "label": "投保人",
    "action": "sign",
    "order": 1,
    "silent": False,
    "unit": "",
    "channel": "",
    "name": "测试伟",
    "id_no": "990000199001010019",
    "mobile": "19900000001",
    "email": "",
}
PLACE = {
    "party": "p1",
    "document": 1,
    "page": 0,
    "x": 300.0,
    "y": 300.0,
    "riding": False,
    "keyword": "",
    "occurrence": 1,
}


@pytest.fixture
def owner(desk):
    return appoint_first("qi", "起草人", ("业务经办",), password="a-long-password-1", at=now())


@pytest.fixture
def sketch(owner):
    made = sketches.new_sketch(owner, at=now())
    sketches.add_document(made, "协议", plain(), at=now())
    sketches.add_party(made, PERSON, at=now())
    return made


def test_a_sketch_starts_once_and_is_gone(sketch, desk):
    assert sketches.missing_in(sketch) == ["还没有给投保人指定签章位置"]
    with pytest.raises(DraftInvalid):
        sketches.start_sketch(sketch, actor="staff:qi", at=now())
    sketches.add_place(sketch, PLACE, at=now())
    first = sketches.start_sketch(sketch, actor="staff:qi", at=now())
    assert not Sketch.objects.exists()
    # The same press of the button that arrived twice: the second finds the first one's task.
    assert sketches.start_sketch(sketch, actor="staff:qi", at=now()).pk == first.pk
    assert Envelope.objects.filter(title="协议").count() == 1
    desk.finish(first)
    first.refresh_from_db()
    assert first.state == "completed"


def test_a_click_at_the_edge_keeps_the_mark_on_the_page(sketch):
    sketches.add_place(sketch, {**PLACE, "x": 1.0, "y": 2.0}, at=now())
    [place] = sketch.content["places"]
    assert (place["x"], place["y"]) == (0.0, 0.0)
    with pytest.raises(DraftInvalid):
        sketches.add_place(sketch, {**PLACE, "page": 7}, at=now())
    with pytest.raises(DraftInvalid):
        sketches.add_place(sketch, {**PLACE, "party": "p9"}, at=now())


def test_what_goes_takes_its_places_along(sketch):
    sketches.add_document(sketch, "附件", plain(2), at=now())
    sketches.add_place(sketch, PLACE, at=now())
    sketches.add_place(sketch, {**PLACE, "document": 2}, at=now())
    sketches.remove_document(sketch, 1, at=now())
    assert [place["document"] for place in sketch.content["places"]] == [1]
    sketches.remove_party(sketch, "p1", at=now())
    assert sketch.content["places"] == []


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"label": ""}, "label"),
        ({"mobile": ""}, "mobile"),
        ({"action": "seal"}, "action"),
        ({"action": "dance"}, "action"),
        ({"kind": "outside", "action": "seal"}, "unit"),
    ],
)
def test_a_party_that_cannot_act_is_refused(sketch, changes, path):
    with pytest.raises(DraftInvalid) as refusal:
        sketches.add_party(sketch, {**PERSON, **changes}, at=now())
    assert refusal.value.path == path


def test_a_stranger_sees_no_sketch_and_old_ones_go(sketch, owner):
    other = appoint_first("bie", "别人", ("业务经办",), password="a-long-password-1", at=now())
    with pytest.raises(SketchNotFound):
        sketches.sketch_of(sketch.public_id, other)
    Sketch.objects.update(changed_at=now() - sketches.SKETCH_LIFETIME * 2)
    sketches.forget_sketches()
    with pytest.raises(SketchNotFound):
        sketches.sketch_of(sketch.public_id, owner)


@pytest.mark.parametrize("data", [b"", b"no pdf", b"%PDF-1.7\n" + b"\0" * 5000])
def test_bytes_that_are_no_pdf_are_refused_with_a_reason(sketch, data):
    with pytest.raises(DraftInvalid) as refusal:
        sketches.add_document(sketch, "坏", data, at=now())
    assert refusal.value.facts["reason"]


def free_draft(pdf, **place):
    return EnvelopeDraft(
        client="test",
        unit=root_unit(),
        title="自由",
        document_type="other",
        documents=[DocumentDraft(title="自由", pdf=pdf)],
        signatories=[
            SignatoryDraft(
                role="us", label="保险人", kind="organization", name="甲", unit=root_unit()
            )
        ],
        actions=[ActionDraft(role="us", type="seal", places=[PlaceDraft(**place)])],
    )


@pytest.mark.requirement("S2-L420b")
def test_strangers_files_are_parsed_by_a_child_only(desk, monkeypatch):
    """Web and worker processes hold keys: no parser runs over a stranger's bytes there."""

    def refuse(*_args, **_keys):
        raise AssertionError("parsed in this process")

    monkeypatch.setattr(create, "find_keyword", refuse)
    monkeypatch.setattr("baozhen.trust.pdf.prepare.prepare", refuse)
    monkeypatch.setattr("pikepdf.open", refuse)
    monkeypatch.setattr("pypdfium2.PdfDocument", refuse)
    envelope = create_envelope(free_draft(plain(), keyword="被保险人"), actor="t", at=now())
    assert Place.objects.get(action__envelope=envelope).page == 0
    with pytest.raises(PlaceNotFound):
        create_envelope(free_draft(lay_out("一页"), keyword="没有"), actor="t", at=now())
