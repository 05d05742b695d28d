"""From the commit of an event to the first callback at a receiver on this machine."""

import os
import signal
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from django.db import transaction

from baozhen.foundation.clock import now
from baozhen.foundation.events.endpoints import EndpointRequest, create_endpoint
from baozhen.foundation.events.services import publish
from bench.figures import Figure, quantile
from bench.installation import Installation

SECONDS_MAX = 1.0
_WARM = 3
_PAUSE_SECONDS = 0.15
_WAIT_SECONDS_MAX = 30.0
_LOOPBACK = "127.0.0.1/32"


class _Receiver:
    """Notes when each event's call arrived."""

    def __init__(self) -> None:
        self.arrived: dict[str, float] = {}
        arrived = self.arrived

        class Handler(BaseHTTPRequestHandler):
            """Answers 204 to every call."""

            def do_POST(self) -> None:
                """Note the arrival."""
                arrived.setdefault(self.headers["webhook-id"], time.monotonic())
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/hook"

    def wait_for(self, event: str) -> float:
        """Return when the call arrived, or give up."""
        until = time.monotonic() + _WAIT_SECONDS_MAX
        while event not in self.arrived:
            if time.monotonic() > until:
                raise TimeoutError(event)
            time.sleep(0.002)
        return self.arrived[event]


def measure(installed: Installation, *, count: int = 60) -> list[Figure]:
    """Publish one event after the other, as live acts do, with one live worker running."""
    os.environ["BAOZHEN_EGRESS_ALLOW"] = installed.environment["BAOZHEN_EGRESS_ALLOW"] = _LOOPBACK
    receiver = _Receiver()
    request = EndpointRequest(owner="bench", url=receiver.url, types=["webhook.test"])
    create_endpoint(request, actor="bench", at=now())
    worker = installed.serve("worker", "--queue", "live")
    try:
        seconds = [_one(receiver, number) for number in range(count + _WARM)][_WARM:]
    finally:
        os.killpg(worker.pid, signal.SIGTERM)
        worker.wait(30)
        receiver.server.shutdown()
        receiver.server.server_close()
    return [
        Figure(
            name=f"提交后首次回调到达，{count} 次，p95",
            value=quantile(seconds, 0.95),
            unit="秒",
            at_most=SECONDS_MAX,
        ),
        Figure(name="　同上，中位", value=quantile(seconds, 0.5), unit="秒"),
    ]


def _one(receiver: _Receiver, number: int) -> float:
    with transaction.atomic():
        event = publish(
            "webhook.test",
            subject=("bench", f"b-{number}"),
            data={},
            at=now(),
            client="bench",
        )
        committed = time.monotonic()
    seconds = receiver.wait_for(event.public_id) - committed
    time.sleep(_PAUSE_SECONDS)
    return seconds
