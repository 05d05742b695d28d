"""`baozhen issue`: a file of paid proposals in, sealed policies and a report out."""

import argparse
import contextlib
import hashlib
import json
import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from baozhen.foundation.clock import now
from baozhen.foundation.errors import BaozhenError
from baozhen.foundation.timestamps.modes import TimestampMode
from baozhen.insurance.proposals.models import Batch, BatchItem
from baozhen.insurance.proposals.queries import iterate_items
from baozhen.insurance.proposals.services import receive_batch, resume_batch
from baozhen.insurance.proposals.states import BatchState, ItemStatus
from baozhen.site.commands.issue_workers import BatchRun, Interrupted, RunFailed
from baozhen.site.commands.out_folder import OutFolder

HELP = """批量出单：读入核心系统送来的投保数据（已核保、已签署、已缴费），逐份校验、编号，
生成交强险保单、商业险保单和电子保险标志，双签名、归档，并写出逐行报告。

FILE 为 NDJSON 文件：每行一个 JSON 对象，即一份投保单；空行略过；“-”表示标准输入。

例子：
  baozhen issue 投保数据.jsonl --out 保单 --report 报告.jsonl
  baozhen issue 投保数据.jsonl --workers 4 --timestamp each
  baozhen verify 保单/*.pdf

--out 目录里，每个文件名为其编号，如 P001.pdf；时间戳合用一个时（aggregated），
旁边另有 P001.pdf.proof.json，证明该文件在何时已经存在，baozhen verify 会自动读取，
请与 PDF 一同保存和转交。时间戳服务暂停时先没有这个文件，恢复后再次执行同一命令即补上。

同一文件可以放心重跑：已出的保单原样返回，没出完的接着出，不会重复出单。
中途按 Ctrl-C 也一样：再次执行同一命令即从断点继续。

报告每行一个 JSON 对象：line 行号，proposal_no 投保单号，status 结果
（issued 已出单、refused 被拒绝、conflict 与此前内容冲突、failed 程序出错），
policies[] 各文件的 policy_no、kind、file、sha256，errors[] 各错误的 code、path、message。

退出码：0 全部出单；1 有投保单未能出单；2 命令本身未能完成。"""

