"""Staff verify anybody's file and take the sealed report."""

import hashlib
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from baozhen.faces.inspection import inspect_file
from baozhen.foundation.clock import now
from baozhen.signing.files.models import InspectionReport
from baozhen.signing.organizations.queries import root_unit
from tests.signing.files.making import sealed_pdf
from tests.signing.files.test_file_centre import enter

pytestmark = pytest.mark.django_db


@pytest.mark.requirement("S2-L160.b2")
def test_a_file_is_verified_and_its_report_sent(platform, signed_in):
    boss = signed_in("业务负责人")
    data = sealed_pdf("甲方与乙方约定如下")
    entry = enter(data, root_unit())
    upload = SimpleUploadedFile("a.pdf", data, "application/pdf")
    page = boss.post("/console/files/inspect", {"file": upload}).content.decode()
    assert 'data-verdict="genuine"' in page
    assert entry.public_id in page
    finding = re.search(r'name="finding" value="([^"]+)"', page)[1]
    answer = boss.post("/console/files/inspect/report", {"finding": finding})
    assert inspect_file(answer.content, at=now()).report["verdict"] == "genuine"
    assert boss.post("/console/files/inspect/report", {"finding": "x"}).status_code == 422
    made = InspectionReport.objects.get()
    assert made.sha256 == hashlib.sha256(answer.content).hexdigest()
    for asked in (made.number.lower(), made.file_sha256, made.sha256.upper()):
        listed = boss.get("/console/files/reports", {"number": asked, "source": "console"})
        assert made.number in listed.content.decode(), asked
    assert made.number not in boss.get("/console/files/reports?source=api").content.decode()
    assert boss.post("/console/files/inspect", {}).status_code == 200


def test_without_the_permission_nothing_is_verified(platform, signed_in):
    client = signed_in("审计员")
    assert client.get("/console/files/inspect").status_code == 403
    assert client.post("/console/files/inspect/report", {"finding": "x"}).status_code == 403
