"""The child process that sets templates: limits itself, sets sheets, answers each.

Run as `python -m baozhen.signing.templates.typesetting_worker`; `typesetting_child` has the
protocol: a first message with the limits and the folder of fonts, then one message a sheet.
"""

import struct
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from baozhen.foundation.confinement import confine, restrict
from baozhen.foundation.workbench import pack, unpack
from baozhen.signing.templates.typesetting import Sheet, Typesetter
from baozhen.trust.errors import TrustError

_LENGTHS = struct.Struct(">I")


def main() -> int:
    """Set what standard input describes until it ends."""
    confine()
    first, _ = unpack(_receive())
    restrict(first["limits"])
    typesetter = Typesetter(Path(first["fonts"]))
    while message := _receive():
        answer = _set(typesetter, *unpack(message))
        sys.stdout.buffer.write(_LENGTHS.pack(len(answer)) + answer)
        sys.stdout.buffer.flush()
    return 0


def _set(typesetter: Typesetter, order: dict[str, Any], pictures: tuple[bytes, ...]) -> bytes:
    named = dict(zip(order["names"], pictures, strict=True))
    sheet = Sheet(order["source"], order["clauses"], order["data"], named)
    try:
        document = typesetter.typeset(sheet, at=datetime.fromisoformat(order["at"]))
    except TrustError as error:
        return pack({"error": str(error)}, ())
    return pack({}, (document,))


def _receive() -> bytes:
    head = sys.stdin.buffer.read(_LENGTHS.size)
    return sys.stdin.buffer.read(*_LENGTHS.unpack(head)) if len(head) == _LENGTHS.size else b""


if __name__ == "__main__":
    sys.exit(main())
