"""Sudden death: workers and database are killed while 500 proposals are issued.

Afterwards every accepted proposal has its policies exactly once, nothing is lost, and `fsck` is
clean. The long version is `./dev bench --kills N`.
"""

import json
import random
from collections import Counter

import pytest

from bench.installation import Installation
from bench.kills import Killer

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")

KILLS = 20
SEED = 20261120
RUNS_MAX = KILLS + 2  # a run may die while it is still preparing


@pytest.fixture
def installed(tmp_path):
    installation = Installation(tmp_path / "data")
    yield installation
    installation.close()


@pytest.mark.requirement("S0-4.3.4b", "S0-7.1.4")
def test_no_kill_loses_or_doubles_a_policy(installed, shared_dir, tmp_path):
    source, report = shared_dir / "data" / "motor_proposals.jsonl", tmp_path / "report.jsonl"
    proposals = [json.loads(line) for line in source.read_text("utf-8").splitlines()]
    killer = Killer(installed, random.Random(SEED), kills=KILLS)  # noqa: S311 -- not a secret

    for _ in range(RUNS_MAX):
        running = installed.start("issue", source, "--workers", 2, "--report", report)
        killer.haunt(running)
        _, told = running.communicate(timeout=240)
        if running.returncode == 0:
            break
    assert running.returncode == 0, told[-3000:]
    assert killer.killed["worker"] >= 5, killer.killed
    assert killer.killed["database"] >= 2, killer.killed

    rows = [json.loads(line) for line in report.read_text("utf-8").splitlines()]
    assert [row["proposal_no"] for row in rows] == [raw["proposal_no"] for raw in proposals]
    assert Counter(row["status"] for row in rows) == {"issued": len(proposals)}
    expected = {
        number
        for raw in proposals
        for number in (
            raw["compulsory"]["policy_no"],
            raw["compulsory"]["policy_no"] + "-BZ",
            *([raw["commercial"]["policy_no"]] if raw["commercial"] else []),
        )
    }
    reported = [policy["policy_no"] for row in rows for policy in row["policies"]]
    assert Counter(reported) == dict.fromkeys(expected, 1)
    assert installed.execute(
        "SELECT count(*), count(DISTINCT number), count(sha256) FROM policies_policyfile"
    ) == [(len(expected),) * 3]
    assert (
        installed.execute(
            "SELECT count(*) FROM audit_auditentry WHERE action = 'policy.issued'"
            " GROUP BY subject_id HAVING count(*) <> 1"
        )
        == []
    )
    # Each policy is one envelope, sealed once with the seal that was reserved for it.
    assert installed.execute(
        "SELECT e.state, u.state, count(*), count(DISTINCT e.biz_no) FROM policies_policy AS p"
        " JOIN envelopes_envelope AS e ON e.biz_no = p.number AND e.client = 'insurance'"
        " JOIN seals_sealuse AS u ON u.reference = e.public_id GROUP BY 1, 2"
    ) == [("completed", "done", *[sum(not n.endswith("-BZ") for n in expected)] * 2)]
    checked = installed.run("fsck", "--sample", 20)
    assert checked.returncode == 0, checked.stdout + checked.stderr
