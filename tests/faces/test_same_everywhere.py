"""One policy, six doors: the same facts and the same bytes (S0-6)."""

import json

import pytest
from django.test import Client
from django.utils.html import escape

from baozhen.faces import policy_facts
from baozhen.faces.portal.download import UNLOCKED
from baozhen.faces.portal.query import GRANT
from baozhen.foundation.clock import now
from baozhen.foundation.notify.wechat_people import DevelopmentPeople
from baozhen.insurance.policies.models import PolicyFile
from baozhen.insurance.policies.states import FileKind
from baozhen.insurance.verification.states import WeChatApp
from baozhen.insurance.verification.wechat import bind
from tests.faces.api.conftest import Program
from tests.faces.console.test_hotline import answers
from tests.insurance.holding import sign_in, subject_of


@pytest.fixture
def doors(policy, raw, signed_in, api_key):
    """Return, by door, how to get the page and the file of a kind."""
    holder = subject_of(raw["policyholder"])
    number = policy.number
    website = Client()
    files = list(PolicyFile.objects.filter(policy=policy).values_list("pk", flat=True))
    website.get("/query")
    session = website.session
    until = now().replace(year=now().year + 1).isoformat()
    session[GRANT] = {"policy": policy.pk, "until": until, UNLOCKED: files}
    session.save()
    wallet = sign_in(Client(), holder)
    wechat = Client()
    bind(WeChatApp.ACCOUNT, DevelopmentPeople("公众号").openid_of("development"), holder, at=now())
    away = wechat.get("/m/wechat/enter")["Location"]
    wechat.get(away.partition("127.0.0.1:8080")[2])
    agent = signed_in("客服")
    agent.post("/console/hotline", answers(raw))
    bind(WeChatApp.MINI, DevelopmentPeople("小程序").openid_of("c"), holder, at=now())
    token = Program("").post("/mini/session", {"code": "c"}).json()["token"]
    mini, program = Program(token), Program(api_key())
    call = f"/console/hotline/call/{number}"
    mine = f"/m/policies/{number}"
    return {
        "website": (
            lambda: website.get("/query/result"),
            lambda kind: website.get(f"/query/result/{kind}/file"),
        ),
        "wallet": (
            lambda: wallet.get(mine),
            lambda kind: wallet.get(f"{mine}/files/{kind}"),
        ),
        "wechat": (
            lambda: wechat.get(mine),
            lambda kind: wechat.get(f"{mine}/files/{kind}"),
        ),
        "hotline": (lambda: agent.get(call), lambda kind: agent.get(f"{call}/files/{kind}")),
        "mini": (
            lambda: mini.get(f"/mini/policies/{number}"),
            lambda kind: mini.get(f"/mini/policies/{number}/file?kind={kind}"),
        ),
        "api": (None, lambda kind: program.get(f"/policies/{number}/file?kind={kind}")),
    }


def values_of(groups):
    """Return every value that the groups of a document show."""
    for group in groups:
        yield from (row[1] for row in group.get("rows", ()))
        for line in group.get("table", {}).get("lines", ()):
            yield from line
        yield from group.get("paragraphs", ())


def plain_text(name, shown):
    """Return what a door says, without the escapes of JSON."""
    if name == "mini":
        return json.dumps(shown.json(), ensure_ascii=False)
    return shown.content.decode()


@pytest.mark.requirement("S0-6", "S0-6.1d", "S0-3.7", "S0-6.2a", "S0-6.2b")
def test_every_door_shows_the_same_facts_and_bytes(doors, policy):
    expected = [
        str(value)
        for document in policy_facts.documents_of(policy, at=now())
        for value in values_of(document["groups"])
        if value
    ]
    assert len(expected) > 30
    for name, (page, file) in doors.items():
        if page is not None:
            shown = page()
            assert shown.status_code == 200, name
            text = plain_text(name, shown)
            for value in expected:
                line = value.split("\n")[0]
                assert line in text or str(escape(line)) in text, (name, line)
        for kind in FileKind:
            stored = PolicyFile.objects.get(policy=policy, kind=kind)
            sent = file(kind)
            assert sent.status_code == 200, (name, kind)
            assert sent["ETag"].strip('"') == stored.sha256, (name, kind)
            assert sent.content[:5] == b"%PDF-"
