"""Signing tasks: a batch of one-seal envelopes end to end, and a live one while the batch runs."""

import base64
import os
import signal
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.test import Client

from baozhen.foundation.clock import now, shanghai_date
from baozhen.signing.envelopes.models import Envelope, EnvelopeBatch
from baozhen.signing.envelopes.services.batches import BatchOrder, create_batch
from baozhen.signing.files.models import FileEntry
from baozhen.signing.organizations.queries import root_unit
from baozhen.signing.organizations.services import ClientRequest, Scope, create_api_client
from baozhen.signing.templates.services import (
    Approval,
    Content,
    TemplateDraft,
    approve_version,
    create_template,
    submit_version,
)
from baozhen.signing.templates.states import SourceKind
from bench.figures import Figure, quantile
from bench.installation import Installation
from tests.pdfs import plain

_SOURCE = """#import "/look.typ": *
#let d = json("/data.json")
#show: setup.with("保险凭证")
#head("保险凭证")
#rows(
  ("凭证号", d.shown.number), ("投保人", d.shown.holder), ("被保险人", d.shown.insured),
  ("保险标的", d.shown.subject), ("保险期间", d.shown.period), ("保险金额", d.shown.sum),
  ("保险费", d.shown.premium), ("特别约定", d.shown.agreement),
)
"""
_FIELDS: list[dict[str, Any]] = [
    {"name": "number", "kind": "text", "label": "凭证号"},
    {"name": "holder", "kind": "text", "label": "投保人"},
    {"name": "insured", "kind": "text", "label": "被保险人"},
    {"name": "subject", "kind": "text", "label": "保险标的"},
    {"name": "period", "kind": "text", "label": "保险期间"},
    {"name": "sum", "kind": "amount", "label": "保险金额"},
    {"name": "premium", "kind": "amount", "label": "保险费"},
    {"name": "agreement", "kind": "text", "label": "特别约定"},
    {"name": "seal", "kind": "seal", "role": "insurer", "rect": [0.6, 0.6, 0.8, 0.74]},
]
PER_SECOND_MIN = 80
LIVE_SHARE_MAX = 1.25
_WAIT_SECONDS_MAX = 900
_IDLE = 150  # a p95 of fewer is a matter of luck


def measure(installed: Installation, *, count: int, workers: int = 2) -> list[Figure]:
    """Run a batch on worker processes, alone; then say how live ones fare while another runs.

    Live tasks have a process of their own, as docs/operating.md says.
    """
    processes = [installed.serve("worker", "--queue", "live")]
    others = ("--queue", "bulk", "--queue", "housekeeping")
    processes += [installed.serve("worker", *others) for _ in range(workers)]
    template = _template()
    try:
        live = _Live()
        for number in range(3):
            live.seconds(f"warm-{number}")
        idle = [live.seconds(f"idle-{number}") for number in range(_IDLE)]
        began = time.monotonic()
        batch = _start(template, count, "A")
        _wait_until(lambda: _done(batch) == count)
        seconds = time.monotonic() - began
        _wait_until(lambda: not FileEntry.objects.filter(indexed_at=None).exists())
        indexed = time.monotonic() - began
        beside = _start(template, count, "B")
        busy = []
        while _done(beside) < count:
            busy.append(live.seconds(f"busy-{len(busy)}"))
    finally:
        for process in processes:
            os.killpg(process.pid, signal.SIGTERM)
    return [
        Figure(
            name=f"批量一章任务，{count} 份，{workers} 个批量进程，由模版到归档",
            value=count / seconds,
            unit="份/秒",
            at_least=PER_SECOND_MIN,
        ),
        Figure(name="　同上，含全文索引", value=count / indexed, unit="份/秒"),
        Figure(
            name="批量进行时的实时任务（两方，经接口）÷ 空闲时，p95",
            value=quantile(busy, 0.95) / quantile(idle, 0.95),
            unit="倍",
            at_most=LIVE_SHARE_MAX,
        ),
        Figure(name="　空闲时的实时任务，p95", value=quantile(idle, 0.95), unit="秒"),
        Figure(name="　批量进行时的实时任务，p95", value=quantile(busy, 0.95), unit="秒"),
    ]


def _template() -> str:
    """Put a template with eight fields and one seal in force; return its public id."""
    draft = TemplateDraft(
        code="bench", title="保险凭证", document_type="confirmation", unit=root_unit()
    )
    content = Content(
        source_kind=SourceKind.TYPST, source=_SOURCE, fields=_FIELDS, sample=_values(0)
    )
    made = create_template(draft, content, actor="bench", at=now())
    submit_version(made.pk, actor="bench", at=now())
    approval = Approval(effective_from=shanghai_date(now()))
    return approve_version(made.pk, approval, actor="second", at=now()).template.public_id


def _values(number: object) -> dict[str, Any]:
    return {
        entry["name"]: 123_450 if entry["kind"] == "amount" else f"测试{number}"
        for entry in _FIELDS
        if entry["kind"] != "seal"
    }


def _start(template: str, count: int, letter: str) -> EnvelopeBatch:
    order = BatchOrder(flow=template, client="bench", unit=root_unit())
    rows = (
        {"values": _values(number), "silent": ["insurer"], "biz_no": f"{letter}{number}"}
        for number in range(count)
    )
    return create_batch(order, rows, actor="bench", at=now())


def _done(batch: EnvelopeBatch) -> int:
    return Envelope.objects.filter(batch=batch, state="completed").count()


def _wait_until(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + _WAIT_SECONDS_MAX
    while not holds():
        if time.monotonic() > until:
            raise TimeoutError("the batch did not end in time")
        time.sleep(0.5)


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
