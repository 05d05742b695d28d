"""Reading by REST who got a desensitised copy: one's own with its record, a stranger's without."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from baozhen.faces.uploads import UPLOAD_BYTES_MAX
from baozhen.foundation.audit.models import AuditEntry
from baozhen.foundation.clock import now
from baozhen.signing.files.models import FileCopy
from baozhen.signing.files.services import CopyOrder, make_black_copy
from baozhen.signing.organizations.queries import root_unit
from baozhen.trust.pdf.rendering import page_pictures
from tests.signing.files.making import text_pdf
from tests.signing.files.test_file_centre import enter

pytestmark = pytest.mark.django_db
WHERE = "/mark-readings"


def black(client, dossier):
    entry = enter(text_pdf("承保充电桩损失"), root_unit(), client=client, dossier=dossier)
    order = CopyOrder(recipient="客服李工", reason="客户要求")
    return make_black_copy(entry, order, actor="staff:amy", at=now())


@pytest.fixture
def own(platform):
    """A desensitised copy of a file of the program's own."""
    return black("api:core", "env_1")


def sent(program, data, name="copy.pdf"):
    return program.upload(WHERE, file=SimpleUploadedFile(name, data))


def noted():
    return AuditEntry.objects.filter(action="file_entry.mark_read")


@pytest.mark.requirement("S2-L622", "S2-L160.m5")
def test_the_mark_of_ones_own_copy_leads_to_its_record(program, own):
    found = sent(program, own.data).json()
    assert (found["recipient"], found["number"]) == ("客服李工", own.copy.number)
    record = found["copy_record"]
    assert record["file"] == own.copy.entry.public_id
    assert (record["recipient"], record["reason"]) == ("客服李工", "客户要求")
    assert (record["made_by"], record["count"]) == ("staff:amy", 1)
    assert record["at"][:19] == found["at"][:19]
    [act] = noted()
    assert (act.subject_id, act.actor) == (own.copy.entry_id, "api:core")
    assert act.facts == {"number": own.copy.number}
    assert FileCopy.objects.count() == 1


def test_a_picture_of_a_page_is_enough(program, own):
    out = io.BytesIO()
    next(page_pictures(own.data, dots_per_inch=150)).convert("L").save(out, "PNG")
    assert sent(program, out.getvalue(), "photo.png").json()["number"] == own.copy.number


@pytest.mark.requirement("S2-L160.d2")
def test_of_anothers_copy_only_the_mark_itself_is_told(program):
    theirs = black("api:other", "env_2")
    found = sent(program, theirs.data).json()
    assert (found["number"], found["copy_record"]) == (theirs.copy.number, None)
    assert not noted().exists()


def test_a_mark_that_the_register_does_not_know_may_be_forged(program, own):
    FileCopy.objects.filter(pk=own.copy.pk).update(recipient="别人")
    assert sent(program, own.data).json()["copy_record"] is None
    assert not noted().exists()


@pytest.mark.parametrize("data", [b"rubbish", b"%PDF-1.7 nothing", b"\x89PNG\r\n\x1a\n", None])
def test_where_there_is_no_mark_that_is_said(program, data):
    answer = sent(program, text_pdf("没有标记") if data is None else data)
    assert (answer.status_code, answer.json()["code"]) == (422, "mark_unreadable")
    assert [one["path"] for one in answer.json()["errors"]] == ["file"]


def test_nothing_and_too_much_name_the_field(program):
    for answer, status in (
        (program.upload(WHERE), 422),
        (sent(program, b"0" * (UPLOAD_BYTES_MAX + 1)), 413),
    ):
        assert answer.status_code == status
        assert [one["path"] for one in answer.json()["errors"]] == ["file"]


def test_without_the_scope_no_mark_is_read(program_with, own):
    assert sent(program_with("files:write"), own.data).json()["code"] == "api_scope_missing"
