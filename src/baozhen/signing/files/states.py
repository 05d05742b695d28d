"""What kinds of copies there are. Pure."""

from collections.abc import Mapping
from enum import StrEnum


class CopyKind(StrEnum):
    """How a file left the house."""

    ORIGINAL = "original"
    BLACK = "black"
    PRINT = "print"
    LINK = "link"
    PACKAGE = "package"


COPY_LABELS: Mapping[CopyKind, str] = {
    CopyKind.ORIGINAL: "原件下载",
    CopyKind.BLACK: "脱敏副本（黑色章）",
    CopyKind.PRINT: "防伪打印",
    CopyKind.LINK: "链接下载",
    CopyKind.PACKAGE: "证据包",
}
