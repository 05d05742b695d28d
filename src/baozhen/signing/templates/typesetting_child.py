"""Children that set templates, with limits on time, memory and files, and no way to the network.

A draft gets a child of its own. Approved versions share one child a process, which keeps its fonts
and its layout cache; it is replaced after a number of sheets, and whenever it dies.
"""

import atexit
import contextlib
import os
import select
import struct
import subprocess
import sys
from dataclasses import asdict, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import IO, Final

from baozhen.foundation.confinement import PROXIES_TO_NOWHERE, obstacle
from baozhen.foundation.workbench import WorkLimits, pack, seconds_left, unpack
from baozhen.signing.templates.typesetting import Sheet
from baozhen.trust.errors import ParseError, SigningError
from baozhen.trust.pdf.prepare import PreparedPdf, recognize

LENGTHS: Final = struct.Struct(">I")  # before each message, in both directions
SHEETS_MAX: Final = 500
_SOURCE = Path(__file__).parents[3]
_WORKER = "baozhen.signing.templates.typesetting_worker"
_LIMITS: Final = WorkLimits(
    output_bytes_max=32 * 1024 * 1024, cpu_seconds_max=10, wall_seconds_max=20.0
)


class TypesettingChild:
    """One child process after another that sets sheets; a sheet at a time."""

    def __init__(
        self,
        fonts: Path,
        *,
        sheets_max: int = SHEETS_MAX,
        seconds_max: float = _LIMITS.wall_seconds_max,
    ) -> None:
        """Take the folder that holds nothing but our fonts, how many sheets, how long for each."""
        self._fonts = fonts
        self._seconds_max = seconds_max
        self._sheets_max = sheets_max
        self._sheets = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = os.getpid()
        self._lock = Lock()

    def typeset(self, sheet: Sheet, *, at: datetime) -> PreparedPdf:
        """Return the document; SigningError names what is wrong, ParseError a limit."""
        order = {
            "source": sheet.source,
            "clauses": dict(sheet.clauses),
            "data": dict(sheet.data),
            "names": list(sheet.pictures),
            "at": at.isoformat(),
        }
        message = pack(order, list(sheet.pictures.values()))
        with self._lock:
            answer = self._ask(message)
        values, files = unpack(answer)
        if "error" in values:
            raise SigningError(str(values["error"]))
        return recognize(files[0])

    def close(self) -> None:
        """End the child; in a process that was forked from its parent, leave it alone."""
        if os.getpid() != self._owner:
            return
        with self._lock:
            self._end()

    def _ask(self, message: bytes) -> bytes:
        has_died = self._process is not None and self._process.poll() is not None
        if has_died or self._sheets >= self._sheets_max:
            self._end()
        process = self._process or self._start()
        self._sheets += 1
        try:
            return _exchange(process, message, seconds_max=self._seconds_max)
        except (OSError, EOFError) as error:
            self._end()
            text = "排版超出时间或内存限制，已中止"
            if isinstance(error, TimeoutError):
                text = f"排版用时超过 {self._seconds_max:g} 秒，已中止"
            raise ParseError(text) from error

    def _start(self) -> subprocess.Popen[bytes]:
        obstacle()  # for the log: a child that keeps the network works all the same
        path = ":".join(dict.fromkeys([str(_SOURCE), *filter(None, sys.path)]))
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module, no shell
            [sys.executable, "-m", _WORKER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            stderr=subprocess.DEVNULL,
            env={
                "PYTHONPATH": path,
                "PYTHONUTF8": "1",
                "PYTHONDONTWRITEBYTECODE": "1",
                **PROXIES_TO_NOWHERE,
            },
            cwd="/",
        )
        os.set_blocking(_pipe(process.stdin).fileno(), False)
        self._process, self._sheets = process, 0
        seconds = _LIMITS.cpu_seconds_max * self._sheets_max
        limits = asdict(replace(_LIMITS, cpu_seconds_max=seconds))
        with contextlib.suppress(OSError):  # a child that died is found out when it is asked
            start = pack({"fonts": str(self._fonts), "limits": limits}, ())
            _send(_pipe(process.stdin), start, until=monotonic() + self._seconds_max)
        return process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):  # what could not be written any more
                _pipe(pipe).close()
        process.wait()


def typeset_in_subprocess(sheet: Sheet, *, fonts: Path, at: datetime) -> PreparedPdf:
    """Set one sheet in a child of its own; SigningError or ParseError with the reason."""
    child = TypesettingChild(fonts, sheets_max=1)
    try:
        return child.typeset(sheet, at=at)
    finally:
        child.close()


def typeset_in_kept_child(sheet: Sheet, *, fonts: Path, at: datetime) -> PreparedPdf:
    """Set a sheet of an approved version in the child that this process keeps for them."""
    return _kept(fonts, os.getpid()).typeset(sheet, at=at)


@lru_cache(maxsize=4)
def _kept(fonts: Path, _process: int) -> TypesettingChild:
    # By the number of the process: one that was forked never speaks to its parent's child.
    child = TypesettingChild(fonts)
    atexit.register(child.close)
    return child


def _exchange(process: subprocess.Popen[bytes], message: bytes, *, seconds_max: float) -> bytes:
    """Return the answer; TimeoutError, EOFError from a child that died or says too much."""
    until = monotonic() + seconds_max
    _send(_pipe(process.stdin), message, until=until)
    answers = _pipe(process.stdout)
    (size,) = LENGTHS.unpack(_read(answers, LENGTHS.size, until=until))
    if size > _LIMITS.output_bytes_max:
        raise EOFError
    return _read(answers, size, until=until)


def _send(pipe: IO[bytes], message: bytes, *, until: float) -> None:
    left = memoryview(LENGTHS.pack(len(message)) + message)
    while left:
        _await(pipe, select.POLLOUT, until=until)
        left = left[os.write(pipe.fileno(), left) :]


def _read(pipe: IO[bytes], size: int, *, until: float) -> bytes:
    found = bytearray()
    while len(found) < size:
        _await(pipe, select.POLLIN, until=until)
        part = os.read(pipe.fileno(), size - len(found))
        if not part:
            raise EOFError
        found += part
    return bytes(found)


def _await(pipe: IO[bytes], event: int, *, until: float) -> None:
    """Wait until the pipe can be used or is broken; TimeoutError after the instant `until`."""
    poll = select.poll()
    poll.register(pipe, event)
    if not poll.poll(seconds_left(until) * 1000):
        raise TimeoutError


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise EOFError
    return pipe
