"""The child that reads one picture: it limits itself, reads standard input, writes the lines."""

import json
import sys
from importlib import import_module

from baozhen.foundation.sandbox_worker import restrict

_LIMITS = {"cpu_seconds_max": 20, "memory_bytes_max": 4 * 1024 * 1024 * 1024}


def main() -> int:
    """Read one picture."""
    picture = sys.stdin.buffer.read()
    restrict(_LIMITS)
    # The library belongs to an extra: it is there when this process is started at all.
    read = import_module("rapidocr").RapidOCR()(picture)
    lines = [str(line) for line in (read.txts or ())]
    sys.stdout.write(json.dumps(lines, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
