"""The web server of the product on this machine, for as long as a bench asks it."""

import os
import signal
import socket
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from bench.installation import Installation

_WAIT_SECONDS_MAX = 60.0


@contextmanager
def web_server(installed: Installation) -> Iterator[str]:
    """Run `baozhen web` on a free port; yield its address once it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    base = f"http://127.0.0.1:{port}"
    server = installed.serve("web", "--port", port)
    try:
        until = time.monotonic() + _WAIT_SECONDS_MAX
        while not _answers(f"{base}/verify"):
            if time.monotonic() > until:
                raise TimeoutError("the web server does not answer")
            time.sleep(0.2)
        yield base
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(30)


@contextmanager
def worker(installed: Installation, *queues: str) -> Iterator[None]:
    """Run `baozhen worker` for these queues."""
    asked = [argument for queue in queues for argument in ("--queue", queue)]
    process = installed.serve("worker", *asked)
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5):  # noqa: S310 -- our own server
            return True
    except OSError:
        return False
