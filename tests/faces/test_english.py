"""Problems in English for those who ask for it."""

import pytest

from baozhen.faces.english import DETAILS, prefers_english
from tests.faces.api.conftest import Program


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("", False),
        ("en", True),
        ("en-GB,en;q=0.9", True),
        ("zh-CN,zh;q=0.9,en;q=0.8", False),
        ("zh;q=0.5, en;q=0.8", True),
        ("fr", False),
        ("en;q=x", False),
        ("en;q=nan", False),
        ("*", False),
    ],
)
def test_who_wants_english(header, wanted):
    assert prefers_english(header) is wanted


@pytest.mark.django_db
def test_the_same_problem_in_two_languages():
    chinese = Program("").get("/events")
    english = Program("").get("/events", **{"Accept-Language": "en"})
    assert chinese.json()["code"] == english.json()["code"] == "not_signed_in"
    assert english.json()["detail"] == DETAILS["not_signed_in"]
    assert english.json()["title"] == "Unauthorized"
    assert english["Content-Language"] == "en"
    assert chinese.json()["detail"] == "缺少有效的访问凭证"


def test_sentences_are_english():
    assert all(words.isascii() and words.endswith(".") for words in DETAILS.values())
