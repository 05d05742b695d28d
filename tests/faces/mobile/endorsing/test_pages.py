"""A holder changes a policy on the phone: form, before and after, code, payment, endorsement."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from baozhen.faces.mobile.holders import HOLDER
from baozhen.foundation.clock import now, today
from baozhen.foundation.jobs.worker import run_worker
from baozhen.foundation.storage import get_storage
from baozhen.insurance.endorsements.models import Change, Endorsement
from baozhen.insurance.endorsements.services.asking import decide_change
from baozhen.insurance.payments.models import PaymentAttempt
from baozhen.insurance.policies.models import PolicyFile
from baozhen.signing.identity.services.subjects import SubjectFacts, register_subject
from tests.insurance.endorsements.making import (
    JPEG,
    draft,
    holder,
    last_code,
    pay,
    running_s01,
)

pytestmark = pytest.mark.usefixtures("database", "platform")


def phone(subject):
    client = Client()
    session = client.session
    at = now()
    session[HOLDER] = {
        "subject": subject.public_id,
        "began": at.isoformat(),
        "until": (at + timedelta(minutes=20)).isoformat(),
    }
    session.save()
    return client


def act(client, change, what, **more):
    return client.post(f"/m/changes/{change.public_id}/act", {"act": what, **more})


def confirm(client, change):
    assert act(client, change, "send").status_code == 302
    return act(client, change, "confirm", code=last_code())


@pytest.mark.requirement("S0-4.3.5a")
def test_a_new_plate_needs_a_photograph_and_a_fresh_code_and_brings_a_new_mark():
    policy = running_s01()["compulsory"]
    client = phone(holder())
    choices = client.get(f"/m/policies/{policy.number}/change").content.decode()
    assert "新车上牌了，或者换了号牌" in choices
    address = f"/m/policies/{policy.number}/change/plate"
    wrong = client.post(address, {"plate_no": "京Z1"})
    assert wrong.status_code == 422
    assert "请上传机动车行驶证" in wrong.content.decode()
    photo = SimpleUploadedFile("x.jpg", JPEG, content_type="image/jpeg")
    wrong = client.post(address, {"plate_no": "京Z1", "paper_vehicle_licence": photo})
    assert wrong.status_code == 422
    assert "id_plate_no-fault" in wrong.content.decode()
    photo.seek(0)
    asked = client.post(address, {"plate_no": "京Z54321", "paper_vehicle_licence": photo})
    assert asked.status_code == 302
    change = Change.objects.get()
    shown = client.get(asked.url).content.decode()
    assert "京Z12345" in shown
    assert "京Z54321" in shown
    assert "保险费不变" in shown

    assert act(client, change, "submit").status_code == 302
    assert act(client, change, "send").status_code == 302
    wrong = act(client, change, "confirm", code="000000" if last_code() != "000000" else "000001")
    assert wrong.status_code == 422
    assert Endorsement.objects.count() == 0
    assert act(client, change, "confirm", code=last_code()).status_code == 302
    run_worker(until_idle=True)
    change.refresh_from_db()
    assert change.state == "issued"
    assert Endorsement.objects.count() == 2
    old, new = PolicyFile.objects.filter(kind="mark").order_by("version")
    assert (old.standing, new.standing) == ("superseded", "current")
    assert new.content["plate"][2] == "京Z54321"
    policy.refresh_from_db()
    assert policy.plate_masked.startswith("京Z")
    row = Endorsement.objects.first()
    taken = client.get(f"/m/changes/{change.public_id}/files/{row.number}")
    assert taken.content == get_storage().get(row.sha256)
    wallet = client.get(f"/m/policies/{policy.number}").content.decode()
    assert "第 1 号批单" in wallet


def test_a_higher_limit_is_approved_confirmed_and_paid():
    policy = running_s01()["commercial"]
    client = phone(holder())
    asked = client.post(
        f"/m/policies/{policy.number}/change/limit",
        {
            "code": "B",
            "sum_insured": "3000000",
            "effective_on": (today() + timedelta(days=1)).isoformat(),
        },
    )
    change = Change.objects.get()
    assert asked.status_code == 302
    assert "金额怎么算的" in client.get(asked.url).content.decode()
    act(client, change, "submit")
    assert "正在审批" in client.get(asked.url).content.decode()
    decide_change(change.pk, approved=True, decision="", actor="staff:x", name="示例领导", at=now())
    assert confirm(client, change).status_code == 302
    change.refresh_from_db()
    assert change.state == "paying"
    left = client.post(f"/m/changes/{change.public_id}/pay", {"channel": "alipay"})
    assert left.status_code == 302
    attempt = PaymentAttempt.objects.get()
    pay(attempt.order, at=now())
    run_worker(until_idle=True)
    change.refresh_from_db()
    assert change.state == "issued"
    assert "批单已生成" in client.get(asked.url).content.decode()


@pytest.mark.parametrize("kind", ["limit", "surrender"])
def test_a_refusal_stands_under_its_field(kind):
    policy = running_s01()["commercial"]
    client = phone(holder())
    address = f"/m/policies/{policy.number}/change/{kind}"
    empty = client.post(address, {})
    assert empty.status_code == 422
    late = client.post(
        address, {"code": "B", "sum_insured": "3000000", "effective_on": today().isoformat()}
    )
    assert late.status_code == 422
    assert "id_effective_on-fault" in late.content.decode()


def test_compulsory_cover_is_kept_and_the_reason_said():
    policy = running_s01()["compulsory"]
    client = phone(holder())
    choices = client.get(f"/m/policies/{policy.number}/change").content.decode()
    assert "交强险不能随意退保" in choices
    tried = client.post(
        f"/m/policies/{policy.number}/change/surrender",
        {"effective_on": (today() + timedelta(days=1)).isoformat()},
    )
    assert tried.status_code == 422
    assert "第十六条" in tried.content.decode()


def test_another_person_sees_nothing():
    policy = running_s01()["commercial"]
    mine = draft(policy, "surrender", at=now(), effective_on=today() + timedelta(days=1))
    facts = SubjectFacts(
        kind="person", name="测试乙", id_no="110199199009202025", mobile="16100000002"
    )
    client = phone(register_subject(facts, actor="test", at=now()))
    for address in ("change", "change/plate"):
        assert client.get(f"/m/policies/{policy.number}/{address}").status_code == 404
    assert client.get(f"/m/changes/{mine.public_id}").status_code == 404
    assert act(client, mine, "submit").status_code == 404
    assert Client().get(f"/m/policies/{policy.number}/change").status_code == 302
