"""Uploads are inspected in a process of their own: the same answer, and limits that hold."""

import os
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from baozhen.foundation.sandbox import SandboxLimits, inspect_in_subprocess
from baozhen.foundation.trust_folder import PlatformTrust, read_trust, read_trust_folder
from baozhen.trust.errors import ParseError
from baozhen.trust.verify import TrustAnchors, inspect
from baozhen.trust.x509.parse import to_pem
from tests import pdfs
from tests.attacks import ATTACKS, single_sm2
from tests.pki import NOW, ORGANIZATION, hierarchy

TRUST = PlatformTrust(pdfs.anchors(), pdfs.revocation())


@pytest.mark.requirement("S0-6.4.2")
@pytest.mark.parametrize("name", [None, "replace content", "a stranger signs too"])
def test_the_child_gives_the_same_report(name: str | None):
    data = ATTACKS[name].forge(pdfs.signed()) if name else pdfs.signed()
    here = inspect(data, anchors=TRUST.anchors, at=NOW, revocation=TRUST.revocation)
    assert inspect_in_subprocess(data, trust=TRUST, at=NOW) == here.to_dict()


def test_a_proof_goes_along():
    data = pdfs.signed()
    report = inspect_in_subprocess(data, trust=TRUST, at=NOW, proof=pdfs.detached(data))
    assert report["checks"][9]["result"] == "passed"


def test_the_register_knows_of_two_signatures():
    data = single_sm2()
    assert _verdict(data) == "genuine"
    assert _verdict(data, expected_dual=True) == "tampered"


def _verdict(data: bytes, **more) -> str:
    return inspect_in_subprocess(data, trust=TRUST, at=NOW, **more)["verdict"]


def test_too_large_a_file_is_not_even_given_to_the_child():
    report = inspect_in_subprocess(
        pdfs.signed(), trust=TRUST, at=NOW, limits=SandboxLimits(file_bytes_max=100)
    )
    assert report["verdict"] == "unreadable"
    assert len(report["checks"]) == 10


def heavy() -> bytes:
    """A file whose structure needs a lot of memory: the limit of the core is higher."""
    packed = zlib.compress(bytes(30_000_000), 9)
    body = b"<</Type/XRef/W[1 2 1]/Size 9/Root 1 0 R/Filter/FlateDecode/Length %d>>" % len(packed)
    head = b"%PDF-1.7\n1 0 obj\n" + body + b"\nstream\n"
    return head + packed + b"\nendstream\nendobj\nstartxref\n9\n%%EOF\n"


def test_memory_has_a_limit():
    limits = SandboxLimits(memory_bytes_max=40 * 1024 * 1024)
    report = inspect_in_subprocess(heavy(), trust=TRUST, at=NOW, limits=limits)
    assert report["verdict"] == "unreadable"


def test_time_has_a_limit():
    limits = SandboxLimits(wall_seconds_max=0.001)
    report = inspect_in_subprocess(pdfs.signed(), trust=TRUST, at=NOW, limits=limits)
    assert report["verdict"] == "unreadable"
    assert "中止" in report["checks"][0]["detail"]


def test_the_limits_bind_the_process_that_sets_them():
    """The danger is shown beside: without them the same work is done."""
    work = "b = b'x' * (300 << 20); print(len(b))"
    limits = "{'cpu_seconds_max': 5, 'memory_bytes_max': 200 << 20}"
    restrict = f"from baozhen.foundation.sandbox_worker import restrict; restrict({limits}); "
    source = str(Path(__file__).parents[2] / "src")
    for code, expected in ((work, 0), (restrict + work, 1)):
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONPATH": source},
            capture_output=True,
            check=False,
        )
        assert done.returncode == expected, done.stderr


def test_the_child_knows_nothing_of_the_platform():
    code = (
        "import sys, baozhen.foundation.sandbox_worker;"
        "print([m for m in ('django', 'psycopg', 'typst', 'pyhanko') if m in sys.modules])"
    )
    source = str(Path(__file__).parents[2] / "src")
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": source}, capture_output=True, check=True
    )
    assert done.stdout.strip() == b"[]"


# The folder that says whom the platform trusts.


def test_the_trust_folder_is_read_whole(tmp_path: Path):
    assert read_trust_folder(tmp_path).is_empty
    (tmp_path / "anchors").mkdir()
    (tmp_path / "anchors" / "a.pem").write_bytes(to_pem(hierarchy().roots))
    (tmp_path / "anchors" / "a.crl").write_bytes(pdfs.revocation().crls[0])
    (tmp_path / "organization.txt").write_text(f"{ORGANIZATION}\n", encoding="utf-8")
    trust = read_trust_folder(tmp_path)
    assert trust.anchors == TrustAnchors(hierarchy().roots, ORGANIZATION)
    assert trust.revocation.crls == pdfs.revocation().crls[:1]


def test_demonstration_roots_can_be_left_out(tmp_path: Path):
    folder = tmp_path / "demonstration"
    folder.mkdir()
    (folder / "roots.pem").write_bytes(to_pem(hierarchy().roots))
    (folder / "sm2-signer.pem").write_bytes(
        to_pem([hierarchy().families["sm2"].signer.certificate])
    )
    trust = read_trust_folder(tmp_path)
    assert trust.anchors == TrustAnchors(hierarchy().roots, ORGANIZATION)
    assert read_trust_folder(tmp_path, with_demonstration=False).is_empty


def test_trust_may_be_a_file_a_folder_or_der(tmp_path: Path):
    (tmp_path / "roots.pem").write_bytes(to_pem(hierarchy().roots))
    assert read_trust(tmp_path / "roots.pem").anchors.roots == hierarchy().roots
    assert read_trust(tmp_path).anchors.roots == hierarchy().roots
    (tmp_path / "one.der").write_bytes(hierarchy().roots[0])
    assert read_trust(tmp_path / "one.der").anchors.roots == hierarchy().roots[:1]
    (tmp_path / "bad.pem").write_bytes(b"nothing")
    with pytest.raises(ParseError, match=r"bad\.pem"):
        read_trust(tmp_path)
