"""A small SMTP server on the loopback (RFC 5321, RFC 3207), enough to receive a mail."""

import socketserver
import ssl
import threading
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_MANNERS = {
    "EHLO": "250-test\r\n250-STARTTLS\r\n250 AUTH PLAIN",
    "STARTTLS": "220 go",
    "AUTH": "235 ok",
    "DATA": "354 go",
    "QUIT": "221 bye",
}


class SMTPServer:
    """Listens in a thread; `mails` are what came, `answers` replace its good manners."""

    def __init__(self, context, *, implicit_tls=False):
        self.mails = []
        self.encrypted = []
        self.answers = {}
        owner = self

        class Session(socketserver.StreamRequestHandler):
            def handle(self):
                if implicit_tls:
                    self.secure()
                owner.serve(self)

            def secure(self):
                self.request = context.wrap_socket(self.request, server_side=True)
                self.rfile = self.request.makefile("rb")
                self.wfile = self.request.makefile("wb", buffering=0)

            def finish(self):
                super().finish()
                self.request.close()

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True

            def handle_error(self, request, client_address):
                """Keep quiet: broken sessions are part of the tests."""

        self._server = Server(("127.0.0.1", 0), Session)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def serve(self, session):
        def say(line):
            session.wfile.write(line.encode() + b"\r\n")

        say("220 test")
        while line := session.rfile.readline():
            verb = line.split(None, 1)[0].upper().decode()
            if verb in self.answers:
                say(self.answers[verb])
                continue
            say(_MANNERS.get(verb, "250 ok"))
            if verb == "STARTTLS":
                session.secure()
            elif verb == "DATA":
                self.receive(session)
                say("250 ok")
            elif verb == "QUIT":
                return

    def receive(self, session):
        lines = []
        while (line := session.rfile.readline()) != b".\r\n":
            lines.append(line)
        self.mails.append(b"".join(lines))
        self.encrypted.append(isinstance(session.request, ssl.SSLSocket))


def make_tls(folder):
    """Return (server context, client context that trusts it) for 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "测试邮件服务器")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "mail.pem"
    pem.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem)
    client = ssl.create_default_context(cafile=str(pem))
    return server, client
