"""`baozhen verify`: exit codes, JSON, trust, evidence, and no platform needed."""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from baozhen.site.commands.verify import HELP, add_arguments, run
from baozhen.trust.x509.parse import to_pem
from tests import pdfs
from tests.attacks import replace_content
from tests.pki import NOW, ORGANIZATION, hierarchy

SOURCE = Path(__file__).parents[2] / "src"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("BAOZHEN_TRUST", raising=False)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("BAOZHEN_DATA", str(tmp_path / "data"))
    (tmp_path / "roots.pem").write_bytes(to_pem(hierarchy().roots))
    (tmp_path / "genuine.pdf").write_bytes(pdfs.signed())
    (tmp_path / "forged.pdf").write_bytes(replace_content(pdfs.signed()))
    (tmp_path / "plain.pdf").write_bytes(pdfs.plain())
    (tmp_path / "noise.pdf").write_bytes(b"noise")
    return tmp_path


def call(folder: Path, *words: str, **more) -> int:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    names = [
        str(folder / word) if word.endswith((".pdf", ".pem", ".json")) else word for word in words
    ]
    return run(parser.parse_args([*names, "--at", NOW.isoformat()]), **more)


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.requirement("S0-3.8", "S0-6.4.2")
def test_exit_0_only_when_all_are_genuine(folder: Path, capsys):
    trust = ("--trust", "roots.pem")
    assert call(folder, "genuine.pdf", *trust) == 0
    assert call(folder, "genuine.pdf", "genuine.pdf", *trust) == 0
    for other in ("forged.pdf", "plain.pdf", "noise.pdf", "missing.pdf"):
        assert call(folder, "genuine.pdf", other, *trust) == 1
    capsys.readouterr()


def test_one_json_object_a_line(folder: Path, capsys):
    names = ("genuine.pdf", "forged.pdf", "plain.pdf", "noise.pdf", "missing.pdf")
    assert call(folder, *names, "--json", "--trust", "roots.pem") == 1
    found = lines(capsys)
    assert [Path(line["file"]).name for line in found] == list(names)
    assert [line["verdict"] for line in found] == [
        "genuine",
        "tampered",
        "not_signed",
        "unreadable",
        "unreadable",
    ]
    for line in found:
        assert isinstance(line["signatures"], list)
        assert {"step", "result", "detail"} <= set(line["checks"][0])


def test_people_read_chinese_and_the_demonstration_is_named(folder: Path, capsys):
    call(folder, "genuine.pdf", "--trust", "roots.pem")
    said = capsys.readouterr().out
    assert "真实有效" in said
    assert "演示" in said
    assert "没有法律效力" in said
    assert ORGANIZATION in said


def test_without_trust_the_missing_option_is_named(folder: Path, capsys):
    assert call(folder, "genuine.pdf") == 1
    said = capsys.readouterr().out
    assert "--trust" in said
    assert "签名者不受信任" in said


def test_trust_comes_from_the_environment_or_the_platforms_folder(
    folder: Path, monkeypatch, capsys
):
    monkeypatch.setenv("BAOZHEN_TRUST", str(folder / "roots.pem"))
    assert call(folder, "genuine.pdf") == 0
    monkeypatch.delenv("BAOZHEN_TRUST")
    anchors = folder / "data" / "trust" / "anchors"
    anchors.mkdir(parents=True)
    (anchors / "a.pem").write_bytes(to_pem(hierarchy().roots))
    assert call(folder, "genuine.pdf") == 0
    capsys.readouterr()


def test_production_never_trusts_the_demonstration(folder: Path, monkeypatch, capsys):
    demonstration = folder / "data" / "trust" / "demonstration"
    demonstration.mkdir(parents=True)
    (demonstration / "roots.pem").write_bytes(to_pem(hierarchy().roots))
    assert call(folder, "genuine.pdf") == 0
    monkeypatch.setenv("BAOZHEN_MODE", "production")
    assert call(folder, "genuine.pdf") == 1
    capsys.readouterr()


def test_the_organization_is_asked_for(folder: Path, capsys):
    trust = ("--trust", "roots.pem")
    assert call(folder, "genuine.pdf", *trust, "--organization", ORGANIZATION) == 0
    assert call(folder, "genuine.pdf", *trust, "--organization", "另一家") == 1
    capsys.readouterr()


@pytest.mark.parametrize("make", [pdfs.detached, pdfs.aggregated])
def test_a_proof_beside_the_file_is_read(folder: Path, capsys, make):
    data = pdfs.signed()
    import hashlib

    text = make(data).to_json(file_sha256=hashlib.sha256(data).hexdigest())
    (folder / "genuine.pdf.proof.json").write_bytes(text)
    assert call(folder, "genuine.pdf", "--json", "--trust", "roots.pem") == 0
    assert lines(capsys)[0]["checks"][9]["result"] == "passed"
    (folder / "other.json").write_bytes(text)
    assert (
        call(folder, "forged.pdf", "--json", "--trust", "roots.pem", "--proof", "other.json") == 1
    )
    assert "另一个文件" in lines(capsys)[0]["checks"][0]["detail"]


def test_wrong_use_is_exit_2(folder: Path, capsys):
    assert call(folder, "genuine.pdf", "plain.pdf", "--proof", "x.json") == 2
    assert call(folder, "genuine.pdf", "--trust", "missing.pem") == 2
    for at in ("yesterday", "2026-01-01"):
        parser = argparse.ArgumentParser()
        add_arguments(parser)
        with pytest.raises(SystemExit):
            parser.parse_args(["x", "--at", at])
    assert "--trust" in HELP
    capsys.readouterr()


def test_the_registers_word_is_added_when_there_is_a_register(folder: Path, capsys):
    words = {"--trust": "roots.pem"}
    asked = []

    def register(sha256: str) -> str | None:
        asked.append(sha256)
        return "superseded"

    flat = [part for pair in words.items() for part in pair]
    assert call(folder, "genuine.pdf", "--json", *flat, register_word=register) == 0
    line = lines(capsys)[0]
    assert line["register"] == "superseded"
    assert asked == [line["sha256"]]
    call(folder, "genuine.pdf", *flat, register_word=register)
    assert "已被新的版本取代" in capsys.readouterr().out


def test_it_runs_without_the_platform(folder: Path):
    """No Django, no database: none is imported by the whole command."""
    code = (
        "import sys; from baozhen.site.command import main; code = main(sys.argv[1:]);"
        "assert 'django' not in sys.modules; assert 'psycopg' not in sys.modules; sys.exit(code)"
    )
    words = [
        "verify",
        str(folder / "genuine.pdf"),
        "--trust",
        str(folder / "roots.pem"),
        "--json",
        "--at",
        NOW.isoformat(),
    ]
    done = subprocess.run(
        [sys.executable, "-c", code, *words],
        env={
            "PYTHONPATH": str(SOURCE),
            "PATH": os.environ["PATH"],
            "PYTHONUTF8": "1",
            "BAOZHEN_DATA": str(folder / "data"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["verdict"] == "genuine"


@pytest.mark.django_db
def test_a_platform_at_hand_is_asked_by_itself(folder: Path, monkeypatch, capsys):
    monkeypatch.setenv("DATABASE_URL", "set, and already connected in the tests")
    words = ("genuine.pdf", "--json", "--trust", "roots.pem")
    assert call(folder, *words) == 0
    assert lines(capsys)[0]["register"] == "unknown"
    assert call(folder, *words, "--offline") == 0
    assert "register" not in lines(capsys)[0]
