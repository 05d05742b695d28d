"""Children that meet bytes of strangers have no network and gain no rights, where Linux permits."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from baozhen.foundation import confinement, workbench
from baozhen.foundation.workbench import find_keywords_in_subprocess
from baozhen.site import checks
from tests import pdfs

SOURCE = Path(confinement.__file__).parents[2]
CALL = """
import socket, sys
from baozhen.foundation.confinement import confine
if sys.argv[2] == "confined":
    sys.stdout.write(confine())
try:
    socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=5).close()
except OSError:
    sys.stdout.write("unreachable")
rights = [line for line in open("/proc/self/status") if line.startswith("NoNewPrivs")]
sys.stdout.write(rights[0].split()[1])
"""


@pytest.fixture
def permitted():
    """Skip where the kernel gives no namespaces, and say why."""
    if confinement.obstacle():
        pytest.skip(f"no network namespace here: {confinement.obstacle()}")


def call(port, how):
    return subprocess.run(
        [sys.executable, "-c", CALL, str(port), how],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(SOURCE)},
    ).stdout


def test_a_confined_process_reaches_not_even_a_listener_on_this_machine(permitted):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert call(port, "confined") == "unreachable1"
        assert call(port, "free") == "0"


def test_the_children_of_the_workbench_live_in_a_network_of_their_own(permitted):
    assert find_keywords_in_subprocess(pdfs.plain(), "没有这个词") == []
    mother = workbench._mother._process.pid
    assert Path(f"/proc/{mother}/ns/net").readlink() != Path("/proc/self/ns/net").readlink()


def test_where_the_kernel_refuses_the_operator_is_told_once(monkeypatch, caplog):
    monkeypatch.setattr(
        confinement, "_PROBE", "import sys; sys.stdout.write('Operation not permitted')"
    )
    confinement.obstacle.cache_clear()
    try:
        (line,) = checks.children()
        checks.children()
    finally:
        confinement.obstacle.cache_clear()
    assert "Operation not permitted" in line
    assert "max_user_namespaces" in line
    assert len(caplog.records) == 1
