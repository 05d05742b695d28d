"""Batches: lines in, a result a line out, resumable, each client its own."""

import json

import pytest

from baozhen.foundation.jobs.worker import run_worker
from baozhen.insurance.proposals.models import Batch, BatchChunk, BatchItem
from baozhen.insurance.proposals.states import ItemStatus
from tests.insurance.making import changed, make_proposal

NDJSON = "application/x-ndjson"


def lines(*raws):
    return "\n".join(json.dumps(raw, ensure_ascii=False) for raw in raws).encode() + b"\n"


def send(program, data, key="b1", query=""):
    return program.post(f"/batches{query}", data, content_type=NDJSON, Idempotency_Key=key)


@pytest.fixture
def mixed():
    """Two good lines, a refused one, and one that is no JSON."""
    good, other = make_proposal(1), make_proposal(2)
    bad = changed(make_proposal(3), "vehicle.vin", "X")
    return lines(good, other, bad) + b"not json\n"


def test_a_batch_goes_through_line_by_line(program, mixed):
    response = send(program, mixed)
    assert response.status_code == 202
    batch = response.json()
    assert (batch["size"], batch["done"], batch["state"]) == (4, 0, "processing")
    run_worker(until_idle=True)
    batch = program.get(f"/batches/{batch['id']}").json()
    assert batch["state"] == "finished"
    assert (batch["issued"], batch["refused"]) == (2, 2)
    items = program.get(f"/batches/{batch['id']}/items").json()["items"]
    assert [item["status"] for item in items] == ["issued", "issued", "refused", "refused"]
    assert len(items[0]["policies"]) == 3
    assert "vehicle.vin" in {error["path"] for error in items[2]["errors"]}


def test_the_same_stream_again_finds_its_batch(program, mixed):
    first = send(program, mixed).json()
    again = send(program, mixed).json()
    assert again["id"] == first["id"]
    assert Batch.objects.count() == 1


def test_another_stream_under_the_same_key_is_refused(program, mixed):
    send(program, mixed)
    Batch.objects.update(state="receiving", closed_at=None)
    response = send(program, lines(make_proposal(9)))
    assert response.status_code == 409
    assert response.json()["code"] == "batch_content_differs"


def test_a_stream_that_broke_off_goes_on(program, mixed):
    """What arrived before stays; the same key and file bring the rest."""
    begun = send(program, mixed).json()
    BatchItem.objects.filter(batch=begun["id"], line__gt=2).delete()
    Batch.objects.get(pk=begun["id"]).chunks.all().delete()
    Batch.objects.update(state="receiving", closed_at=None)
    assert send(program, mixed).json()["size"] == 4


def test_items_come_in_pages_and_by_status(program, mixed):
    batch = send(program, mixed).json()
    run_worker(until_idle=True)
    first = program.get(f"/batches/{batch['id']}/items?limit=3").json()
    assert first["has_more"] is True
    rest = program.get(f"/batches/{batch['id']}/items?limit=3&cursor={first['cursor']}").json()
    assert [item["line"] for item in first["items"] + rest["items"]] == [1, 2, 3, 4]
    assert rest["has_more"] is False
    assert rest["cursor"] is None
    refused = program.get(f"/batches/{batch['id']}/items?status=refused").json()["items"]
    assert [item["line"] for item in refused] == [3, 4]


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "status=other", "cursor=x"])
def test_wrong_parameters_are_named(program, mixed, query):
    batch = send(program, mixed).json()
    response = program.get(f"/batches/{batch['id']}/items?{query}")
    assert response.status_code == 422
    assert response.json()["errors"][0]["path"] == query.partition("=")[0]


def test_failed_lines_are_tried_again(program):
    batch = send(program, lines(make_proposal(1))).json()
    run_worker(until_idle=True)
    assert program.post(f"/batches/{batch['id']}/actions/resume").json()["resumed"] == 0
    BatchItem.objects.filter(batch=batch["id"]).update(
        status=ItemStatus.FAILED, payload=json.dumps(make_proposal(1))
    )
    BatchChunk.objects.update(failed=1, issued=0)
    assert program.post(f"/batches/{batch['id']}/actions/resume").json()["resumed"] == 1
    run_worker(until_idle=True)
    (item,) = program.get(f"/batches/{batch['id']}/items").json()["items"]
    assert item["status"] == "issued"


def test_another_clients_batch_does_not_exist(program, program_with, mixed):
    batch = send(program, mixed).json()
    other = program_with(name="another")
    assert other.get(f"/batches/{batch['id']}").status_code == 404
    assert other.get(f"/batches/{batch['id']}/items").status_code == 404
    assert other.post(f"/batches/{batch['id']}/actions/resume").status_code == 404


def test_an_empty_batch_and_another_type(program):
    assert send(program, b"\n").status_code == 422
    response = program.post("/batches", b"{}", Idempotency_Key="b1")
    assert response.status_code == 415


def test_a_batch_needs_its_key(program, mixed):
    response = program.post("/batches", mixed, content_type=NDJSON)
    assert response.status_code == 400
