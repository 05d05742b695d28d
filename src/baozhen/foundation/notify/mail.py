"""The mail port, its SMTP adapter, and the development twin that writes files.

`BAOZHEN_MAIL_URL`: `smtps://user:password@host:465` or `smtp+starttls://user:password@host:587`;
`smtp://host:25` only where the link `mail` is declared as a LAN or VPN in clear text.
"""

import hashlib
import logging
import smtplib
import ssl
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Protocol
from urllib.parse import SplitResult, unquote, urlsplit

from baozhen.foundation.errors import DevelopmentOnly
from baozhen.foundation.keys.configuration import configured, is_production
from baozhen.foundation.links import require_link
from baozhen.foundation.notify.errors import MailOutage, MailRefused
from baozhen.foundation.notify.outbox import outbox
from baozhen.foundation.transactions import refuse_inside_transaction

TIMEOUT_SECONDS = 20
_PERMANENT = 500
_PORTS = {"smtps": 465, "smtp+starttls": 587, "smtp": 25}

_logger = logging.getLogger(__name__)


class Mail(Protocol):
    """Sends one message, or raises MailOutage or MailRefused."""

    def send(self, message: EmailMessage) -> None:
        """Hand the message to the next server."""


class SMTPMail:
    """Mail over SMTP (RFC 5321) with TLS, from its start or by STARTTLS (RFC 3207)."""

    def __init__(self, url: str, *, context: ssl.SSLContext | None = None) -> None:
        require_link("mail", address=url)
        self._url = urlsplit(url)
        self._context = context or ssl.create_default_context()

    def send(self, message: EmailMessage) -> None:
        """Send over a connection of its own."""
        refuse_inside_transaction("SMTP")
        try:
            with self._connect() as server:
                server.send_message(message)
        except smtplib.SMTPRecipientsRefused as exc:
            code = max(answer[0] for answer in exc.recipients.values())
            raise self._failure(code, "收件人地址被拒绝") from exc
        except smtplib.SMTPResponseException as exc:
            raise self._failure(exc.smtp_code, f"应答 {exc.smtp_code}") from exc
        except (OSError, smtplib.SMTPException) as exc:
            raise MailOutage(reason=type(exc).__name__) from exc

    def _connect(self) -> smtplib.SMTP:
        host, port = self._url.hostname or "", self._url.port or _PORTS[self._url.scheme]
        server: smtplib.SMTP
        if self._url.scheme == "smtps":
            server = smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_SECONDS, context=self._context)
        else:
            server = smtplib.SMTP(host, port, timeout=TIMEOUT_SECONDS)
        try:
            if self._url.scheme == "smtp+starttls":
                server.starttls(context=self._context)
            _sign_in(server, self._url)
        except BaseException:
            server.close()
            raise
        return server

    def _failure(self, code: int, reason: str) -> MailOutage | MailRefused:
        # RFC 5321 §4.2.1: 4yz may succeed later, 5yz will not.
        return MailRefused(reason=reason) if code >= _PERMANENT else MailOutage(reason=reason)


class OutboxMail:
    """Development's twin: each mail becomes a file that a mail program opens."""

    def __init__(self, folder: Path) -> None:
        if is_production():
            raise DevelopmentOnly(twin="开发邮箱")
        self._folder = folder

    def send(self, message: EmailMessage) -> None:
        """Write the message; the same Message-ID writes the same file."""
        refuse_inside_transaction("mail")
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = hashlib.sha256(str(message["Message-ID"]).encode()).hexdigest()[:24]
        path = self._folder / f"{name}.eml"
        path.write_bytes(message.as_bytes(policy=SMTP))
        _logger.warning("开发邮箱：邮件没有寄出，写在 %s", path)


def get_mail() -> Mail:
    """Return the configured way out: SMTP when BAOZHEN_MAIL_URL is set, else the outbox folder."""
    url = configured("BAOZHEN_MAIL_URL")
    if url:
        return SMTPMail(url)
    return OutboxMail(outbox())


def _sign_in(server: smtplib.SMTP, url: SplitResult) -> None:
    if url.username:
        server.login(unquote(url.username), unquote(url.password or ""))
