"""End to end: an NDJSON file in, archived dual-signed PDFs out, by the command that users run."""

import json
import os
import subprocess
import time
from pathlib import Path
from threading import Event, Thread

from bench.figures import Figure
from bench.generate import proposals
from bench.installation import Installation

RATE_FLOOR = 60.0
RATE_TARGET = 116.0  # 10 million policies a day
WORKER_MB_MAX = 250.0
TICKS = os.sysconf("SC_CLK_TCK")


class MemoryWatch(Thread):
    """Reads the resident memory of a command's workers twice a second."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid = pid
        self.samples: list[float] = []
        self.stop = Event()

    def run(self) -> None:
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children")
        while not self.stop.wait(0.5):
            try:
                sizes = [_resident_mb(int(pid)) for pid in children.read_text().split()]
            except (FileNotFoundError, ProcessLookupError):
                continue
            if sizes:
                self.samples.append(max(sizes))


def measure(installed: Installation, *, count: int, workers: int) -> list[Figure]:
    """Issue `count` proposals of the forms car and new energy; rate, CPU, memory, file size."""
    source = installed.home / "bench.jsonl"
    with source.open("w", encoding="utf-8") as file:
        for raw in proposals(count, first=1_000_000, forms=("car", "new_energy")):
            file.write(json.dumps(raw, ensure_ascii=False, separators=(",", ":")) + "\n")
    database_before = _database_cpu(installed)
    began = time.monotonic()
    running = subprocess.Popen(
        installed.command("issue", source, "--workers", workers), env=installed.environment
    )
    watch = MemoryWatch(running.pid)
    watch.start()
    _, status, usage = os.wait4(running.pid, 0)
    wall = time.monotonic() - began
    watch.stop.set()
    if os.waitstatus_to_exitcode(status) != 0:
        raise RuntimeError("baozhen issue did not issue everything")
    policies = count * 2
    steady = _steady_rate(installed)
    cpu = usage.ru_utime + usage.ru_stime
    database = _database_cpu(installed) - database_before
    largest, usual = installed.execute(
        "SELECT max(size), percentile_disc(0.5) WITHIN GROUP (ORDER BY size)"
        " FROM policies_policyfile WHERE kind = 'policy'"
    )[0]
    memory = watch.samples
    quarter = max(1, len(memory) // 4)
    growth = max(memory[-quarter:]) - max(memory[quarter : 2 * quarter] or memory[:1])
    return [
        Figure(
            name=f"端到端速度（{workers} 进程，稳定段；另含同数的电子保险标志）",
            value=steady,
            unit="保单/秒",
            at_least=RATE_TARGET,
        ),
        Figure(name="同上，最低线", value=steady, unit="保单/秒", at_least=RATE_FLOOR),
        Figure(name="同上，含启动与收尾", value=policies / wall, unit="保单/秒"),
        Figure(name="每张保单的处理器时间（出单进程）", value=cpu / policies * 1e3, unit="毫秒"),
        Figure(name="每张保单的处理器时间（数据库）", value=database / policies * 1e3, unit="毫秒"),
        Figure(name="一页保单文件大小，最大", value=largest / 1024, unit="KB", at_most=150),
        Figure(name="一页保单文件大小，中位", value=usual / 1024, unit="KB"),
        Figure(name="出单进程内存，最大", value=max(memory), unit="MB", at_most=WORKER_MB_MAX),
        Figure(name="出单进程内存，后段比前段增长", value=growth, unit="MB", at_most=15),
    ]


def _steady_rate(installed: Installation) -> float:
    """Return policies a second between the first finished chunk and the last."""
    rows = installed.execute(
        "SELECT finished_at, issued FROM proposals_batchchunk WHERE batch_id ="
        " (SELECT max(id) FROM proposals_batch) ORDER BY finished_at"
    )
    seconds = (rows[-1][0] - rows[0][0]).total_seconds()
    return sum(issued for _, issued in rows[1:]) * 2 / max(seconds, 1e-3)


def _resident_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _database_cpu(installed: Installation) -> float:
    """Return the seconds that the database has computed, its ended sessions included."""
    pid = int((installed.database.cluster / "postmaster.pid").read_text().split("\n", 1)[0])
    pids = [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]
    ticks = 0
    for each in pids:
        try:
            fields = Path(f"/proc/{each}/stat").read_text().rsplit(")", 1)[1].split()
        except FileNotFoundError:  # a session that has just ended: the postmaster has its time
            continue
        ticks += int(fields[11]) + int(fields[12])
        if each == pid:
            ticks += int(fields[13]) + int(fields[14])
    return ticks / TICKS
