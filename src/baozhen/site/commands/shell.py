"""`baozhen shell`: a Python shell inside the platform."""

import argparse

from django.core.management import call_command

HELP = "进入平台的 Python 环境，用于排查问题。写操作请用各服务函数，它们会留下审计记录。"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options: none."""


def run(args: argparse.Namespace) -> int:
    """Open the shell."""
    call_command("shell")
    return 0
