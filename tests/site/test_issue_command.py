"""`baozhen issue` and `baozhen fsck` as a user runs them: processes, files, exit codes."""

import hashlib
import json
import signal
import time

import pytest

from bench.generate import FORMS, make_proposal
from bench.installation import Installation

# Commands of a module share one installation, in the order of the file.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    installation = Installation(tmp_path_factory.mktemp("installation") / "data")
    yield installation
    installation.close()


def lines_of(path):
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def write(path, *raws):
    path.write_text("".join(json.dumps(raw, ensure_ascii=False) + "\n" for raw in raws), "utf-8")
    return path


def time_checks(installed, folder):
    """The results of the check of time, by `baozhen verify FOLDER/*.pdf`."""
    pdfs = sorted(folder.glob("*.pdf"))
    done = installed.run("verify", *pdfs, "--json", "--trust", installed.home / "trust")
    assert done.returncode == 0, done.stdout + done.stderr
    reports = [json.loads(line) for line in done.stdout.splitlines()]
    return [
        check["result"] for report in reports for check in report["checks"] if check["step"] == 10
    ]


@pytest.mark.requirement("S0-4.3.3a")
def test_a_file_of_all_forms_becomes_policies(installed, tmp_path):
    file = write(
        tmp_path / "in.jsonl", *(make_proposal(n, form=form) for n, form in enumerate(FORMS, 1))
    )
    out, report = tmp_path / "out", tmp_path / "report.jsonl"
    done = installed.run("issue", file, "--workers", 2, "--out", out, "--report", report)
    assert done.returncode == 0, done.stderr
    assert "已出单 5 份；文件 15 个" in done.stderr

    rows = lines_of(report)
    assert [row["line"] for row in rows] == [1, 2, 3, 4, 5]
    assert {row["status"] for row in rows} == {"issued"}
    for row in rows:
        assert [policy["kind"] for policy in row["policies"]] == [
            "compulsory",
            "mark",
            "commercial",
        ]
        assert row["errors"] == []
        for policy in row["policies"]:
            data = (out / policy["file"]).read_bytes()
            assert hashlib.sha256(data).hexdigest() == policy["sha256"]
            assert policy["file"] == f"{policy['policy_no']}.pdf"
            assert len(data) <= 150 * 1024
            proof = json.loads((out / f"{policy['file']}.proof.json").read_bytes())
            assert (proof["format"], proof["sha256"]) == ("baozhen-proof/1", policy["sha256"])
    assert len(list(out.iterdir())) == 30
    assert time_checks(installed, out) == ["passed"] * 15
    for proof in out.glob("*.proof.json"):
        proof.unlink()
    assert time_checks(installed, out) == ["unknown"] * 15  # it is the proof that shows the time

    again = installed.run("issue", file, "--out", tmp_path / "out2", "--report", "-")
    assert again.returncode == 0, again.stderr
    assert [json.loads(line) for line in again.stdout.splitlines()] == rows
    assert len(list((tmp_path / "out2").iterdir())) == 30


