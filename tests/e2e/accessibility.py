"""What axe-core has against a page: WCAG 2 A and AA, as screen readers and eyes need it."""

import os
from functools import cache
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import Resolver404, resolve

_RUN = """async () => {
  const { violations } = await axe.run(document, {
    runOnly: ["wcag2a", "wcag2aa"],
    resultTypes: ["violations"],
    iframes: false,
    preload: false,  // it would fetch style sheets again
  });
  return violations.flatMap((rule) => rule.nodes.map((node) =>
    `${rule.id}: ${node.html.slice(0, 160)} (${node.any.concat(node.all, node.none)
      .map((check) => check.message).join("; ")})`));
}"""


# The staff's rooms of the motor journey; customers' pages are all of them inspected. The signing
# centre's own rooms are inspected by a walk of theirs, `test_console_centre`, which sees their
# lists; with BAOZHEN_WALK every page is inspected.
_ROOMS = (
    "applications", "batches", "changes", "claims", "data-items", "duties", "health", "hotline",
    "parked", "payments", "policies", "products", "referrals", "solvency", "statistics",
    "tables", "traces",
)  # fmt: skip


class Inspector:
    """Inspects each kind of page once: every page at every look would cost the suite minutes."""

    def __init__(self):
        self._known = set()

    def violations(self, tab):
        """Return what is wrong with the page, in words; nothing for a kind that is known."""
        kind = _kind(tab.url)
        if kind in self._known or not _is_inspected(tab.url):
            return []
        self._known.add(kind)
        return inspect(tab)


def inspect(tab):
    """Return what is wrong with the page, in words.

    axe is put into the page by the debugger, which the page's own policy does not bind.
    """
    tab.evaluate(_source())
    return tab.evaluate(_RUN)


def _is_inspected(address):
    """Tell pages of the journey from the signing centre's rooms and from files on a disk."""
    parts = urlsplit(address)
    place = f"{parts.path}/".split("/")
    is_journey = place[1] != "console" or place[2] in _ROOMS
    return parts.scheme == "http" and (is_journey or bool(os.environ.get("BAOZHEN_WALK")))


def _kind(address):
    """Return what stands behind an address, whatever its numbers; a wizard's steps are kinds."""
    path = urlsplit(address).path
    try:
        match = resolve(path)
    except Resolver404:
        return path
    return match.view_name, match.kwargs.get("name")


@cache
def _source():
    path = settings.NODE_MODULES / "axe-core" / "axe.min.js"
    return f"() => {{ {path.read_text(encoding='utf-8')} }}"
