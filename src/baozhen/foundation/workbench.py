"""Works on uploaded documents in a process of their own, with limits on size, time and memory.

Preparing, comparing and reading marks run large parsers over bytes of strangers; those must not
share memory with keys and sessions. The child gets no environment, no Django and no database. What
it gives back is looked at again here, by our own strict reader.
"""

import atexit
import json
import os
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from baozhen.trust.errors import LintError, ParseError, TrustError
from baozhen.trust.pdf.marks import CopyMark, MarkMissing
from baozhen.trust.pdf.positions import Found, KeywordMissing
from baozhen.trust.pdf.prepare import PreparedPdf, PrepareLimits, recognize

_SOURCE = Path(__file__).parents[2]
_WORKER = "baozhen.foundation.workbench_worker"
_LENGTHS = struct.Struct(">I")


@dataclass(frozen=True)
class WorkLimits:
    """What one piece of work may use."""

    input_bytes_max: int = 64 * 1024 * 1024
    output_bytes_max: int = 256 * 1024 * 1024
    cpu_seconds_max: int = 60
    memory_bytes_max: int = 2 * 1024 * 1024 * 1024
    wall_seconds_max: float = 90.0


@dataclass(frozen=True)
class Work:
    """What the child answered: plain values, and files."""

    values: Mapping[str, Any]
    files: tuple[bytes, ...]


_LIMITS: Final = WorkLimits()
_PREPARE_LIMITS: Final = PrepareLimits()


def prepare_in_subprocess(pdf: bytes, *, limits: PrepareLimits = _PREPARE_LIMITS) -> PreparedPdf:
    """Do `trust.pdf.prepare.prepare` in a child; LintError with Chinese reasons as it raises."""
    if len(pdf) > limits.bytes_max:
        raise LintError([f"文件超过 {limits.bytes_max // 1024 // 1024} MB"])
    return recognize(run("prepare", (pdf,), asdict(limits)).files[0])


def find_keywords_in_subprocess(pdf: bytes, keyword: str) -> list[Found]:
    """Do `trust.pdf.positions.find_keywords` in a child; raises what that raises."""
    work = run("find_keywords", (pdf,), {"keyword": keyword})
    return [
        Found(place["page"], (rect[0], rect[1], rect[2], rect[3]))
        for place in work.values["places"]
        for rect in [place["rect"]]
    ]


def page_lines_in_subprocess(pdf: bytes) -> list[list[str]]:
    """Do `trust.pdf.rendering.page_lines` in a child; raises what that raises."""
    return [[str(line) for line in page] for page in run("page_lines", (pdf,), {}).values["pages"]]


def compare_in_subprocess(before: bytes, after: bytes) -> Work:
    """Do `trust.pdf.compare.side_by_side` in a child: JSON values, and a PNG a pair of pages."""
    return run("compare", (before, after), {})


def read_mark_in_subprocess(data: bytes) -> CopyMark:
    """Do `trust.pdf.marks.read_mark` in a child; MarkMissing when no mark can be read."""
    values = run("read_mark", (data,), {}).values
    return CopyMark(values["recipient"], datetime.fromisoformat(values["at"]), values["number"])


def run(
    task: str,
    files: Sequence[bytes],
    arguments: Mapping[str, Any],
    *,
    limits: WorkLimits = _LIMITS,
) -> Work:
    """Have one task done; TrustError when the child says so, or comes to no good end."""
    if sum(map(len, files)) > limits.input_bytes_max:
        raise LintError([f"文件超过 {limits.input_bytes_max // 1024 // 1024} MB"])
    order = {"task": task, "arguments": dict(arguments), "limits": asdict(limits)}
    with _spare.take() as child:
        try:
            answer, _ = child.communicate(pack(order, files), timeout=limits.wall_seconds_max)
        except subprocess.TimeoutExpired as error:
            raise ParseError(f"处理用时超过 {limits.wall_seconds_max:g} 秒，已中止") from error
    if child.returncode != 0 or len(answer) > limits.output_bytes_max:
        raise ParseError(f"处理程序异常结束（{child.returncode}），可能超出时间或内存限制")
    values, results = unpack(answer)
    if "error" in values:
        raise _error(values)
    return Work(values, results)


class _Spare:
    """Keeps one child ready, its modules loaded: somebody who uploads does not wait for that.

    A child does one piece of work and ends. The first is started when the first work comes, so
    that processes which never need one have none.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._owner = 0

    @contextmanager
    def take(self) -> Iterator[subprocess.Popen[bytes]]:
        """Give the child that is ready, or a new one; start the next; end what is left of it."""
        with self._lock:
            # After a fork the child that was ready is the other process's.
            child = self._child if self._owner == os.getpid() else None
            if child is not None and child.poll() is not None:
                _drop(child)
                child = None
            child = child or _start()
            self._child, self._owner = _start(), os.getpid()
        with child:
            try:
                yield child
            finally:
                if child.poll() is None:
                    child.kill()

    def end(self) -> None:
        """Let the child go, at the end of this process."""
        with self._lock:
            if self._child is not None and self._owner == os.getpid():
                _drop(self._child)
            self._child = None


def _drop(child: subprocess.Popen[bytes]) -> None:
    """End a child that nobody uses, and close its pipes."""
    with child:
        child.kill()


def _start() -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - our own interpreter and module, no shell
        [sys.executable, "-m", _WORKER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"PYTHONPATH": _python_path(), "PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"},
        cwd="/",
    )


_spare: Final = _Spare()
atexit.register(_spare.end)


def pack(values: Mapping[str, Any], files: Sequence[bytes]) -> bytes:
    """Return one message: the length of a JSON header, the header with the sizes, the files."""
    header = json.dumps({**values, "sizes": [len(file) for file in files]}).encode()
    return b"".join((_LENGTHS.pack(len(header)), header, *files))


def unpack(message: bytes) -> tuple[dict[str, Any], tuple[bytes, ...]]:
    """Read one message; ParseError when it is none."""
    try:
        (size,) = _LENGTHS.unpack_from(message)
        position = _LENGTHS.size + size
        values: dict[str, Any] = json.loads(message[_LENGTHS.size : position])
        files = []
        for length in values.pop("sizes"):
            files.append(message[position : position + length])
            position += length
    except (ValueError, KeyError, TypeError, struct.error) as error:
        raise ParseError("处理程序没有给出结果") from error
    if position != len(message):
        raise ParseError("处理程序的结果不完整")
    return values, tuple(files)


def _error(values: Mapping[str, Any]) -> TrustError:
    reasons = [str(reason) for reason in values.get("reasons", ())]
    text = "；".join(reasons) or "文件无法处理"
    if values["error"] == LintError.__name__:
        return LintError(reasons)
    kinds: dict[str, type[ParseError]] = {
        kind.__name__: kind for kind in (KeywordMissing, MarkMissing)
    }
    return kinds.get(values["error"], ParseError)(text)


def _python_path() -> str:
    """Return where the child finds this package and its dependencies."""
    return ":".join(dict.fromkeys([str(_SOURCE), *filter(None, sys.path)]))
