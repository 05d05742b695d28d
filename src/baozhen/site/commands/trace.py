"""`baozhen trace verify`: is this package of a person's acts whole and ours? No network needed."""

import argparse
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from baozhen.foundation.traces.package import BYTES_MAX, TITLES, TraceReport, check_package
from baozhen.foundation.trust_folder import PlatformTrust
from baozhen.site.commands import verify
from baozhen.trust.errors import TrustError
from baozhen.trust.report import CheckResult

HELP: Final = """核验可回溯导出包：清单、平台签名、时间戳、操作记录的摘要链、所见页面。
不需要数据库，也不需要网络。步骤编号与 docs/traces.md 相同。

信任哪些根证书，依次取自：--trust、环境变量 BAOZHEN_TRUST、平台的数据目录（<data>/trust）。
全部通过时退出码为 0，否则为 1；用法或配置有误为 2。

例：
  baozhen trace verify 回溯.zip
  baozhen trace verify 回溯.zip --json --trust roots.pem
"""
_USAGE_ERROR: Final = 2
_MARKS: Final = {
    CheckResult.PASSED: "通过",
    CheckResult.FAILED: "未过",
    CheckResult.UNKNOWN: "未知",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `trace`."""
    parser.add_argument("act", choices=["verify"], metavar="verify", help="核验")
    parser.add_argument("files", nargs="+", metavar="回溯包", help="要核验的导出包（.zip）")
    parser.add_argument("--json", action="store_true", help="每个文件输出一行 JSON")
    parser.add_argument(
        "--trust", type=Path, metavar="路径", help="信任的根证书：PEM 文件，或放 PEM 文件的目录"
    )
    parser.add_argument("--organization", metavar="名称", help="应当由哪家机构签名")


def run(args: argparse.Namespace) -> int:
    """Verify the packages and return the exit code."""
    try:
        trust = verify.trust_of(args)
    except (OSError, TrustError) as error:
        print(f"信任的根证书无法读取：{error}", file=sys.stderr)
        return _USAGE_ERROR
    reports = [(name, _check(Path(name), trust)) for name in args.files]
    for name, report in reports:
        if isinstance(report, str):
            print(f"{name}：{report}", file=sys.stderr)
        else:
            print(_json(name, report) if args.json else _page(name, report))
    is_good = all(not isinstance(one, str) and one.is_genuine for _, one in reports)
    return 0 if is_good else 1


def _check(path: Path, trust: PlatformTrust) -> TraceReport | str:
    try:
        with path.open("rb") as stream:
            data = stream.read(BYTES_MAX + 1)
    except OSError as error:
        return f"文件无法读取：{error.strerror}"
    return check_package(
        data, anchors=trust.anchors, at=datetime.now(UTC), revocation=trust.revocation
    )


def _json(name: str, report: TraceReport) -> str:
    return json.dumps({"file": name, **report.to_dict()}, ensure_ascii=False)


def _page(name: str, report: TraceReport) -> str:
    word = "真实完整" if report.is_genuine else "没有通过核验"
    lines = [f"{name}：回溯包{word}"]
    lines += [
        f"  {one.step.value} [{_MARKS[one.result]}] {TITLES[one.step]}：{one.detail}"
        for one in report.steps
    ]
    return "\n".join(lines) + "\n"
