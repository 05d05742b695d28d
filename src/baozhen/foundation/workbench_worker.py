"""The child process of the workbench: limits itself, does one task, writes one answer.

Run as `python -m baozhen.foundation.workbench_worker`; foundation.workbench has the protocol.
"""

import sys
from collections.abc import Callable, Mapping
from typing import Any, Final

from baozhen.foundation.sandbox_worker import restrict
from baozhen.foundation.workbench import pack, unpack
from baozhen.trust.errors import LintError, TrustError
from baozhen.trust.pdf.compare import side_by_side
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


def _compare(files: tuple[bytes, ...], _: Mapping[str, Any]) -> Answer:
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


def main() -> int:
    """Do what standard input asks for."""
    message = sys.stdin.buffer.read()
    if not message:
        return 0  # whoever kept this child ready has ended
    order, files = unpack(message)
    restrict(order["limits"])
    try:
        values, results = _TASKS[order["task"]](files, order["arguments"])
    except LintError as error:
        values, results = {"error": LintError.__name__, "reasons": error.findings}, ()
    except TrustError as error:
        values, results = {"error": type(error).__name__, "reasons": [str(error)]}, ()
    sys.stdout.buffer.write(pack(values, results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
