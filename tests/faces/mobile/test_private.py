"""What is a person's own stands in marked elements on every page of the journey.

The recorder of the moving picture masks text below `data-private`, leaves out what is below
`data-unrecorded` and masks what is typed; anything else it sees as it is.
"""

import json
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile

from baozhen.foundation.clock import SHANGHAI, now
from baozhen.insurance.claims.models import Claim
from baozhen.insurance.disclosures.models import ReadingSet
from tests.faces.mobile.applying.people import PERSON_A, sign_in
from tests.faces.mobile.endorsing.test_pages import phone
from tests.insurance.applications.making import ADDRESS, CAR, filled
from tests.insurance.disclosures.signing import accepted, declare_all, read_all
from tests.insurance.endorsements.making import CARD, JPEG, holder, running_s01
from tests.insurance.payments.test_channel_checks import lines
from tests.insurance.policies.paid_applications import signed_application

pytestmark = pytest.mark.django_db(transaction=True)

_VOID = frozenset({"br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"})
_MARKS = {"data-private", "data-unrecorded"}
# What the recorder masks by itself.
_MASKED = {("input", "value"), ("textarea", "value")}
PLACE, POLICE_NO = "示例路一号路口", "110120250403001"
STORY = "直行时与测试乙的车辆刮擦，右前门受损。"
OWN = (*PERSON_A.values(), CAR["plate_no"], CAR["vin"], CAR["engine_no"], ADDRESS["detail"], CARD)
SAID = (PLACE, STORY, POLICE_NO)


class Seen(HTMLParser):
    """Everything of a page that the recorder keeps as it is: texts and attributes."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.plain = [], []

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        is_blocked = any("data-unrecorded" in marks for _, marks in self.open)
        hides = given.get("type") == "hidden"
        if not is_blocked and "data-unrecorded" not in given:
            self.plain += [
                value
                for name, value in attributes
                if value and (hides or (tag, name) not in _MASKED)
            ]
        if tag not in _VOID:
            self.open.append((tag, _MARKS & set(given)))

    def handle_endtag(self, tag):
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, text):
        is_masked = any(marks for _, marks in self.open)
        if not is_masked and not any(tag in {"script", "textarea"} for tag, _ in self.open):
            self.plain.append(text)


def told_openly(html, own):
    """Return what of a person's own the recorder would keep as it is."""
    seen = Seen()
    seen.feed(html)
    text = "\n".join(seen.plain)
    return [value for value in own if value in text]


def look(client, address, own=OWN, status=200):
    """Open a page, follow it where it leads, and hold it against what is private."""
    response = client.get(address, follow=True)
    assert response.status_code == status, (address, response.status_code)
    html = response.content.decode()
    assert told_openly(html, own) == [], address
    return html


def test_the_check_finds_what_is_open_and_passes_what_is_marked():
    assert told_openly("<dl><dd data-private><b>测试甲</b></dd><dd>好</dd></dl>", OWN) == []
    assert told_openly("<dd data-private>x</dd><dd>测试甲</dd>", OWN) == ["测试甲"]
    assert told_openly('<input value="测试甲"><input type="hidden" value="x">', OWN) == []
    assert told_openly('<input type="hidden" value="测试甲">', OWN) == ["测试甲"]
    assert told_openly('<div data-unrecorded><a href="?n=测试甲"></a></div>', OWN) == []
    assert told_openly('<a href="?n=测试甲">x</a>', OWN) == ["测试甲"]


def test_applying_reading_and_signing(platform, client):
    cache.clear()
    application = accepted()
    number = application.proposal_no
    sign_in(client)
    for page in ("/m/mine", f"/m/mine/{number}", f"/m/read/{number}"):
        assert look(client, page)
    reading_set = ReadingSet.objects.get(application=application)
    for position in range(1, reading_set.items.count() + 1):
        html = look(client, f"/m/read/{number}/{position}")
        assert position > 1 or PERSON_A["name"] in html, "the form does say whose it is"
    at = read_all(reading_set, at=now() + timedelta(seconds=1))
    declare_all(reading_set, at=at)
    look(client, f"/m/read/{number}/declare")
    look(client, f"/m/read/{number}/sign")


def test_filling_in(platform, client):
    """What was typed before comes back in fields; the last page shows it as text."""
    cache.clear()
    at = now()
    start = (at + timedelta(days=10)).date().isoformat()
    number = filled(at, starts_on=start).proposal_no
    sign_in(client)
    for step in ("vehicle", "people", "cover", "answers", "confirm", "leave"):
        html = look(client, f"/m/apply/{number}/{step}")
        assert step != "confirm" or CAR["vin"] in html


def test_paying(platform, client, settings):
    cache.clear()
    number = signed_application().proposal_no
    sign_in(client)
    look(client, f"/m/code/{number}")
    look(client, f"/m/pay/{number}")
    look(client, f"/m/pay/{number}/payer?channel=wechat")
    cashier = client.post(f"/m/pay/{number}", {"channel": "wechat"}).headers["Location"]
    look(client, cashier)
    told = client.post(cashier, {"outcome": "other"})
    assert told.status_code == 302
    look(client, f"/m/pay/{number}/refused", (*OWN, "测试乙", "测*乙"))
    # The real channels are told who has to pay, in an address or in the fields of a form.
    settings.BAOZHEN_PAYMENT_CHANNELS = json.dumps(lines())
    for channel in ("alipay", "unionpay"):
        client.post(f"/m/pay/{number}", {"channel": channel})
        html = look(client, f"/m/pay/{number}/leave")
        assert "data-unrecorded" in html


def test_wallet_endorsing_and_claiming(platform):
    cache.clear()
    policy = running_s01()["compulsory"]
    client = phone(holder())
    own = (*OWN, policy.plate_masked)
    look(client, "/m/policies", own)
    assert PERSON_A["name"] in look(client, f"/m/policies/{policy.number}", own)
    look(client, f"/m/policies/{policy.number}/change", own)
    address = f"/m/policies/{policy.number}/change/plate"
    look(client, address, own)
    photo = SimpleUploadedFile("x.jpg", JPEG, content_type="image/jpeg")
    asked = client.post(address, {"plate_no": "京Z54321", "paper_vehicle_licence": photo})
    assert "京Z54321" in look(client, asked.url, (*own, "京Z54321"))

    address = f"/m/policies/{policy.number}/claim"
    look(client, address, own)
    at = (now() - timedelta(hours=3)).astimezone(SHANGHAI)
    report = {
        "day": at.date().isoformat(), "time": f"{at:%H:%M}", "place": PLACE, "story": STORY,
        "cause": "collision", "injury": "none", "police": "yes", "police_no": POLICE_NO,
        "reporter": PERSON_A["name"], "mobile": PERSON_A["mobile"], "driver": "测试乙",
    }  # fmt: skip
    refused = client.post(address, report | {"place": ""}).content.decode()
    assert told_openly(refused, (*own, *SAID)) == []
    client.post(address, report)
    claim = Claim.objects.get()
    assert PLACE in look(client, f"/m/claims/{claim.number}", (*own, *SAID))
