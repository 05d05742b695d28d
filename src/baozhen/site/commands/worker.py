"""`baozhen worker`: a process that does the queue's jobs, or drains one batch."""

import argparse
import signal
import threading
from pathlib import Path

from baozhen.foundation.jobs import Queue
from baozhen.foundation.jobs.room import Room, give_way
from baozhen.foundation.jobs.worker import run_worker
from baozhen.insurance.policies.services.chunks import drain_batch
from baozhen.site.commands.out_folder import OutFolder

HELP = """运行任务进程：出单、投递、补时间戳、日志检查点等都由它完成。

队列：live（实时出单，有人在等）、bulk（批量）、housekeeping（日常维护）。
生产环境请让 live 有自己的进程，批量和维护才不会耽误正在等的客户：
  baozhen worker --queue live
  baozhen worker --queue bulk --queue housekeeping
不做 live 的进程会自动让出处理器：同一台机器上有人在等的任务先算，其间还空出一个处理器。

收到 SIGTERM 或 Ctrl-C 时做完手头的任务再退出；被强行杀死也不会丢任务。"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments."""
    parser.add_argument(
        "--queue", action="append", choices=[str(queue) for queue in Queue], default=[],
        help="只做这些队列（可重复；默认全部）",
    )  # fmt: skip
    parser.add_argument(
        "--concurrency", type=int, default=1, metavar="N", help="并行线程数（默认 1）"
    )
    parser.add_argument("--batch", type=int, metavar="ID", help="只处理这一个批次，做完即退出")
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="与 --batch 同用：另存 PDF 到此目录（不含证明）"
    )


def run(args: argparse.Namespace) -> int:
    """Work until told to stop, or until the batch has nothing left for this process."""
    room = None
    if args.queue and Queue.LIVE not in args.queue:
        # Nobody waits for this process: it gives way to those somebody waits for.
        give_way()
        room = Room()
    if args.batch is None:
        run_worker(tuple(args.queue), concurrency=args.concurrency, room=room)
        return 0
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    out = OutFolder.make(args.out) if args.out else None
    drain_batch(args.batch, keep_copy=out.keep if out else None, is_stopped=stop.is_set)
    return 0
