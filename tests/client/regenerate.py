"""Make the asynchronous half of the SDK from the synchronous one."""

import re
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "src" / "baozhen" / "client"
REPLACEMENTS = [
    (r"\n    def (?!_|__init__)(\w+)\(", r"\n    async def \1("),
    (r"self\._sender\.(send|page|download)\(", r"await self._sender.\1("),
    (r"return self\.act\(", r"return await self.act("),
    (r"\bIterator\b", "AsyncIterator"),
    # What gives an iterator is called, not awaited.
    (r"async (def \w+\((?:(?!\n        \"\"\").)*?-> AsyncIterator)", r"\1"),
]


def asynchronous(source: str) -> str:
    """Return the asynchronous resources for the synchronous ones."""
    start = source.index('"""', 3) + 3
    text = source[start:]
    for pattern, replacement in REPLACEMENTS:
        text = re.sub(pattern, replacement, text, flags=re.DOTALL)
    head = (
        '"""The resources of the platform, for asyncio.\n\n'
        'Made from `resources.py` by `python -m tests.client.regenerate`: change that file.\n"""'
    )
    text = text.replace(
        "from collections.abc import Iterable, AsyncIterator, Mapping",
        "from collections.abc import AsyncIterator, Iterable, Mapping",
    )
    ruff = [sys.executable, "-m", "ruff", "format", "--line-length", "100", "-"]
    return subprocess.run(
        ruff, input=head + text, capture_output=True, text=True, check=True
    ).stdout


def main() -> None:
    made = asynchronous((FOLDER / "resources.py").read_text(encoding="utf-8"))
    (FOLDER / "async_resources.py").write_text(made, encoding="utf-8")


if __name__ == "__main__":
    main()
