"""The proposal form in five versions, and the files combined with it: what they say."""

import io
import json
from datetime import date

import pikepdf
import pytest

from baozhen.insurance.disclosures.documents import (
    BASIS,
    FiledText,
    FormFacts,
    printed_text,
    proposal_form,
)
from baozhen.insurance.disclosures.texts import (
    NOTICES,
    TextNotInForce,
    combined_texts,
    entered_solvency,
    solvency_on,
)
from baozhen.insurance.policies.textcheck import extract_text
from baozhen.insurance.products.norms import norms
from baozhen.signing.organizations.insurer import get_insurer
from baozhen.trust.pdf.render import Template
from tests.typesetting import (
    AT,
    DEMO,
    FILINGS,
    FORMS,
    TEMPLATES,
    form_of,
    fullest,
    parsed,
    renderer,
)

DAY = date(2026, 11, 20)
BYTES_MAX = 150_000
VERSIONS = (
    "car",
    "special",
    "motorcycle_tractor",
    "single_trip",
    "new_energy",
)


def squeezed(text):
    return "".join(text.split())


def rendered(form):
    content = form_of(parsed(fullest(DEMO, form)))
    return content, renderer().render("proposal", "1", data=content, at=AT)


@pytest.mark.requirement(
    "S0-4.2.3b1", "S0-4.2.3b2", "S0-4.2.3b3", "S0-4.2.3b4", "S0-4.2.3b5", "S0-4.2.3b6",
    "S0-4.2.3b7", "S0-4.2.3b8",
)  # fmt: skip
@pytest.mark.parametrize("form", VERSIONS)
def test_a_form_is_a_pdf_that_says_its_six_sections(form):
    content, pdf = rendered(form)
    text = extract_text(pdf)
    for key, words in printed_text(content):
        assert squeezed(words) in text, key
    titles = json.loads((TEMPLATES / "proposal/1/template.json").read_text())["titles"]
    for words in (
        squeezed(titles[form]),
        "投保提示",
        "保险人偿付能力告知",
        "投保单详情",
        "投保人声明",
        "投保人签名",
        "交强险",
        "代收车船税",
        "争议解决",
        "业务来源",
    ):
        assert words in text
    assert len(pdf) <= BYTES_MAX
    assert renderer().render("proposal", "1", data=content, at=AT) == pdf


def test_the_five_forms_have_five_titles():
    titles = json.loads((TEMPLATES / "proposal/1/template.json").read_text())["titles"]
    assert set(titles) == set(FORMS)
    assert len(set(titles.values())) == len(FORMS)


@pytest.mark.requirement("S0-4.2.3a1")
@pytest.mark.parametrize("code", ["proposal", "combined"])
def test_templates_rest_on_registered_norms(code):
    template = Template.load(TEMPLATES, code, "1")
    assert set(template.norms) <= norms().keys()
    if code == "proposal":
        assert set(BASIS) <= set(template.norms)
        _, pdf = rendered("car")
        for key in BASIS:
            assert squeezed(norms()[key].title) in extract_text(pdf)


@pytest.mark.parametrize("form", FORMS)
def test_the_form_without_commercial_cover_says_nothing_of_it(form):
    proposal = parsed(fullest(DEMO, form) | {"commercial": None} | _without_commercial(form))
    content = form_of(proposal)
    assert content["commercial"] is None
    text = extract_text(renderer().render("proposal", "1", data=content, at=AT))
    assert "商业险备案号" not in text


def _without_commercial(form):
    raw = fullest(DEMO, form)
    total = float(raw["compulsory"]["premium"]) + float(raw["vehicle_tax"]["total"])
    money = f"{total:.2f}"
    return {"total": money, "payment": raw["payment"] | {"amount": money}}


