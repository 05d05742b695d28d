"""A real browser against a real server, at the size of a phone and of a desk."""

import os
import threading

import pytest
from django.conf import settings as django_settings
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import sync_playwright

from tests.e2e.accessibility import Inspector
from tests.e2e.browser import FLAGS, PACKED_NODE, find_chromium
from tests.faces.conftest import (  # noqa: F401 -- fixtures
    _fresh_limits,
    _static_root,
    pdf,
    policy,
    policy_file,
    raw,
    staff,
)

SIZES = {"phone": (390, 844), "desk": (1280, 800)}
INSPECTOR = Inspector()
ANSWER_SECONDS = 30
SCREENSHOTS = django_settings.CHECKOUT / ".data" / "screenshots"

# What a screen reader and a thumb need, asked of the page as it stands.
BASICS = """() => {
  const faults = [];
  const say = (what, node) => faults.push(`${what}: ${node.outerHTML.slice(0, 120)}`);
  const seen = (node) => node.offsetParent !== null && !node.closest("[aria-hidden=true]");
  for (const node of document.querySelectorAll("input, select, textarea")) {
    if (node.type === "hidden") continue;
    if (!node.labels.length && !node.getAttribute("aria-label")) say("no label", node);
  }
  for (const node of document.querySelectorAll("img")) {
    if (!node.hasAttribute("alt")) say("no alt", node);
  }
  for (const node of document.querySelectorAll("a[href], button")) {
    const name = node.textContent.trim() || node.getAttribute("aria-label")
      || node.querySelector("[aria-label]");
    if (!name) say("no name", node);
  }
  const ids = [...document.querySelectorAll("[id]")].map((node) => node.id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) faults.push(`id twice: ${id}`);
  for (const node of document.querySelectorAll("[aria-describedby]")) {
    for (const id of node.getAttribute("aria-describedby").split(" ")) {
      if (!document.getElementById(id)) say("describes nothing", node);
    }
  }
  if (document.querySelectorAll("h1").length !== 1) faults.push("not one h1");
  if (!document.documentElement.lang) faults.push("no language");
  if (!document.querySelector("main")) faults.push("no main");
  if (document.documentElement.scrollWidth > window.innerWidth) faults.push("scrolls sideways");
  if (window.innerWidth < 500) {
    for (const node of document.querySelectorAll("button, .weui-btn, .door, .call a")) {
      if (seen(node) && !node.classList.contains("unseen")
          && node.getBoundingClientRect().height < 43.5) say("too small for a thumb", node);
    }
  }
  return faults;
}"""


@pytest.fixture(scope="session", autouse=True)
def _async_is_known():
    """Playwright keeps an event loop in this thread; the tests' own queries are synchronous."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    yield
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="session")
def browser():
    """One browser for all tests."""
    # The driver's own node asks for libraries that a bare machine lacks; the packed one does not.
    os.environ.setdefault("PLAYWRIGHT_NODEJS_PATH", str(PACKED_NODE))
    data = django_settings.BAOZHEN_DATA
    found = find_chromium(
        django_settings.NODE_MODULES, data / "browser", django_settings.BAOZHEN_FONTS
    )
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=found.executable,
            args=FLAGS,
            env={**os.environ, **found.environment},
        )
        yield chromium
        chromium.close()


class Visitor:
    """A browser tab that looks at each page it comes to."""

    def __init__(self, tab, base, size):
        self.tab = tab
        self.base = base
        self.size = size
        self.complaints = []
        tab.on("pageerror", lambda error: self.complaints.append(str(error)))
        tab.on("console", self._listen)

    def _listen(self, message):
        # Taking a picture sets and unsets styles; the recorder, which compares them, is refused.
        if "rrweb" in message.location["url"] and "inline style" in message.text:
            return
        # A refused form is answered with 422, which the browser notes; that is no fault.
        if message.type in {"error", "warning"} and "the server responded" not in message.text:
            self.complaints.append(message.text)

    def open(self, address):
        try:
            self.tab.goto(self.base + address)
        except PlaywrightError as failure:
            # A page that waits goes on by itself: it may do so at the very moment that we leave it.
            if "ERR_ABORTED" not in str(failure):
                raise
            self.tab.goto(self.base + address)

    def reads(self, text, within="main"):
        """Wait until the page says it: a page that was asked for comes when it comes."""
        self.tab.wait_for_selector(f"{within}:has-text('{text}')")

    def look(self, name):
        """Keep a picture of the page and check the basics of access."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        try:
            self._look(name)
        except PlaywrightError as failure:
            # The page that a key asked for came while we looked at the one before.
            if "context was destroyed" not in str(failure):
                raise
            self._look(name)

    def _look(self, name):
        self.tab.wait_for_load_state("load")
        self.tab.screenshot(path=SCREENSHOTS / f"{name}-{self.size}.png", full_page=True)
        assert self.tab.evaluate(BASICS) == [], name
        if self.size in SIZES:  # axe itself waits for what only a browser with scripts does
            assert INSPECTOR.violations(self.tab) == [], name
        assert self.complaints == [], name


@pytest.fixture(params=list(SIZES))
def visitor(request, browser, live_server):
    """Somebody with a phone, then somebody at a desk."""
    width, height = SIZES[request.param]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        accept_downloads=True,
    )
    context.set_default_timeout(60_000)
    yield Visitor(context.new_page(), live_server.url, request.param)
    _leave(context)


@pytest.fixture
def plain_visitor(browser, live_server):
    """Somebody whose browser runs no scripts."""
    context = browser.new_context(java_script_enabled=False, locale="zh-CN")
    yield Visitor(context.new_page(), live_server.url, "plain")
    _leave(context)


def _leave(context):
    """Close the browser's window, and wait until the server has answered its last calls.

    A page tells of its end: without the wait that would reach the next test's database.
    """
    context.close()
    for thread in threading.enumerate():
        if "process_request_thread" in thread.name:
            thread.join(ANSWER_SECONDS)


@pytest.fixture(scope="session")
def house(tmp_path_factory):
    """A folder for keys and certificates that are of the scenarios' time."""
    return tmp_path_factory.mktemp("house")


@pytest.fixture
def spring(monkeypatch, settings, tmp_path, house, live_server):
    """The scenarios play in the spring of 2025, in a house with certificates of that time."""
    monkeypatch.setenv("BAOZHEN_CLOCK", "2025-03-01T10:00:00+08:00")
    settings.BAOZHEN_DATA, settings.BAOZHEN_ARCHIVE = house, tmp_path / "archive"
    settings.BAOZHEN_PUBLIC_URL = live_server.url
