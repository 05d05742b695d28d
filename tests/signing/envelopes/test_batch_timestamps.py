"""The time of a silent batch: one token for all files, kept beside them, or one a signature."""

import hashlib
import json
import zipfile
from io import BytesIO

import pytest
from django.db import connection
from django.test import Client

from baozhen.faces.inspection import inspect_file
from baozhen.foundation.clock import now
from baozhen.foundation.jobs.worker import run_worker
from baozhen.foundation.storage import get_storage
from baozhen.foundation.timestamps.modes import TimestampMode
from baozhen.foundation.timestamps.port import TimestampOutage
from baozhen.insurance.verification.consistency import FileChecks, check_timestamps
from baozhen.signing.certificates.queries import revocation_evidence, trust_anchors
from baozhen.signing.certificates.timestamping import timestamp_anchors
from baozhen.signing.envelopes.evidence import parts_of
from baozhen.signing.envelopes.models import BatchRow, Envelope
from baozhen.signing.envelopes.services.batches import BatchOrder, create_batch, start_rows
from baozhen.signing.files.evidence import make_package
from baozhen.signing.files.models import ArchiveItem, FileEntry, TimestampBatch
from baozhen.signing.files.proofs import proof_beside
from baozhen.signing.files.services import CopyOrder
from baozhen.signing.organizations.queries import root_unit
from baozhen.signing.organizations.services import ClientRequest, Scope, create_api_client
from baozhen.trust.errors import VerificationError
from baozhen.trust.evidence import parse_proof
from baozhen.trust.judgement import TrustAnchors
from tests.faces.conftest import signed_in, staff  # noqa: F401 -- fixtures
from tests.signing.envelopes.test_from_templates import FIELDS, VALUES, in_force  # noqa: F401
from tests.signing.files.test_evidence_package import check

pytestmark = pytest.mark.django_db(transaction=True)
TIME_STEP = 10


@pytest.fixture
def table(in_force, settings):  # noqa: F811
    """Put a table of silent rows to work: `table(TimestampMode.EACH, count=2)`."""
    settings.BAOZHEN_TIMESTAMP = "each"
    seals = [entry for entry in FIELDS if entry["kind"] not in {"signature", "attachment"}]
    template = in_force(fields=seals).template.public_id

    def take(mode, count=3):
        order = BatchOrder(flow=template, client="test", unit=root_unit(), timestamp=mode)
        row = {"values": VALUES, "silent": ["insurer"]}
        rows = [row | {"biz_no": f"N{number}"} for number in range(count)]
        return create_batch(order, rows, actor="test", at=now())

    return take


def work(batch):
    start_rows(keys=list(batch.rows.values_list("pk", flat=True)))


def files_of(batch):
    return [
        get_storage().get(envelope.documents.get().head_sha256)
        for envelope in Envelope.objects.filter(batch=batch, state="completed").order_by("pk")
    ]


def digest(data):
    return hashlib.sha256(data).hexdigest()


def times_of(data):
    """Return the result of the step on time, and the times of the signatures."""
    report = inspect_file(data, at=now()).report
    assert report["verdict"] == "genuine", report
    steps = {one["step"]: one["result"] for one in report["checks"]}
    return steps[TIME_STEP], {one["timestamp_at"] for one in report["signatures"]}


def checks():
    return FileChecks(
        anchors=TrustAnchors(trust_anchors()),
        revocation=revocation_evidence(),
        timestamp_anchors=timestamp_anchors(),
        extract_text=str,
        at=now(),
    )


