"""`baozhen web`: the web server."""

import argparse
import os
import sys

from baozhen.site import bootstrap, statics

HELP = "只运行网站（门户、控制台、接口）。任务进程请另用 baozhen worker 启动。"
THREADS = 8


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--host", default="127.0.0.1", help="监听地址（默认 127.0.0.1）")
    parser.add_argument("--port", type=int, default=8080, help="端口（默认 8080）")


def command_line(host: str, port: int) -> list[str]:
    """Return the command that serves the site."""
    options = ["--interface", "wsgi", "--host", host, "--port", str(port)]
    options += ["--workers", "1", "--blocking-threads", str(THREADS), "--no-ws"]
    return [sys.executable, "-m", "granian", *options, "baozhen.site.wsgi:application"]


def run(args: argparse.Namespace) -> int:
    """Gather the static files, and become the web server."""
    bootstrap.load_django()
    statics.gather()
    command = command_line(args.host, args.port)
    os.execv(command[0], command)
