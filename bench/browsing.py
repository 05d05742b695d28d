"""A phone in a real browser: what a page weighs over the wire, and how soon it answers.

Chromium with the size and the slowness of a phone (4 times, by its debugging protocol), each visit
with an empty cache.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, sync_playwright

from tests.e2e.browser import FLAGS, PACKED_NODE, find_chromium

SLOWNESS = 4
_PHONE = {"width": 390, "height": 844}
# Interactive: scripts have run and the last task that would hold up a tap is over. A page that
# draws nothing more may never be called idle: a second is enough to wait for it.
_INTERACTIVE = """() => new Promise((done) => {
  let last = performance.getEntriesByType("navigation")[0].domContentLoadedEventEnd;
  new PerformanceObserver((list) => {
    for (const task of list.getEntries()) last = Math.max(last, task.startTime + task.duration);
  }).observe({ type: "longtask", buffered: true });
  requestIdleCallback(() => setTimeout(() => done(last), 50), { timeout: 1000 });
})"""


class Scales:
    """Counts the bytes that come over the wire, compressed as they come; documents stand apart."""

    def __init__(self, protocol: CDPSession) -> None:
        """Begin to count."""
        self.bytes = 0
        self._documents: set[str] = set()
        protocol.on("Network.responseReceived", self._look)
        protocol.on("Network.loadingFinished", self._add)

    def _look(self, event: dict) -> None:
        if event["response"]["mimeType"] == "application/pdf":
            self._documents.add(event["requestId"])

    def _add(self, event: dict) -> None:
        if event["requestId"] not in self._documents:
            self.bytes += int(event["encodedDataLength"])


def interactive_seconds(tab: Page) -> float:
    """Return how long after the visit began the page answers to a tap."""
    return tab.evaluate(_INTERACTIVE) / 1000


@contextmanager
def phone(browser: Browser, cookies: Sequence[dict] = ()) -> Iterator[tuple[Page, Scales]]:
    """Open a tab on a phone whose cache is empty."""
    context: BrowserContext = browser.new_context(
        viewport=_PHONE,
        device_scale_factor=3,
        is_mobile=True,
        has_touch=True,
        locale="zh-CN",
    )
    context.add_cookies(cookies)
    tab = context.new_page()
    protocol = context.new_cdp_session(tab)
    protocol.send("Network.enable")
    protocol.send("Emulation.setCPUThrottlingRate", {"rate": SLOWNESS})
    try:
        yield tab, Scales(protocol)
    finally:
        context.close()


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the browser."""
    os.environ.setdefault("PLAYWRIGHT_NODEJS_PATH", str(PACKED_NODE))
    # Playwright keeps an event loop in this thread; the bench's own queries are synchronous.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    scratch = Path(settings.BAOZHEN_DATA) / "browser"
    found = find_chromium(settings.NODE_MODULES, scratch, Path(settings.BAOZHEN_FONTS))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found.executable,
            args=FLAGS,
            env={**os.environ, **found.environment},
        )
        try:
            yield browser
        finally:
            browser.close()