@pytest.mark.requirement("S2-L420a")
def test_one_token_beside_the_files_attests_the_time_of_all(table):
    batch = table(TimestampMode.AGGREGATED)
    work(batch)
    files = files_of(batch)
    stamped = TimestampBatch.objects.get()
    assert (len(files), stamped.size) == (3, 3)
    assert list(check_timestamps(checks())) == []
    for data in files:
        result, times = times_of(data)
        assert result == "passed"
        assert len(times) == 1
        assert None not in times
    # The token is nowhere in the file, and the proof of one file is none of another.
    assert bytes(stamped.token).hex().encode() not in files[0].lower()
    first, second = (proof_beside(digest(data)) for data in files[:2])
    assert first.verify(files[0], anchors=timestamp_anchors(), at=now()).gen_time <= now()
    with pytest.raises(VerificationError):
        second.verify(files[0], anchors=timestamp_anchors(), at=now())


def test_page_api_and_evidence_package_know_the_token_beside_the_file(table, signed_in):  # noqa: F811
    batch = table(TimestampMode.AGGREGATED, count=1)
    run_worker(until_idle=True)
    entry = FileEntry.objects.get(envelope=Envelope.objects.get(batch=batch).public_id)
    order = CopyOrder(recipient="法务", reason="诉讼举证")
    data = make_package(entry, order, parts=parts_of(entry), actor="t", at=now()).data
    name = f"documents/{entry.public_id}.pdf.proof.json"
    proof = json.loads(zipfile.ZipFile(BytesIO(data)).read(name))
    assert (proof["sha256"], proof["timestamp"]["size"]) == (entry.sha256, 1)
    report, _ = check(data)
    assert {one.result for one in report.checks if one.step <= 6} == {"passed"}, report.to_dict()
    page = signed_in("业务负责人").get(f"/console/files/{entry.public_id}").content.decode()
    assert "1 份文件合盖一个，证明在证据包里" in page
    _, key = create_api_client(
        ClientRequest(name="core", scopes=[Scope.FILES_READ]), actor="t", at=now()
    )
    FileEntry.objects.update(client="api:core")
    told = Client(headers={"Authorization": f"Bearer {key}"}).get(
        f"/api/v1/files/{entry.public_id}/proof"
    )
    assert told.json() == proof
    assert parse_proof(told.content, file_sha256=entry.sha256) == proof_beside(entry.sha256)


def test_tokens_in_each_signature_make_files_that_need_nothing_beside_them(table):
    batch = table(TimestampMode.EACH, count=1)
    work(batch)
    (data,) = files_of(batch)
    assert not TimestampBatch.objects.exists()
    assert times_of(data)[0] == "passed"
    assert proof_beside(digest(data)) is None


def test_a_batch_may_go_without_timestamps(table):
    batch = table(TimestampMode.NONE, count=1)
    work(batch)
    (data,) = files_of(batch)
    assert times_of(data)[1] == {None}
    assert not TimestampBatch.objects.exists()


@pytest.mark.parametrize("mode", [TimestampMode.AGGREGATED, TimestampMode.EACH])
def test_a_batch_waits_for_the_timestamp_service_and_goes_on(table, settings, mode):
    batch = table(mode, count=2)
    urls, settings.BAOZHEN_TSA_URLS = settings.BAOZHEN_TSA_URLS, ["http://127.0.0.1:9/"]
    with pytest.raises(TimestampOutage):
        work(batch)
    assert not files_of(batch)
    assert {row.status for row in BatchRow.objects.filter(batch=batch)} == {"started"}
    settings.BAOZHEN_TSA_URLS = urls
    work(batch)
    assert len(files_of(batch)) == 2


def test_a_leaf_that_is_not_the_files_is_found(table):
    batch = table(TimestampMode.AGGREGATED, count=2)
    work(batch)
    item = ArchiveItem.objects.get(timestamp_leaf=1)
    # What nobody can do by the platform: the triggers refuse it.
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE files_archiveitem SET timestamp_leaf = 0 WHERE id = %s", [item.pk])
        cursor.execute("SET session_replication_role = DEFAULT")
    (finding,) = check_timestamps(checks())
    assert finding.message == "不是其聚合时间戳所记的叶子"
    assert item.dossier in finding.where
