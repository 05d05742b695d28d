"""Files with secrets: written whole and for the owner alone, refused when others may read them."""

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from baozhen.foundation.keys.errors import LoosePermissions, SecretExists, SecretUnreadable

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_BYTES_MAX = 1024 * 1024


def read_private(path: Path) -> bytes:
    """Return the content of `path`.

    Raises LoosePermissions before a byte is read, when group or others may touch the file or when
    it belongs to somebody other than root and ourselves; SecretUnreadable when it cannot be read.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise SecretUnreadable(file=path, reason=error.strerror) from error
    with os.fdopen(handle, "rb") as file:
        state = os.fstat(handle)
        if not stat.S_ISREG(state.st_mode):
            raise SecretUnreadable(file=path, reason="不是普通文件")
        _check_private(path, state)
        content = file.read(_BYTES_MAX + 1)
    if len(content) > _BYTES_MAX:
        raise SecretUnreadable(file=path, reason="文件过大")
    return content


def write_private(path: Path, content: bytes) -> None:
    """Write `content` to a new file with mode 0600, whole or not at all.

    Raises SecretExists when the file is there already, also when two processes write at once.
    """
    make_private_directory(path.parent)
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(handle)
        # A link, unlike a rename, never replaces what another process has just written.
        path.hardlink_to(unfinished)
    except FileExistsError as error:
        raise SecretExists(file=path) from error
    finally:
        unfinished.unlink()
    _sync_directory(path.parent)


def make_private_directory(path: Path) -> None:
    """Make the folder with mode 0700, or check that an existing one is private."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        path.mkdir(mode=0o700)
    check_private_directory(path)


def check_private_directory(path: Path) -> None:
    """Raise LoosePermissions when others may enter the folder, SecretUnreadable when it is none."""
    try:
        state = path.stat()
    except OSError as error:
        raise SecretUnreadable(file=path, reason=error.strerror) from error
    if not stat.S_ISDIR(state.st_mode):
        raise SecretUnreadable(file=path, reason="不是目录")
    _check_private(path, state)


def _check_private(path: Path, state: os.stat_result) -> None:
    if state.st_mode & _OTHERS or state.st_uid not in (0, os.geteuid()):
        raise LoosePermissions(file=path, mode=f"{stat.S_IMODE(state.st_mode):04o}")


def _sync_directory(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
