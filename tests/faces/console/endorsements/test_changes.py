"""The leader decides on the screen; the list and the sheet show what comes next and no secrets."""

from datetime import timedelta

import pytest

from baozhen.foundation.audit.models import AuditEntry
from baozhen.foundation.clock import now, today
from baozhen.insurance.endorsements.services.asking import submit_change
from tests.insurance.endorsements.making import (
    HOLDER,
    JPEG,
    confirm,
    draft,
    finish,
    running_s01,
)

pytestmark = pytest.mark.usefixtures("database", "platform")


@pytest.fixture
def waiting():
    policies = running_s01()
    change = draft(
        policies["compulsory"],
        "cancellation",
        at=now(),
        ground="deregistration",
        files=["deregistration_certificate"],
        effective_on=today() + timedelta(days=1),
    )
    return submit_change(change.pk, actor="test", at=now())


def test_a_leader_sees_what_waits_and_agrees(signed_in, waiting):
    client = signed_in("业务负责人")
    page = client.get("/console/changes", {"state": "submitted"}).content.decode()
    assert "注销" in page
    assert waiting.public_id in page
    sheet = client.get(f"/console/changes/{waiting.public_id}").content.decode()
    assert "下一步" in sheet
    assert "机动车注销证明书" in sheet
    assert "交强险条例 第十六条" in sheet
    assert HOLDER["id_no"] not in sheet
    assert HOLDER["mobile"] not in sheet
    agreed = client.post(f"/console/changes/{waiting.public_id}/approve")
    assert agreed.status_code == 302
    waiting.refresh_from_db()
    assert waiting.state == "accepted"
    assert waiting.decided_by

    change = finish(confirm(waiting, at=now()), at=now())
    row = change.endorsements.first()
    sheet = client.get(f"/console/changes/{waiting.public_id}").content.decode()
    assert row.number in sheet
    taken = client.get(f"/console/changes/{waiting.public_id}/files/{row.number}")
    assert taken["Content-Type"] == "application/pdf"


def test_a_refusal_needs_a_reason_that_the_holder_reads(signed_in, waiting):
    client = signed_in("业务负责人")
    address = f"/console/changes/{waiting.public_id}/refuse"
    client.post(address)
    waiting.refresh_from_db()
    assert waiting.state == "submitted"
    client.post(address, {"decision": "证明看不清，请重新拍照"})
    waiting.refresh_from_db()
    assert (waiting.state, waiting.decision) == ("refused", "证明看不清，请重新拍照")


def test_only_a_leader_decides_and_only_who_may_sees_papers(signed_in, waiting):
    client = signed_in("客服")
    assert client.post(f"/console/changes/{waiting.public_id}/approve").status_code == 403
    key = waiting.papers.get().pk
    paper = client.get(f"/console/changes/{waiting.public_id}/papers/{key}")
    assert paper.content == JPEG
    assert AuditEntry.objects.filter(action="change.paper_seen").count() == 1


def test_a_clerk_sees_the_change_but_not_the_papers(signed_in, waiting):
    client = signed_in("出单员")
    assert client.get(f"/console/changes/{waiting.public_id}").status_code == 200
    key = waiting.papers.get().pk
    assert client.get(f"/console/changes/{waiting.public_id}/papers/{key}").status_code == 403
