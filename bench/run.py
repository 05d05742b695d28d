"""Run the benches that were asked for, print the table, give the figures as JSON."""

import argparse
import json
import random
import subprocess
import sys
import time

from bench import (
    answers,
    callbacks,
    envelopes,
    journey_pages,
    journeys,
    pages,
    pipeline,
    rating,
    search,
    stages,
)
from bench.figures import Figure, print_table
from bench.generate import proposals
from bench.installation import Installation
from bench.kills import Killer


def run(args: argparse.Namespace, installed: Installation) -> int:
    """Return 0 when every target was met."""
    if args.kills:
        return kill(installed, args.kills)
    if args.soak:
        return soak(installed, minutes=args.soak)
    sections = {
        "pipeline": (
            "出单",
            lambda: pipeline.measure(installed, count=args.count, workers=args.workers),
        ),
        "stages": ("各阶段与下限（处理器时间）", stages.measure),
        "live": ("实时出单", lambda: answers.live_latency(installed)),
        "verify": ("核验", answers.verification),
        "query": ("查询", lambda: answers.query_page((10_000, args.rows))),
        "rating": ("报价", rating.measure),
        "journeys": (
            "投保旅程（接口）",
            lambda: journeys.measure(installed, count=args.journeys),
        ),
        "pages": (
            "手机页面",
            lambda: [*pages.measure(installed), *journey_pages.measure(installed)],
        ),
        "callbacks": ("回调", lambda: callbacks.measure(installed)),
        "search": ("文件中心", lambda: search.measure(args.files)),
        "envelopes": (
            "签署任务",
            lambda: envelopes.measure(installed, count=args.envelopes, workers=args.workers),
        ),
    }
    figures: list[Figure] = []
    for name, (title, measure) in sections.items():
        if args.only and name not in args.only:
            continue
        print(f"正在测量：{title}……", file=sys.stderr, flush=True)
        found = measure()
        print_table(title, found)
        figures += found
    if args.json:
        args.json.write_text(
            json.dumps([figure.as_json() for figure in figures], ensure_ascii=False, indent=1)
        )
    return 1 if any(figure.is_met is False for figure in figures) else 0


def soak(installed: Installation, *, minutes: float) -> int:
    """Issue for a long time; memory must stay flat and `fsck` clean."""
    until = time.monotonic() + minutes * 60
    first = 10_000_000
    while time.monotonic() < until:
        figures = pipeline.measure(installed, count=5_000, workers=2)
        print_table(f"自 {first}", figures)
        first += 5_000
    return subprocess.call(installed.command("fsck"), env=installed.environment)


def kill(installed: Installation, kills: int) -> int:
    """Issue under sudden death until so many processes were killed; then `fsck`."""
    killer = Killer(installed, random.Random(), kills=kills)  # noqa: S311 -- not a secret
    first = 20_000_000
    while sum(killer.killed.values()) < kills:
        source = installed.home / "kills.jsonl"
        with source.open("w", encoding="utf-8") as file:
            for raw in proposals(1_000, first=first):
                file.write(json.dumps(raw, ensure_ascii=False) + "\n")
        running = installed.start("issue", source, "--workers", 2)
        killer.haunt(running)
        _, told = running.communicate()
        print(dict(killer.killed), running.returncode, file=sys.stderr)
        if running.returncode == 0:
            first += 1_000
        elif running.returncode != 2:
            print(told, file=sys.stderr)
            return 1
    return subprocess.call(installed.command("fsck", "--all"), env=installed.environment)
