"""Synthetic people, a data folder of the test's own, and a small HTTP server to answer adapters."""

import json
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from baozhen.signing.identity.services.subjects import SubjectFacts, register_subject

NOW = datetime(2026, 6, 1, 4, 0, tzinfo=UTC)


class Answering:
    """A server in a thread: `answer` takes (method, path, headers, body), gives status and body."""

    def __init__(self, answer):
        self.calls = []
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                size = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(size)
                headers = {name.lower(): value for name, value in self.headers.items()}
                owner.calls.append((self.command, self.path, headers, body))
                status, content, *more = answer(self.command, self.path, headers, body)
                data = content if isinstance(content, bytes) else json.dumps(content).encode()
                self.send_response(status)
                for name, value in more[0].items() if more else ():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST  # noqa: N815 -- the name that the library calls

            def log_message(self, *_):
                """Keep the test's output clean."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def serve():
    """Start servers that answer as the test says; they end with it."""
    running = []

    def start(answer):
        server = Answering(answer)
        running.append(server)
        return server

    yield start
    for server in running:
        server.close()


@pytest.fixture(autouse=True)
def data(settings, tmp_path):
    """A data folder of the test's own; the links to local servers are declared as a LAN."""
    settings.BAOZHEN_DATA = tmp_path
    # What is stored with this folder's keys must not lie among the objects of other tests.
    settings.BAOZHEN_ARCHIVE = tmp_path / "archive"
    links = [
        {"name": name, "reach": "lan", "protection": "clear", "reason": "测试服务器在本机"}
        for name in ("identity", "sms", "mail", "authority")
    ]
    path = tmp_path / "links.json"
    path.write_text(json.dumps(links), encoding="utf-8")
    settings.BAOZHEN_LINKS = str(path)
    return tmp_path


@pytest.fixture
def person(db):
    """测试甲."""
    facts = SubjectFacts(
        kind="person",
        name="测试甲",
        id_no="110199198506151017",
        mobile="16100000001",
        email="jia@example.com",
    )
    return register_subject(facts, actor="test", at=NOW)


@pytest.fixture
def company(db):
    """示例工程有限公司."""
    facts = SubjectFacts(
        kind="organization",
        name="示例工程有限公司",
        uscc="91110199FAKEPART8M",
        legal_rep_name="测试丙",
        legal_rep_id_no="310199197803033036",
    )
    return register_subject(facts, actor="test", at=NOW)
