"""合规台账: filter, evidence, review by another person, overdue marks, export."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from baozhen.foundation.clock import now
from baozhen.insurance.compliance.models import Duty
from baozhen.insurance.compliance.seeds import data_item_seeds, duty_seeds
from baozhen.insurance.compliance.services import seed_registers
from tests.faces.conftest import BACKEND

DRILL = "/console/duties/D-0736B"


@pytest.fixture
def registers(db):
    seed_registers(duty_seeds(), data_item_seeds(), at=now())


def given():
    file = SimpleUploadedFile("演练记录.pdf", b"%PDF-1.7 record")
    return {"conclusion": "演练达到目标", "done_on": "2026-03-01", "file": file}


@pytest.mark.requirement("S0-7.3.6b")
def test_a_drill_is_handed_in_reviewed_and_exported(client, staff, registers):
    client.force_login(staff("合规人员", name="first"), backend=BACKEND)
    assert client.get(DRILL).status_code == 200
    client.post(f"{DRILL}/hand-in", given())
    client.post(f"{DRILL}/review", {"result": "accept"})
    assert Duty.objects.get(code="D-0736B").state == "handed_in"
    client.force_login(staff("合规人员", name="second"), backend=BACKEND)
    client.post(f"{DRILL}/review", {"result": "accept"})
    assert Duty.objects.get(code="D-0736B").state == "met"
    text = client.get(DRILL).content.decode()
    assert "演练达到目标" in text
    key = Duty.objects.get(code="D-0736B").evidence.get().pk
    sent = client.get(f"{DRILL}/evidence/{key}")
    assert sent.content == b"%PDF-1.7 record"
    assert "attachment" in sent["Content-Disposition"]
    exported = client.get("/console/duties/export.csv").content.decode("utf-8-sig")
    assert "D-0736B" in exported
    assert "已履行" in exported


def test_filters_and_overdue_marks(signed_in, registers):
    Duty.objects.filter(code="D-0715").update(due="2020-01-01")
    officer = signed_in("合规人员")
    text = officer.get("/console/duties?state=overdue").content.decode()
    assert "D-0715" in text
    assert "D-0736B" not in text
    assert "已逾期" in officer.get("/console/duties/D-0715").content.decode()
    assert "D-0736B" in officer.get("/console/duties?search=S0-7.3.6b").content.decode()


def test_owner_date_and_new_round(signed_in, registers):
    officer = signed_in("合规人员")
    change = {"owner": "安全部", "mail": "a@example.com", "rhythm": "yearly", "due": "2027-01-01"}
    officer.post(f"{DRILL}/assign", change)
    assert Duty.objects.get(code="D-0736B").owner == "安全部"
    officer.post(f"{DRILL}/round", {"reason": "变更"})
    assert Duty.objects.get(code="D-0736B").round == 1


def test_the_catalogue_is_changed_and_reviewed(client, staff, registers):
    client.force_login(staff("合规人员", name="first"), backend=BACKEND)
    address = "/console/data-items/claim"
    values = data_item_seeds()["claim"].columns() | {"use": "=核定"}
    client.post(f"{address}/change", values)
    client.post(f"{address}/review")
    assert "待复核" in client.get(address).content.decode()
    client.force_login(staff("合规人员", name="second"), backend=BACKEND)
    client.post(f"{address}/review")
    assert "已复核" in client.get(address).content.decode()
    exported = client.get("/console/data-items/export.csv").content.decode("utf-8-sig")
    assert "'=核定" in exported
    assert "个人敏感" in client.get("/console/data-items?level=个人敏感").content.decode()


def test_others_have_no_business_here(signed_in, staff, registers):
    leader = signed_in("客服")
    assert leader.get("/console/duties").status_code == 403
    leader.force_login(staff("业务负责人", name="leader"), backend=BACKEND)
    assert "提交证明" not in leader.get(DRILL).content.decode()
    assert leader.post(f"{DRILL}/hand-in", given()).status_code == 403
