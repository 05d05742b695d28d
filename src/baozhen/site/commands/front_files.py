"""`baozhen front-files`: have local files sealed in bulk, through the API."""

import argparse
import contextlib
import signal
import sys
import threading
from pathlib import Path

from baozhen.client import Client, Options
from baozhen.site.front.queue import FileQueue
from baozhen.site.front.sealing_files import FileSealing, Folders

HELP = """成批签署本地文件：读入收件目录中的 X.pdf 和 X.json（后写 JSON），经接口盖章，
结果写到输出目录：X.pdf（已盖章）和 X.receipt.json（回执），被拒绝的写 X.problem.json。
已处理的输入移到收件目录的 done、failed 之下。随时可以停止，再次运行时接着做。

X.json 的字段：title、document_type、biz_no、unit、seal、keyword、occurrence、page、x、y、size。
"""
_PAUSE_SECONDS = 0.5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--in", dest="inbox", type=Path, required=True, metavar="目录")
    parser.add_argument("--out", type=Path, required=True, metavar="目录")
    parser.add_argument("--url", required=True, metavar="地址", help="平台或前置服务的地址")
    parser.add_argument("--key-file", type=Path, required=True, metavar="文件", help="接口密钥")
    parser.add_argument("--threads", type=int, default=8, help="同时进行的请求数（默认 8）")
    parser.add_argument("--once", action="store_true", help="处理完现有文件后退出")


def run(args: argparse.Namespace) -> int:
    """Work until asked to stop, or until nothing is left; 1 when a file was refused."""
    folders = Folders(args.inbox, args.out)
    folders.prepare()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    key = args.key_file.read_text(encoding="utf-8").strip()
    queue = FileQueue(args.out / ".queue.sqlite3")
    with contextlib.closing(queue), Client(args.url, key=key, options=Options()) as client:
        sealing = FileSealing(folders, queue, client.envelopes, threads=args.threads)
        while not stop.is_set():
            moved = sealing.step()
            if args.once and sealing.is_idle():
                break
            if not moved:
                stop.wait(_PAUSE_SECONDS)
        counts = queue.counts()
    print(f"已盖章 {counts.get('done', 0)}，被拒绝 {counts.get('failed', 0)}", file=sys.stderr)
    return 1 if counts.get("failed") else 0
