"""A core that writes down what the front server lets through."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Core:
    """Answers every request with what it saw; over TLS when it is given a context."""

    def __init__(self, tls=None):
        self.seen = []
        self._tls = tls
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _answer(self):
                body = b""
                if length := self.headers.get("Content-Length"):
                    body = self.rfile.read(int(length))
                elif self.headers.get("Transfer-Encoding") == "chunked":
                    while size := int(self.rfile.readline() or b"0", 16):
                        body += self.rfile.read(size)
                        self.rfile.readline()
                    self.rfile.readline()
                outer.seen.append((self.command, self.path, dict(self.headers), body))
                answer = json.dumps({"path": self.path, "size": len(body)}).encode()
                if self.path.startswith("/static/big"):
                    answer = b"x" * 3_000_000
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.send_header("Connection", "keep-alive")
                self.send_header("Set-Cookie", "a=1")
                self.send_header("Set-Cookie", "b=2")
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(answer)

            do_GET = do_POST = do_HEAD = do_PUT = do_DELETE = _answer  # noqa: N815

            def log_message(self, *_args):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._speak_tls()
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def _speak_tls(self):
        if self._tls is None:
            return
        # The handshake waits until the request's own thread reads: it blocks nobody else.
        self._server.socket = self._tls.wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )
        self._server.handle_error = lambda *_of: None  # who is refused is no news

    @property
    def url(self):
        scheme = "https" if self._tls else "http"
        return f"{scheme}://127.0.0.1:{self._server.server_address[1]}"

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
