"""What the e-endorsement says: every part that DOMAIN 2.7 names, in the words of the trade."""

import json

import pytest

from baozhen.insurance.endorsements.documents import printed_text
from tests.insurance.endorsements.documents import endorsements
from tests.typesetting import AT, renderer


@pytest.mark.parametrize("name", ["endorsement-limit", "endorsement-cancellation"])
def test_content_is_plain_data_and_fits_one_page(name):
    content = endorsements()[name]
    assert json.loads(json.dumps(content)) == content
    pdf = renderer().render("endorsement", "1", data=content, at=AT)
    assert pdf.count(b"/Type /Page ") + pdf.count(b"/Type/Page/") <= 2


@pytest.mark.requirement("S0-3.4")
def test_the_difference_stands_in_figures_and_capitals():
    raised, cancelled = (endorsements()[f"endorsement-{n}"] for n in ("limit", "cancellation"))
    assert raised["premium"][2:] == ["+¥61.40", "补收人民币陆拾壹元肆角整"]
    assert cancelled["premium"][2:] == ["-¥780.92", "退还人民币柒佰捌拾元玖角贰分"]


def test_it_names_who_confirmed_who_approved_and_the_policy_it_belongs_to():
    content = endorsements()["endorsement-limit"]
    said = printed_text(content)
    assert "示例领导" in said
    assert "短信验证码 con_06bt3k9q2w8v5n7r4t6y8z0a1c" in said
    assert "5b" * 32 in said
    assert any("纸质批单具有同等法律效力" in text for text in said)


def test_a_cancellation_says_where_tax_is_claimed_and_on_what_ground():
    said = "".join(printed_text(endorsements()["endorsement-cancellation"]))
    assert "主管税务机关" in said
    assert "交强险条例 第十六条第（一）项" in said
    assert "不再承担" in said