CLIENT = "cli"
_SHOWN_MAX = 10
_NAMES = {
    ItemStatus.ISSUED: "已出单",
    ItemStatus.REFUSED: "被拒绝",
    ItemStatus.CONFLICT: "内容冲突",
    ItemStatus.FAILED: "出错",
}
EXIT_ISSUED, EXIT_SOME_REFUSED, EXIT_FAILED, EXIT_INTERRUPTED = 0, 1, 2, 130


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments."""
    parser.add_argument("file", metavar="FILE", help="投保数据文件，“-”为标准输入")
    parser.add_argument(
        "--workers", type=_positive, default=os.cpu_count() or 1, metavar="N",
        help="并行进程数（默认等于 CPU 核数）",
    )  # fmt: skip
    parser.add_argument("--out", type=Path, metavar="DIR", help="另存 PDF 和时间戳证明到此目录")
    parser.add_argument("--report", metavar="FILE", help="逐行报告写到此文件，“-”为标准输出")
    parser.add_argument(
        "--timestamp",
        choices=[str(mode) for mode in TimestampMode],
        default=str(TimestampMode.AGGREGATED),
        help="时间戳：each 每个签名各一个；aggregated 整段合用一个，证明另存（默认）；none 不加",
    )


def run(args: argparse.Namespace) -> int:
    """Issue the file; see HELP for the exit codes."""
    try:
        with _spooled(args.file) as source:
            batch = _receive(source, args.timestamp)
        out = OutFolder.make(args.out) if args.out else None
        BatchRun(batch, workers=args.workers, out=args.out).run()
        totals = _report(batch, args.report, out)
    except (Interrupted, KeyboardInterrupt) as interrupted:
        where = str(interrupted) or "数据还没有全部读入"
        print(f"\n已中断：{where}。再次执行同一命令即可继续：", file=sys.stderr)
        print("  " + _again(args), file=sys.stderr)
        return EXIT_INTERRUPTED
    except (OSError, BaozhenError, RunFailed) as error:
        print(f"出单没有完成：{error}", file=sys.stderr)
        return EXIT_FAILED
    _print_totals(totals, args)
    return EXIT_ISSUED if totals.all_issued else EXIT_SOME_REFUSED


@dataclass(kw_only=True)
class Totals:
    """Lines by result, files, and the first lines that were not issued."""

    lines: Counter[str]
    files: int
    shown: list[str]

    @property
    def all_issued(self) -> bool:
        """Whether every line was issued."""
        return set(self.lines) <= {ItemStatus.ISSUED}


def _receive(source: IO[bytes], mode: str) -> Batch:
    """Store the file as a batch: the unfinished one of the same file, else a new one."""
    key = f"{_digest(source)[:40]}/{mode}"
    earlier = Batch.objects.filter(client=CLIENT, idempotency_key__startswith=key)
    last = earlier.order_by("-id").first()
    if last is None or last.state == BatchState.FINISHED:
        key = f"{key}/{earlier.count() + 1}"
    else:
        key = last.idempotency_key
        print(f"接着处理批次 {last.pk}。", file=sys.stderr)
    batch = receive_batch(
        source, client=CLIENT, idempotency_key=key, timestamp_mode=mode, at=now(), queued=False
    )
    resume_batch(batch, actor=CLIENT, at=now(), queued=False)
    return batch


@contextlib.contextmanager
def _spooled(name: str) -> Iterator[IO[bytes]]:
    """Open the file for reading twice: once to know it, once to store it."""
    if name != "-":
        with Path(name).open("rb") as source:
            yield source
        return
    with tempfile.TemporaryFile() as source:
        shutil.copyfileobj(sys.stdin.buffer, source)
        source.seek(0)
        yield source


def _digest(source: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while part := source.read(1 << 20):
        digest.update(part)
    source.seek(0)
    return digest.hexdigest()


def _report(batch: Batch, name: str | None, out: OutFolder | None) -> Totals:
    """Write the report in the order of the input and complete the folder of files."""
    totals = Totals(lines=Counter(), files=0, shown=[])
    with _report_file(name) as report:
        for item in iterate_items(batch):
            totals.lines[item.status] += 1
            totals.files += len(item.policies)
            if item.errors and len(totals.shown) < _SHOWN_MAX:
                totals.shown.append(_sentence(item))
            if out is not None:
                out.complete(item.policies)
            if report is not None:
                report.write(json.dumps(_line(item), ensure_ascii=False) + "\n")
    return totals


@contextlib.contextmanager
def _report_file(name: str | None) -> Iterator[IO[str] | None]:
    """Open the report; a file appears whole or not at all."""
    if name is None:
        yield None
    elif name == "-":
        yield sys.stdout
    else:
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.{os.getpid()}")
        with fresh.open("w", encoding="utf-8") as report:
            yield report
        fresh.replace(path)


def _line(item: BatchItem) -> dict[str, object]:
    return {
        "line": item.line,
        "proposal_no": item.proposal_no,
        "status": item.status,
        "policies": [
            {
                "policy_no": policy["policy_no"],
                "kind": policy["kind"],
                "file": OutFolder.file_name(policy["policy_no"]),
                "sha256": policy["sha256"],
            }
            for policy in item.policies
        ],
        "errors": item.errors,
    }


def _sentence(item: BatchItem) -> str:
    first = item.errors[0]
    where = f"{first['path']}：" if first["path"] else ""
    more = f"（另有 {len(item.errors) - 1} 处）" if len(item.errors) > 1 else ""
    number = item.proposal_no or "（无投保单号）"
    return f"  第 {item.line} 行 {number} {where}{first['message']}{more}"


def _print_totals(totals: Totals, args: argparse.Namespace) -> None:
    parts = [
        f"{_NAMES[status]} {totals.lines[status]} 份" for status in _NAMES if totals.lines[status]
    ]
    print(f"{'，'.join(parts)}；文件 {totals.files} 个。", file=sys.stderr)
    for sentence in totals.shown:
        print(sentence, file=sys.stderr)
    if totals.shown and args.report is None:
        print("加 --report FILE 可得到每一行的全部错误。", file=sys.stderr)


def _again(args: argparse.Namespace) -> str:
    words = ["baozhen issue", args.file, f"--workers {args.workers}"]
    words += [f"--out {args.out}"] if args.out else []
    words += [f"--report {args.report}"] if args.report else []
    return " ".join([*words, f"--timestamp {args.timestamp}"])


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("应为正整数")
    return number
