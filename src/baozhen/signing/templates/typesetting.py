"""Sets templates made on line: only the template's own text, shared clauses, our look and the data.

Drafts are set in a child process with limits (`typeset_in_subprocess`), approved versions in this
one, where a compiler keeps its fonts and its cache.
"""

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any, Final

import typst

from baozhen.foundation.workbench import WorkLimits, pack, unpack
from baozhen.trust.errors import ParseError, SigningError
from baozhen.trust.pdf.prepare import PreparedPdf, recognize
from baozhen.trust.pdf.render import explain_failure

SOURCE_CHARACTERS_MAX = 200_000
ROOT: Final = Path(__file__).with_name("typst")
CLAUSE_LINK: Final = re.compile(r'"/clauses/(?P<code>[a-z][a-z0-9_]{0,47})\.typ"', re.ASCII)
_SOURCE = Path(__file__).parents[3]
_WORKER = "baozhen.signing.templates.typesetting_worker"
_STANDARD: Final = "a-2b"
_LIMITS: Final = WorkLimits(
    output_bytes_max=32 * 1024 * 1024, cpu_seconds_max=10, wall_seconds_max=20.0
)
_LOADED = re.compile(r'\b(?:import|include)\b(?!\s*"(?:/look\.typ|/clauses/[a-z][a-z0-9_]*\.typ)")')
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
        self._lock = Lock()

    def typeset(self, sheet: Sheet, *, at: datetime) -> PreparedPdf:
        """Return the document; SigningError with the line that is wrong."""
        files = _files(sheet)
        with self._lock:
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
        return recognize(drawn)

    def _start(self, files: Any) -> typst.Compiler:
        # The root holds our look and nothing else: no template can read a file of the machine.
        self._compiler = typst.Compiler(
            input=files,
            root=str(ROOT),
            font_paths=[str(self._fonts)],
            ignore_system_fonts=True,
        )
        return self._compiler


def typeset_in_subprocess(sheet: Sheet, *, fonts: Path, at: datetime) -> PreparedPdf:
    """Set a draft in a child with limits; SigningError or ParseError with the reason."""
    order = {
        "source": sheet.source,
        "clauses": dict(sheet.clauses),
        "data": dict(sheet.data),
        "names": list(sheet.pictures),
        "fonts": str(fonts),
        "at": at.isoformat(),
        "limits": asdict(_LIMITS),
    }
    # The proxy leads nowhere: whatever gets past the check of the text still fetches no package.
    nowhere = "http://127.0.0.1:9"
    path = ":".join(dict.fromkeys([str(_SOURCE), *filter(None, sys.path)]))
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and module, no shell
            [sys.executable, "-m", _WORKER],
            input=pack(order, list(sheet.pictures.values())),
            capture_output=True,
            timeout=_LIMITS.wall_seconds_max,
            env={
                "PYTHONPATH": path,
                "PYTHONUTF8": "1",
                "PYTHONDONTWRITEBYTECODE": "1",
                "HTTPS_PROXY": nowhere,
                "HTTP_PROXY": nowhere,
                "ALL_PROXY": nowhere,
            },
            cwd="/",
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ParseError(f"排版用时超过 {_LIMITS.wall_seconds_max:g} 秒，已中止") from error
    if done.returncode != 0 or len(done.stdout) > _LIMITS.output_bytes_max:
        raise ParseError("排版超出时间或内存限制，已中止")
    values, files = unpack(done.stdout)
    if "error" in values:
        raise SigningError(str(values["error"]))
    return recognize(files[0])


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
        return explain_failure(error)
    place = _PLACE.search(f"{error.diagnostic} {' '.join(map(str, error.trace))}")
    where = f"{place['file']} 第 {place['line']} 行第 {place['column']} 列：" if place else ""
    return SigningError(f"{where}{known}（{error.message}）")
