"""A notary on this machine that behaves as docs/howto/files.md says."""

import json
import threading
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from baozhen.signing.files.notary import (
    DepositOrder,
    issue_receipt,
    request_signature,
)
from baozhen.trust.crypto.keys import Algorithm, generate

KEY_ID, SECRET = "insurer", b"secret/with:signs"
PATH = "/evidence/v1/deposits"


class LocalNotary:
    """Takes deposits; `status` and `is_slow` say how the next ones are answered."""

    def __init__(self, algorithm=Algorithm.SM2_SM3):
        self.signer = generate(algorithm)
        self.deposits = {}
        self.receipts = {}
        self.asked = []
        self.status = 200
        self.is_slow = False
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def _answer(self):
                length = int(self.headers.get("Content-Length") or 0)
                status, answer = outer.answer(self, self.rfile.read(length))
                data = json.dumps(answer, ensure_ascii=False).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = _answer  # noqa: N815

            def log_message(self, *_args):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def url(self):
        port = self._server.server_port
        return f"https://{KEY_ID}:secret%2Fwith%3Asigns@127.0.0.1:{port}/evidence"

    @property
    def plain_url(self):
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, request, body):
        headers = request.headers
        self.asked.append((request.command, request.path))
        expected = request_signature(
            SECRET,
            request.command,
            request.path,
            headers["X-Notary-Time"],
            headers["X-Notary-Nonce"],
            body,
        )
        if headers["X-Notary-Key"] != KEY_ID or headers["X-Notary-Signature"] != expected:
            return 401, {"code": "signature_invalid", "message": "签名不符"}
        if self.status != 200:
            return self.status, {"code": "x", "message": "不受理"}
        if request.command == "GET":
            return self._found(request.path.rpartition("/")[2])
        asked = json.loads(body)
        self.deposits.setdefault(asked["reference"], asked)
        return self._found(asked["reference"])

    def _found(self, reference):
        if reference not in self.deposits:
            return 404, {"code": "unknown"}
        if self.is_slow:
            return 200, {"status": "pending"}
        asked = self.deposits[reference]
        order = DepositOrder(
            reference=reference,
            sha256=asked["hash"],
            title=asked["title"],
            at=datetime.fromisoformat(asked["time"]),
        )
        if reference not in self.receipts:
            self.receipts[reference] = issue_receipt(
                order, number=f"N{len(self.receipts) + 1:06d}", service="示例公证处", by=self.signer
            )
        return 200, {"status": "recorded", "receipt": self.receipts[reference]}
