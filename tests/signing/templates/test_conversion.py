"""Word files are converted in confinement: a small program stands in for LibreOffice's soffice.

It takes the options that LibreOffice documents (`--headless --convert-to pdf --outdir DIR FILE`,
`-env:UserInstallation=URL`) and writes DIR/in.pdf, or does harm.
"""

import os
import socket
import sys
import time
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from baozhen.foundation.confinement import obstacle
from baozhen.signing.templates.conversion import ConversionLimits, docx_to_pdf
from baozhen.signing.templates.errors import ConverterMissing, SourceInvalid
from baozhen.signing.templates.services import prepare_upload
from baozhen.signing.templates.states import SourceKind
from tests.signing.templates.making import two_pages

LIMITS = ConversionLimits()
HEAD = """#!{python}
import os, resource, socket, sys, time
def option(name):
    return sys.argv[sys.argv.index(name) + 1]
assert "--headless" in sys.argv and option("--convert-to") == "pdf"
folder = option("--outdir")
assert open(sys.argv[-1], "rb").read() == b"PK word"
profile = next(one.split("=", 1)[1] for one in sys.argv if one.startswith("-env:"))
def answer(data):
    with open(folder + "/in.pdf", "wb") as file:
        file.write(data)
"""


@pytest.fixture
def office(tmp_path, monkeypatch):
    """Install a program called soffice that does so: `office("answer(b'…')")`."""

    def install(body):
        program = tmp_path / "soffice"
        program.write_text(HEAD.replace("{python}", sys.executable) + body)
        program.chmod(0o700)
        monkeypatch.setenv("PATH", str(tmp_path))

    return install


def test_a_word_file_becomes_a_document(office):
    office(f"answer({two_pages()!r})")
    assert len(prepare_upload(b"PK word", SourceKind.DOCX).pages) == 2


def test_the_converter_has_no_network_no_rights_no_secrets_and_a_folder_for_once(
    office, monkeypatch
):
    monkeypatch.setenv("BAOZHEN_SECRET", "secret")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        office(f"""
try:
    socket.create_connection(("127.0.0.1", {port}), timeout=5).close()
    net = "reachable"
except OSError:
    net = "unreachable"
rights = [one.split()[1] for one in open("/proc/self/status") if one.startswith("NoNewPrivs")][0]
limits = [resource.getrlimit(one)[1] for one in (
    resource.RLIMIT_FSIZE, resource.RLIMIT_CPU, resource.RLIMIT_AS, resource.RLIMIT_CORE)]
names = ",".join(sorted(os.environ))
own = os.getsid(0) == os.getpid()
answer(repr([net, rights, limits, names, own, folder, profile]).encode())
""")
        found = docx_to_pdf(b"PK word")
    net, rights, limits, names, own, folder, profile = eval(found)  # noqa: S307 -- our own program
    if not obstacle():
        assert net == "unreachable"
    assert rights == "1"
    assert limits == [LIMITS.file_bytes_max, LIMITS.cpu_seconds_max, LIMITS.memory_bytes_max, 0]
    assert set(names.split(",")) <= {
        "ALL_PROXY", "HOME", "HTTPS_PROXY", "HTTP_PROXY", "LANG", "LC_CTYPE", "PATH", "TMPDIR",
    }  # fmt: skip
    assert own
    assert urlsplit(profile).path.startswith(folder)
    assert not Path(folder).exists()


def is_alive(status):
    """A killed process ends when the kernel next comes to it; until it is collected it is dead."""
    try:
        return "(zombie)" not in status.read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_one_that_never_ends_is_ended_with_all_that_it_started(office, tmp_path):
    office(f"""
if os.fork() == 0:
    open({str(tmp_path / "child")!r}, "w").write(str(os.getpid()))
while True:
    time.sleep(60)
""")
    with pytest.raises(SourceInvalid, match="超过 5 秒，已中止；请在 Word"):
        docx_to_pdf(b"PK word", limits=replace(LIMITS, wall_seconds_max=5.0))
    status = Path("/proc") / (tmp_path / "child").read_text() / "status"
    for _ in range(1200):
        if not is_alive(status):
            break
        time.sleep(0.05)
    assert not is_alive(status)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("answer(bytes(3 * 1024 * 1024))", "转换后超过 2 MB"),
        ("sys.exit(1)", "无法转换为 PDF；请在 Word"),
        ("os.symlink('/etc/hostname', folder + '/in.pdf')", "无法转换为 PDF"),
        ("os.mkfifo(folder + '/in.pdf')", "无法转换为 PDF"),
    ],
)
def test_what_comes_to_no_good_end_says_why(office, body, said):
    office(body)
    with pytest.raises(SourceInvalid, match=said):
        docx_to_pdf(b"PK word", limits=replace(LIMITS, file_bytes_max=2 * 1024 * 1024))


def test_what_it_writes_is_looked_at_like_any_upload(office):
    office("answer(b'no pdf')")
    with pytest.raises(SourceInvalid):
        prepare_upload(b"PK word", SourceKind.DOCX)


def test_without_an_office_it_says_what_to_do(monkeypatch):
    monkeypatch.setenv("PATH", os.devnull)
    with pytest.raises(ConverterMissing, match=r"另存为 PDF 后上传，或请管理员安装 LibreOffice"):
        prepare_upload(b"PK word", SourceKind.DOCX)
