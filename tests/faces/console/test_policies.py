"""The list and one policy's page: found, masked, revealed only with a recorded reason."""

import pytest

from baozhen.faces.console import policies as page_module
from baozhen.foundation.audit.models import AuditEntry
from baozhen.foundation.clock import now
from baozhen.foundation.jobs.models import ParkedJob
from baozhen.foundation.notify.models import Delivery
from baozhen.foundation.states import move
from baozhen.insurance.policies.models import Policy, PolicyFile
from baozhen.insurance.policies.services.deliver import deliver_policies
from baozhen.insurance.policies.states import TimestampState
from tests.insurance.making import accept, changed, issue, make_proposal

VIN_WITHOUT_DIGIT = "L9TESTAA8MA000001"  # its ninth character should be another one


def personal(raw):
    holder, vehicle = raw["policyholder"], raw["vehicle"]
    return [holder["name"], holder["id_no"], holder["mobile"], holder["email"], vehicle["vin"]]


def test_the_list_is_masked(signed_in, policy, raw):
    text = signed_in("客服").get("/console/policies").content.decode()
    assert policy.number in text
    assert policy.holder_masked in text
    for part in [*personal(raw), raw["vehicle"]["plate_no"]]:
        assert part not in text


@pytest.mark.parametrize("part", ["number", "start", "name", "id_no", "plate", "vin"])
def test_a_policy_is_found_by_number_person_or_vehicle(signed_in, policy, raw, part):
    asked = {
        "number": policy.number,
        "start": policy.number[:8].lower(),
        "name": raw["policyholder"]["name"],
        "id_no": raw["policyholder"]["id_no"],
        "plate": raw["vehicle"]["plate_no"],
        "vin": raw["vehicle"]["vin"],
    }[part]
    response = signed_in("客服").get("/console/policies", {"q": asked})
    assert f">{policy.number}</a>" in response.content.decode()


@pytest.mark.parametrize(
    "query",
    [
        {"q": "PDZZ9999"},
        {"state": "numbered"},
        {"form": "special"},
        {"branch": "X"},
        {"from": "2099-01-01"},
        {"to": "2001-01-01"},
    ],
)
def test_a_filter_that_fits_nothing_says_what_to_do(signed_in, policy, query):
    text = signed_in("客服").get("/console/policies", query).content.decode()
    assert "没有符合条件的保单" in text
    assert "清除筛选" in text


@pytest.mark.parametrize(
    "query", [{"from": "x"}, {"from": "2026-13-40"}, {"from": "2027-01-01", "to": "2026-01-01"}]
)
def test_dates_that_make_no_sense_are_named(signed_in, policy, query):
    response = signed_in("客服").get("/console/policies", query)
    assert response.status_code == 200
    assert "已忽略" in response.content.decode()


def test_an_empty_list_says_how_to_fill_it(signed_in):
    text = signed_in("出单员").get("/console/policies").content.decode()
    assert "还没有保单" in text
    assert "/console/batches/upload" in text


@pytest.mark.parametrize("place", ["x", "2026-01-01|1", "|", "2026-13-01T00:00:00+00:00|1", "a|b"])
def test_a_place_that_cannot_be_read_is_the_beginning(signed_in, policy, place):
    response = signed_in("客服").get("/console/policies", {"after": place})
    assert policy.number in response.content.decode()


def test_pages_follow_one_another(signed_in, platform, monkeypatch):
    monkeypatch.setattr(page_module, "_PAGE", 2)
    accept(*(make_proposal(n) for n in (1, 2, 3)))
    client, seen, address = signed_in("客服"), [], "/console/policies"
    while address:
        response = client.get(address)
        seen += [policy.number for policy in response.context["policies"]]
        more = response.context["next_href"]
        address = f"/console/policies{more}" if more else ""
    assert sorted(seen) == sorted(Policy.objects.values_list("number", flat=True))
    assert len(seen) == len(set(seen))


def test_a_policys_page(signed_in, policy, policy_file, raw):
    text = signed_in("客服").get(f"/console/policies/{policy.number}").content.decode()
    assert "已签发" in text
    assert policy_file.sha256 in text
    assert policy_file.sm3 in text
    assert "接下来可以做什么" in text
    assert "保单签发" in text
    for part in personal(raw):
        assert part not in text


def test_what_deserved_a_look_is_told(signed_in, platform, raw):
    imported = changed(changed(raw, "vehicle.imported", True), "vehicle.vin", VIN_WITHOUT_DIGIT)
    issue(imported)
    number = raw["compulsory"]["policy_no"]
    text = signed_in("客服").get(f"/console/policies/{number}").content.decode()
    assert "提示" in text
    assert "vehicle.vin" in text
    assert VIN_WITHOUT_DIGIT not in text


def test_without_warnings_there_is_no_notice(signed_in, policy):
    text = signed_in("客服").get(f"/console/policies/{policy.number}").content.decode()
    assert "供核对" not in text


def test_what_cannot_be_done_says_why_not(signed_in, policy):
    text = signed_in("出单员").get(f"/console/policies/{policy.number}").content.decode()
    assert "您没有“查看未脱敏的个人信息”权限" in text
    assert "没有待补的时间戳" in text