def test_a_stale_proof_goes_and_a_missing_one_comes(installed, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    aggregated = write(tmp_path / "one.jsonl", make_proposal(50))
    inside = write(tmp_path / "two.jsonl", make_proposal(51))
    numbers = {n: make_proposal(n)["compulsory"]["policy_no"] for n in (50, 51)}
    for number in numbers.values():
        (out / f"{number}.pdf").write_bytes(b"another file")
        (out / f"{number}.pdf.proof.json").write_text("{}", "utf-8")
    assert installed.run("issue", aggregated, "--out", out).returncode == 0
    assert installed.run("issue", inside, "--out", out, "--timestamp", "each").returncode == 0
    # The tokens of `each` are inside the signatures: nothing belongs beside those files.
    assert (out / f"{numbers[50]}.pdf.proof.json").is_file()
    assert not (out / f"{numbers[51]}.pdf.proof.json").exists()
    assert len(list(out.glob("*.proof.json"))) == 3
    assert time_checks(installed, out) == ["passed"] * 6


def test_what_is_refused_is_reported_and_the_rest_goes_on(installed, tmp_path):
    bad = make_proposal(11)
    bad["vehicle"]["vin"] = "L9TESTAA8MA000001"
    other = make_proposal(1, form=FORMS[0])
    other["vehicle"]["engine_no"] = "OTHER1234"
    file = tmp_path / "in.jsonl"
    write(file, make_proposal(10), bad, other)
    file.write_text(file.read_text("utf-8") + "\n{oops\n", "utf-8")
    report = tmp_path / "report.jsonl"
    done = installed.run("issue", file, "--workers", 1, "--report", report)
    assert done.returncode == 1, done.stderr
    rows = lines_of(report)
    assert [(row["line"], row["status"]) for row in rows] == [
        (1, "issued"),
        (2, "refused"),
        (3, "conflict"),
        (5, "refused"),
    ]
    assert "vehicle.vin" in [error["path"] for error in rows[1]["errors"]]
    assert [error["path"] for error in rows[2]["errors"]] == ["vehicle.engine_no"]
    assert rows[3]["errors"][0]["code"] == "invalid_json"
    for row in rows[1:]:
        assert row["policies"] == []
        assert all(set(error) == {"code", "path", "message"} for error in row["errors"])


def test_standard_input_and_a_missing_file(installed):
    text = json.dumps(make_proposal(20)) + "\n"
    done = installed.run("issue", "-", "--workers", 1, "--report", "-", input=text)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["proposal_no"] == make_proposal(20)["proposal_no"]
    missing = installed.run("issue", "no-such-file.jsonl")
    assert missing.returncode == 2
    assert "no-such-file.jsonl" in missing.stderr
    empty = installed.run("issue", "-", input="\n\n")
    assert empty.returncode == 2


@pytest.fixture
def _interruptible():
    """What a shell runs in the background ignores Ctrl-C, and so would all that it starts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_interruptible")
def test_control_c_leaves_a_batch_that_goes_on(installed, tmp_path):
    file = write(tmp_path / "in.jsonl", *(make_proposal(n) for n in range(100, 260)))
    report = tmp_path / "report.jsonl"
    running = installed.start("issue", file, "--workers", 1, "--report", report)
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        rows = installed.execute("SELECT count(*) FROM proposals_proposal WHERE state = 'issued'")
        if rows[0][0] > 30:
            break
        time.sleep(0.2)
    running.send_signal(signal.SIGINT)
    _, told = running.communicate(timeout=90)
    assert running.returncode == 130, told
    assert "再次执行同一命令即可继续" in told
    assert not report.exists()

    done = installed.run("issue", file, "--report", report)
    assert done.returncode == 0, done.stderr
    assert "接着处理批次" in done.stderr
    assert len(lines_of(report)) == 160
    assert installed.execute(
        "SELECT count(*), count(DISTINCT proposal_no) FROM proposals_proposal"
        " WHERE proposal_no BETWEEN 'TBX202600000100' AND 'TBX202600000259'"
    ) == [(160, 160)]


def test_fsck_is_clean_and_finds_each_damage_and_names_it(installed):
    clean = installed.run("fsck", "--sample", 10)
    assert clean.returncode == 0, clean.stdout + clean.stderr

    number, sha256 = installed.execute(
        "SELECT number, sha256 FROM policies_policyfile WHERE sha256 IS NOT NULL ORDER BY id"
    )[0]
    path = installed.home / "archive" / sha256[:2] / sha256[2:4] / sha256
    if not path.exists():
        (path,) = (installed.home / "archive").rglob(sha256)
    whole = path.read_bytes()

    def damage(data):
        path.unlink()
        if data is not None:
            path.write_bytes(data)

    def finds(*words):
        done = installed.run("fsck", "--sample", 1)
        assert done.returncode == 1, done.stdout + done.stderr
        assert all(word in done.stdout for word in words), done.stdout

    # 1. a changed byte
    damage(whole[:-1] + bytes([whole[-1] ^ 1]))
    finds(sha256)
    # 2. a missing file
    damage(None)
    finds(sha256)
    path.write_bytes(whole)
    assert installed.run("fsck", "--sample", 1).returncode == 0

    # 3. a changed row
    def change(difference):
        installed.execute("ALTER TABLE policies_policy DISABLE TRIGGER ALL")
        installed.execute(
            "UPDATE policies_policy SET premium_fen = premium_fen + %s WHERE number = %s",
            difference,
            number,
        )
        installed.execute("ALTER TABLE policies_policy ENABLE TRIGGER ALL")

    change(1)
    finds(number, "premium_fen")
    change(-1)
    assert installed.run("fsck", "--sample", 1).returncode == 0

    # 4. a removed log entry
    installed.execute("ALTER TABLE audit_auditentry DISABLE TRIGGER ALL")
    installed.execute("ALTER TABLE audit_logleaf DISABLE TRIGGER ALL")
    installed.execute("ALTER TABLE audit_pendingentry DISABLE TRIGGER ALL")
    (entry,) = installed.execute(
        "SELECT min(a.id) FROM audit_auditentry a JOIN policies_policy p"
        " ON a.subject_id = p.id AND a.subject_type = 'policy'"
        " WHERE p.number = %s AND a.action = 'policy.numbered'",
        number,
    )[0]
    installed.execute("DELETE FROM audit_logleaf WHERE entry_id = %s", entry)
    installed.execute("DELETE FROM audit_pendingentry WHERE entry_id = %s", entry)
    installed.execute("DELETE FROM audit_auditentry WHERE id = %s", entry)
    finds("缺失")


def test_files_outside_verify_as_genuine(installed, tmp_path):
    file = write(tmp_path / "in.jsonl", make_proposal(30))
    done = installed.run("issue", file, "--out", tmp_path, "--timestamp", "each")
    assert done.returncode == 0, done.stderr
    pdfs = sorted(tmp_path.glob("*.pdf"))
    verified = installed.run("verify", *pdfs, "--json", "--trust", installed.home / "trust")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    verdicts = [json.loads(line)["verdict"] for line in verified.stdout.splitlines()]
    assert verdicts == ["genuine"] * 3
