"""The child process of the sandbox: limits itself, reads one file, writes one report.

Run as `python -m baozhen.foundation.sandbox_worker`; the protocol is that of foundation.sandbox.
"""

import base64
import json
import resource
import struct
import sys
from datetime import datetime
from typing import Any

from baozhen.trust.evidence import parse_proof
from baozhen.trust.verify import TrustAnchors, inspect
from baozhen.trust.x509.revocation import RevocationEvidence

_FILES_OPEN_MAX = 16


def main() -> int:
    """Inspect what standard input holds."""
    (size,) = struct.unpack(">I", sys.stdin.buffer.read(4))
    task: dict[str, Any] = json.loads(sys.stdin.buffer.read(size))
    restrict(task["limits"])
    data = sys.stdin.buffer.read(task["limits"]["file_bytes_max"] + 1)
    report = inspect(
        data,
        anchors=TrustAnchors(
            _decode(task["roots"]),
            task["organization"],
            None if task["signers"] is None else tuple(task["signers"]),
        ),
        at=datetime.fromisoformat(task["at"]),
        revocation=RevocationEvidence(_decode(task["crls"]), _decode(task["ocsps"])),
        detached_timestamp=(
            parse_proof(json.dumps(task["proof"]).encode(), file_sha256="")
            if task["proof"]
            else None
        ),
        expected_dual=task["expected_dual"],
    )
    sys.stdout.buffer.write(json.dumps(report.to_dict()).encode())
    return 0


def restrict(limits: dict[str, Any]) -> None:
    """Set the limits of this process; nothing can raise them again."""
    seconds, memory = limits["cpu_seconds_max"], limits["memory_bytes_max"]
    for kind, value in (
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, 0),  # no file can be written; the pipe is none
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, _FILES_OPEN_MAX),
    ):
        resource.setrlimit(kind, (value, value))


def _decode(items: list[str]) -> tuple[bytes, ...]:
    return tuple(base64.b64decode(item) for item in items)


if __name__ == "__main__":
    sys.exit(main())
