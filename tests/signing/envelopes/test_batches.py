"""A table starts many tasks: each row has its own result, and wrong rows are told."""

import io

import pytest
from openpyxl import Workbook

from baozhen.faces.console.envelopes.batches import rows_of
from baozhen.foundation.clock import now
from baozhen.signing.envelopes.errors import RowsInvalid
from baozhen.signing.envelopes.forms import flow_of
from baozhen.signing.envelopes.models import BatchRow, Envelope
from baozhen.signing.envelopes.queries import batch_counts
from baozhen.signing.envelopes.services.batches import (
    BatchOrder,
    create_batch,
    retry_failed,
    start_rows,
)
from baozhen.signing.envelopes.states import BatchState
from baozhen.signing.organizations.queries import root_unit
from tests.signing.envelopes.conftest import values_for

pytestmark = pytest.mark.django_db(transaction=True)


def rows(count, wrong=()):
    values = values_for(flow_of("policy_insurer"))
    for number in range(1, count + 1):
        own = {**values, "policy_no": f"P{number}"}
        if number in wrong:
            own["premium_fen"] = "many"
        yield {"values": own, "biz_no": f"P{number}"}


def work(batch):
    start_rows(keys=list(BatchRow.objects.filter(batch=batch).values_list("pk", flat=True)))
    batch.refresh_from_db()


@pytest.mark.requirement("S2-L420a", "S2-L420c", "S2-L800b")
def test_each_row_has_its_own_result(desk):
    order = BatchOrder(flow="policy_insurer", client="test", unit=root_unit(), biz_no="B1")
    batch = create_batch(order, rows(6, wrong=(3,)), actor="test", at=now())
    work(batch)
    counts = batch_counts(batch)
    assert (counts.total, counts.started, counts.failed, counts.waiting) == (6, 5, 1, 0)
    assert batch.state == BatchState.FINISHED
    failed = BatchRow.objects.get(batch=batch, status="failed")
    assert failed.line == 3
    assert "保险费" in failed.problem
    for envelope in Envelope.objects.filter(batch=batch):
        assert desk.perform(envelope).state == "completed"


def test_working_a_chunk_twice_starts_nothing_twice(desk):
    order = BatchOrder(flow="policy_insurer", client="test", unit=root_unit())
    batch = create_batch(order, rows(3), actor="test", at=now())
    work(batch)
    BatchRow.objects.filter(batch=batch).update(status="waiting", payload={})
    # A worker that died after starting a row finds it by its number, content or not.
    again = list(rows(3))
    for row in BatchRow.objects.filter(batch=batch):
        BatchRow.objects.filter(pk=row.pk).update(payload=again[row.line - 1])
    start_rows(keys=list(BatchRow.objects.filter(batch=batch).values_list("pk", flat=True)))
    assert Envelope.objects.filter(batch=batch).count() == 3


def test_the_same_batch_is_taken_once(desk):
    order = BatchOrder(flow="policy_insurer", client="test", unit=root_unit(), biz_no="B2")
    first = create_batch(order, rows(2), actor="test", at=now())
    assert create_batch(order, rows(2), actor="test", at=now()).pk == first.pk
    with pytest.raises(RowsInvalid):
        create_batch(
            BatchOrder(flow="policy_insurer", client="x", unit=root_unit()), [], actor="t", at=now()
        )


def test_failed_rows_may_be_retried(desk):
    order = BatchOrder(flow="policy_insurer", client="test", unit=root_unit())
    batch = create_batch(order, rows(2, wrong=(1,)), actor="test", at=now())
    work(batch)
    assert retry_failed(batch.pk) == 1
    assert batch_counts(batch).waiting == 1


def test_tables_of_three_kinds_are_read_alike():
    flow = flow_of("customer_receipt")
    head = ["保险单号", "投保人", "签收日期", "policyholder.name", "policyholder.mobile", "biz_no"]
    line = ["P1", "测试伟", "2026-12-01", "测试伟", "19900000001", "R1"]
    book = Workbook()
    book.active.append(head)
    book.active.append(line)
    out = io.BytesIO()
    book.save(out)
    csv = "\n".join([",".join(head), ",".join(line)]).encode("utf-8-sig")
    [from_csv], [from_sheet] = list(rows_of(csv, flow)), list(rows_of(out.getvalue(), flow))
    assert from_csv == from_sheet
    assert from_csv["values"]["policy_no"] == "P1"
    assert from_csv["parties"]["policyholder"]["mobile"] == "19900000001"
    [from_json] = rows_of(b'{"values": {"policy_no": "P1"}}', flow)
    assert from_json["values"] == {"policy_no": "P1"}


@pytest.mark.parametrize(
    "data", [b"\xff\xfe\x00", "没有的列\n1".encode(), b"PK\x03\x04nothing", b"{nothing", b""]
)
def test_a_table_that_cannot_be_read_is_refused(data):
    with pytest.raises(RowsInvalid):
        list(rows_of(data, flow_of("customer_receipt")))
