"""How fast people get answers: live issuing, verification, the query page at a million policies."""

import subprocess
import time
from collections.abc import Callable

from django.db import connection

from baozhen.foundation.clock import now
from baozhen.foundation.sandbox import platform_trust
from baozhen.foundation.storage import get_storage
from baozhen.insurance.policies.models import Policy, PolicyFile
from baozhen.insurance.policies.queries import Place, PolicyFilter, get_sealed_file, list_policies
from baozhen.insurance.policies.services.submit import submit_proposal
from baozhen.insurance.verification.queries import file_by_sha256
from baozhen.insurance.verification.services import HolderQuery, find_for_holder
from baozhen.trust.verify import inspect
from bench.figures import Figure, quantile
from bench.generate import make_proposal
from bench.installation import Installation

LIVE_SECONDS_MAX = 2.0
VERIFY_MS_MAX = 20.0
OWN_FILE_MS_MAX = 5.0
QUERY_MS_MAX = 50.0


def live_latency(installed: Installation, *, count: int = 20) -> list[Figure]:
    """From the submission of a paid proposal to a file that can be downloaded."""
    worker = subprocess.Popen(
        installed.command("worker", "--queue", "live"), env=installed.environment
    )
    try:
        seconds = [_one_live(serial) for serial in range(count)]
    finally:
        worker.terminate()
        worker.wait(30)
    return [
        Figure(
            name="收费确认到文件可下载，p95",
            value=quantile(seconds[2:], 0.95),
            unit="秒",
            at_most=LIVE_SECONDS_MAX,
        ),
        Figure(name="同上，中位", value=quantile(seconds[2:], 0.5), unit="秒"),
    ]


def _one_live(serial: int) -> float:
    raw = make_proposal(3_000_000 + serial)
    began = time.monotonic()
    submit_proposal(raw, client="bench", at=now())
    while True:
        files = PolicyFile.objects.filter(policy__proposal__proposal_no=raw["proposal_no"])
        if all(files.values_list("sha256", flat=True)):
            get_storage().get(get_sealed_file(raw["commercial"]["policy_no"]).sha256)
            return time.monotonic() - began
        time.sleep(0.01)


def verification(*, count: int = 40) -> list[Figure]:
    """The strict verifier on our own files, and the register's answer by digest."""
    trust = platform_trust()
    full, own = [], []
    for file in PolicyFile.objects.filter(sha256__isnull=False).order_by("?")[:count]:
        data = get_storage().get(file.sha256)
        began = time.perf_counter()
        report = inspect(data, anchors=trust.anchors, revocation=trust.revocation, at=now())
        full.append((time.perf_counter() - began) * 1e3)
        assert report.verdict == "genuine", report
        began = time.perf_counter()
        assert file_by_sha256(report.sha256)
        own.append((time.perf_counter() - began) * 1e3)
    return [
        Figure(
            name="完整核验一个双签文件，中位",
            value=quantile(full, 0.5),
            unit="毫秒",
            at_most=VERIFY_MS_MAX,
        ),
        Figure(
            name="按摘要认出自己的文件，中位",
            value=quantile(own, 0.5),
            unit="毫秒",
            at_most=OWN_FILE_MS_MAX,
        ),
    ]


def query_page(sizes: tuple[int, ...]) -> list[Figure]:
    """Every question of the query page and of the console's list, at each size of the table."""
    figures = []
    for size in sizes:
        _fill(size)
        slowest, name = max((_p95(step), name) for name, step in _questions().items())
        figures.append(
            Figure(
                name=f"查询页与列表在 {size:,} 张保单时的 p95（最慢的一问：{name}）",
                value=slowest,
                unit="毫秒",
                at_most=QUERY_MS_MAX,
            )
        )
    return figures


