"""`baozhen fsck`: does everything that was issued still hold? It names what does not."""

import argparse
import sys
from collections.abc import Iterator
from datetime import datetime
from itertools import chain

from baozhen.foundation.audit.log import checkpoint_signer
from baozhen.foundation.audit.queries import verify_log
from baozhen.foundation.clock import now
from baozhen.foundation.consistency import changed_rows
from baozhen.foundation.sandbox import platform_trust
from baozhen.foundation.states import Stateful
from baozhen.foundation.storage import get_storage
from baozhen.foundation.traces.checking import faults_of
from baozhen.foundation.traces.models import TraceSession
from baozhen.insurance.endorsements.consistency import (
    check_endorsement,
    endorsement_contradictions,
    sealed_endorsements,
)
from baozhen.insurance.endorsements.models import Change, Endorsement
from baozhen.insurance.payments.models import Payment
from baozhen.insurance.policies.models import Policy
from baozhen.insurance.proposals.models import Batch, Proposal
from baozhen.insurance.verification.consistency import (
    FileChecks,
    Finding,
    check_clauses,
    check_file,
    check_timestamps,
    contradictions,
    sealed_files,
)
from baozhen.signing.certificates.timestamping import timestamp_anchors
from baozhen.signing.files.queries import damaged_items
from baozhen.site.commands.pdf_text import extract_text

HELP = """全面自查，找出并指名任何一处不符：

  1 状态与事实    已出单的保单、已签发的批单是否都有签章文件、归档记录和足够的保管期限
  2 数据行        保单、投保单、收费、批次、批改、批单的登记是否与审计记录一致（被改动的行）
  3 审计链与日志  每个对象的审计链、默克尔日志、检查点及其签名（被删除的记录）
  4 归档字节      重新计算全部归档文件的摘要（被改动的字节、缺失的文件）
  5 时间戳        每个聚合时间戳的令牌、默克尔根和叶子
  6 抽样验真      抽取若干保单文件和批单做完整核验，并逐项比对文字与冻结内容；条款文件全部核验
  7 可回溯        抽取最近的会话，核对操作记录的摘要链、存证日志和画面记录

例子：
  baozhen fsck               抽样 50 个保单文件和 50 份批单
  baozhen fsck --sample 500
  baozhen fsck --all         全部文件都做完整核验

退出码：0 全部相符；1 有不符；2 自查本身未能完成。"""

_SAMPLE = 50
_STATEFUL = (Policy, Proposal, Payment, Batch, Change, Endorsement)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments."""
    amount = parser.add_mutually_exclusive_group()
    amount.add_argument(
        "--sample", type=int, default=_SAMPLE, metavar="N",
        help=f"第 6 项抽取多少个保单文件、多少份批单（默认 {_SAMPLE}）",
    )  # fmt: skip
    amount.add_argument("--all", action="store_true", help="第 6 项检查全部文件")


def run(args: argparse.Namespace) -> int:
    """Print every finding and return 1 if there is one."""
    at = now()
    found = 0
    for title, findings in _sections(None if args.all else args.sample, at=at):
        before = found
        for finding in findings:
            found += 1
            print(f"不符  {finding.where}：{finding.message}", flush=True)
        sign = "相符" if found == before else f"{found - before} 处不符"
        print(f"{title}：{sign}", file=sys.stderr, flush=True)
    print("自查完成：全部相符。" if not found else f"自查完成：共 {found} 处不符。")
    return 1 if found else 0


def _sections(sample: int | None, *, at: datetime) -> Iterator[tuple[str, Iterator[Finding]]]:
    checks = _checks(at)
    yield "1 状态与事实", chain(contradictions(), endorsement_contradictions())
    yield "2 数据行", _changed_rows()
    yield "3 审计链与日志", _log_faults()
    yield "4 归档字节", _damaged()
    yield "5 时间戳", check_timestamps(checks)
    yield "6 抽样验真", _files(sample, checks)
    yield "7 可回溯", _trace_faults(sample)


def _checks(at: datetime) -> FileChecks:
    trust = platform_trust()
    return FileChecks(
        anchors=trust.anchors,
        revocation=trust.revocation,
        timestamp_anchors=timestamp_anchors(),
        extract_text=extract_text,
        at=at,
    )


def _changed_rows() -> Iterator[Finding]:
    for model in _STATEFUL:
        for fault in changed_rows(model):
            yield Finding(where=_name(model, fault.key), message=fault.message)


def _name(model: type[Stateful], key: int) -> str:
    row = model._default_manager.get(pk=key)
    return f"{model._meta.verbose_name} {row}"


def _log_faults() -> Iterator[Finding]:
    for fault in verify_log(checkpoint_signer()):
        yield Finding(where=fault.where, message=fault.message)


def _damaged() -> Iterator[Finding]:
    for item, reason in damaged_items(get_storage()):
        yield Finding(where=f"归档文件 {item.dossier} {item.kind} {item.sha256}", message=reason)


def _trace_faults(sample: int | None) -> Iterator[Finding]:
    sessions = TraceSession.objects.order_by("-pk")
    for session in sessions[:sample].iterator(chunk_size=100):
        for fault in faults_of(session):
            yield Finding(where=f"回溯会话 {session.public_id}", message=fault)


def _files(sample: int | None, checks: FileChecks) -> Iterator[Finding]:
    yield from check_clauses(checks)
    files = sealed_files(sample=sample)
    for file in files.iterator(chunk_size=100):
        yield from check_file(file, checks)
    endorsements = sealed_endorsements(sample=sample)
    for endorsement in endorsements.iterator(chunk_size=100):
        yield from check_endorsement(endorsement, checks)
