"""Batches, parked jobs, certificates, log and health: shown, acted on, recorded."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from baozhen.faces.words import ITEM_STATUSES
from baozhen.foundation.audit.models import AuditEntry
from baozhen.foundation.clock import now
from baozhen.foundation.health import findings
from baozhen.foundation.jobs.models import ParkedJob
from baozhen.foundation.jobs.worker import run_worker
from baozhen.foundation.notify.services import Letter, queue_letter
from baozhen.foundation.notify.states import DeliveryState
from baozhen.foundation.states import move
from baozhen.foundation.upkeep import extend_log
from baozhen.insurance.proposals.models import Batch, BatchChunk, BatchItem
from baozhen.signing.certificates.models import CertificateBinding
from tests.insurance.making import changed, make_proposal


def ndjson(*raws):
    text = "\n".join(json.dumps(raw, ensure_ascii=False) for raw in raws)
    return SimpleUploadedFile("batch.jsonl", text.encode())


@pytest.fixture
def batch(signed_in, platform):
    """A batch of a good line and a refused one, uploaded and done."""
    client = signed_in("出单员")
    bad = changed(make_proposal(2), "vehicle.vin", "X")
    form = {"file": ndjson(make_proposal(1), bad), "timestamp_mode": "aggregated"}
    response = client.post("/console/batches/upload", form)
    assert response.status_code == 302
    run_worker(until_idle=True)
    return client, Batch.objects.get()


def test_a_batch_shows_progress_and_each_line(batch):
    client, row = batch
    text = client.get(f"/console/batches/{row.pk}").content.decode()
    assert "已完成" in text
    assert "vehicle.vin" in text
    assert "every 2s" not in text  # a finished batch is not asked again
    assert f"#{row.pk}" in client.get("/console/batches").content.decode()


def test_lines_are_filtered_by_result(batch):
    client, row = batch
    items = client.get(f"/console/batches/{row.pk}", {"status": "refused"}).context["items"]
    assert [item.status for item in items] == ["refused"]
    empty = client.get(f"/console/batches/{row.pk}", {"status": "failed"}).content.decode()
    assert "没有这样的行" in empty


def test_a_running_batch_is_asked_every_two_seconds(batch):
    client, row = batch
    Batch.objects.update(state="processing", finished_at=None)
    fragment = client.get(f"/console/batches/{row.pk}/progress").content.decode()
    assert 'hx-trigger="every 2s"' in fragment
    assert "<html" not in fragment


def test_the_same_file_again_leads_to_the_same_batch(batch):
    client, row = batch
    bad = changed(make_proposal(2), "vehicle.vin", "X")
    form = {"file": ndjson(make_proposal(1), bad), "timestamp_mode": "aggregated"}
    response = client.post("/console/batches/upload", form)
    assert response["Location"] == f"/console/batches/{row.pk}"
    assert Batch.objects.count() == 1


@pytest.mark.parametrize(
    "form", [{}, {"timestamp_mode": "other"}, {"timestamp_mode": "each", "file": "x"}]
)
def test_an_upload_without_file_or_mode(signed_in, platform, form):
    response = signed_in("出单员").post("/console/batches/upload", form)
    assert response.status_code == 422
    assert not Batch.objects.exists()


def test_an_empty_upload(signed_in, platform):
    form = {"file": SimpleUploadedFile("x.jsonl", b"\n\n"), "timestamp_mode": "each"}
    assert signed_in("出单员").post("/console/batches/upload", form).status_code == 422


def test_failed_lines_are_tried_again(batch):
    client, row = batch
    BatchItem.objects.filter(line=1).update(status="failed", payload=json.dumps(make_proposal(1)))
    BatchChunk.objects.update(failed=1, issued=0)
    page = client.get(f"/console/batches/{row.pk}").content.decode()
    assert "重试失败的行" in page
    client.post(f"/console/batches/{row.pk}/resume")
    run_worker(until_idle=True)
    assert BatchItem.objects.get(line=1).status == "issued"


def test_every_result_has_a_filter(batch):
    client, row = batch
    page = client.get(f"/console/batches/{row.pk}").content.decode()
    for value, word in ITEM_STATUSES.items():
        assert f'value="{value}"' in page
        assert word.label in page


def park():
    return ParkedJob.objects.create(
        name="extend_log",
        queue="housekeeping",
        args={},
        code="odd",
        message="炉子灭了",
        trace="abc",
        attempts=1,
        parked_at=now(),
    )


def test_a_parked_job_waits_with_its_reason_and_is_retried_once(signed_in, platform):
    client, job = signed_in("系统管理员"), park()
    page = client.get("/console/parked").content.decode()
    assert "炉子灭了" in page
    assert 'class="count">1<' in page
    client.post(f"/console/parked/{job.pk}/retry")
    job.refresh_from_db()
    assert job.retried_by == "staff:someone"
    again = client.post(f"/console/parked/{job.pk}/retry", follow=True)
    assert "已经重试过" in again.content.decode()
    assert "没有搁置任务" in client.get("/console/parked").content.decode()


def test_a_parked_job_that_does_not_exist(signed_in, platform):
    assert signed_in("系统管理员").post("/console/parked/1/retry").status_code == 404


def test_certificates_with_their_end_and_a_probe(signed_in, platform):
    client = signed_in("系统管理员")
    page = client.get("/console/certificates").content.decode()
    assert "国密 SM2" in page
    assert "RSA" in page
    assert "演示证书，不得用于生产" in page
    binding = CertificateBinding.objects.first()
    response = client.post(f"/console/certificates/{binding.pk}/probe", follow=True)
    assert "试签成功" in response.content.decode()
    probes = AuditEntry.objects.filter(action="binding.probed", actor="staff:someone")
    assert probes.get().subject_id == binding.pk


def test_a_certificate_that_ends_soon_says_so(signed_in, platform):
    from datetime import timedelta

    CertificateBinding.objects.update(not_after=now() + timedelta(days=20, hours=1))
    page = signed_in("系统管理员").get("/console/certificates").content.decode()
    assert "20 天后到期" in page


def test_a_certificate_that_does_not_exist(signed_in, platform):
    response = signed_in("系统管理员").post("/console/certificates/999999/probe")
    assert response.status_code == 404


def test_the_auditor_may_look_and_not_probe(signed_in, platform):
    client = signed_in("审计员")
    page = client.get("/console/certificates").content.decode()
    assert "试签并验证" not in page


def test_the_log_and_its_checkpoints(signed_in, policy):
    client = signed_in("审计员")
    assert "还没有检查点" in client.get("/console/log").content.decode()
    extend_log()
    page = client.get("/console/log").content.decode()
    assert "还没有检查点" not in page
    assert "已入日志的动作" in page


def test_health_shows_the_findings_of_the_doctor(signed_in, platform):
    page = signed_in("系统管理员").get("/console/health").content.decode()
    for finding in findings():
        assert finding.area in page
    assert "存活的工作进程" in page


def test_the_overview_leads_to_its_rows(signed_in, policy):
    page = signed_in("出单员").get("/console/").content.decode()
    assert "今日生成的保单" in page
    assert "/console/policies?state=numbered" in page
    assert policy.number in page


@pytest.mark.requirement("S2-L160.n3")
def test_a_mail_that_failed_is_found_and_sent_again(signed_in, platform):
    """The health page counts them; here the system officer sees which, why, and asks again."""
    client = signed_in("系统管理员")
    assert "还没有邮件" in client.get("/console/deliveries").content.decode()
    letter = Letter(
        reference="risk:1:acc_1",
        recipient="someone@example.com",
        title="风险提醒",
        text="信的内容",
        subject_type="risk",
        subject_id=1,
    )
    with transaction.atomic():
        row = queue_letter(letter, actor="system", at=now())
        move(row, DeliveryState.FAILED, actor="system", at=now(), failure="550 无此邮箱")
    listed = client.get("/console/deliveries?state=failed").content.decode()
    assert "550 无此邮箱" in listed
    assert "风险 #1" in listed
    assert "someone@example.com" not in listed
    page = f"/console/deliveries/{row.pk}"
    assert "重新发送" in client.get(page).content.decode()
    assert "信的内容" not in client.get(page).content.decode()
    client.post(f"{page}/again")
    row.refresh_from_db()
    assert row.state == "queued"
    assert "还没有邮件" not in client.get("/console/deliveries?state=sent").content.decode()
