"""Loaded before anything else (`-p tests.environment`): the tests' own data folder and database.

The cluster trades safety for speed, holds nothing of value and is left running between runs;
`./dev test` stops it. An outside server can be named by BAOZHEN_TEST_DATABASE_URL.
"""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "src"))

from baozhen.site.embedded import EmbeddedDatabase  # noqa: E402 -- needs the path above

DATA = Path(os.environ.get("BAOZHEN_TEST_DATA", ROOT / ".data" / "test"))
os.environ["BAOZHEN_DATA"] = str(DATA)
os.environ["BAOZHEN_MODE"] = "development"
if outside := os.environ.get("BAOZHEN_TEST_DATABASE_URL"):
    os.environ["DATABASE_URL"] = outside
else:
    os.environ["DATABASE_URL"] = EmbeddedDatabase(DATA / "pg", durable=False).start()


def stop() -> None:
    """Stop the tests' own cluster."""
    if not outside:
        EmbeddedDatabase(DATA / "pg", durable=False).stop()
