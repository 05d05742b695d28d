"""Finished files go to a named receiver: by themselves, once, by a link that works once."""

import io
import re
import zipfile

import pytest

from baozhen.foundation.clock import now
from baozhen.foundation.notify.errors import MailAddressInvalid
from baozhen.foundation.notify.models import Delivery
from baozhen.foundation.storage import get_storage
from baozhen.signing.envelopes.errors import EnvelopeClosed, LinkInvalid
from baozhen.signing.envelopes.forms import flow_of
from baozhen.signing.envelopes.models import Handover
from baozhen.signing.envelopes.services.handing import (
    Receiver,
    hand_over,
    hand_over_envelope,
    handover_of,
    take_files,
)
from baozhen.signing.envelopes.services.turns import HAND_OVER
from tests.signing.envelopes.conftest import values_for

COURT = Receiver("受理法院", "court@example.com")


@pytest.fixture
def finished(desk):
    return desk.finish(desk.start(flow_of("litigation_guarantee")))


def token_in(delivery):
    return re.search(r"/s/handover/([\w-]+)", delivery.content["text"])[1]


@pytest.mark.requirement("S2-L942a")
def test_a_guarantee_letter_reaches_the_court(finished, client, promised):
    assert promised(HAND_OVER) == [finished.pk]
    hand_over_envelope(key=finished.pk)
    hand_over_envelope(key=finished.pk)
    handover = Handover.objects.get()
    letter = Delivery.objects.get(reference=handover.public_id)
    assert letter.recipient == "court@example.com"
    document = finished.documents.get()
    assert document.head_sha256 in letter.content["text"]
    token = token_in(letter)

    # Looking takes nothing: mail scanners open every link.
    for _ in range(2):
        assert "领取文件" in client.get(f"/s/handover/{token}").content.decode()
    answer = client.post(f"/s/handover/{token}")
    assert answer.content == get_storage().get(document.head_sha256)
    handover.refresh_from_db()
    assert handover.taken_at
    assert handover.content_sha256 == document.head_sha256
    again = client.post(f"/s/handover/{token}")
    assert again.headers["Content-Type"].startswith("text/html")
    assert "文件已领取" in again.content.decode()
    with pytest.raises(LinkInvalid):
        take_files(handover, address="192.0.2.1", at=now())


def test_nobody_named_nothing_sent(desk, promised):
    flow = flow_of("litigation_guarantee")
    values = {name: value for name, value in values_for(flow).items() if name != "court_email"}
    envelope = desk.finish(desk.start(flow, values=values))
    hand_over_envelope(key=envelope.pk)
    other = desk.finish(desk.start(flow_of("customer_receipt")))
    hand_over_envelope(key=other.pk)
    assert not Handover.objects.exists()


def test_a_second_hand_over_ends_the_first_link(finished):
    hand_over_envelope(key=finished.pk)
    first = token_in(Delivery.objects.order_by("pk").last())
    hand_over(finished.pk, COURT, actor="staff:someone", at=now())
    second = token_in(Delivery.objects.order_by("pk").last())
    with pytest.raises(LinkInvalid):
        handover_of(first, at=now())
    assert handover_of(second, at=now()).number == 2


def test_only_finished_files_and_real_addresses(desk, finished):
    running = desk.start(flow_of("claim_application"))
    with pytest.raises(EnvelopeClosed):
        hand_over(running.pk, COURT, actor="staff:someone", at=now())
    with pytest.raises(MailAddressInvalid):
        hand_over(finished.pk, Receiver("甲", "nowhere"), actor="staff:someone", at=now())
    assert not Handover.objects.exists()


def test_several_files_come_as_one_archive(finished, monkeypatch):
    handover = hand_over(finished.pk, COURT, actor="staff:someone", at=now())
    document = finished.documents.get()
    document.pk, document.public_id, document.position = None, "doc_second", 2
    document.save(force_insert=True)
    name, data = take_files(handover, address="192.0.2.1", at=now())
    assert name.endswith(".zip")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.namelist() == ["01.pdf", "02.pdf"]
        assert archive.read("02.pdf") == get_storage().get(document.head_sha256)
