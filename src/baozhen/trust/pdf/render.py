"""Renders a document from a versioned template and its data: the same input gives the same bytes.

One Typst compiler serves a whole process. Every document is PDF/A-2b, tagged, carries its fonts,
and a character without a glyph is an error, never a blank.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, Self

import typst

from baozhen.trust.errors import LintError, SigningError
from baozhen.trust.pdf.qr import qr_png

# ISO 19005-2; Typst also tags the document unless told otherwise.
_STANDARD: Final = "a-2b"
_QR_PIXELS_PER_MODULE = 4
_MISSING_GLYPH = re.compile(r'the text `"(?P<text>.+?)"` could not be displayed')
_MAIN = "main.typ"
_MANIFEST = "template.json"


@dataclass(frozen=True)
class Template:
    """One version of a template: its facts and the hash over every file it is made of."""

    code: str
    version: str
    title: str
    effective_from: str
    norms: tuple[str, ...]
    seal_rect: tuple[float, float, float, float] | None
    main: Path
    sha256: str

    @classmethod
    def load(cls, root: Path, code: str, template_version: str) -> Self:
        """Read `<root>/<code>/<version>`; raises `SigningError` when there is no such template."""
        folder = root / code / template_version
        try:
            facts = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise SigningError(f"没有模版 {code} 的版本 {template_version}") from error
        folders = [folder, *(root / part for part in facts["parts"])]
        rect = facts["seal_rect"]
        return cls(
            code=facts["code"],
            version=facts["version"],
            title=facts["title"],
            effective_from=facts["effective_from"],
            norms=tuple(facts["norms"]),
            seal_rect=tuple(rect) if rect else None,
            main=folder / _MAIN,
            sha256=_hash_files(root, folders),
        )


class Renderer:
    """Turns data into PDF. Build it once a process: it keeps the fonts and the layout cache."""

    def __init__(self, *, templates: Path, fonts: Path) -> None:
        """Take the folder of all templates and the folder that holds nothing but our fonts."""
        self._root = templates.resolve()
        self._fonts = fonts
        self._templates: dict[tuple[str, str], Template] = {}
        self._compiler: typst.Compiler | None = None

    @cached_property
    def engine_version(self) -> str:
        """Name and version of the typesetter, recorded with each document."""
        return f"typst-{version('typst')}"

    def template(self, code: str, template_version: str) -> Template:
        """The template of that code and version, read once."""
        key = (code, template_version)
        if key not in self._templates:
            self._templates[key] = Template.load(self._root, code, template_version)
        return self._templates[key]

    def render(
        self,
        code: str,
        template_version: str,
        *,
        data: Mapping[str, Any],
        at: datetime,
    ) -> bytes:
        """Lay out one document; `at` is its time of creation, `data["qr"]` the text of its code.

        Raises `LintError` naming a character that no font can show, `SigningError` otherwise.
        """
        if at.tzinfo is None:
            raise SigningError("文件生成时间必须带时区")
        main = self.template(code, template_version).main
        # Data comes as files: `sys_inputs` would make a new library of each document, and with it
        # void the cache of everything that is the same on every page.
        # (Typed Any: the stubs of typst do not know yet that several files may be given.)
        files: Any = {
            "main.typ": f'#include "/{main.relative_to(self._root).as_posix()}"'.encode(),
            "data.json": json.dumps(data, ensure_ascii=False).encode(),
        }
        if "qr" in data:
            picture = qr_png(data["qr"], pixels_per_module=_QR_PIXELS_PER_MODULE)
            files["qr.json"] = json.dumps(list(picture)).encode()
        compiler = self._compiler or self._start(files)
        try:
            document = compiler.compile(
                input=files, format="pdf", pdf_standards=_STANDARD, timestamp=at
            )
        except typst.TypstError as error:
            raise explain_failure(error) from error
        if not isinstance(document, bytes):
            raise SigningError("排版引擎没有返回单个 PDF 文件")
        return document

    def _start(self, files: Any) -> typst.Compiler:
        # System fonts differ between machines, and with them the bytes: only ours are used.
        self._compiler = typst.Compiler(
            input=files,
            root=str(self._root),
            font_paths=[str(self._fonts)],
            ignore_system_fonts=True,
        )
        return self._compiler


def explain_failure(error: typst.TypstError) -> SigningError:
    """Return what the typesetter complained of as an error that people understand."""
    message = str(error)
    found = _MISSING_GLYPH.search(message)
    if found:
        text = found["text"]
        points = " ".join(f"U+{ord(character):04X}" for character in text)
        return LintError([f"字库中没有字符“{text}”（{points}），文件不能生成"])
    return SigningError(f"排版失败：{message}")


def _hash_files(root: Path, folders: Sequence[Path]) -> str:
    """SHA-256 over path and content of every file, in the order of their paths."""
    digest = hashlib.sha256()
    files = sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())
    for path in files:
        content = path.read_bytes()
        name = path.relative_to(root).as_posix()
        digest.update(f"{len(name)}:{name}{len(content)}:".encode())
        digest.update(content)
    return digest.hexdigest()
