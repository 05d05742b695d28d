"""A package replays and verifies on its own; one act less or one page changed breaks it."""

import io
import json
import subprocess
import sys
import zipfile
from datetime import timedelta

import pytest

from baozhen.foundation.audit.models import AuditEntry
from baozhen.foundation.clock import now
from baozhen.foundation.errors import IllegalMove
from baozhen.foundation.sandbox import platform_trust
from baozhen.foundation.storage import get_storage
from baozhen.foundation.traces.errors import (
    SecondPersonNeeded,
    TraceReasonMissing,
    TraceUnknown,
)
from baozhen.foundation.traces.models import TraceEvent, TraceExport
from baozhen.foundation.traces.package import check_package, pack
from baozhen.foundation.traces.services import link_business
from baozhen.foundation.traces.services.exporting import (
    decide_export,
    make_export,
    record_taking,
    request_export,
)
from baozhen.foundation.traces.services.pictures import store_pictures
from baozhen.foundation.traces.states import Kind
from baozhen.site.command import main
from baozhen.trust.pdf.rendering import page_texts
from baozhen.trust.report import CheckResult, Verdict
from baozhen.trust.verify import inspect
from tests.foundation.traces.making import AT, visit

pytestmark = pytest.mark.django_db
REASON = "监管检查要求提供"


@pytest.fixture
def session(platform):
    session = visit()
    page = TraceEvent.objects.get(kind=Kind.ENTER).page
    snapshot = {"type": 3, "timestamp": 1, "data": {"href": "/static/baozhen/tokens.css"}}
    store_pictures(session.public_id, page, [snapshot], at=AT)
    link_business(session.public_id, at=AT, proposal="T2026")
    return session


@pytest.fixture
def export(session):
    asked = request_export("T2026", reason=REASON, actor="staff:a", at=AT)
    return decide_export(asked.public_id, allow=True, actor="staff:b", at=AT)


@pytest.fixture
def package(export):
    make_export(export.pk, at=now())
    export.refresh_from_db()
    return get_storage().get(export.sha256)


def files_of(package):
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def report_on(package):
    trust = platform_trust()
    return check_package(
        package, anchors=trust.anchors, revocation=trust.revocation, at=now() + timedelta(hours=1)
    )


def failed(package):
    return {one.step.name for one in report_on(package).steps if one.result is CheckResult.FAILED}


@pytest.mark.requirement("S0-4.1b")
@pytest.mark.requirement("S0-4.2.1b")
def test_a_package_is_genuine_and_whole(package):
    report = report_on(package)
    assert report.is_genuine, report.to_dict()
    assert all(one.result is CheckResult.PASSED for one in report.steps)
    files = files_of(package)
    assert "index.html" in files
    shown = next(body for name, body in files.items() if name.startswith("served/"))
    assert "责任免除" in shown.decode()
    view = next(body for name, body in files.items() if name.startswith("view/")).decode()
    assert "../files/0/baozhen/tokens.css" in view
    assert "files/0/baozhen/tokens.css" in files
    assert "http" not in view
    assert b"files/0/baozhen/tokens.css" in files["recordings/recordings.js"]


def test_the_acts_can_be_printed(package):
    """A sealed chronology that says what was done, and nothing that was masked."""
    files = files_of(package)
    listed = {one["path"] for one in json.loads(files["manifest.json"])["files"]}
    assert "replay.pdf" in listed
    assert 'href="replay.pdf"' in files["index.html"].decode()
    text = "".join(page_texts(files["replay.pdf"]))
    for words in ("操作记录", "T2026", REASON, "进入页面", "点击", "journey:cover@m", "button:1"):
        assert words in text, words
    assert "测试欣" not in text
    trust = platform_trust()
    report = inspect(
        files["replay.pdf"], anchors=trust.anchors, revocation=trust.revocation, at=now()
    )
    assert report.verdict is Verdict.GENUINE


