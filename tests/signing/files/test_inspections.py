"""核验报告: sealed by the insurer about anybody's file, and nobody's sentence but ours in it."""

import re

import pytest

from baozhen.faces.inspection import inspect_file
from baozhen.faces.inspection_reports import carried, carry, inspection_of
from baozhen.foundation.audit.models import AuditEntry
from baozhen.foundation.clock import now
from baozhen.foundation.timestamps.port import TimestampOutage
from baozhen.signing.files import inspections
from baozhen.signing.files.errors import ReportUnsealable
from baozhen.signing.files.inspections import Inspection, seal_inspection
from baozhen.signing.files.models import InspectionReport
from baozhen.signing.seals.models import Seal, SealUse
from baozhen.trust.pdf.positions import find_keyword
from baozhen.trust.pdf.rendering import page_glyphs
from tests.signing.files.making import sealed_pdf, text_pdf

pytestmark = pytest.mark.django_db
_RECTS = re.compile(rb"/Rect ?\[([-\d. ]+)\]")


def words_in(pdf):
    return "".join(glyph.text for _, glyphs in page_glyphs(pdf) for glyph in glyphs)


def inspected(data):
    return inspection_of(inspect_file(data, at=now()), source="test", at=now())


@pytest.mark.parametrize("make", [sealed_pdf, text_pdf])
def test_a_report_is_itself_genuine_and_says_what_was_found(platform, make):
    found = inspected(make("甲方与乙方约定如下"))
    sealed = seal_inspection(found, actor="test", at=now())
    assert inspect_file(sealed.data, at=now()).report["verdict"] == "genuine"
    said = words_in(sealed.data)
    assert found.conclusion in said
    assert found.file_sha256[:12] in said
    assert all(title in said for _, title, _, _ in found.checks)
    record = InspectionReport.objects.get()
    assert (record.verdict, record.file_sha256) == (found.verdict, found.file_sha256)
    assert AuditEntry.objects.filter(action="inspection_report.sealed").count() == 1


def test_a_report_bears_the_seal_of_the_library_and_a_timestamp(platform, settings):
    settings.BAOZHEN_TIMESTAMP = "each"
    sealed = seal_inspection(inspected(b"no pdf"), actor="test", at=now())
    use = SealUse.objects.get(document_type="inspection_report")
    assert (use.state, use.reference) == ("done", sealed.record.number)
    assert use.signed_sha256 == sealed.record.sha256
    report = inspect_file(sealed.data, at=now()).report
    assert report["verdict"] == "genuine"
    assert [check["result"] for check in report["checks"] if check["step"] == 10] == ["passed"]
    name = find_keyword(sealed.data, "出具单位", occurrence=-1)
    rects = [[float(one) for one in rect.split()] for rect in _RECTS.findall(sealed.data)]
    # The seal lies over the line with the company's name, which begins left of it.
    assert [r for r in rects if r[1] < name.rect[1] < r[3] and name.rect[0] < r[0] < 450 < r[2]]


def test_a_seal_that_may_not_be_used_seals_no_report(platform):
    Seal.objects.update(state="suspended")
    with pytest.raises(ReportUnsealable):
        seal_inspection(inspected(b"no pdf"), actor="test", at=now())
    assert not InspectionReport.objects.exists()
    assert not AuditEntry.objects.filter(action="inspection_report.sealed").exists()


def test_what_was_not_sealed_used_no_seal(platform, monkeypatch, settings):
    settings.BAOZHEN_TIMESTAMP = "each"

    class DeadTimestamper:
        def stamp(self, *_args):
            raise TimestampOutage(reason="没有应答")

    monkeypatch.setattr(inspections, "process_timestamper", DeadTimestamper)
    with pytest.raises(TimestampOutage):
        seal_inspection(inspected(b"no pdf"), actor="test", at=now())
    assert SealUse.objects.get(document_type="inspection_report").state == "released"
    assert not InspectionReport.objects.exists()


def test_a_report_that_was_changed_is_found_out(platform):
    data = bytearray(seal_inspection(inspected(b"x"), actor="test", at=now()).data)
    data[len(data) // 2] ^= 1
    assert inspect_file(bytes(data), at=now()).report["verdict"] != "genuine"


def test_a_strangers_words_are_cut_short_and_plain(platform):
    found = inspected(b"no pdf")
    loud = "#set text(99pt) 本公司保证兑付\u202e\U0001f4b0" * 40
    odd = Inspection(**{**vars(found), "checks": [("1", "结构", "不通过", loud)]})
    said = words_in(seal_inspection(odd, actor="test", at=now()).data)
    assert said.count("本公司保证兑付") < 15
    assert "#settext(99pt)" in said.replace(" ", ""), "shown as text, never obeyed"
    assert "\U0001f4b0" not in said


def test_what_travels_with_the_visitor_is_ours_or_nothing(platform):
    found = inspected(b"no pdf")
    assert vars(carried(carry(found))) == vars(found)
