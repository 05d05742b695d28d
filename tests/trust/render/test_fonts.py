"""The set of fonts: prepared once, named by its hash, and honest about what it covers."""

import json

import pytest
from fontTools.ttLib import TTFont

from baozhen.site.fonts import NOTO_FILES, RARE_FILE, prepare_fonts
from baozhen.trust.errors import SigningError
from baozhen.trust.pdf.fonts import COVERAGE_FILE, FontSet, hash_fonts
from tests.typesetting import ROOT, fonts


def test_folder_holds_nothing_but_the_set():
    names = {path.name for path in fonts().folder.iterdir()}
    assert names == {name.rpartition("/")[2] for name in NOTO_FILES} | {RARE_FILE, COVERAGE_FILE}


def test_hash_is_that_of_the_files():
    assert fonts().sha256 == hash_fonts(fonts().folder)


def test_preparing_again_only_reads(tmp_path):
    stamp = (fonts().folder / RARE_FILE).stat().st_mtime_ns
    again = prepare_fonts(ROOT / "node_modules", fonts().folder)
    assert again == fonts()
    assert (fonts().folder / RARE_FILE).stat().st_mtime_ns == stamp


def test_preparing_elsewhere_gives_the_same_set(tmp_path):
    assert prepare_fonts(ROOT / "node_modules", tmp_path / "fonts").sha256 == fonts().sha256


def test_rare_font_has_the_cjk_extensions():
    with TTFont(fonts().folder / RARE_FILE, lazy=True) as font:
        points = set(font.getBestCmap())
    for first, last in ((0x20000, 0x2A6D6), (0x2A700, 0x2B734), (0x2B740, 0x2B81D)):
        assert len(points & set(range(first, last + 1))) > 0.99 * (last - first + 1)


def test_unprintable_names_each_character_once_in_order():
    assert fonts().unprintable("测😀试😀🚗") == ["😀", "🚗"]
    assert fonts().unprintable("自2026年1月7日零时起至…¥1,376.45（元）×—·") == []


def test_folder_that_was_not_prepared_is_refused(tmp_path):
    with pytest.raises(SigningError, match="尚未准备好"):
        FontSet.open(tmp_path)


def test_coverage_ranges_are_read_at_their_ends(tmp_path):
    facts = {"sha256": "", "ranges": [[65, 67], [97, 97]]}
    (tmp_path / COVERAGE_FILE).write_text(json.dumps(facts), encoding="utf-8")
    found = FontSet.open(tmp_path)
    assert found.unprintable("@ABCDab") == ["@", "D", "b"]
