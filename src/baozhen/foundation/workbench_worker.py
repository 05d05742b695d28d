"""The children of the workbench: each limits itself, does one task, gives one answer.

Run as `python -m baozhen.foundation.workbench_worker` this is their mother: it loads the parsers
once, gets connections over standard input, and splits off a child for each.
"""

import os
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from typing import Any, Final

from baozhen.foundation.confinement import confine, restrict
from baozhen.foundation.workbench import pack, unpack
from baozhen.trust.errors import LintError, TrustError
from baozhen.trust.pdf.compare import NotComparable, compare, side_by_side
from baozhen.trust.pdf.marks import read_mark
from baozhen.trust.pdf.positions import find_keywords
from baozhen.trust.pdf.prepare import PrepareLimits, prepare
from baozhen.trust.pdf.rendering import page_lines

Answer = tuple[dict[str, Any], tuple[bytes, ...]]


def _prepare(files: tuple[bytes, ...], arguments: Mapping[str, Any]) -> Answer:
    return {}, (prepare(files[0], limits=PrepareLimits(**arguments)).data,)


def _find_keywords(files: tuple[bytes, ...], arguments: Mapping[str, Any]) -> Answer:
    places = find_keywords(files[0], arguments["keyword"])
    return {"places": [{"page": place.page, "rect": place.rect} for place in places]}, ()


def _page_lines(files: tuple[bytes, ...], _: Mapping[str, Any]) -> Answer:
    return {"pages": list(page_lines(files[0]))}, ()


def _compare(files: tuple[bytes, ...], arguments: Mapping[str, Any]) -> Answer:
    if not arguments["with_sheets"]:
        return compare(files[0], files[1]).to_dict(), ()
    comparison, sheets = side_by_side(files[0], files[1])
    return comparison.to_dict(), sheets


def _read_mark(files: tuple[bytes, ...], _: Mapping[str, Any]) -> Answer:
    mark = read_mark(files[0])
    return {"recipient": mark.recipient, "at": mark.at.isoformat(), "number": mark.number}, ()


_TASKS: Final[Mapping[str, Callable[[tuple[bytes, ...], Mapping[str, Any]], Answer]]] = {
    "prepare": _prepare,
    "find_keywords": _find_keywords,
    "page_lines": _page_lines,
    "compare": _compare,
    "read_mark": _read_mark,
}


def main() -> None:
    """Split off a child for every connection that comes, until nobody can send one any more."""
    # Once for all children: they are born without the network, and no document pays for it.
    confine()
    control = socket.socket(fileno=sys.stdin.fileno())
    # Children that have ended need no farewell.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        _, handles, _, _ = socket.recv_fds(control, 1, 1)
        if not handles:
            return
        with socket.socket(fileno=handles[0]) as connection:
            child = os.fork()
            if child == 0:
                control.close()
                try:
                    _work(connection)
                finally:
                    os._exit(0)
            handle = os.pidfd_open(child)
            socket.send_fds(control, [b"1"], [handle])
            os.close(handle)


def _work(connection: socket.socket) -> None:
    """Do the one task that comes over the connection, and answer."""
    with connection.makefile("rb") as reading:
        order, files = unpack(reading.read())
    restrict(order["limits"])
    try:
        values, results = _TASKS[order["task"]](files, order["arguments"])
    except LintError as error:
        values, results = {"error": LintError.__name__, "reasons": error.findings}, ()
    except NotComparable as error:
        values = {"error": NotComparable.__name__, "reasons": [str(error)], "which": error.which}
        results = ()
    except TrustError as error:
        values, results = {"error": type(error).__name__, "reasons": [str(error)]}, ()
    connection.sendall(pack(values, results))


if __name__ == "__main__":
    main()
