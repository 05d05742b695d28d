"""No page of a sale ticks for the person, and no tick means two agreements."""

import re
from pathlib import Path

import pytest

from baozhen.foundation.traces.linting import lint_page

TEMPLATES = Path(__file__).parents[3] / "src/baozhen/faces/templates/mobile"
# In a template a tick may stand behind a condition only: that is an answer which comes back.
GUARDED = re.compile(r"{%\s*(?:el)?if\b[^%]*%}\s*checked\s*{%\s*endif\s*%}")


def codes(html, **given):
    return [(fault.code, fault.field) for fault in lint_page(html, **given)]


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ('<input type="checkbox" name="a" checked>', [("default_tick", "a")]),
        ('<input checked type="radio" name="a" value="1">', [("default_tick", "a")]),
        ('<input type="checkbox" name="a">', []),
        ('<input type="text" name="checked" value=" checked">', []),
        (
            '<label><input type="checkbox" name="a">我已阅读《条款》和《隐私政策》</label>',
            [("merged_confirmation", "a")],
        ),
        (
            '<input type="checkbox" name="a" id="x"><label for="x">同意《甲》《乙》</label>',
            [("merged_confirmation", "a")],
        ),
        ('<label><input type="checkbox" name="a">我已阅读《条款》</label>', []),
        ('<label for="y">同意《甲》《乙》</label>', []),
    ],
)
def test_faults_are_found(html, found):
    assert codes(html) == found


def test_an_answer_that_comes_back_is_no_default():
    assert codes('<input type="radio" name="a" checked>', may_be_ticked=frozenset({"a"})) == []


# Chooses which waiting tasks are signed together; what each confirms is asked on its own after it.
NO_SALE = {"all.html"}


def pages():
    return sorted(path for path in TEMPLATES.rglob("*.html") if path.name not in NO_SALE)


@pytest.mark.parametrize("path", pages(), ids=lambda path: path.relative_to(TEMPLATES).as_posix())
def test_the_pages_of_the_journey(path):
    assert codes(GUARDED.sub("", path.read_text(encoding="utf-8"))) == []
