"""Two web and two worker processes, one database: killing any of them loses and doubles nothing.

A caller does what a core system does: it asks again, with the same number and key, elsewhere.
"""

import base64
import itertools
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter

import httpx
import pytest

from bench.installation import ROOT, Installation
from tests.pdfs import plain

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")

SEED = 20261122
TASKS = 18
FREE_EVERY = 6  # every sixth is somebody's own PDF, which a person's system approves first
SECONDS_MAX = 150.0
FIELDS = {
    "policyholder": "测试伟",
    "insured": "测试伟",
    "product": "测试产品",
    "sum_fen": 100,
    "premium_fen": 100,
    "starts_on": "2026-12-01",
    "ends_on": "2027-12-01",
}


class Crowd:
    """The four processes; one that died is started again by whoever watches over it."""

    def __init__(self, installed):
        self.installed = installed
        self.ports = [_free_port(), _free_port()]
        self.commands = {
            **{f"web {n}": ("web", "--port", port) for n, port in enumerate(self.ports)},
            **{f"worker {n}": ("worker",) for n in range(2)},
        }
        self.running = {name: self._start(name) for name in self.commands}
        self.killed = Counter()

    def kill(self, name):
        """Kill one with everything it has started, and start it again."""
        process = self.running[name]
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(60)
        self.killed[name] += 1
        self.running[name] = self._start(name)

    def close(self):
        for process in self.running.values():
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(60)

    def _start(self, name):
        return subprocess.Popen(
            self.installed.command(*self.commands[name]),
            env=self.installed.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )


class Caller:
    """A core system: asks again until it has an answer, at the other address too."""

    def __init__(self, key, ports):
        self.http = httpx.Client(
            headers={"Authorization": f"Bearer {key}"}, timeout=20, trust_env=False
        )
        self.addresses = itertools.cycle([f"http://127.0.0.1:{port}/api/v1" for port in ports])
        self.repeats = 0

    def ask(self, path, body, key):
        until = time.monotonic() + SECONDS_MAX
        while time.monotonic() < until:
            try:
                answer = self.http.post(
                    next(self.addresses) + path, json=body, headers={"Idempotency-Key": key}
                )
            except httpx.HTTPError:
                answer = None
            if answer is not None and answer.status_code < 300:
                return answer.json()
            # Not there, or somebody with the same key is at it: ask again.
            assert answer is None or answer.status_code in {409, 425, 429, 500, 502, 503}, (
                answer.text
            )
            self.repeats += 1
            time.sleep(0.2)
        raise TimeoutError(path)

    def start_tasks(self, org):
        for number in range(TASKS):
            if number % FREE_EVERY:
                self.ask("/envelopes", _wish(number), f"start-{number}")
                continue
            made = self.ask("/envelopes/free", _free(number, org), f"start-{number}")
            [step] = [
                action["id"]
                for party in made["signatories"]
                for action in party["actions"]
                if action["type"] == "approve"
            ]
            path = f"/envelopes/{made['id']}/actions/approve"
            self.ask(path, {"action": step}, f"approve-{number}")


def _wish(number):
    values = FIELDS | {"policy_no": f"P{number}"}
    return {"flow": "policy_insurer", "values": values, "biz_no": f"K-{number}"}


def _free(number, org):
    return {
        "title": "自由协议",
        "biz_no": f"K-{number}",
        "documents": [{"title": "协议", "content": base64.b64encode(plain()).decode()}],
        "signatories": [{"role": "us", "label": "保险人", "unit": org}],
        "actions": [
            {"role": "us", "type": "approve", "order": 1},
            {
                "role": "us",
                "type": "seal",
                "order": 2,
                "silent": True,
                "places": [{"x": 50, "y": 50}],
            },
        ],
    }


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def installed(tmp_path):
    installation = Installation(tmp_path / "data")
    installation.environment |= {"BAOZHEN_TIMESTAMP": "none", "PYTHONPATH": f"{ROOT}/src:{ROOT}"}
    yield installation
    installation.close()


def _prepare(installed):
    done = subprocess.run(
        [sys.executable, "-m", "tests.concurrency.signing_platform"],
        env=installed.environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.strip().splitlines()[-1]


def _left(installed):
    [(count,)] = installed.execute(
        "SELECT count(*) FROM envelopes_envelope WHERE biz_no LIKE 'K-%%' AND state <> 'completed'"
    )
    return count


def test_killing_any_process_loses_and_doubles_nothing(installed):
    key = _prepare(installed)
    [(org,)] = installed.execute(
        "SELECT public_id FROM organizations_orgunit WHERE parent_id IS NULL"
        " AND kind <> 'outside' ORDER BY id LIMIT 1"
    )
    crowd = Crowd(installed)
    caller = Caller(key, crowd.ports)
    try:
        failures = []

        def call():
            try:
                caller.start_tasks(org)
            except (AssertionError, TimeoutError, KeyError, ValueError) as error:
                failures.append(error)

        thread = threading.Thread(target=call)
        thread.start()
        chance = random.Random(SEED)  # noqa: S311 -- not a secret
        # Each of the four dies in the middle of the work; the workers first, for what they held is
        # given back only after a while.
        for name in sorted(crowd.commands, reverse=True):
            time.sleep(chance.uniform(1.2, 2.4))
            crowd.kill(name)
        thread.join(SECONDS_MAX)
        assert not failures, failures
        assert set(crowd.killed) == set(crowd.commands)
        until = time.monotonic() + SECONDS_MAX
        while _left(installed) and time.monotonic() < until:
            time.sleep(0.5)
    finally:
        crowd.close()
        caller.http.close()
    _check_sound(installed)


def _check_sound(installed):
    """Everything that was asked for is there, complete, and happened exactly once."""
    assert installed.execute(
        "SELECT count(*), count(DISTINCT biz_no), count(*) FILTER (WHERE state = 'completed')"
        " FROM envelopes_envelope WHERE biz_no LIKE 'K-%%'"
    ) == [(TASKS, TASKS, TASKS)]
    for wrong in (
        "SELECT d.id FROM envelopes_envelope e"
        " JOIN envelopes_envelopedocument d ON d.envelope_id = e.id"
        " JOIN envelopes_documentversion v ON v.document_id = d.id"
        " WHERE e.biz_no LIKE 'K-%%'"
        " GROUP BY d.id HAVING count(*) <> 2 OR max(v.number) <> 1",
        "SELECT subject_id FROM audit_auditentry a JOIN envelopes_envelope e"
        " ON e.id = a.subject_id AND e.biz_no LIKE 'K-%%' WHERE action = 'envelope.completed'"
        " GROUP BY subject_id HAVING count(*) <> 1",
        "SELECT reference FROM seals_sealuse WHERE state = 'done'"
        " GROUP BY reference HAVING count(*) <> 1",
        "SELECT id FROM seals_sealuse WHERE state = 'reserved'",
        "SELECT dossier FROM files_archiveitem WHERE dossier LIKE 'env_%%'"
        " GROUP BY dossier HAVING count(*) <> 1",
    ):
        assert installed.execute(wrong) == [], wrong
    checked = installed.run("fsck", "--sample", 10)
    assert checked.returncode == 0, checked.stdout + checked.stderr
