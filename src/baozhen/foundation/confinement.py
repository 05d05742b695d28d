"""Takes from a child process what it does not need: the network, new rights, time, memory, files.

Children that meet bytes of strangers call `confine` first and `restrict` before they read. The
module stands on the standard library alone, because every such child loads it.
"""

import ctypes
import logging
import os
import resource
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

_FILES_OPEN_MAX = 16
_PR_SET_NO_NEW_PRIVS: Final = 38
_CLONE_NEWUSER: Final = 0x10000000
_CLONE_NEWNET: Final = 0x40000000
_PROBE = (
    "import sys; from baozhen.foundation.confinement import confine; sys.stdout.write(confine())"
)
_PROBE_SECONDS_MAX = 20.0
# For libraries that fetch what they miss, where the kernel gives no network namespace.
PROXIES_TO_NOWHERE: Final[Mapping[str, str]] = dict.fromkeys(
    ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"), "http://127.0.0.1:9"
)

_logger = logging.getLogger(__name__)


def confine() -> str:
    """Give this process a network of its own that leads nowhere; return why not, or nothing.

    Call it before anything starts a thread: the kernel moves single-threaded processes only. The
    new user namespace maps nobody, so even a process of the superuser has no rights outside; only
    where our files are another's does it keep those rights, without which it could not read them.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return os.strerror(ctypes.get_errno())
    is_guest = os.geteuid() == 0 and Path(__file__).stat().st_uid != 0
    if libc.unshare(_CLONE_NEWNET if is_guest else _CLONE_NEWUSER | _CLONE_NEWNET) != 0:
        return os.strerror(ctypes.get_errno())
    return ""


def restrict(limits: Mapping[str, Any]) -> None:
    """Set the limits of this process; nothing can raise them again.

    Unless `file_bytes_max` allows it, no file can be written; the pipe is none.
    """
    seconds, memory = limits["cpu_seconds_max"], limits["memory_bytes_max"]
    for kind, value in (
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, limits.get("file_bytes_max", 0)),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, limits.get("files_open_max", _FILES_OPEN_MAX)),
    ):
        resource.setrlimit(kind, (value, value))


@cache
def obstacle() -> str:
    """Return why children of this process keep the machine's network, or nothing if they do not.

    A child tries it, because there is no way back. What stands in the way is logged, once.
    """
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and module, no shell
            [sys.executable, "-c", _PROBE],
            capture_output=True,
            timeout=_PROBE_SECONDS_MAX,
            check=True,
            env={"PYTHONPATH": ":".join(filter(None, sys.path)), "PYTHONUTF8": "1"},
            cwd="/",
        )
        reason = done.stdout.decode()
    except (subprocess.SubprocessError, OSError) as error:
        reason = type(error).__name__
    if reason:
        _logger.warning("children keep the machine's network: %s", reason)
    return reason
