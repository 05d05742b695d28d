"""Signing tasks: a batch of one-seal envelopes end to end, and a live one while the batch runs."""

import base64
import os
import signal
import time
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from django.test import Client

from baozhen.foundation.clock import now
from baozhen.signing.envelopes.forms import flow_of
from baozhen.signing.envelopes.models import Envelope
from baozhen.signing.envelopes.services.batches import BatchOrder, create_batch
from baozhen.signing.organizations.queries import root_unit
from baozhen.signing.organizations.services import ClientRequest, Scope, create_api_client
from bench.figures import Figure, quantile
from bench.installation import Installation
from tests.pdfs import plain

FLOW = "policy_insurer"
PER_SECOND_MIN = 80
LIVE_SHARE_MAX = 1.25
_WAIT_SECONDS_MAX = 900
_IDLE = 40


def measure(installed: Installation, *, count: int, workers: int = 2) -> list[Figure]:
    """Run a batch on worker processes; then say how fast it went and how live ones fared.

    Live tasks have a process of their own, as docs/operating.md says.
    """
    processes = [installed.start("worker", "--queue", "live", "--queue", "housekeeping")]
    processes += [installed.start("worker", "--queue", "bulk") for _ in range(workers)]
    try:
        live = _Live()
        for number in range(3):
            live.seconds(f"warm-{number}")
        idle = [live.seconds(f"idle-{number}") for number in range(_IDLE)]
        began = time.monotonic()
        order = BatchOrder(flow=FLOW, client="bench", unit=root_unit())
        batch = create_batch(order, _rows(count), actor="bench", at=now())
        busy = []
        done = 0
        while done < count and time.monotonic() - began < _WAIT_SECONDS_MAX:
            busy.append(live.seconds(f"busy-{len(busy)}"))
            time.sleep(0.5)
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
            name="批量进行时的实时任务（两方，经接口）÷ 空闲时，p95",
            value=quantile(busy, 0.95) / quantile(idle, 0.95),
            unit="倍",
            at_most=LIVE_SHARE_MAX,
        ),
        Figure(name="　空闲时的实时任务，p95", value=quantile(idle, 0.95), unit="秒"),
        Figure(name="　批量进行时的实时任务，p95", value=quantile(busy, 0.95), unit="秒"),
    ]


def _values(number: object) -> dict[str, Any]:
    samples = {"text": f"测试{number}", "number": 1, "amount": 123_450, "date": "2026-12-01"}
    return {entry.name: samples[entry.kind] for entry in flow_of(FLOW).fields}


def _rows(count: int) -> Iterator[dict[str, Any]]:
    for number in range(count):
        yield {"values": _values(number), "biz_no": f"B{number}"}


class _Live:
    """Starts tasks of two parties by the API, one after the other, and waits for their end."""

    def __init__(self) -> None:
        scopes = [Scope.ENVELOPES_READ, Scope.ENVELOPES_WRITE]
        _, key = create_api_client(
            ClientRequest(name="live", scopes=scopes), actor="bench", at=now()
        )
        self._client = Client(headers={"Authorization": f"Bearer {key}"})
        self._pdf = base64.b64encode(plain()).decode()

    def seconds(self, name: str) -> float:
        """Start one and return the seconds until it is complete."""
        began = time.monotonic()
        answer = self._client.post(
            "/api/v1/envelopes/free",
            self._wish(name),
            "application/json",
            headers={"Idempotency-Key": name},
        )
        assert answer.status_code == HTTPStatus.CREATED, answer.content
        until = began + _WAIT_SECONDS_MAX
        waiting = Envelope.objects.filter(public_id=answer.json()["id"]).exclude(state="completed")
        while waiting.exists() and time.monotonic() < until:
            time.sleep(0.01)
        return time.monotonic() - began

    def _wish(self, name: str) -> dict[str, Any]:
        unit = root_unit().public_id
        kinds = {"insurer": "seal", "head": "legal_rep_sign"}
        return {
            "title": "两方协议",
            "biz_no": name,
            "documents": [{"title": "协议", "content": self._pdf}],
            "signatories": [{"role": role, "label": role, "unit": unit} for role in kinds],
            "actions": [
                {
                    "role": role,
                    "type": kind,
                    "order": order,
                    "silent": True,
                    "places": [{"x": 150 * order, "y": 80, "width": 90, "height": 90}],
                }
                for order, (role, kind) in enumerate(kinds.items(), start=1)
            ],
        }
