"""`baozhen run`: the whole platform on one machine, with demo data, until Ctrl-C."""

import argparse
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from urllib.request import urlopen

from django.conf import settings

from baozhen.foundation.notify.outbox import outbox
from baozhen.signing.organizations.extent import is_alone
from baozhen.site import bootstrap, statics
from baozhen.site.commands import web

HELP = """\
运行整个平台：内置数据库、网站和任务进程，并载入演示数据。
按 Ctrl-C 停止；下次启动接着用同样的数据。生产环境请分别运行 baozhen web 与 baozhen worker。"""

WORKERS = (("live",), ("bulk", "housekeeping"))
READY_SECONDS_MAX = 60
STOP_SECONDS_MAX = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--host", default="127.0.0.1", help="监听地址（默认 127.0.0.1）")
    parser.add_argument("--port", type=int, default=8080, help="端口（默认 8080）")
    parser.add_argument("--data", type=Path, help="数据目录（默认 .data）")
    parser.add_argument("--no-demo", action="store_true", help="不载入演示数据")


def run(args: argparse.Namespace) -> int:
    """Start everything, say where it is, wait, and stop everything."""
    address = f"http://{args.host}:{args.port}"
    os.environ.setdefault("BAOZHEN_PUBLIC_URL", address)
    if args.data:
        os.environ["BAOZHEN_DATA"] = str(args.data.resolve())
    if _port_taken(args.host, args.port):
        print(f"端口 {args.port} 已被占用：请用 --port 换一个端口", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, _stop_like_ctrl_c)
    print("正在准备数据库、密钥和证书……", flush=True)
    bootstrap.load_django()
    statics.gather()
    try:
        with bootstrap.platform(), _processes(args.host, args.port) as children:
            _wait_until_ready(address, children)
            if not args.no_demo:
                _load_demo()
            print(_welcome(address), flush=True)
            return _watch(children)
    except KeyboardInterrupt:
        print("\n已停止。数据保留在", settings.BAOZHEN_DATA, flush=True)
        return 0


def _stop_like_ctrl_c(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _port_taken(host: str, port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((host, port)) == 0


@contextlib.contextmanager
def _processes(host: str, port: int) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    """Start web and workers in sessions of their own: Ctrl-C reaches only us, we stop them."""
    command = [sys.executable, "-m", "baozhen.site.command", "worker"]
    commands = {"网站": web.command_line(host, port)}
    for queues in WORKERS:
        chosen = [argument for queue in queues for argument in ("--queue", queue)]
        commands[f"任务进程（{'、'.join(queues)}）"] = [*command, *chosen]
    log = (Path(settings.BAOZHEN_DATA) / "run.log").open("ab")
    children: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for name, line in commands.items():
            children[name] = subprocess.Popen(line, stdout=log, stderr=log, start_new_session=True)
        yield children
    finally:
        _stop(children)
        log.close()


def _stop(children: dict[str, subprocess.Popen[bytes]]) -> None:
    for child in children.values():
        child.terminate()
    deadline = time.monotonic() + STOP_SECONDS_MAX
    for child in children.values():
        try:
            child.wait(timeout=max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()


def _load_demo() -> None:
    """Load the demo data through the worker's own door, as a user would."""
    done = subprocess.run([sys.executable, "-m", "baozhen.site.command", "demo"], check=False)
    if done.returncode:
        print("演示数据没有载入，平台仍可使用；原因见上。", file=sys.stderr)


def _wait_until_ready(address: str, children: dict[str, subprocess.Popen[bytes]]) -> None:
    deadline = time.monotonic() + READY_SECONDS_MAX
    while time.monotonic() < deadline:
        _check_alive(children)
        with contextlib.suppress(OSError):
            urlopen(f"{address}/api/v1/health", timeout=5).close()  # noqa: S310 -- our own
            return
        time.sleep(0.1)
    log = f"{settings.BAOZHEN_DATA}/run.log"
    raise SystemExit(f"网站 {READY_SECONDS_MAX} 秒内没有就绪：请看 {log}")


def _check_alive(children: dict[str, subprocess.Popen[bytes]]) -> None:
    for name, child in children.items():
        if child.poll() is not None:
            raise SystemExit(
                f"{name}意外退出（代码 {child.returncode}）：请看 {settings.BAOZHEN_DATA}/run.log"
            )


def _watch(children: dict[str, subprocess.Popen[bytes]]) -> int:
    while True:
        _check_alive(children)
        time.sleep(1)


def _welcome(address: str) -> str:
    if is_alone():
        return f"""
保真签署中心已就绪：{address}

  1. 控制台   打开 {address}/console/ ，用上面给出的演示账号登录，发起一个签署任务
  2. 验真     打开 {address}/verify ，上传签署完成的文件；改动一个字节再试一次

运行日志：{settings.BAOZHEN_DATA}/run.log 。按 Ctrl-C 停止。
"""
    return f"""
保真已就绪：{address}

可以先试三件事：
  1. 投保     用手机或窄窗口打开 {address}/m/apply ；投保人填 测试甲、110199198506151017、
              16100000001，短信不会发出，验证码写在 {outbox()}
  2. 验真     打开 {address}/verify ，上传 {settings.BAOZHEN_DATA}/demo 中的任意一份保单；
              改动一个字节再试一次
  3. 控制台   打开 {address}/console/ ，用上面给出的演示账号登录，看一份保单的来龙去脉

运行日志：{settings.BAOZHEN_DATA}/run.log 。按 Ctrl-C 停止。
"""
