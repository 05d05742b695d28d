"""The finished documents: what they say equals the data, on one page, for all five forms."""

import io

import pikepdf
import pytest

from baozhen.insurance.policies.textcheck import extract_text, missing_text
from baozhen.insurance.products.clauses import clause_content, clause_products
from bench.generate import make_proposal
from tests.typesetting import (
    AT,
    FILINGS,
    FORMS,
    KINDS,
    content_of,
    fonts,
    fullest,
    parsed,
    render,
    renderer,
)

UNSIGNED_BYTES_MAX = 110_000  # with seal, two signatures and certificates below 150 KB


def pages_of(pdf):
    return len(pikepdf.open(io.BytesIO(pdf)).pages)


def first_page(pdf):
    document = pikepdf.open(io.BytesIO(pdf))
    del document.pages[1:]
    kept = io.BytesIO()
    document.save(kept)
    return extract_text(kept.getvalue())


@pytest.fixture(scope="module")
def given(shared_dir):
    return shared_dir / "data" / "motor_proposals.jsonl"


@pytest.mark.requirement("S0-4.3.1a", "S0-4.3.3a", "S0-4.3.3b1", "S0-4.3.3b2", "S2-L374")
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", KINDS)
def test_document_says_the_data_on_one_page(given, form, kind):
    content = content_of(parsed(fullest(given, form)), kind)
    pdf = render(content)
    assert missing_text(pdf, content) == []
    assert pages_of(pdf) == 1
    assert len(pdf) <= UNSIGNED_BYTES_MAX


@pytest.mark.requirement("S0-4.3.1a")
def test_a_changed_field_is_found_and_named():
    content = content_of(parsed(make_proposal(1)), "compulsory")
    pdf = render(content)
    content["vehicle"][1][0][2] = "L9TESTAA7MA000001"
    assert [found.key for found in missing_text(pdf, content)] == ["vehicle.vin"]


def test_notices_exclusions_and_verification_are_printed():
    text = extract_text(render(content_of(parsed(make_proposal(1)), "compulsory")))
    for words in (
        "重要提示",
        "扫码验真",
        "保险人不负责赔偿",
        "银保监复〔2020〕630号",
        "第1页，共1页",
    ):
        assert words in text


def test_many_long_agreements_flow_to_a_second_page():
    content = content_of(parsed(make_proposal(1)), "commercial")
    content["agreements"] = [
        [f"special_agreements.{index}", "T001", "发生保险事故时，请及时拨打客户服务电话报案。" * 4]
        for index in range(20)
    ]
    pdf = render(content)
    assert pages_of(pdf) == 2
    assert missing_text(pdf, content) == []
    assert "第2页，共2页" in extract_text(pdf)
    assert "保险人（电子签章）" in first_page(pdf)  # the seal's place, whatever flows on


def test_longest_names_and_addresses_are_printed_whole():
    content = content_of(parsed(make_proposal(1)), "commercial")
    long = "测试" * 30
    content["parties"] = [[[f"party.{index}", "投保人", f"{long}{index}"]] for index in range(6)]
    pdf = render(content)
    assert missing_text(pdf, content) == []


def test_coverage_lines_up_to_the_whole_catalogue_are_printed():
    content = content_of(parsed(make_proposal(1)), "commercial")
    line = content["coverages"][0]
    content["coverages"] = [[f"commercial.coverages.{i}", *line[1:]] for i in range(16)]
    pdf = render(content)
    assert missing_text(pdf, content) == []
    assert pages_of(pdf) <= 2


@pytest.mark.requirement("S2-L374")
@pytest.mark.parametrize("product", clause_products())
def test_clauses_are_one_document_per_product(product):
    content = clause_content(product, insurer_name="示例保险", filings=FILINGS)
    first = renderer().render("clauses", "1", data=content, at=AT)
    assert renderer().render("clauses", "1", data=content, at=AT) == first
    text = extract_text(first)
    assert "示范文本" in text
    assert content["title"] in text
    for chapter in content["chapters"]:
        for paragraph in chapter["paragraphs"]:
            assert "".join(paragraph.split()) in text
    assert fonts().unprintable("".join(text)) == []


def test_exclusions_and_duties_are_bold_in_the_clauses():
    bold = {
        chapter["title"]: chapter["bold"]
        for chapter in clause_content("commercial_car", insurer_name="示例保险", filings=FILINGS)[
            "chapters"
        ]
    }
    assert [title for title, heavy in bold.items() if heavy] == [
        "第三章　责任免除",
        "第四章　投保人和被保险人的义务",
    ]