def test_verify_py_needs_nothing_but_python(package, tmp_path):
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        archive.extractall(tmp_path)
    verify = [sys.executable, "-I", str(tmp_path / "verify.py")]
    done = subprocess.run(verify, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "全部相符" in done.stdout
    page = next((tmp_path / "served").iterdir())
    page.write_text(page.read_text().replace("我们不赔", "我们照赔"))
    done = subprocess.run(verify, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "内容不符" in done.stdout
    assert "与操作记录不符" in done.stdout


def without_an_act(files):
    value = json.loads(files["events.json"])
    del value["sessions"][0]["events"][1]
    files["events.json"] = json.dumps(value, ensure_ascii=False).encode()


def with_another_page(files):
    name = next(name for name in files if name.startswith("served/"))
    files[name] = files[name].replace("我们不赔".encode(), "我们照赔".encode())


def with_a_stranger(files):
    files["documents/more.pdf"] = b"%PDF-"


def without_a_picture(files):
    del files[next(name for name in files if name.endswith(".json.z"))]


def with_another_list(files):
    value = json.loads(files["manifest.json"])
    value["made_at"] = "2020-01-01T00:00:00+00:00"
    files["manifest.json"] = json.dumps(value).encode()


@pytest.mark.parametrize(
    ("change", "steps"),
    [
        (without_an_act, {"COMPLETE", "CHAINED"}),
        (with_another_page, {"COMPLETE", "PAGES"}),
        (with_a_stranger, {"COMPLETE"}),
        (without_a_picture, {"COMPLETE", "PAGES"}),
        (with_another_list, {"SIGNED"}),
    ],
)
def test_any_change_breaks_it(package, change, steps):
    files = files_of(package)
    change(files)
    assert failed(pack(files)) == steps


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"%PDF-1.7"])
def test_anything_else_is_no_package(data):
    trust = platform_trust()
    report = check_package(data, anchors=trust.anchors, at=AT)
    assert not report.is_genuine


def test_asking_needs_a_reason_and_something_to_give(session):
    with pytest.raises(TraceReasonMissing):
        request_export("T2026", reason="查", actor="a", at=AT)
    with pytest.raises(TraceUnknown):
        request_export("T0", reason=REASON, actor="a", at=AT)
    assert not TraceExport.objects.exists()


def test_nobody_allows_their_own_export(session):
    asked = request_export("T2026", reason=REASON, actor="staff:a", at=AT)
    with pytest.raises(SecondPersonNeeded):
        decide_export(asked.public_id, allow=True, actor="staff:a", at=AT)
    make_export(asked.pk, at=AT)
    asked.refresh_from_db()
    assert asked.state == "requested"
    refused = decide_export(asked.public_id, allow=False, actor="staff:b", at=AT)
    assert refused.state == "refused"
    with pytest.raises(IllegalMove):
        decide_export(asked.public_id, allow=True, actor="staff:b", at=AT)


def test_every_step_of_an_export_is_on_record(export, package):
    make_export(export.pk, at=AT)  # a job may run twice
    record_taking(export, actor="staff:a", at=AT)
    acts = AuditEntry.objects.filter(subject_type="trace_export").order_by("position")
    assert [entry.action.partition(".")[2] for entry in acts] == [
        "requested",
        "approved",
        "made",
        "taken",
    ]
    assert acts[0].facts["reason"] == REASON


def test_the_command_verifies_without_database_or_network(package, tmp_path, capsys, settings):
    good, bad = tmp_path / "good.zip", tmp_path / "bad.zip"
    good.write_bytes(package)
    files = files_of(package)
    with_another_page(files)
    bad.write_bytes(pack(files))
    trust = ["--trust", str(settings.BAOZHEN_DATA / "trust")]
    assert main(["trace", "verify", str(good), *trust]) == 0
    assert "回溯包真实完整" in capsys.readouterr().out
    assert main(["trace", "verify", str(good), str(bad), "--json", *trust]) == 1
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["verdict"] for line in lines] == ["genuine", "failed"]
    assert main(["trace", "verify", str(tmp_path / "none.zip"), *trust]) == 1
    assert main(["trace", "verify", str(good), "--trust", str(tmp_path / "none.pem")]) == 2
