"""Works on uploaded documents in a process of their own, with limits on size, time and memory.

Preparing, comparing and reading marks run large parsers over bytes of strangers; those must not
share memory with keys and sessions. The child gets no environment, no Django and no database. What
it gives back is looked at again here, by our own strict reader.
"""

import atexit
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from baozhen.foundation.confinement import obstacle
from baozhen.trust.errors import LintError, ParseError, TrustError
from baozhen.trust.pdf.compare import NotComparable
from baozhen.trust.pdf.marks import CopyMark, MarkMissing
from baozhen.trust.pdf.positions import Found, KeywordMissing
from baozhen.trust.pdf.prepare import PreparedPdf, PrepareLimits, recognize

_SOURCE = Path(__file__).parents[2]
_WORKER = "baozhen.foundation.workbench_worker"
_LENGTHS = struct.Struct(">I")
_PIECE = 1024 * 1024


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


def compare_in_subprocess(before: bytes, after: bytes, *, with_sheets: bool = True) -> Work:
    """Do `trust.pdf.compare.side_by_side` in a child: JSON values, and a PNG a pair of pages.

    Without sheets there are values alone, and less to do. Raises what that raises.
    """
    return run("compare", (before, after), {"with_sheets": with_sheets})


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
    answer = _mother.ask(pack(order, files), limits)
    if len(answer) > limits.output_bytes_max:
        raise ParseError("处理程序异常结束：结果超过大小限制")
    values, results = unpack(answer)
    if "error" in values:
        raise _error(values)
    return Work(values, results)


class _Mother:
    """Keeps one process with the parsers loaded, which splits off a child for each work.

    It never sees a document: what is sent to a child goes by a connection of its own. It is
    started when the first work comes, so that processes which never need one have none.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._owner = 0

    def ask(self, message: bytes, limits: WorkLimits) -> bytes:
        """Send one message to a new child, and return all that it says until its end."""
        until = time.monotonic() + limits.wall_seconds_max
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                child = self._split_off(theirs)
            try:
                return _exchange(ours, message, until, limits)
            except TimeoutError as error:
                text = f"处理用时超过 {limits.wall_seconds_max:g} 秒，已中止"
                raise ParseError(text) from error
            except OSError as error:
                raise ParseError("处理程序异常结束，可能超出时间或内存限制") from error
            finally:
                # One that has ended already is not there any more; one that has not, ends.
                with suppress(ProcessLookupError):
                    signal.pidfd_send_signal(child, signal.SIGKILL)
                os.close(child)

    def _split_off(self, connection: socket.socket) -> int:
        """Let a child be born at the other end of a connection; return the handle that ends it."""
        with self._lock:
            try:
                return self._birth(connection)
            except (OSError, IndexError):
                # The mother has died, and is replaced.
                self._drop()
                return self._birth(connection)

    def _birth(self, connection: socket.socket) -> int:
        control = self._ready()
        socket.send_fds(control, [b"1"], [connection.fileno()])
        return socket.recv_fds(control, 1, 1)[1][0]

    def _ready(self) -> socket.socket:
        # After a fork the mother that was ready is the other process's.
        if self._control is not None and self._owner == os.getpid():
            return self._control
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = _start(theirs)
        self._control, self._owner = ours, os.getpid()
        return ours

    def _drop(self) -> None:
        if self._control is not None:
            self._control.close()
        if self._process is not None and self._owner == os.getpid():
            self._process.kill()
            self._process.wait()
        self._process = self._control = None

    def end(self) -> None:
        """Let the mother go, at the end of this process."""
        with self._lock:
            if self._owner == os.getpid():
                self._drop()


def _exchange(ours: socket.socket, message: bytes, until: float, limits: WorkLimits) -> bytes:
    ours.settimeout(seconds_left(until))
    ours.sendall(message)
    ours.shutdown(socket.SHUT_WR)
    parts: list[bytes] = []
    left = limits.output_bytes_max
    while left >= 0:
        ours.settimeout(seconds_left(until))
        part = ours.recv(_PIECE)
        if not part:
            break
        parts.append(part)
        left -= len(part)
    if not parts:
        raise ConnectionError("the child ended without an answer")
    return b"".join(parts)


def seconds_left(until: float) -> float:
    """Return the seconds to an instant; TimeoutError after it, however much there is to hear."""
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _start(control: socket.socket) -> subprocess.Popen[bytes]:
    obstacle()  # for the log: children that keep the network work all the same
    return subprocess.Popen(  # noqa: S603 - our own interpreter and module, no shell
        [sys.executable, "-m", _WORKER],
        stdin=control.fileno(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={"PYTHONPATH": _python_path(), "PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"},
        cwd="/",
    )


_mother: Final = _Mother()
atexit.register(_mother.end)


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
    if values["error"] == NotComparable.__name__:
        return NotComparable(int(values["which"]), text)
    kinds: dict[str, type[ParseError]] = {
        kind.__name__: kind for kind in (KeywordMissing, MarkMissing)
    }
    return kinds.get(values["error"], ParseError)(text)


def _python_path() -> str:
    """Return where the child finds this package and its dependencies."""
    return ":".join(dict.fromkeys([str(_SOURCE), *filter(None, sys.path)]))
