"""The sealed report behind the button of the verification page."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from baozhen.faces.inspection import inspect_file
from baozhen.faces.limits import Limit
from baozhen.foundation.clock import now
from baozhen.signing.files.models import InspectionReport
from tests.signing.files.making import text_pdf


def button(client, data):
    upload = SimpleUploadedFile("a.pdf", data, "application/pdf")
    page = client.post("/verify", {"file": upload}).content.decode()
    return re.search(r'name="finding" value="([^"]+)"', page)[1]


@pytest.mark.requirement("S2-L160.b2")
def test_a_policys_report_is_genuine_itself(client, pdf):
    answer = client.post("/verify/report", {"finding": button(client, pdf)})
    assert answer["Content-Type"] == "application/pdf"
    assert inspect_file(answer.content, at=now()).report["verdict"] == "genuine"
    assert InspectionReport.objects.get().word == "current"


def test_a_strangers_file_gets_one_too(client, platform):
    answer = client.post("/verify/report", {"finding": button(client, text_pdf("别人的文件"))})
    assert inspect_file(answer.content, at=now()).report["verdict"] == "genuine"
    assert InspectionReport.objects.get().verdict == "not_signed"


def test_nothing_is_sealed_that_was_not_found_here(client, platform):
    finding = button(client, text_pdf("一"))
    middle = len(finding) // 2
    forged = f"{finding[:middle]}{'A' if finding[middle] != 'A' else 'B'}{finding[middle + 1 :]}"
    for text in ("", "x", forged):
        assert client.post("/verify/report", {"finding": text}).status_code == 422
    assert client.get("/verify/report").status_code == 405
    assert not InspectionReport.objects.exists()


def test_reports_are_limited(client, platform, monkeypatch):
    finding = button(client, text_pdf("一"))
    monkeypatch.setattr("baozhen.faces.portal.verify.REPORTS", Limit(name="none", most=0))
    assert client.post("/verify/report", {"finding": finding}).status_code == 429
