"""Make the asynchronous half of the SDK from the synchronous one."""

import re
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "src" / "baozhen" / "client"
# What is made from what, by name.
HALVES = {
    "parts": "async_parts",
    "archive": "async_archive",
    "centre": "async_centre",
    "safeguards": "async_safeguards",
    "resources": "async_resources",
    "journey": "async_journey",
}
REPLACEMENTS = [
    (r"\n    def (?!_|__init__)(\w+)\(", r"\n    async def \1("),
    (r"self\._sender\.(send|page|download)\(", r"await self._sender.\1("),
    (r"(return|answer =) self\.(_act|_once)\(", r"\1 await self.\2("),
    (r"    def (_act|_once)\(", r"    async def \1("),
    (r"baozhen\.client\.parts", "baozhen.client.async_parts"),
    (r"\bIterator\b", "AsyncIterator"),
    # What gives an iterator is called, not awaited.
    (r"async (def \w+\((?:(?!\n        \"\"\").)*?-> AsyncIterator)", r"\1"),
]


def asynchronous(name: str) -> str:
    """Return the asynchronous half of a module."""
    source = (FOLDER / f"{name}.py").read_text(encoding="utf-8")
    text = source[source.index('"""', 3) + 3 :]
    for pattern, replacement in REPLACEMENTS:
        text = re.sub(pattern, replacement, text, flags=re.DOTALL)
    head = (
        f'"""The asynchronous half of `{name}`.\n\n'
        f'Made from `{name}.py` by `python -m tests.client.regenerate`: change that file.\n"""'
    )
    ruff = [sys.executable, "-m", "ruff"]
    for arguments in (["check", "--select", "I", "--fix", "-q"], ["format"]):
        command = [*ruff, *arguments, "--line-length", "100", "--stdin-filename", "made.py", "-"]
        done = subprocess.run(
            command, input=head + text, capture_output=True, text=True, check=True
        )
        head, text = "", done.stdout
    return text


def main() -> None:
    for name, half in HALVES.items():
        (FOLDER / f"{half}.py").write_text(asynchronous(name), encoding="utf-8")


if __name__ == "__main__":
    main()
