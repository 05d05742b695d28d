"""`baozhen doctor`: what this machine has, what works, and what to do about what does not."""

import argparse
import contextlib
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from baozhen.foundation.health import Finding, find, findings
from baozhen.site import bootstrap
from baozhen.trust.crypto import selftest

HELP = """\
检查本机：密码实现自检、数据库、字体、密钥与证书、归档存储、支付渠道、任务队列、磁盘空间。
全部正常退出码为 0；有问题为 1，并说明如何处理。"""

FREE_BYTES_MIN = 2 * 1024**3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options: none."""


def run(args: argparse.Namespace) -> int:
    """Print the findings; 0 only when all is well."""
    found = list(diagnose())
    width = max(len(finding.area) for finding in found)
    for finding in found:
        mark = "正常" if finding.ok else "问题"
        print(f"[{mark}] {finding.area:<{width}}  {finding.detail}")
    return 0 if all(finding.ok for finding in found) else 1


def diagnose() -> Iterator[Finding]:
    """Yield every finding; one area's failure never hides the others."""
    yield Finding("Python", sys.version_info >= (3, 11), sys.version.split()[0])
    yield from find("密码实现", selftest.self_test)
    bootstrap.load_django()
    yield Finding("运行模式", True, settings.BAOZHEN_MODE)
    yield from _disk(Path(settings.BAOZHEN_DATA))
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(bootstrap.platform())
        except Exception as error:  # noqa: BLE001 -- a diagnosis reports whatever went wrong
            yield Finding("数据库", False, f"不能启动或连接：{error}")
            return
        yield Finding("数据库", True, "已连接，数据表为最新")
        yield from findings()


def _disk(data: Path) -> Iterator[Finding]:
    free = shutil.disk_usage(data if data.exists() else data.parent).free
    enough = free >= FREE_BYTES_MIN
    advice = "" if enough else "，少于 2 GB：请清理或扩容"
    yield Finding("磁盘", enough, f"{data} 所在磁盘剩余 {free / 1024**3:.1f} GB{advice}")
