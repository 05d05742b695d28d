"""The renderer: same input, same bytes; PDF/A-2b and tagged; a missing glyph is an error."""

import io
import re
from datetime import datetime, timedelta

import pikepdf
import psutil
import pytest

from baozhen.trust.errors import LintError, SigningError
from baozhen.trust.pdf.render import Renderer, Template
from tests.typesetting import (
    AT,
    DEMO,
    TEMPLATES,
    content_of,
    fonts,
    fullest,
    parsed,
    render,
    renderer,
)

# Names with characters of CJK extensions A to F, and of a minority with its middle dot.
RARE_NAMES = ("龘𠮷", "㙍䶮", "𪨊𫍯", "𬭚𡚸", "艾合买提·买买提江", "阿依古丽·吐尔逊")


def content(**changes):
    return content_of(parsed(fullest(DEMO, "car")), "commercial", **changes)


def named(name):
    said = content()
    said["parties"][0][0][2] = name
    return said


def opened(pdf):
    return pikepdf.open(io.BytesIO(pdf))


def test_same_input_gives_the_same_bytes():
    first = render(content())
    fresh = Renderer(templates=TEMPLATES, fonts=fonts().folder)
    assert fresh.render("commercial", "1", data=content(), at=AT) == first


def test_other_content_or_another_time_gives_other_bytes():
    first = render(content())
    assert render(named("测试二")) != first
    assert render(content(), at=AT + timedelta(seconds=1)) != first


def test_time_without_a_zone_is_refused():
    with pytest.raises(SigningError, match="时区"):
        render(content(), at=datetime(2026, 1, 1))  # noqa: DTZ001 -- that is the point


@pytest.mark.requirement("S0-3.2", "S2-L714c")
@pytest.mark.parametrize("kind", ["compulsory", "commercial", "mark"])
def test_document_is_pdf_a_2b_and_tagged(kind):
    pdf = opened(render(content_of(parsed(fullest(DEMO, "car")), kind)))
    root = pdf.Root
    assert root.MarkInfo.Marked
    assert "/StructTreeRoot" in root
    assert str(root.Lang) == "zh-CN"
    intent = root.OutputIntents[0]
    assert str(intent.S) == "/GTS_PDFA1"
    assert intent.DestOutputProfile.read_bytes()
    metadata = root.Metadata.read_bytes().decode()
    assert re.search(r"pdfaid:part[^0-9]*2", metadata)
    assert re.search(r"pdfaid:conformance[^A-Z]*B", metadata)
    assert "/AcroForm" not in root
    assert "/Names" not in root


@pytest.mark.requirement("S0-3.2")
def test_every_font_is_embedded_and_has_a_text_map():
    pdf = opened(render(named("龘𠮷")))
    faces = [
        part
        for part in pdf.objects
        if isinstance(part, pikepdf.Dictionary) and part.get("/Type") == "/Font"
    ]
    outer = [face for face in faces if face.Subtype == "/Type0"]
    assert len(outer) == 2  # the regular face and the one of rare characters
    for face in outer:
        assert "/ToUnicode" in face
        assert "/FontFile2" in face.DescendantFonts[0].FontDescriptor


@pytest.mark.parametrize("name", RARE_NAMES)
def test_rare_names_print_and_read_back(name):
    from baozhen.insurance.policies.textcheck import extract_text

    assert fonts().unprintable(name) == []
    assert name in extract_text(render(named(name)))


@pytest.mark.parametrize(("name", "missing"), [("测试😀", "😀"), ("ئۇيغۇر", "ئۇيغر")])
def test_unprintable_names_are_known_before_and_refused_by_the_renderer(name, missing):
    assert fonts().unprintable(name) == list(missing)
    with pytest.raises(LintError, match="字库中没有字符"):
        render(named(name))


def test_system_fonts_cannot_help_out():
    with pytest.raises(LintError):
        render(named("กขค"))


def test_unknown_template_is_named():
    with pytest.raises(SigningError, match="没有模版 commercial 的版本 99"):
        renderer().render("commercial", "99", data={}, at=AT)


def test_broken_data_is_an_error_of_ours():
    with pytest.raises(SigningError, match="排版失败"):
        renderer().render("commercial", "1", data={"form": "car"}, at=AT)


def test_template_hash_covers_shared_parts(tmp_path):
    import shutil

    copy = tmp_path / "templates"
    shutil.copytree(TEMPLATES, copy)
    before = Template.load(copy, "mark", "1")
    assert before.sha256 == Template.load(TEMPLATES, "mark", "1").sha256
    shared = copy / "parts" / "1" / "page.typ"
    shared.write_text(shared.read_text(encoding="utf-8") + "\n// changed\n", encoding="utf-8")
    assert Template.load(copy, "mark", "1").sha256 != before.sha256


def test_memory_stays_flat():
    said = content()
    for _ in range(60):
        said["parties"][0][0][2] = f"测试{_}"
        render(said)
    before = psutil.Process().memory_info().rss
    for index in range(300):
        said["parties"][0][0][2] = f"测试{index}甲"
        said["vehicle"][0][0][2] = f"京Z{index:05d}"
        render(said)
    assert psutil.Process().memory_info().rss - before < 30 * 2**20