@pytest.mark.requirement("S0-4.2.3a2", "S2-L4a")
@pytest.mark.parametrize("form", FORMS)
def test_exclusions_are_emphasised_and_each_explained(form):
    found = {t.kind: t for t in texts(form)}
    points = [p for s in found["exclusions"].content["sections"] for p in s["items"]]
    assert len(points) >= 8
    assert all(point["strong"] and len(point["explain"]) > 20 for point in points)
    text = extract_text(renderer().render("combined", "1", data=found["exclusions"].content, at=AT))
    for point in points:
        assert squeezed(point["text"]) in text
        assert squeezed(point["explain"]) in text


def texts(form, *, has_commercial=True):
    return texts_on(DAY, form, has_commercial=has_commercial)


def texts_on(day, form, *, has_commercial):
    name = get_insurer().name
    return combined_texts(
        form, has_commercial=has_commercial, insurer_name=name, filings=FILINGS, day=day
    )


@pytest.mark.parametrize("form", FORMS)
def test_the_combined_set_has_clauses_and_the_five_notices(form):
    kinds = [text.kind for text in texts(form)]
    assert kinds == ["clauses", "clauses", *NOTICES]
    assert [t.kind for t in texts(form, has_commercial=False)] == ["clauses", *NOTICES]
    assert all(text.seconds > 0 and text.version for text in texts(form))


def test_without_commercial_cover_its_notices_are_left_out():
    alone = {t.kind: t.content for t in texts("new_energy", has_commercial=False)}
    both = {t.kind: t.content for t in texts("new_energy")}
    assert len(alone["float_notice"]["sections"]) == 1
    assert len(both["float_notice"]["sections"]) == 2
    titles = [s["title"] for s in alone["exclusions"]["sections"]]
    assert titles == ["一、交强险不予赔偿和追偿的情形"]
    assert any("新能源" in s["title"] for s in both["exclusions"]["sections"])


def test_solvency_is_that_of_the_latest_published_quarter():
    assert solvency_on(date(2026, 10, 30)).quarter == "2026-Q2"
    assert solvency_on(date(2026, 10, 31)).quarter == "2026-Q3"
    with pytest.raises(TextNotInForce) as refused:
        solvency_on(date(2020, 1, 1))
    assert "偿付能力" in str(refused.value)


def test_solvency_that_was_entered_is_said_in_words():
    table = {
        "table": "solvency",
        "effective_from": "2026-10-31",
        "quarter": "2026-Q3",
        "core_percent": "180.10",
        "comprehensive_percent": "201.30",
        "rating": "B",
        "is_sufficient": True,
        "link": "https://www.example.com/q3",
    }
    found = entered_solvency(table)
    assert (found.label, found.core_percent, found.rating) == ("2026年第3季度", "180.10", "B")


def test_a_text_that_is_not_in_force_stops_everything():
    with pytest.raises(TextNotInForce):
        texts_on(date(2020, 1, 1), "car", has_commercial=True)


def test_another_file_gives_another_form():
    proposal = parsed(fullest(DEMO, "car"))
    facts = FormFacts(
        made_at=AT,
        address="https://verify.example.com/m/read/X",
        solvency=solvency_on(DAY),
        files=[FiledText(title="保险条款", version="1", sha256="a" * 64)],
        filings=FILINGS,
    )
    one = proposal_form(proposal, facts=facts, insurer=get_insurer())
    assert one["files"] == [["files.0", "保险条款", "1", "a" * 64]]


def test_a_whole_catalogue_of_covers_keeps_the_signature_on_the_last_page():
    content = form_of(parsed(fullest(DEMO, "car")))
    line = content["commercial"]["coverages"][0]
    content["commercial"]["coverages"] = [[f"c.{n}", *line[1:]] for n in range(16)]
    pdf = renderer().render("proposal", "1", data=content, at=AT)
    document = pikepdf.open(io.BytesIO(pdf))
    del document.pages[:-1]
    kept = io.BytesIO()
    document.save(kept)
    assert "手写签名" in extract_text(kept.getvalue())
