"""Sudden death, on purpose: kill our own workers and database at random moments."""

import os
import random
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path

from bench.installation import Installation


class Killer:
    """Kills our own processes at random moments, by their ids, until the number is full."""

    def __init__(self, installed: Installation, chance: random.Random, *, kills: int) -> None:
        self.installed = installed
        self.chance = chance
        self.kills = kills
        self.killed: Counter[str] = Counter()

    def haunt(self, running: subprocess.Popen[str]) -> None:
        """Kill until the command ends or enough have died."""
        while running.poll() is None and sum(self.killed.values()) < self.kills:
            time.sleep(self.chance.uniform(0.4, 2.0))
            if self.chance.random() < 0.2:
                self._kill_database()
            else:
                self._kill_worker(running)

    def _kill_worker(self, running: subprocess.Popen[str]) -> None:
        children = Path(f"/proc/{running.pid}/task/{running.pid}/children")
        try:
            workers = [int(pid) for pid in children.read_text().split()]
        except FileNotFoundError:
            return
        if workers:
            self._kill("worker", self.chance.choice(workers))

    def _kill_database(self) -> None:
        pid_file = self.installed.database.cluster / "postmaster.pid"
        try:
            pid = int(pid_file.read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return
        self._kill("database", pid)
        self.installed.database.start()

    def _kill(self, kind: str, pid: int) -> None:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        self.killed[kind] += 1
