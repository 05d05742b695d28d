"""Each scenario of the e-signing solution, from the first link to the archived file."""

import io

import pypdfium2
import pytest

from baozhen.foundation.clock import now
from baozhen.foundation.storage import get_storage
from baozhen.signing.certificates.queries import revocation_evidence, trust_anchors
from baozhen.signing.envelopes.forms import content_of, flow_of, flows
from baozhen.signing.envelopes.services.filing import file_envelopes
from baozhen.signing.envelopes.states import EnvelopeState
from baozhen.signing.files.models import ArchiveItem, FileEntry
from baozhen.trust.report import Verdict
from baozhen.trust.verify import TrustAnchors, inspect
from tests.signing.envelopes.conftest import values_for

pytestmark = pytest.mark.django_db(transaction=True)


def judged(envelope):
    document = envelope.documents.get(position=1)
    data = get_storage().get(document.head_sha256)
    return inspect(
        data,
        anchors=TrustAnchors(trust_anchors()),
        at=now(),
        revocation=revocation_evidence(),
    ), data


@pytest.mark.requirement(
    "S2-L109", "S2-L115", "S2-L133.05", "S2-L160.b1", "S2-L671.1", "S2-L671.2", "S2-L671.3",
    "S2-L714d", "S2-L770", "S2-L800a", "S2-L883", "S2-L942a", "S2-L942b", "S2-L449", "S2-L374",
)  # fmt: skip
@pytest.mark.parametrize("code", sorted(flows()))
def test_a_flow_goes_from_start_to_archive(desk, code):
    flow = flow_of(code)
    envelope = desk.finish(desk.start(flow))
    assert envelope.state == EnvelopeState.COMPLETED, envelope.last_error
    report, data = judged(envelope)
    assert report.verdict is Verdict.GENUINE, report.to_json()
    signing = [a for a in flow.actions if a.type in {"seal", "sign", "legal_rep_sign"}]
    assert len(report.signatures) == 2 * len(signing)  # SM2 and RSA for each party
    item = ArchiveItem.objects.get(dossier=envelope.public_id)
    assert item.sha256 == envelope.documents.get().head_sha256
    text = pypdfium2.PdfDocument(data)[0].get_textpage().get_text_bounded()
    assert flow.title.split("（", maxsplit=1)[0] in text


@pytest.mark.parametrize("code", sorted(flows()))
def test_a_form_shows_all_that_was_filled_in(code):
    flow = flow_of(code)
    shown = content_of(flow, values_for(flow), insurer="示例", number="1", on=now().date())
    names = {entry.label for entry in flow.fields if entry.kind != "table"}
    said = str(shown["parts"])
    assert all(name in said for name in names)


@pytest.mark.requirement("S2-L160.d1")
def test_a_completed_task_is_found_in_the_file_centre(desk):
    envelope = desk.finish(desk.start(flow_of("claim_application"), biz_no="CLM-1"))
    file_envelopes(keys=[envelope.pk])
    file_envelopes(keys=[envelope.pk])
    entry = FileEntry.objects.get(envelope=envelope.public_id)
    assert entry.sha256 == envelope.documents.get().head_sha256
    assert entry.biz_no == "CLM-1"


def test_the_marks_are_on_the_paper(desk):
    envelope = desk.finish(desk.start(flow_of("application_contract")))
    _, data = judged(envelope)
    document = pypdfium2.PdfDocument(io.BytesIO(data))
    document.init_forms()
    picture = document[0].render(scale=1, may_draw_forms=True).to_pil().convert("RGB")
    left = picture.crop((60, picture.height - 160, 280, picture.height - 60))
    right = picture.crop((320, picture.height - 160, 560, picture.height - 40))
    assert min(left.convert("L").tobytes()) < 90  # ink
    assert any(r > 150 and g < 110 for r, g, _ in right.get_flattened_data())  # seal red
