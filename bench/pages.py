"""The signing pages on a phone: what they weigh and how soon they answer, in a real browser."""

import re
import time
from pathlib import Path

from playwright.sync_api import Browser

from baozhen.foundation.clock import now
from baozhen.signing.envelopes.forms import flow_of
from baozhen.signing.envelopes.models import Envelope
from baozhen.signing.envelopes.services.links import issue_link
from baozhen.signing.envelopes.services.scenarios import FlowOrder, PartyFacts, start_flow
from baozhen.signing.identity.services.subjects import SubjectFacts
from baozhen.signing.organizations.queries import root_unit
from bench.browsing import SLOWNESS, chromium, interactive_seconds, phone
from bench.figures import Figure, quantile
from bench.installation import Installation
from bench.serving import web_server

KILOBYTES_MAX = 300
SECONDS_MAX = 2.0
_FLOW = "customer_receipt"
_SAMPLES = {"text": "测试", "number": 1, "amount": 100, "date": "2026-12-01"}
_WAIT_SECONDS_MAX = 60.0


def measure(installed: Installation, *, rounds: int = 7) -> list[Figure]:
    """Open the link cold, again and again; then go on once to the page of the signature."""
    with web_server(installed) as base, chromium() as browser:
        _visit_once(browser, base, _link())  # the server's own first time is not the visitor's
        visits = [_visit_once(browser, base, _link()) for _ in range(rounds)]
        journey = _journey(browser, base, installed.home)
    return [
        Figure(
            name="签署页冷打开，传输量",
            value=max(size for size, _ in visits) / 1024,
            unit="KB",
            at_most=KILOBYTES_MAX,
        ),
        Figure(
            name="从打开链接到签名页，全程传输量（文件和查看器之外）",
            value=journey / 1024,
            unit="KB",
            at_most=KILOBYTES_MAX,
        ),
        Figure(
            name=f"签署页可操作，处理器慢 {SLOWNESS} 倍，p95",
            value=quantile([seconds for _, seconds in visits], 0.95),
            unit="秒",
            at_most=SECONDS_MAX,
        ),
        Figure(name="　同上，中位", value=quantile([s for _, s in visits], 0.5), unit="秒"),
    ]


def _visit_once(browser: Browser, base: str, path: str) -> tuple[int, float]:
    with phone(browser) as (tab, scales):
        tab.goto(base + path, wait_until="load")
        seconds = interactive_seconds(tab)
        return scales.bytes, seconds


def _journey(browser: Browser, base: str, home: Path) -> int:
    """Go to the page of the signature as a person would; return all that was transferred."""
    with phone(browser) as (tab, scales):
        tab.goto(base + _link())
        tab.click("button[value=begin]")
        tab.click("button[value=send]")
        tab.fill("input[name=code]", _last_code(home))
        tab.click("button[value=check]")
        tab.wait_for_selector("[data-reader]")
        until = time.monotonic() + _WAIT_SECONDS_MAX
        while "已读完" not in tab.inner_text("[data-reading-state]"):
            if time.monotonic() > until:
                raise TimeoutError("reading")
            tab.mouse.wheel(0, 900)
            tab.wait_for_timeout(250)
        tab.click("[data-go-on]")
        tab.wait_for_selector("canvas")
        tab.wait_for_load_state("load")
        return scales.bytes


def _link() -> str:
    """Start a task of its own for each visit; return the path of its link."""
    flow = flow_of(_FLOW)
    values = {entry.name: _SAMPLES[entry.kind] for entry in flow.fields}
    subject = SubjectFacts(
        kind="person",
        name="测试伟",
        id_type="id_card",
        id_no="990000199001010019",
        mobile="19900000001",
    )
    role = next(role.role for role in flow.roles if not role.own)
    order = FlowOrder(
        flow=_FLOW,
        client="bench",
        unit=root_unit(),
        values=values,
        parties={role: PartyFacts(subject=subject)},
        biz_no=f"page-{Envelope.objects.count()}",
    )
    envelope = start_flow(order, actor="bench", at=now())
    signatory = envelope.signatories.get(role=role)
    return f"/s/{issue_link(signatory, actor='bench', at=now())}"


def _last_code(home: Path) -> str:
    texts = sorted((home / "outbox").rglob("*"), key=lambda path: path.stat().st_mtime_ns)
    for path in reversed(texts):
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        found = re.search(r"(?<!\d)(\d{6})(?!\d)", text)
        if found and "code" in text:
            return found[1]
    raise FileNotFoundError("no code was sent")
