"""Word files become PDF by LibreOffice, which gets nothing that it can do without.

It runs in a process group of its own: no network, no new rights, a profile and a folder for this
once, limits of time and size.
"""

import json
import os
import select
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from shutil import which
from typing import Final

from baozhen.foundation.confinement import PROXIES_TO_NOWHERE, obstacle
from baozhen.signing.templates.errors import ConverterMissing, SourceInvalid

_SOURCE = Path(__file__).parents[3]
_LAUNCHER = "baozhen.signing.templates.conversion_child"
# What the program is called by those who package it.
_PROGRAMS: Final = ("soffice", "libreoffice")
_ADVICE: Final = "请在 Word 或 WPS 里另存为 PDF 后上传"


@dataclass(frozen=True)
class ConversionLimits:
    """What one conversion may use; `file_bytes_max` is for each file that it writes."""

    cpu_seconds_max: int = 60
    wall_seconds_max: float = 90.0
    memory_bytes_max: int = 4 * 1024 * 1024 * 1024
    file_bytes_max: int = 40 * 1024 * 1024
    files_open_max: int = 512


_LIMITS: Final = ConversionLimits()


def docx_to_pdf(data: bytes, *, limits: ConversionLimits = _LIMITS) -> bytes:
    """Return a DOCX as PDF; ConverterMissing without LibreOffice, SourceInvalid with the reason.

    The result is a stranger's still: it goes through the same preparation as an uploaded PDF.
    """
    program = next(filter(None, map(which, _PROGRAMS)), None)
    if program is None:
        raise ConverterMissing(path="file")
    with tempfile.TemporaryDirectory(prefix="baozhen-docx-") as name:
        folder = Path(name)
        (folder / "in.docx").write_bytes(data)
        profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
        command = [program, profile, "--headless", "--norestore", "--nolockcheck"]
        command += ["--convert-to", "pdf", "--outdir", name, str(folder / "in.docx")]
        _run(command, folder, limits)
        return _read(folder / "in.pdf", limits)


def _run(command: Sequence[str], folder: Path, limits: ConversionLimits) -> None:
    obstacle()  # for the log: a child that keeps the network works all the same
    process = subprocess.Popen(  # noqa: S603 - our own interpreter and module, no shell
        [sys.executable, "-m", _LAUNCHER, json.dumps(asdict(limits)), *command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={
            "HOME": str(folder),
            "TMPDIR": str(folder),
            "PATH": "/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "PYTHONPATH": ":".join(dict.fromkeys([str(_SOURCE), *filter(None, sys.path)])),
            "PYTHONDONTWRITEBYTECODE": "1",
            **PROXIES_TO_NOWHERE,
        },
        cwd=folder,
        start_new_session=True,
    )
    try:
        if not _has_ended(process.pid, limits.wall_seconds_max):
            text = f"Word 文件的转换超过 {limits.wall_seconds_max:g} 秒，已中止；{_ADVICE}"
            raise SourceInvalid(path="file", reason=text)
    finally:
        # The group is called by the number of its first process, which is ours until it is waited
        # for; so what that one left behind is ended before.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _has_ended(pid: int, seconds: float) -> bool:
    handle = os.pidfd_open(pid)
    try:
        waiting = select.poll()
        waiting.register(handle, select.POLLIN)
        return bool(waiting.poll(seconds * 1000))
    finally:
        os.close(handle)


def _read(path: Path, limits: ConversionLimits) -> bytes:
    """Return what was written; a link instead of a file is not followed."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        text = f"Word 文件无法转换为 PDF；{_ADVICE}"
        raise SourceInvalid(path="file", reason=text) from error
    with os.fdopen(handle, "rb") as file:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise SourceInvalid(path="file", reason=f"Word 文件无法转换为 PDF；{_ADVICE}")
        # A file that has just the size at which writing was stopped is not whole.
        if found.st_size >= limits.file_bytes_max:
            size = limits.file_bytes_max // 1024 // 1024
            text = f"Word 文件转换后超过 {size} MB，请减少图片后再上传"
            raise SourceInvalid(path="file", reason=text)
        return file.read(limits.file_bytes_max)
