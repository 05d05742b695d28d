"""Comparing two documents by REST: one's own files and PDFs, within limits, on record."""

import base64
import io

import pytest
from PIL import Image

from baozhen.faces.api import comparisons
from baozhen.faces.uploads import UPLOAD_BYTES_MAX
from baozhen.foundation.audit.models import AuditEntry
from baozhen.foundation.storage import get_storage
from baozhen.signing.files.models import FileCopy, FileEntry
from baozhen.signing.organizations.queries import root_unit
from tests import pdfs
from tests.signing.files.making import text_pdf
from tests.signing.files.test_file_centre import enter
from tests.trust.pdf.test_pdf_compare import pages

pytestmark = pytest.mark.django_db
WHERE = "/file-comparisons"
OLD, NEW = "保险金额为 100,000.00 元", "保险金额为 10,000.00 元"


@pytest.fixture
def entry(platform):
    return enter(text_pdf(OLD), root_unit(), client="api:core")


@pytest.fixture
def foreign(platform):
    return enter(text_pdf("别人的"), root_unit(), dossier="env_2", client="api:other")


def content(pdf):
    return {"content": base64.b64encode(pdf).decode()}


def ask(program, before, after, **more):
    return program.post(WHERE, {"before": before, "after": after} | more)


def compared():
    return AuditEntry.objects.filter(action="file_entry.compared")


@pytest.mark.requirement("S2-L160.n4", "S2-L160.m5")
def test_a_file_is_compared_with_a_pdf_and_that_is_on_record(program, entry):
    pdf = text_pdf(NEW)
    found = ask(program, {"file": entry.public_id}, content(pdf)).json()
    assert found["is_alike"] is False
    assert found["before"] == {"file": entry.public_id, "sha256": entry.sha256, "pages": 1}
    assert found["after"]["file"] is None
    [change] = found["texts"]
    assert (change["before"], change["after"]) == ("100,000.00", "10,000.00")
    assert (change["before_page"], change["after_page"], found["text_count"]) == (1, 1, 1)
    [place] = change["before_places"]
    assert 40 < place["x"] < 550
    assert 700 < place["y"] < place["y"] + place["height"] < 842
    [picture] = found["pictures"]
    assert (picture["before_page"], picture["after_page"]) == (1, 1)
    assert picture["region_count"] == len(picture["regions"]) >= 1
    assert (found["sheets"], found["sheets_left_off"]) == ([], 0)
    [act] = compared()
    assert (act.subject_id, act.actor) == (entry.pk, "api:core")
    # Nothing of the stranger's document is kept, and no copy was handed out.
    assert not FileEntry.objects.filter(sha256=found["after"]["sha256"]).exists()
    assert not get_storage().exists(found["after"]["sha256"])
    assert not FileCopy.objects.exists()


def test_a_file_is_like_itself_and_noted_once(program, entry):
    same = {"file": entry.public_id}
    found = ask(program, same, same, sheets=True).json()
    assert (found["is_alike"], found["texts"], found["pictures"], found["sheets"]) == (
        True, [], [], [],
    )  # fmt: skip
    assert compared().count() == 1


@pytest.mark.requirement("S2-L160.n4")
def test_pages_are_paired_counted_from_one_and_shown_on_request(program):
    before, after = pages("第一章", "第二章"), pages("第一章", "插入的一页", "第二章")
    found = ask(program, content(before), content(after), sheets=True).json()
    [picture] = found["pictures"]
    assert (picture["before_page"], picture["after_page"]) == (None, 2)
    assert picture["regions"] == []
    [change] = found["texts"]
    assert (change["before"], change["before_page"], change["after_page"]) == ("", None, 2)
    [sheet] = found["sheets"]
    assert (sheet["before_page"], sheet["after_page"]) == (None, 2)
    assert Image.open(io.BytesIO(base64.b64decode(sheet["png"]))).width > 500
    assert found["after"]["pages"] == 3
    assert not compared().exists()


def test_a_seal_is_a_difference_of_the_picture_alone(program):
    found = ask(program, content(pdfs.plain()), content(pdfs.signed())).json()
    assert found["texts"] == []
    assert len(found["pictures"]) == 1


def test_no_more_is_told_than_the_limits_say(program, monkeypatch):
    for name in ("TEXTS_MAX", "PLACES_MAX", "REGIONS_MAX", "SHEETS_MAX"):
        monkeypatch.setattr(comparisons, name, 1)
    before = pages("甲一乙一丙\n\n丁", "戊")
    after = pages("甲二乙二丙\n\n丁" + "#v(60mm)多出一行", "己")
    found = ask(program, content(before), content(after), sheets=True).json()
    assert (len(found["texts"]), found["text_count"]) == (1, 3)
    assert all(len(one["regions"]) <= 1 <= one["region_count"] for one in found["pictures"])
    assert max(one["region_count"] for one in found["pictures"]) > 1
    assert (len(found["sheets"]), found["sheets_left_off"]) == (1, 1)
    monkeypatch.setattr(comparisons, "_SHEETS_BYTES_MAX", 1)
    found = ask(program, content(before), content(after), sheets=True).json()
    assert (found["sheets"], found["sheets_left_off"]) == ([], 2)


@pytest.mark.requirement("S2-L160.d2")
@pytest.mark.parametrize("side", ["before", "after"])
def test_anothers_file_is_not_there(program, entry, foreign, side):
    other = "after" if side == "before" else "before"
    wish = {side: {"file": foreign.public_id}, other: {"file": entry.public_id}}
    answer = program.post(WHERE, wish)
    assert (answer.status_code, answer.json()["code"]) == (404, "file_unknown")
    assert [one["path"] for one in answer.json()["errors"]] == [f"{side}.file"]
    unknown = program.post(WHERE, wish | {side: {"file": f"file_{'0' * 26}"}})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "file_unknown")
    assert not compared().exists()


def test_what_cannot_be_compared_is_refused_with_its_name(program, entry):
    good = {"file": entry.public_id}
    for wrong, path in (
        ({}, ""),
        (good | content(b"x"), ""),
        ({"content": "不是"}, ".content"),
        (content(b"rubbish"), ""),
        (content(b""), ""),
        (content(pdfs.plain(101)), ""),
    ):
        for side, other in (("before", "after"), ("after", "before")):
            answer = program.post(WHERE, {side: wrong, other: good})
            assert (answer.status_code, answer.json()["code"]) == (422, "comparison_impossible")
            assert [one["path"] for one in answer.json()["errors"]] == [side + path]
    assert "超过 100 页" in answer.json()["detail"]
    assert "原文件" in ask(program, content(b"x"), good).json()["detail"]
    assert program.post(WHERE, {"before": good}).status_code == 422
    assert not compared().exists()


def test_what_is_too_large_is_refused_before_it_is_read(program, entry):
    good = {"file": entry.public_id}
    large = content(b"0" * (UPLOAD_BYTES_MAX + 1))
    answer = ask(program, good, large)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert [one["path"] for one in answer.json()["errors"]] == ["after.content"]
    assert ask(program, large, large).status_code == 413  # the whole request is beyond its limit


@pytest.mark.parametrize("scope", ["files:write", "envelopes:read"])
def test_without_the_scope_nothing_is_compared(program_with, scope):
    answer = ask(program_with(scope), content(b"x"), content(b"x"))
    assert (answer.status_code, answer.json()["code"]) == (403, "api_scope_missing")
