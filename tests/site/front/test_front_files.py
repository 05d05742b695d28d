"""Local files in bulk: through a live platform, stopped in the middle, and started again."""

import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from django.db import connections

from baozhen.foundation.jobs.worker import run_worker
from baozhen.signing.envelopes.models import Envelope
from baozhen.signing.organizations.queries import root_unit
from baozhen.site.front.queue import FileQueue
from tests.environment import ROOT
from tests.faces.conftest import _fresh_limits, api_key  # noqa: F401 -- fixtures
from tests.pdfs import plain
from tests.signing.envelopes.sealing import make_seal

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def working():
    """A worker beside the platform."""
    stop = threading.Event()

    def work():
        while not stop.wait(0.1):
            run_worker(until_idle=True)
        connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    yield
    stop.set()
    thread.join()


@pytest.fixture
def folders(tmp_path):
    inbox, out = tmp_path / "in", tmp_path / "out"
    inbox.mkdir()
    out.mkdir()
    return inbox, out


@pytest.fixture
def key(platform, api_key, settings):  # noqa: F811
    """A key for a platform with a seal that may be used silently."""
    settings.BAOZHEN_TIMESTAMP = "none"
    make_seal(root_unit().name, unit=root_unit())
    return api_key()


def put(inbox, name, **facts):
    (inbox / f"{name}.pdf").write_bytes(plain())
    facts = {"title": "电子保单", "document_type": "policy", "biz_no": name} | facts
    (inbox / f"{name}.json").write_text(json.dumps(facts), encoding="utf-8")


def start(folders, url, key, tmp_path, *options):
    (tmp_path / "key").write_text(key)
    inbox, out = folders
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "baozhen.site.command", "front-files"),
            *("--in", str(inbox), "--out", str(out), "--url", url),
            *("--key-file", str(tmp_path / "key"), "--threads", "2", *options),
        ],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "src"), "PYTHONUTF8": "1"},
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.requirement("S2-L714a")
def test_files_are_sealed_once_though_the_run_is_killed(
    live_server, key, folders, working, tmp_path
):
    inbox, out = folders
    for number in range(4):
        put(inbox, f"P{number}")
    put(inbox, "bad", page=50)
    (inbox / "late.pdf").write_bytes(plain())  # its facts have not come yet
    process = start(folders, live_server.url, key, tmp_path, "--once")
    for _ in range(300):
        if list(out.glob("*.receipt.json")) or process.poll() is not None:
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    process = start(folders, live_server.url, key, tmp_path, "--once")
    _out, told = process.communicate(timeout=120)
    assert process.returncode == 1, told
    assert "已盖章 4，被拒绝 1" in told
    for number in range(4):
        sealed = (out / f"P{number}.pdf").read_bytes()
        receipt = json.loads((out / f"P{number}.receipt.json").read_text(encoding="utf-8"))
        assert receipt["size"] == len(sealed) > len(plain())
        assert b"/Sig" in sealed
        assert (inbox / "done" / f"P{number}.pdf").exists()
    assert json.loads((out / "bad.problem.json").read_text(encoding="utf-8"))["code"]
    assert (inbox / "failed" / "bad.json").exists()
    assert sorted(path.name for path in inbox.glob("*.pdf")) == ["late.pdf"]
    assert Envelope.objects.filter(biz_no__startswith="P").count() == 4


def test_a_queue_remembers_and_takes_the_same_file_once(tmp_path):
    queue = FileQueue(tmp_path / "queue")
    assert queue.add("a", "d1")
    assert not queue.add("a", "d1")
    assert not queue.add("a", "d2")  # on its way: the new content waits for its end
    queue.submitted("a", "env_1")
    queue.close()
    queue = FileQueue(tmp_path / "queue")
    (item,) = queue.due("submitted", 10)
    assert (item.name, item.envelope) == ("a", "env_1")
    queue.later("a", 60)
    assert queue.due("submitted", 10) == []
    queue.done("a")
    assert not queue.add("a", "d1")
    assert queue.add("a", "d2")
    assert queue.counts() == {"queued": 1}
    queue.close()
