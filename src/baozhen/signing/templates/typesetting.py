"""Sets templates made on line: only the template's own text, shared clauses, our look and the data.

The compiler runs in child processes only (`typesetting_child`): what people write as a template is
a program, and no program of theirs shares memory with keys and sessions.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import typst

from baozhen.trust.errors import SigningError
from baozhen.trust.pdf.render import explain_failure

SOURCE_CHARACTERS_MAX = 200_000
ROOT: Final = Path(__file__).with_name("typst")
CLAUSE_LINK: Final = re.compile(r'"/clauses/(?P<code>[a-z][a-z0-9_]{0,47})\.typ"', re.ASCII)
_STANDARD: Final = "a-2b"
# Nothing may be made of the permitted names either, as `"/look.typ".replace(…)` would; comments
# nest, so none may open where a method could follow it.
_LOADED = re.compile(
    r'\b(?:import|include)\b(?!\s*"(?:/look\.typ|/clauses/[a-z][a-z0-9_]*\.typ)"'
    r"(?!(?:\s|//[^\n]*+)*+(?:\.|/\*)))"
)
# `std` leads to `eval` by a name put together at run time, so it is forbidden with it.
_FORBIDDEN = re.compile(r"\b(?P<word>eval|plugin|std)\b")
_PLACE = re.compile(r"(?P<file>[\w/.-]+\.typ):(?P<line>\d+):(?P<column>\d+)")
_WORDS: Final = (
    ("unknown variable", "没有这个变量或函数"),
    ("dictionary does not contain key", "数据里没有这个参数"),
    ("file not found", "没有这个文件或共用条款"),
    ("unclosed delimiter", "括号没有闭合"),
    ("expected", "语法不完整"),
    ("does not have field", "没有这个属性"),
    ("unexpected argument", "多余的参数"),
    ("missing argument", "缺少参数"),
    ("access denied", "不能读取模版以外的文件"),
)


@dataclass(frozen=True)
class Sheet:
    """What one document is set from; `pictures` by the name of their field."""

    source: str
    clauses: Mapping[str, str]
    data: Mapping[str, Any]
    pictures: Mapping[str, bytes] = field(default_factory=dict)


def source_faults(source: str) -> list[str]:
    """Return why the text may not be a template, with the line of each reason."""
    if len(source) > SOURCE_CHARACTERS_MAX:
        return [f"模版超过 {SOURCE_CHARACTERS_MAX} 个字符"]
    found = [
        (match.start(), '只能引用 "/look.typ" 和 "/clauses/…" 中的共用条款，不能引用软件包')
        for match in _LOADED.finditer(source)
    ]
    found += [(match.start(), f"不能使用 {match['word']}") for match in _FORBIDDEN.finditer(source)]
    return [f"第 {source.count(chr(10), 0, at) + 1} 行：{text}" for at, text in sorted(found)]


def linked_clauses(source: str) -> list[str]:
    """Return the codes of the shared clauses the text uses, each once."""
    return sorted({match["code"] for match in CLAUSE_LINK.finditer(source)})


class Typesetter:
    """Sets sheets as PDF/A. Build it once a process: it keeps the fonts and the layout cache."""

    def __init__(self, fonts: Path) -> None:
        """Take the folder that holds nothing but our fonts."""
        self._fonts = fonts
        self._compiler: typst.Compiler | None = None
        self._permitted: set[str] = set()

    def typeset(self, sheet: Sheet, *, at: datetime) -> bytes:
        """Return the document; SigningError with the line that is wrong."""
        for text in {sheet.source, *sheet.clauses.values()} - self._permitted:
            # Again, though drafts are checked: what asks for a package is not even tried.
            if faults := source_faults(text):
                raise SigningError(faults[0])
            self._permitted.add(text)
        files = _files(sheet)
        compiler = self._compiler or self._start(files)
        try:
            drawn = compiler.compile(
                input=files,
                format="pdf",
                pdf_standards=_STANDARD,
                timestamp=at.replace(microsecond=0),
            )
        except typst.TypstError as error:
            raise _explain(error) from error
        if not isinstance(drawn, bytes):
            raise SigningError("排版引擎没有返回单个 PDF 文件")
        return drawn

    def _start(self, files: Any) -> typst.Compiler:
        # The root holds our look and nothing else: no template can read a file of the machine.
        self._compiler = typst.Compiler(
            input=files,
            root=str(ROOT),
            font_paths=[str(self._fonts)],
            ignore_system_fonts=True,
        )
        return self._compiler


def _files(sheet: Sheet) -> Any:
    # (Typed Any: the stubs of typst do not know yet that several files may be given.)
    files: Any = {
        "main.typ": sheet.source.encode(),
        "data.json": json.dumps(sheet.data, ensure_ascii=False).encode(),
    }
    files |= {f"clauses/{code}.typ": text.encode() for code, text in sheet.clauses.items()}
    files |= {f"pictures/{name}": data for name, data in sheet.pictures.items()}
    return files


def _explain(error: typst.TypstError) -> SigningError:
    known = next((words for sign, words in _WORDS if sign in error.message), "")
    if not known:
        return SigningError(_without_folder(str(explain_failure(error))))
    place = _PLACE.search(_without_folder(f"{error.diagnostic} {' '.join(map(str, error.trace))}"))
    where = f"{place['file']} 第 {place['line']} 行第 {place['column']} 列：" if place else ""
    return SigningError(f"{where}{known}（{_without_folder(error.message)}）")


def _without_folder(text: str) -> str:
    """Return what the compiler said without where on the machine our look lies."""
    return re.sub(rf"[^\s\"(]*{re.escape(str(ROOT).lstrip('/'))}/", "", text)
