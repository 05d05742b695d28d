"""What the README shows really runs."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from baozhen.site.command import WORDS
from baozhen.trust.x509.parse import to_pem
from tests.pdfs import signed
from tests.pki import hierarchy

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def folder(tmp_path):
    """What the snippet reads: a policy and the roots that it leads to."""
    (tmp_path / "policy.pdf").write_bytes(signed(stamped=True))
    (tmp_path / "roots.pem").write_bytes(to_pem(hierarchy().roots))
    return tmp_path


def run_snippet(folder):
    (snippet,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    environ = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONWARNINGS": "error"}
    done = subprocess.run(
        [sys.executable, "-c", snippet],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_the_snippet_finds_a_policy_genuine(folder):
    verdict, *checks = run_snippet(folder)
    assert verdict == "genuine"
    assert checks
    assert not [check for check in checks if " failed " in check]


def test_the_snippet_finds_a_changed_byte(folder):
    path = folder / "policy.pdf"
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 1
    path.write_bytes(data)
    verdict, *checks = run_snippet(folder)
    assert verdict != "genuine"
    assert [check for check in checks if " failed " in check]


def test_the_commands_and_files_to_try_exist():
    words = re.findall(r"`\./dev exec baozhen (\w+)", TEXT)
    assert words
    assert set(words) <= set(WORDS)
    files = re.findall(r"`\./dev exec [^`]*?((?:src|docs|bench)/\S+)", TEXT)
    assert files
    assert all((ROOT / file).is_file() for file in files)
