"""A page falls into what all see and what is one person's, and comes together again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baozhen.foundation.traces.pages import GAP, fill, split
from tests.foundation.traces.making import page


def test_two_visitors_share_one_skeleton():
    one = split(page())
    other = split(page(csrf="b" * 64, name="测试安", mobile="16112340002", premium="9.00"))
    assert one.skeleton == other.skeleton
    assert one.slots == ("测试欣", "16112340001", "¥1,376.45")


def test_other_wording_is_another_version():
    assert split(page()).skeleton != split(page().replace("15 天", "20 天")).skeleton


def test_the_page_comes_together_again_without_its_secrets():
    html = page(csrf="")
    assert split(page()).page() == html


def test_a_link_token_is_forgotten():
    html = '<a href="/s/abcdefghijkl/read">读</a>'
    parts = split(html, secrets=["abcdefghijkl"])
    assert "abcdefghijkl" not in parts.page()
    assert parts.page() == '<a href="/s//read">读</a>'


@pytest.mark.parametrize(
    "own",
    [
        "测*欣",
        "env_06bt3k9q2x06bt3k9q2x06bt3k",
        "2026-11-21 09:30",
        "2026年11月21日",
        "川A12345",
        "110199199001011017",
        "1101**********1017",
        "someone@example.com",
    ],
)
def test_personal_texts_leave_the_skeleton(own):
    parts = split(f"<p>您好 {own}</p>", private=["测*欣"])
    assert own not in parts.skeleton
    assert own in parts.slots


def test_what_a_person_chose_is_theirs():
    chosen = (
        '<input type="radio" name="a" value="1" checked><input type="radio" name="a" value="2">'
    )
    assert " checked" not in split(chosen).skeleton
    assert split(chosen).page() == chosen


@given(st.text(max_size=300), st.lists(st.sampled_from(["¥1.00", "测试欣", GAP, "<p>"])))
def test_any_page_comes_together_again(text, more):
    html = text + "".join(more)
    assert split(html, private=["测试欣"]).page() == html


def test_other_texts_than_gaps_are_refused():
    with pytest.raises(ValueError, match="gaps"):
        fill(f"a{GAP}b", [])