_FILL_PROPOSALS = """
INSERT INTO proposals_proposal (state, proposal_no, form, branch_code, content, content_sha256,
    client, timestamp_mode, received_at, issued_at)
SELECT 'issued', 'TBROW' || n, form, branch_code, content, content_sha256, 'rows', 'none',
       received_at - n * interval '7 s', issued_at
FROM generate_series(%s::bigint, %s::bigint) n,
     (SELECT * FROM proposals_proposal WHERE state = 'issued' ORDER BY id LIMIT 1) p
"""
_FILL_POLICIES = """
INSERT INTO policies_policy (state, number, kind, form, branch_code, region_code,
    confirmation_code, premium_fen, cover_starts_at, cover_ends_at, numbered_at, issued_at,
    content_sha256, files_sha256, holder_masked, plate_masked, holder_id_index,
    holder_name_index, plate_index, vin_index, proposal_id)
SELECT CASE WHEN r.id %% 50 = 0 THEN 'cancelled' ELSE 'issued' END,
       'PD' || k.kind || r.proposal_no, k.kind,
       (ARRAY['car','car','car','new_energy','special'])[r.id %% 5 + 1],
       'DEMO' || (ARRAY['11','44','51','31','50'])[r.id %% 5 + 1], '11', 'ROWS', 95000,
       r.received_at, r.received_at + interval '1 year', r.received_at, r.received_at,
       repeat('0', 64), repeat('0', 64), '测*', '京Z***45', md5('id' || r.id),
       md5('name' || r.id %% 5000), md5('plate' || r.id), md5('vin' || r.id), r.id
FROM proposals_proposal r, (VALUES ('compulsory'), ('commercial')) k(kind)
WHERE r.client = 'rows' AND r.proposal_no = ANY (
    SELECT 'TBROW' || n FROM generate_series(%s::bigint, %s::bigint) n)
"""


def _fill(size: int) -> None:
    """Make rows, not files, until there are `size` policies."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM proposals_proposal WHERE client = 'rows'")
        there = cursor.fetchone()[0]
        cursor.execute("ALTER TABLE policies_policy DISABLE TRIGGER USER")
        step = 50_000
        for first in range(there + 1, size // 2 + 1, step):
            last = min(first + step - 1, size // 2)
            cursor.execute(_FILL_PROPOSALS, [first, last])
            cursor.execute(_FILL_POLICIES.replace("'cancelled'", "'issued'"), [first, last])
        cursor.execute("ALTER TABLE policies_policy ENABLE TRIGGER USER")
        cursor.execute("VACUUM ANALYZE policies_policy, proposals_proposal")


def _questions() -> dict[str, Callable[[int], object]]:
    raw = make_proposal(3_000_000)
    number = raw["compulsory"]["policy_no"]
    middle = Policy.objects.order_by("numbered_at")[Policy.objects.count() // 2]
    place = Place(numbered_at=middle.numbered_at, id=middle.pk)

    def ask(**facts: object) -> Callable[[int], object]:
        return lambda _: list_policies(PolicyFilter(**facts))

    return {
        "按单号和证件查询": lambda serial: find_for_holder(
            HolderQuery(
                number=number,
                id_tail=raw["policyholder"]["id_no"][-6:],
                vehicle_tail=raw["vehicle"]["vin"][-6:],
                client_address=f"192.0.2.{serial}",
            ),
            at=now(),
        ),
        "列表首页": ask(),
        "列表中段": lambda _: list_policies(PolicyFilter(), after=place),
        "按状态": ask(state="issued"),
        "按没有的状态": ask(state="cancelled"),
        "按版本和机构": ask(form="special", branch_code="DEMO50"),
        "按险种": ask(kind="commercial"),
        "按日期": ask(numbered_before=middle.numbered_at),
        "按单号前几位": ask(search=number[:12]),
        "按很多单号的前几位": ask(search="PDcompulsory".upper()),
        "按姓名": ask(search=raw["policyholder"]["name"]),
        "按证件号码": ask(search=raw["policyholder"]["id_no"]),
        "按号牌": ask(search=raw["vehicle"]["plate_no"]),
        "按车架号": ask(search=raw["vehicle"]["vin"]),
        "查无": ask(search="NOSUCHNUMBER"),
    }


def _p95(step: Callable[[int], object], runs: int = 60) -> float:
    times = []
    for serial in range(runs):
        began = time.perf_counter()
        step(serial)
        times.append((time.perf_counter() - began) * 1e3)
    return quantile(times, 0.95)
