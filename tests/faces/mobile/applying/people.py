"""People of the tests, signed in as holders; the codes are read from development's outbox."""

import json
import re
from datetime import timedelta

from captcha.models import CaptchaStore
from django.conf import settings
from django.db.models import F

from baozhen.insurance.applications.models import Application
from baozhen.signing.identity.models import CodeChallenge

PERSON_A = {"name": "测试甲", "id_no": "110199198506151017", "mobile": "16100000001"}
PERSON_B = {"name": "测试乙", "id_no": "110199199009202025", "mobile": "16100000002"}


def captcha_of(response):
    """Return the answer to the captcha of a page."""
    key = re.search(r'name="captcha_0" value="(\w+)"', response.content.decode())[1]
    return {"captcha_0": key, "captcha_1": CaptchaStore.objects.get(hashkey=key).response}


def last_text(mobile):
    """Return the newest text of this test to a mobile: others write into the same outbox."""
    ours = set(CodeChallenge.objects.values_list("public_id", flat=True))
    numbers = tuple(Application.objects.values_list("proposal_no", flat=True))
    outbox = settings.BAOZHEN_OUTBOX
    written = sorted(outbox.glob("sms_*.json"), key=lambda path: path.stat().st_mtime_ns)
    for path in reversed(written):
        text = json.loads(path.read_text(encoding="utf-8"))
        is_ours = text["reference"] in ours or text["reference"].startswith(numbers)
        if text["mobile"] == mobile and is_ours:
            return text
    return None


def ask(client, person, address="/m/sign-in", **more):
    """Fill the first page of signing in."""
    return client.post(address, person | captcha_of(client.get(address)) | more)


def sign_in(client, person=PERSON_A, **more):
    """Sign a person in; return the last answer, which leads on."""
    # Somebody who signs in again has waited: the pause between two codes is over.
    CodeChallenge.objects.update(queued_at=F("queued_at") - timedelta(minutes=2))
    ask(client, person, **more)
    code = last_text(person["mobile"])["parameters"]["code"]
    return client.post("/m/sign-in/code", {"code": code, "act": "check", **more})
