"""Batches: received and resumed, processed chunk by chunk, a result for every line."""

import json

import pytest
from django.db import connection

from baozhen.foundation.clock import now
from baozhen.foundation.jobs.worker import run_worker
from baozhen.insurance.policies.models import PolicyFile
from baozhen.insurance.policies.services.chunks import drain_batch, process_chunk
from baozhen.insurance.proposals import services
from baozhen.insurance.proposals.batch_errors import (
    BatchDiffers,
    BatchEmpty,
    BatchTooLong,
    IdempotencyKeyReused,
)
from baozhen.insurance.proposals.models import Batch, BatchChunk, BatchItem, Proposal
from baozhen.insurance.proposals.queries import batch_progress, iterate_items, list_items
from tests.foundation.factories import deferred_jobs
from tests.insurance.making import accept, changed, make_proposal

pytestmark = pytest.mark.usefixtures("platform")


def line(raw):
    return json.dumps(raw, ensure_ascii=False).encode()


def receive(lines, *, key="k", mode="aggregated", **options):
    return services.receive_batch(
        lines, client="test", idempotency_key=key, timestamp_mode=mode, at=now(), **options
    )


@pytest.fixture
def small_chunks(monkeypatch):
    """Chunks of two, so that a short batch has several."""
    monkeypatch.setattr(services, "CHUNK_LINES", 2)


@pytest.mark.usefixtures("small_chunks")
def test_every_line_gets_its_result_and_a_bad_one_disturbs_nobody():
    bad = changed(make_proposal(2), "vehicle.vin", "short")
    lines = [
        line(make_proposal(1)),
        b"",
        line(bad),
        b"{not json",
        b"\xff\xfe",
        b"[1]",
        b'{"total": NaN}',
        line(changed(make_proposal(1), "vehicle.engine_no", "OTHER1234")),
        line(make_proposal(3)),
        b"x" * (services.LINE_BYTES_MAX + 1),
        line(make_proposal(1)),
    ]
    batch = receive(lines)
    run_worker(until_idle=True)

    batch.refresh_from_db()
    assert batch.state == "finished"
    found = {item.line: (item.status, [error["code"] for error in item.errors][:1])
             for item in iterate_items(batch)}  # fmt: skip
    assert found == {
        1: ("issued", []),
        3: ("refused", found[3][1]),
        4: ("refused", ["invalid_json"]),
        5: ("refused", ["invalid_json"]),
        6: ("refused", ["invalid_json"]),
        7: ("refused", ["invalid_json"]),
        8: ("conflict", ["proposal_conflict"]),
        9: ("issued", []),
        10: ("refused", ["line_too_long"]),
        11: ("issued", []),
    }
    progress = batch_progress(batch)
    assert (progress.issued, progress.refused, progress.conflict) == (3, 6, 1)
    assert (progress.done, progress.size, progress.chunks_open) == (10, 10, 0)
    first, repeat = list_items(batch, limit=1)[0], list_items(batch, after_line=10)[0]
    assert first.policies == repeat.policies
    assert [policy["kind"] for policy in first.policies] == ["compulsory", "mark", "commercial"]
    assert BatchItem.objects.filter(payload__isnull=False).count() == 0


def test_the_same_key_continues_what_did_not_all_arrive():
    lines = [line(make_proposal(serial)) for serial in range(1, 5)]

    def broken():
        yield from lines[:2]
        raise ConnectionError

    services._STORE_LINES, before = 1, services._STORE_LINES
    try:
        with pytest.raises(ConnectionError):
            receive(broken())
    finally:
        services._STORE_LINES = before
    assert BatchItem.objects.count() == 2
    batch = receive(lines)
    assert (batch.state, batch.size, BatchItem.objects.count()) == ("processing", 4, 4)
    assert receive(lines).pk == batch.pk
    assert BatchItem.objects.count() == 4


