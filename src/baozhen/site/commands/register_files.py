"""`baozhen register-files`: what was issued before the file centre existed is found there, too."""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db import IntegrityError

from baozhen.foundation.clock import now
from baozhen.foundation.errors import Refusal
from baozhen.insurance.endorsements.services.filing import (
    register_endorsements,
    renaming_changes,
    renew_policy_parties,
    unregistered_changes,
)
from baozhen.insurance.policies.services.filing import register_policies, unregistered_proposals

HELP = """把文件中心里还没有的保单、保险标志和批单登记进去（早于文件中心签发的，或登记任务丢失的）。

换过被保险人、车主、姓名或号牌的保单，同时补上现在的当事人：按新、旧姓名都查得到。
只登记，不改动文件，也不触发自动存证（自动存证只管设定规则以后归档的文件）。
可以随时中断、再执行：已登记的跳过，从余下的继续。平台运行时也可以执行。

例子：
  baozhen register-files
  baozhen register-files --chunk 50

退出码：0 全部登记；1 有登记不了的（逐一指名）。"""

_CHUNK = 200
_CHUNK_MAX = 1000
_QUIET_SECONDS = 10.0


@dataclass(frozen=True, kw_only=True)
class Kind:
    """Files of one kind: `waiting` gives the keys after one, in order, and `register` does them."""

    noun: str
    waiting: Callable[..., list[int]]
    register: Callable[[Sequence[int]], None]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments."""
    parser.add_argument(
        "--chunk", type=int, default=_CHUNK, metavar="N",
        help=f"一次登记多少份投保单或批改（默认 {_CHUNK}，至多 {_CHUNK_MAX}）",
    )  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Register what is missing, chunk by chunk; return 1 when something could not be."""
    if not 1 <= args.chunk <= _CHUNK_MAX:
        print(f"--chunk 应为 1 至 {_CHUNK_MAX}。", file=sys.stderr)
        return 2
    failed = sum(register_all(kind, chunk=args.chunk) for kind in _kinds())
    print("登记完成。" if not failed else f"登记完成，{failed} 份未能登记。")
    return 1 if failed else 0


def _kinds() -> tuple[Kind, ...]:
    return (
        Kind(
            noun="投保单",
            waiting=unregistered_proposals,
            register=_register_policies,
        ),
        Kind(
            noun="批改",
            waiting=unregistered_changes,
            register=_register_changes,
        ),
        Kind(
            noun="当事人变更",
            waiting=renaming_changes,
            register=_renew_parties,
        ),
    )


def register_all(kind: Kind, *, chunk: int) -> int:
    """Register everything of a kind that waits; return how many could not be."""
    done = failed = after = 0
    shown_at = time.monotonic()
    while keys := kind.waiting(after=after, limit=chunk):
        refused = _register(kind, keys)
        for key, error in refused:
            print(f"未登记  {kind.noun} {key}：{error}", flush=True)
        after, failed = keys[-1], failed + len(refused)
        done += len(keys) - len(refused)
        if time.monotonic() - shown_at >= _QUIET_SECONDS:
            shown_at = time.monotonic()
            print(f"{kind.noun}：已登记 {done} 份", file=sys.stderr, flush=True)
    print(f"{kind.noun}：登记 {done} 份", file=sys.stderr, flush=True)
    return failed


def _register_policies(keys: Sequence[int]) -> None:
    register_policies(keys, at=now())


def _register_changes(keys: Sequence[int]) -> None:
    for key in keys:
        register_endorsements(key, at=now())


def _renew_parties(keys: Sequence[int]) -> None:
    for key in keys:
        renew_policy_parties(key)


def _register(kind: Kind, keys: Sequence[int]) -> list[tuple[int, Exception]]:
    """Do the whole chunk at once; when that cannot be, one by one, and return what refused."""
    refused: list[tuple[int, Exception]] = []
    try:
        kind.register(keys)
    except (Refusal, IntegrityError):  # a worker may have registered one of them meanwhile
        for key in keys:
            try:
                kind.register([key])
            except (Refusal, IntegrityError) as error:
                refused.append((key, error))
    return refused
