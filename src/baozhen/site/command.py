"""The command line `baozhen`: a word is loaded when used, so `verify` needs no platform."""

import argparse
import importlib
import os
import sys
from dataclasses import dataclass
from types import ModuleType


@dataclass(frozen=True)
class Word:
    """One word of the command line: where it lives and what it is for."""

    module: str
    summary: str
    needs_platform: bool = True


WORDS = {
    "verify": Word("verify", "核验电子保单文件的真伪（不需要数据库和网络）", needs_platform=False),
    "trace": Word("trace", "核验可回溯导出包（不需要数据库和网络）", needs_platform=False),
    "issue": Word("issue", "批量出单：读入已核保、已缴费的投保数据，生成电子保单"),
    "register-files": Word("register_files", "把文件中心里还没有的保单和批单登记进去，可中断续做"),
    "fsck": Word("fsck", "全面自查：重算归档文件、验签、核对审计链与日志"),
    "doctor": Word("doctor", "检查本机环境、密码实现、密钥、证书和各项服务", needs_platform=False),
    "run": Word("run", "运行平台（网站、任务进程），并载入演示数据", needs_platform=False),
    "web": Word("web", "只运行网站"),
    "worker": Word("worker", "只运行任务进程"),
    "front": Word("front", "运行前置服务（隔离区的转发，不连数据库）", needs_platform=False),
    "front-files": Word(
        "front_files", "成批签署本地文件（经接口，减轻核心）", needs_platform=False
    ),
    "backup": Word("backup", "备份数据库、归档和信任目录，写明摘要和密钥指纹"),
    "restore": Word("restore", "把备份恢复到新的位置并全面自查，或只做演练", needs_platform=False),
    "demo": Word("demo", "载入演示数据"),
    "officers": Word("officers", "建立首任三员（系统、安全、审计各一人）"),
    "tsa": Word("tsa", "运行开发用时间戳服务（演示，不得用于生产）", needs_platform=False),
    "shell": Word("shell", "进入平台的 Python 环境"),
}


def load(word: str) -> ModuleType:
    """Return the module of a word: it offers `add_arguments(parser)` and `run(args) -> int`."""
    return importlib.import_module(f"baozhen.site.commands.{WORDS[word].module}")


def build_parser(chosen: str | None) -> argparse.ArgumentParser:
    """Return the parser; only the chosen word's module is imported."""
    parser = argparse.ArgumentParser(
        prog="baozhen",
        description="保真：电子保单平台。",
        epilog="查看某个命令的用法：baozhen 命令 --help",
    )
    words = parser.add_subparsers(dest="word", metavar="命令", required=True)
    for name, word in WORDS.items():
        sub = words.add_parser(name, help=word.summary, description=word.summary)
        sub.formatter_class = argparse.RawDescriptionHelpFormatter
        if name == chosen:
            module = load(name)
            sub.description = getattr(module, "HELP", None) or word.summary
            module.add_arguments(sub)
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    chosen = next((word for word in given if word in WORDS), None)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "baozhen.site.settings")
    if chosen is None or not WORDS[chosen].needs_platform:
        parsed = build_parser(chosen).parse_args(given)
        return int(load(parsed.word).run(parsed))
    bootstrap = importlib.import_module("baozhen.site.bootstrap")
    bootstrap.load_django()  # models must be loaded before the word's module names them
    parsed = build_parser(chosen).parse_args(given)
    with bootstrap.platform():
        return int(load(parsed.word).run(parsed))


if __name__ == "__main__":
    sys.exit(main())