def test_a_resumed_batch_must_bring_the_same_lines():
    batch = services.open_batch(client="test", idempotency_key="k", timestamp_mode="none", at=now())
    services._store(batch, [(1, line(make_proposal(1)))], {})
    with pytest.raises(BatchDiffers):
        receive([line(make_proposal(2))], mode="none")
    with pytest.raises(IdempotencyKeyReused):
        receive([line(make_proposal(1))], mode="each")


def test_limits(monkeypatch):
    monkeypatch.setattr(services, "BATCH_LINES_MAX", 2)
    with pytest.raises(BatchTooLong):
        receive([b"{}"] * 3)
    with pytest.raises(BatchEmpty):
        receive([b"", b" "], key="other")
    # A refusal leaves nothing behind, and the key is free again.
    assert (Batch.objects.count(), BatchItem.objects.count()) == (0, 0)
    assert receive([b"{}"] * 2).size == 2


def test_a_batch_promises_one_job_a_chunk(small_chunks):
    receive([b"{}"] * 5)
    jobs = [args for name, _, args in deferred_jobs() if name == services.PROCESS_CHUNK]
    assert [args["number"] for args in jobs] == [0, 1, 2]


def test_a_chunk_is_idempotent():
    batch = receive([line(make_proposal(1))], queued=False)
    assert process_chunk(batch.pk, 0)
    before = list(PolicyFile.objects.values_list("sha256", flat=True))
    assert process_chunk(batch.pk, 0)
    assert drain_batch(batch.pk) == 0
    assert list(PolicyFile.objects.values_list("sha256", flat=True)) == before


def test_a_chunk_killed_after_numbering_is_completed_by_the_next_run():
    raws = [make_proposal(serial) for serial in (1, 2)]
    batch = receive([line(raw) for raw in raws], queued=False)
    accept(*raws)  # what the killed worker had committed
    assert process_chunk(batch.pk, 0)
    assert set(Proposal.objects.values_list("state", flat=True)) == {"issued"}
    assert batch_progress(batch).issued == 2


def test_a_chunk_that_another_process_holds_is_left_alone():
    batch = receive([line(make_proposal(1))], queued=False)
    key = (0x425A << 44) | batch.pk << 20
    settings = connection.settings_dict
    import psycopg

    with psycopg.connect(
        host=settings["HOST"], user=settings["USER"], dbname=settings["NAME"]
    ) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [key])
        assert process_chunk(batch.pk, 0) is False
        assert BatchChunk.objects.get().finished_at is None
        # A session that ends lets go a moment after its connection is gone.
        other.execute("SELECT pg_advisory_unlock(%s)", [key])
    assert process_chunk(batch.pk, 0) is True


def test_an_item_that_failed_is_tried_again_on_request():
    raws = [make_proposal(serial) for serial in (1, 2)]
    batch = receive([line(raw) for raw in raws], queued=False)
    accept(*raws)
    _set_template(raws[1], "missing")
    drain_batch(batch.pk)
    good, failed = iterate_items(batch)
    assert (good.status, failed.status, failed.errors[0]["code"]) == ("issued", "failed", "bug")
    assert failed.trace_no in failed.errors[0]["message"]

    _set_template(raws[1], "compulsory")
    batch.refresh_from_db()
    assert services.resume_batch(batch, actor="test", at=now()) == 1
    run_worker(until_idle=True)
    assert [item.status for item in iterate_items(batch)] == ["issued", "issued"]
    batch.refresh_from_db()
    assert batch.state == "finished"
    assert batch_progress(batch).failed == 0


def _set_template(raw, code):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE policies_policyfile DISABLE TRIGGER policy_file_frozen")
        cursor.execute(
            "UPDATE policies_policyfile SET template_code = %s WHERE number = %s",
            [code, raw["compulsory"]["policy_no"]],
        )
        cursor.execute("ALTER TABLE policies_policyfile ENABLE TRIGGER policy_file_frozen")
