"""The child process that sets a draft: limits itself, sets one document, answers.

Run as `python -m baozhen.signing.templates.typesetting_worker`; `typesetting` has the protocol.
"""

import sys
from datetime import datetime
from pathlib import Path

from baozhen.foundation.sandbox_worker import restrict
from baozhen.foundation.workbench import pack, unpack
from baozhen.signing.templates.typesetting import Sheet, Typesetter
from baozhen.trust.errors import TrustError


def main() -> int:
    """Set what standard input describes."""
    order, pictures = unpack(sys.stdin.buffer.read())
    restrict(order["limits"])
    named = dict(zip(order["names"], pictures, strict=True))
    sheet = Sheet(order["source"], order["clauses"], order["data"], named)
    try:
        at = datetime.fromisoformat(order["at"])
        document = Typesetter(Path(order["fonts"])).typeset(sheet, at=at)
    except TrustError as error:
        sys.stdout.buffer.write(pack({"error": str(error)}, ()))
        return 0
    sys.stdout.buffer.write(pack({}, (document.data,)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
