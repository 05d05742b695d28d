"""Signing tasks: a batch of one-seal envelopes end to end, and a live one while the batch runs."""

import os
import signal
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from baozhen.foundation.clock import now
from baozhen.signing.envelopes.forms import flow_of
from baozhen.signing.envelopes.models import Envelope
from baozhen.signing.envelopes.services.batches import BatchOrder, create_batch
from baozhen.signing.envelopes.services.scenarios import FlowOrder, start_flow
from baozhen.signing.organizations.queries import root_unit
from baozhen.signing.seals.models import Seal
from baozhen.signing.seals.services.changing import SealDraft, decide_change, request_seal
from baozhen.signing.seals.services.granting import GrantRequest, grant_use
from baozhen.signing.seals.services.making import Look
from baozhen.signing.seals.states import SealKind
from bench.figures import Figure, quantile
from bench.installation import Installation

FLOW = "policy_insurer"
PER_SECOND_MIN = 80
LIVE_SHARE_MAX = 1.25
_WAIT_SECONDS_MAX = 900


def measure(installed: Installation, *, count: int, workers: int = 2) -> list[Figure]:
    """Run a batch on worker processes; then say how fast it went and how live ones fared.

    Live tasks have a process of their own, as docs/operating.md says.
    """
    _make_seal()
    processes = [installed.start("worker", "--queue", "live", "--queue", "housekeeping")]
    processes += [installed.start("worker", "--queue", "bulk") for _ in range(workers)]
    try:
        _wait_for(_start("warm"))
        idle = [_live(f"idle-{number}") for number in range(10)]
        began = time.monotonic()
        order = BatchOrder(flow=FLOW, client="bench", unit=root_unit())
        batch = create_batch(order, _rows(count), actor="bench", at=now())
        busy = []
        done = 0
        while done < count and time.monotonic() - began < _WAIT_SECONDS_MAX:
            busy.append(_live(f"busy-{len(busy)}"))
            time.sleep(1)
            done = Envelope.objects.filter(batch=batch, state="completed").count()
        seconds = time.monotonic() - began
    finally:
        for process in processes:
            os.killpg(process.pid, signal.SIGTERM)
    return [
        Figure(
            name=f"批量一章任务，{count} 份，{workers} 个批量进程，从表格到归档",
            value=done / seconds,
            unit="份/秒",
            at_least=PER_SECOND_MIN,
        ),
        Figure(
            name="批量进行时的实时任务 ÷ 空闲时，p95",
            value=quantile(busy, 0.95) / quantile(idle, 0.95),
            unit="倍",
            at_most=LIVE_SHARE_MAX,
        ),
        Figure(name="　空闲时的实时任务，p95", value=quantile(idle, 0.95), unit="秒"),
        Figure(name="　批量进行时的实时任务，p95", value=quantile(busy, 0.95), unit="秒"),
    ]


def _make_seal() -> None:
    at = now() - timedelta(minutes=5)
    unit = root_unit()
    draft = SealDraft(
        kind=SealKind.ELECTRONIC,
        category="contract",
        name="测试合同专用章",
        unit=unit,
        reason="bench",
        look=Look(name=unit.name, purpose="合同专用章"),
    )
    change = request_seal(draft, actor="staff:asker", at=at)
    decide_change(change.pk, approved=True, decision="同意", actor="staff:approver", at=at)
    seal = Seal.objects.get(pk=change.seal_id)
    request = GrantRequest(seal=seal, reason="bench", unit=unit, is_silent=True)
    grant_use(request, actor="staff:approver", at=at)


def _values(number: object) -> dict[str, Any]:
    samples = {"text": f"测试{number}", "number": 1, "amount": 123_450, "date": "2026-12-01"}
    return {entry.name: samples[entry.kind] for entry in flow_of(FLOW).fields}


def _rows(count: int) -> Iterator[dict[str, Any]]:
    for number in range(count):
        yield {"values": _values(number), "biz_no": f"B{number}"}


def _start(name: str) -> Envelope:
    order = FlowOrder(flow=FLOW, client="live", unit=root_unit(), values=_values(name), biz_no=name)
    return start_flow(order, actor="bench", at=now())


def _live(name: str) -> float:
    began = time.monotonic()
    _wait_for(_start(name))
    return time.monotonic() - began


def _wait_for(envelope: Envelope) -> None:
    until = time.monotonic() + _WAIT_SECONDS_MAX
    while time.monotonic() < until:
        if Envelope.objects.filter(pk=envelope.pk, state="completed").exists():
            return
        time.sleep(0.01)
