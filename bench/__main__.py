"""`./dev bench`: measure speed and size against floors of the same run.

A data folder and a database of its own are made for the run and removed after it.
"""

import argparse
import importlib
import os
import sys
from pathlib import Path

from baozhen.site import bootstrap
from baozhen.site.fonts import prepare_fonts
from bench.installation import ROOT, Installation


def main() -> int:
    """Prepare an installation, then run the benches in its environment."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2_000, help="proposals in the pipeline")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--rows", type=int, default=1_000_000, help="policies for the query page")
    parser.add_argument(
        "--only",
        action="append",
        choices=[
            "pipeline",
            "stages",
            "live",
            "verify",
            "query",
            "rating",
            "journeys",
            "envelopes",
            "search",
            "pages",
            "callbacks",
        ],
    )
    parser.add_argument("--journeys", type=int, default=200, help="journeys at once")
    parser.add_argument("--envelopes", type=int, default=10_000, help="envelopes in the batch")
    parser.add_argument("--files", type=int, default=1_000_000, help="files in the file centre")
    parser.add_argument("--soak", type=float, metavar="MINUTES", help="issue for a long time")
    parser.add_argument("--kills", type=int, metavar="N", help="kill N processes while issuing")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    args = parser.parse_args()
    data = Path(os.environ.get("BAOZHEN_DATA", ROOT / ".data" / "bench")).resolve()
    fonts = prepare_fonts(ROOT / "node_modules", data / "fonts").folder
    installed = Installation(data / f"run-{os.getpid()}", durable=True, fonts=fonts)
    os.environ.update(installed.environment)
    try:
        bootstrap.load_django()
        with bootstrap.platform():
            return int(importlib.import_module("bench.run").run(args, installed))
    finally:
        installed.close()


if __name__ == "__main__":
    sys.exit(main())
