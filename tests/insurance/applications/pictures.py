"""Photos of papers that nobody was ever issued: drawn, turned a little, with noise, as JPEG."""

from hashlib import shake_128
from io import BytesIO
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont

Written = tuple[str, int, int, int]  # text, left, top, size

LICENCE: Final[tuple[Written, ...]] = (
    ("中华人民共和国机动车行驶证", 210, 30, 40),
    ("Vehicle License of the People's Republic of China", 250, 84, 18),
    ("号牌号码", 50, 130, 22),
    ("Plate No.", 50, 156, 16),
    ("京Z12345", 180, 134, 32),
    ("车辆类型", 480, 130, 22),
    ("Vehicle Type", 480, 156, 16),
    ("小型轿车", 620, 134, 32),
    ("所有人", 50, 196, 22),
    ("Owner", 50, 222, 16),
    ("测试甲", 180, 200, 32),
    ("住址", 50, 262, 22),
    ("Address", 50, 288, 16),
    ("北京市示例区测试路1号院2号楼301室", 180, 266, 32),
    ("使用性质", 50, 328, 22),
    ("Use Character", 50, 354, 16),
    ("非营运", 180, 332, 32),
    ("品牌型号", 400, 328, 22),
    ("Model", 400, 354, 16),
    ("示例牌SL7200A", 520, 332, 32),
    ("车辆识别代号", 330, 394, 22),
    ("VIN", 330, 420, 16),
    ("L9TESTAA7MA000001", 480, 398, 32),
    ("发动机号码", 330, 460, 22),
    ("Engine No.", 330, 486, 16),
    ("T20A000001", 480, 464, 32),
    ("注册日期", 330, 526, 22),
    ("Register Date", 330, 552, 16),
    ("2021-03-15", 460, 530, 32),
    ("发证日期", 660, 526, 22),
    ("Issue Date", 660, 552, 16),
    ("2021-03-16", 770, 530, 32),
)
SECOND_PAGE: Final[tuple[Written, ...]] = (
    ("号牌号码", 50, 60, 24),
    ("京Z12345", 190, 52, 34),
    ("档案编号", 520, 60, 24),
    ("110000000001", 650, 52, 34),
    ("核定载人数", 50, 140, 24),
    ("5人", 220, 132, 34),
    ("总质量", 520, 140, 24),
    ("1900kg", 650, 132, 34),
    ("整备质量", 50, 220, 24),
    ("1500kg", 220, 212, 34),
    ("核定载质量", 520, 220, 24),
    ("--", 690, 212, 34),
    ("外廓尺寸", 50, 300, 24),
    ("4600×1800×1450mm", 220, 292, 34),
)
CARD: Final[tuple[Written, ...]] = (
    ("姓名", 60, 70, 26),
    ("测试甲", 160, 62, 38),
    ("性别", 60, 140, 26),
    ("男", 160, 136, 32),
    ("民族", 290, 140, 26),
    ("汉", 370, 136, 32),
    ("出生", 60, 210, 26),
    ("1985", 160, 206, 32),
    ("年", 250, 210, 26),
    ("6", 300, 206, 32),
    ("月", 340, 210, 26),
    ("15", 390, 206, 32),
    ("日", 440, 210, 26),
    ("住址", 60, 280, 26),
    ("北京市示例区测试路1号院", 160, 276, 32),
    ("2号楼301室", 160, 320, 32),
    ("公民身份号码", 60, 480, 26),
    ("110199198506151017", 300, 474, 40),
)
CARD_BACK: Final[tuple[Written, ...]] = (
    ("中华人民共和国", 330, 80, 48),
    ("居民身份证", 350, 160, 60),
    ("签发机关", 220, 400, 26),
    ("示例市公安局", 350, 396, 32),
    ("有效期限", 220, 470, 26),
    ("2016.05.01-2036.05.01", 350, 466, 32),
)
_PAPER: Final = (1000, 620)
_INK, _GROUND = (38, 38, 46), (233, 238, 232)


def photo(
    written: tuple[Written, ...], font: Path, *, degrees: float = 2.0, orientation: int = 1
) -> bytes:
    """Return a JPEG of the paper on a table; `orientation` is the number of its EXIF mark."""
    paper = Image.new("RGB", _PAPER, _GROUND)
    draw = ImageDraw.Draw(paper)
    for text, left, top, size in written:
        draw.text((left, top), text, font=ImageFont.truetype(font, size), fill=_INK)
    table = Image.new("RGB", (1300, 950), (110, 96, 84))
    table.paste(paper, (150, 165))
    table = table.rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=(110, 96, 84))
    if orientation == 6:
        # As a phone held upright stores it: the sensor's rows, and a mark that says how to turn.
        table = table.transpose(Image.Transpose.ROTATE_90)
    marks = Image.Exif()
    marks[0x0112] = orientation
    result = BytesIO()
    _grainy(table).save(result, "JPEG", quality=70, exif=marks)
    return result.getvalue()


def _grainy(picture: Image.Image) -> Image.Image:
    """Return the picture with the grain of a cheap sensor, the same grain at every run."""
    width, height = picture.size
    dots = Image.frombytes("L", (width, height), shake_128(b"grain").digest(width * height))
    return Image.blend(picture, dots.convert("RGB"), 0.12)
