"""The look: contrast by the tokens, no colour outside them, nothing inline, light pages."""

import gzip
import re
from pathlib import Path

import pytest
from django.conf import settings

FACES = Path(__file__).parents[2] / "src" / "baozhen" / "faces"
STYLES = FACES / "static" / "baozhen"
TEMPLATES = sorted((FACES / "templates").rglob("*.html"))

# Every pair of ink and ground that the style sheets put together.
PAIRS = [
    *[(ink, ground) for ink in ("ink", "ink-2", "azure") for ground in ("paper", "card")],
    *[("ink", f"{tone}-wash") for tone in ("seal", "azure", "jade", "amber", "quiet")],
    *[("ink-2", f"{tone}-wash") for tone in ("jade", "amber", "quiet", "seal")],
    *[(tone, f"{tone}-wash") for tone in ("seal", "azure", "jade", "amber")],
    *[(tone, "card") for tone in ("seal", "jade", "amber")],
    *[("on-fill", fill) for fill in ("azure", "jade", "amber", "seal", "ink-2")],
]


def tokens(mode):
    text = (STYLES / "tokens.css").read_text()
    light, _, dark = text.partition("@media (prefers-color-scheme: dark)")
    found = dict(re.findall(r"--([a-z0-9-]+): (#[0-9A-F]{6})", light))
    if mode == "dark":
        found |= dict(re.findall(r"--([a-z0-9-]+): (#[0-9A-F]{6})", dark))
    return found


def luminance(colour):
    # WCAG 2.2, relative luminance
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("pair", PAIRS, ids="-on-".join)
def test_words_can_be_read(mode, pair):
    ink, ground = (tokens(mode)[name] for name in pair)
    assert contrast(ink, ground) >= 4.5


def test_the_contrast_formula_tells_pale_from_plain():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast(tokens("light")["ink-3"], "#FFFFFF") < 4.5


@pytest.mark.parametrize("sheet", ["portal.css", "console.css"])
def test_style_sheets_name_no_colour_of_their_own(sheet):
    colours = set(re.findall(r"#[0-9A-Fa-f]{3,8}\b", (STYLES / sheet).read_text()))
    assert colours <= {"#FFFFFF"}  # the paper of captchas and previews, in every mode


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_templates_hold_nothing_that_the_policy_forbids(template):
    text = template.read_text()
    assert not re.search(r"\son[a-z]+=", text), "inline handler"
    assert " style=" not in text, "inline style"
    assert "<style" not in text, "style element"
    assert not re.search(r"<script(?![^>]*\bsrc=)", text), "inline script"


def test_an_inline_handler_would_be_found():
    assert re.search(r"\son[a-z]+=", '<a onclick="x()">')


def test_pages_stay_light():
    shared = [STYLES / "tokens.css", STYLES / "portal.css", STYLES / "portal.js"]
    weui = settings.NODE_MODULES / "weui" / "dist" / "style"
    shared += [
        weui / "base" / "base.min.css",
        weui / "widget" / "weui-button" / "weui-button.min.css",
    ]
    weight = sum(len(gzip.compress(path.read_bytes())) for path in shared)
    assert weight < 15_000
