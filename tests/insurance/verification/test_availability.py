"""Timely authentication and service, whatever becomes of the services outside."""

import socket
from datetime import timedelta
from email import message_from_bytes, policy
from re import search

import pytest

from baozhen.faces.inspection import inspect_file
from baozhen.foundation.clock import now
from baozhen.foundation.notify.errors import MailOutage
from baozhen.foundation.notify.mail import SMTPMail
from baozhen.foundation.notify.models import Delivery
from baozhen.foundation.notify.services import send_delivery
from baozhen.foundation.storage import get_storage
from baozhen.insurance.verification.queries import register_word
from baozhen.insurance.verification.services import (
    HolderQuery,
    find_for_holder,
    redeem_download_code,
    send_download_code,
)
from baozhen.trust.report import Verdict
from tests.foundation.smtp_server import SMTPServer, make_tls
from tests.insurance.making import issue, make_proposal


@pytest.mark.requirement("S0-7.2.1e")
def test_holders_are_served_while_every_service_outside_is_down(
    platform, at, monkeypatch, tmp_path
):
    raw = make_proposal(1)
    files = issue(raw)
    server_side, client_side = make_tls(tmp_path)
    server = SMTPServer(server_side)
    mail = SMTPMail(f"smtp+starttls://user:pass@127.0.0.1:{server.port}", context=client_side)

    def refuse(*_args):
        raise ConnectionRefusedError("nobody is there")

    try:
        with monkeypatch.context() as outage:
            outage.setattr(socket.socket, "connect", refuse)
            # Who the holder is, what the register says, whether a file is genuine: nobody is asked.
            facts = {
                "id_tail": raw["policyholder"]["id_no"][-6:],
                "vehicle_tail": raw["vehicle"]["vin"][-6:],
            }
            number = raw["compulsory"]["policy_no"]
            query = HolderQuery(number=number, client_address="192.0.2.1", **facts)
            assert find_for_holder(query, at=at).number == number
            assert register_word(number=number) == "current"
            found = inspect_file(get_storage().get(files[0].sha256), at=now())
            assert found.report["verdict"] == Verdict.GENUINE
            # The code to download waits for the mail server; the holder need not ask again.
            send_download_code(files[0], at=at)
            letter = Delivery.objects.latest("pk")
            with pytest.raises(MailOutage):
                send_delivery(letter.pk, mail=mail, at=at)
            assert server.mails == []
        soon = at + timedelta(minutes=1)
        send_delivery(letter.pk, mail=mail, at=soon)
        [sent] = server.mails
        text = message_from_bytes(sent, policy=policy.default).get_body().get_content()
        redeem_download_code(files[0], search(r"验证码为 (\d{6})", text)[1], at=soon)
    finally:
        server.stop()
