"""The child process of the sandbox: limits itself, reads one file, writes one report.

Run as `python -m baozhen.foundation.sandbox_worker`; the protocol is that of foundation.sandbox.
"""

import base64
import json
import struct
import sys
from datetime import datetime
from typing import Any

from baozhen.foundation.confinement import confine, restrict
from baozhen.trust.evidence import parse_proof
from baozhen.trust.verify import TrustAnchors, inspect
from baozhen.trust.x509.revocation import RevocationEvidence


def main() -> int:
    """Inspect what standard input holds."""
    confine()
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


def _decode(items: list[str]) -> tuple[bytes, ...]:
    return tuple(base64.b64decode(item) for item in items)


if __name__ == "__main__":
    sys.exit(main())
