"""A person with a link: is known, reads, signs, confirms the will, and takes the file home."""

import json

import pytest

from baozhen.foundation.clock import now
from baozhen.signing.envelopes.forms import flow_of
from baozhen.signing.envelopes.models import Action
from baozhen.signing.envelopes.services.links import issue_link
from baozhen.signing.envelopes.states import ActionState, EnvelopeState
from tests.signing.envelopes.conftest import PNG, desk  # noqa: F401 -- fixture

pytestmark = pytest.mark.django_db(transaction=True)


def link_of(envelope):
    action = Action.objects.select_related("signatory").get(
        envelope=envelope, state=ActionState.READY
    )
    return f"/s/{issue_link(action.signatory, actor='test', at=now())}"


def pass_code(visitor, desk):  # noqa: F811
    visitor.tab.click("button[value=send]")
    visitor.tab.wait_for_selector("input[name=code]")
    visitor.tab.fill("input[name=code]", desk.last_code())


def read_to_the_end(visitor):
    visitor.tab.wait_for_selector("[data-go-on]")
    for _ in range(60):
        visitor.tab.mouse.wheel(0, 900)
        visitor.tab.wait_for_timeout(250)
        if "已读完" in visitor.tab.inner_text("[data-reading-state]"):
            return
    raise AssertionError(visitor.tab.inner_text("[data-reading-state]"))


def write_name(visitor):
    box = visitor.tab.locator("canvas").bounding_box()
    mouse = visitor.tab.mouse
    for stroke in range(3):
        mouse.move(box["x"] + 60 + stroke * 50, box["y"] + 40)
        mouse.down()
        for step in range(14):
            mouse.move(box["x"] + 60 + stroke * 50 + step * 5, box["y"] + 40 + (step % 5) * 22)
        mouse.up()


@pytest.mark.requirement("S2-L160.l2", "S2-L160.l3", "S2-L420d", "S2-L311", "S2-L671.1")
def test_sign_a_claim_application(visitor, desk):  # noqa: F811
    envelope = desk.start(flow_of("claim_application"), biz_no=f"CLM-{visitor.size}")
    visitor.open(link_of(envelope))
    visitor.look("sign-open")
    visitor.tab.click("button[value=begin]")
    visitor.look("sign-identity")
    pass_code(visitor, desk)
    visitor.look("sign-identity-code")
    visitor.tab.click("button[value=check]")
    visitor.tab.wait_for_selector("[data-reader]")
    visitor.look("sign-read")
    visitor.tab.click("[data-view=original]")
    visitor.tab.wait_for_selector("[data-original][data-state=ready]")
    visitor.look("sign-read-original")
    visitor.tab.click("[data-view=text]")
    read_to_the_end(visitor)
    visitor.tab.click("[data-go-on]")
    visitor.tab.wait_for_selector("canvas")
    write_name(visitor)
    visitor.look("sign-draw")
    visitor.tab.click("button[value=sign]")
    visitor.tab.wait_for_selector("button[value=send]")
    visitor.look("sign-consent")
    pass_code(visitor, desk)
    visitor.look("sign-consent-code")
    visitor.tab.click("button[value=confirm]")
    visitor.tab.wait_for_selector(".verdict")
    visitor.look("sign-waiting")
    desk.perform(envelope)
    visitor.tab.wait_for_selector("text=签署完成")
    visitor.look("sign-done")
    assert envelope.state == EnvelopeState.COMPLETED
    signed = Action.objects.get(envelope=envelope)
    assert signed.strokes["strokes"]
    assert signed.consent.document_sha256 == envelope.content_sha256


@pytest.mark.requirement("S2-L800a")
def test_hand_in_papers_and_decline(visitor, desk, tmp_path):  # noqa: F811
    envelope = desk.start(flow_of("beneficiary_qualification"))
    visitor.open(link_of(envelope))
    visitor.tab.click("button[value=begin]")
    pass_code(visitor, desk)
    visitor.tab.click("button[value=check]")
    visitor.tab.wait_for_selector("input[type=file]")
    visitor.look("sign-papers")
    picture = {"name": "id.png", "mimeType": "image/png", "buffer": PNG}
    visitor.tab.set_input_files("input[type=file] >> nth=0", picture)
    visitor.tab.click("button[value=hand_in] >> nth=0")
    visitor.tab.wait_for_selector("text=已收到")
    visitor.open(visitor.tab.url.removeprefix(visitor.base).replace("/papers", "/decline"))
    visitor.tab.fill("textarea", "不是本人")
    visitor.look("sign-decline")
    visitor.tab.click("button.danger")
    visitor.tab.wait_for_selector("text=已退回")
    envelope.refresh_from_db()
    assert envelope.state == EnvelopeState.DECLINED
    assert json.dumps(envelope.reason, ensure_ascii=False) == '"不是本人"'


def test_a_forwarded_link_shows_nothing(visitor, desk):  # noqa: F811
    envelope = desk.start(flow_of("customer_receipt"))
    address = link_of(envelope)
    visitor.open(address)
    for page in ("read", "sign", "consent", "documents/1.pdf", "done"):
        visitor.open(f"{address}/{page}")
        assert "测试内容" not in visitor.tab.content()
