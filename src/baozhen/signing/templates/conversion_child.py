"""Becomes the converter of Word files, after giving up what it does not need.

`python -m … LIMITS PROGRAM ARGUMENTS…`; LIMITS is a JSON object. Nothing is read before.
"""

import json
import os
import sys

from baozhen.foundation.confinement import confine, restrict

# Where to find our own modules is nothing that the program has to know.
_OURS = ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE")


def main() -> None:
    """Confine this process and run the program in its place."""
    limits, *command = sys.argv[1:]
    confine()
    restrict(json.loads(limits))
    environment = {name: value for name, value in os.environ.items() if name not in _OURS}
    os.execve(command[0], command, environment)  # noqa: S606 - a fixed command, no shell


if __name__ == "__main__":
    main()