def test_a_pending_timestamp_is_visible(signed_in, policy, policy_file):
    PolicyFile.objects.filter(pk=policy_file.pk).update(
        timestamp_state=TimestampState.PENDING, timestamp_batch=None, timestamp_leaf=None
    )
    text = signed_in("客服").get(f"/console/policies/{policy.number}").content.decode()
    assert "时间戳待补" in text


def test_a_policy_that_is_being_sealed(signed_in, platform, raw):
    accept(raw)
    number = raw["compulsory"]["policy_no"]
    client = signed_in("客服")
    text = client.get(f"/console/policies/{number}").content.decode()
    assert "文件正在签章" in text
    assert "还没有可下载的文件" in text
    assert client.get(f"/console/policies/{number}/files/policy/1/download").status_code == 404


def digest_of(policy):
    entry = AuditEntry.objects.get(action="policy.issued", subject_id=policy.pk)
    return bytes(entry.digest).hex()[:24]


def test_only_the_auditor_sees_the_evidence_of_acts(signed_in, policy):
    digest = digest_of(policy)
    assert digest in signed_in("审计员").get(f"/console/policies/{policy.number}").content.decode()


def test_the_service_desk_sees_no_evidence(signed_in, policy):
    digest = digest_of(policy)
    text = signed_in("客服").get(f"/console/policies/{policy.number}").content.decode()
    assert digest not in text


def test_full_data_are_shown_after_a_reason_and_the_reason_is_kept(signed_in, policy, raw):
    client = signed_in("客服")
    address = f"/console/policies/{policy.number}/reveal"
    assert raw["policyholder"]["id_no"] not in client.get(address).content.decode()
    text = client.post(address, {"reason": "客户来电核对"}).content.decode()
    for part in personal(raw):
        assert part in text
    entry = AuditEntry.objects.get(action="access.revealed")
    assert entry.actor == "staff:someone"
    assert entry.facts == {"reason": "客户来电核对"}
    assert entry.subject_id == policy.pk


@pytest.mark.parametrize("reason", ["", "  ", "想看", "\0\0\0\0\0", "x" * 201])
def test_without_a_reason_nothing_is_shown(signed_in, policy, raw, reason):
    address = f"/console/policies/{policy.number}/reveal"
    response = signed_in("客服").post(address, {"reason": reason})
    assert response.status_code == 422
    assert raw["policyholder"]["id_no"] not in response.content.decode()
    assert not AuditEntry.objects.filter(action="access.revealed").exists()


def test_a_download_is_the_archived_file_and_is_recorded(signed_in, policy, pdf):
    address = f"/console/policies/{policy.number}/files/policy/1/download"
    assert signed_in("出单员").get(address).content == pdf
    assert AuditEntry.objects.get(action="access.downloaded").actor == "staff:someone"


def test_the_preview_is_a_picture_of_the_first_page(signed_in, policy):
    address = f"/console/policies/{policy.number}/files/policy/1/preview.png"
    response = signed_in("客服").get(address)
    assert response["Content-Type"] == "image/png"
    assert response.content.startswith(b"\x89PNG")


def test_the_signatures_are_verified_now(signed_in, policy):
    address = f"/console/policies/{policy.number}/files/policy/1/inspect"
    client = signed_in("审计员")
    fragment = client.get(address, headers={"HX-Request": "true"}).content.decode()
    assert "真实有效" in fragment
    assert "国密 SM2" in fragment
    assert "<html" not in fragment
    assert "<html" in client.get(address).content.decode()


@pytest.mark.parametrize(
    "part", ["", "/reveal", "/files/policy/1/inspect", "/files/other/1/inspect"]
)
def test_an_unknown_policy(signed_in, platform, part):
    assert signed_in("客服").get(f"/console/policies/PDZA0{part}").status_code == 404


@pytest.fixture
def failed_delivery(policy):
    """A mail that the server refused."""
    deliver_policies([policy.proposal_id], at=now())
    delivery = Delivery.objects.get()
    move(delivery, "failed", actor="test", at=now(), failure="550 mailbox full")
    return delivery


def test_a_failed_delivery_is_sent_again(signed_in, policy, failed_delivery):
    client = signed_in("客服")
    page = f"/console/policies/{policy.number}"
    assert "550 mailbox full" in client.get(page).content.decode()
    assert client.post(f"{page}/resend/{failed_delivery.pk}").status_code == 302
    failed_delivery.refresh_from_db()
    assert failed_delivery.state == "queued"
    again = client.post(f"{page}/resend/{failed_delivery.pk}", follow=True)
    assert "不能从" in again.content.decode()


def test_another_policys_delivery_is_not_sent_from_here(signed_in, policy, failed_delivery):
    Delivery.objects.update(subject_id=0)
    address = f"/console/policies/{policy.number}/resend/{failed_delivery.pk}"
    assert signed_in("客服").post(address).status_code == 404


def test_a_parked_job_stands_on_its_policys_page(signed_in, policy):
    ParkedJob.objects.create(
        name="policy.issue_paid",
        queue="live",
        args={"key": policy.proposal.payment.pk},
        code="odd",
        message="没有证书",
        trace="abc",
        attempts=1,
        parked_at=now(),
    )
    text = signed_in("出单员").get(f"/console/policies/{policy.number}").content.decode()
    assert "没有证书" in text
