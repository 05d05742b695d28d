"""A person with a link: is known, reads, signs, confirms the will, and takes the file home."""

import json
from datetime import timedelta

import pytest

from baozhen.foundation.clock import now
from baozhen.signing.envelopes.forms import flow_of
from baozhen.signing.envelopes.models import Action, Envelope
from baozhen.signing.envelopes.services.links import issue_link
from baozhen.signing.envelopes.services.many import together_digest
from baozhen.signing.envelopes.services.telling import notify_signatory
from baozhen.signing.envelopes.states import ActionState, EnvelopeState
from baozhen.signing.identity.models import CodeChallenge
from tests.e2e.widths import at
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


@pytest.mark.requirement("S2-L40c")
@at("phone")
def test_a_health_disclosure_is_answered_read_and_signed(visitor, desk):  # noqa: F811
    envelope = desk.start(flow_of("health_disclosure"))
    known_on(visitor, desk, envelope)
    visitor.tab.wait_for_selector("[data-answers]")
    assert visitor.tab.locator("input:checked").count() == 0  # nothing is answered beforehand
    visitor.look("sign-answer")
    visitor.tab.click("button[value=answer]")
    visitor.tab.wait_for_selector(".faulty")
    assert visitor.tab.locator("#q-q8-fault").inner_text() == "请选择一项"
    visitor.look("sign-answer-faults")
    for number in range(1, 9):
        visitor.tab.check(
            f"input[name='answer.q{number}'][value='{'是' if number == 2 else '否'}']"
        )
    assert visitor.tab.is_visible("#q-details")
    visitor.tab.fill("#q-details-input", "2024 年阑尾手术，已痊愈")
    visitor.tab.click("button[value=answer]")
    visitor.tab.wait_for_selector("[data-reader]")
    assert "阑尾手术" in visitor.tab.inner_text("[data-text]")
    visitor.tab.click("text=修改我的回答")
    visitor.tab.check("input[name='answer.q2'][value='否']")
    assert not visitor.tab.is_visible("#q-details")
    visitor.look("sign-answer-again")
    visitor.tab.click("button[value=answer]")
    read_to_the_end(visitor)
    visitor.tab.click("[data-go-on]")
    visitor.tab.wait_for_selector("canvas")
    write_name(visitor)
    visitor.tab.click("button[value=sign]")
    visitor.tab.wait_for_selector("button[value=send]")
    CodeChallenge.objects.update(queued_at=now() - timedelta(minutes=2))
    pass_code(visitor, desk)
    visitor.tab.click("button[value=confirm]")
    visitor.tab.wait_for_selector(".verdict")
    desk.perform(envelope)
    envelope.refresh_from_db()
    assert envelope.state == EnvelopeState.COMPLETED
    action = Action.objects.get(envelope=envelope, type="sign")
    assert action.consent.document_sha256 == envelope.content_sha256
    answers = {one.key: (one.answer, one.changes) for one in action.signatory.questions.all()}
    assert (answers["q2"], answers["details"]) == (("否", 1), (None, 1))


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


def known_on(visitor, desk, envelope):  # noqa: F811
    """Open the link and prove who one is; return the link's address."""
    address = link_of(envelope)
    visitor.open(address)
    visitor.tab.click("button[value=begin]")
    pass_code(visitor, desk)
    visitor.tab.click("button[value=check]")
    return address


@pytest.mark.requirement("S2-L420c")
def test_sign_all_that_waits_in_one_go(visitor, desk):  # noqa: F811
    first = desk.start(flow_of("customer_receipt"))
    second = desk.start(flow_of("proposal_confirmation"), biz_no=f"B-{visitor.size}")
    third = desk.start(flow_of("customer_receipt"), biz_no=f"C-{visitor.size}")
    for envelope in (first, third):
        desk.read(envelope.actions.select_related("signatory", "envelope").get(type="sign"))
    address = known_on(visitor, desk, first)
    visitor.tab.wait_for_selector("canvas")
    visitor.look("sign-others-wait")
    visitor.tab.click("text=一起阅读和签署")
    visitor.tab.wait_for_selector(".task-list")
    visitor.look("all-list")
    # What is not read yet cannot be chosen; it is read here, without another code.
    assert visitor.tab.locator("input[name=action]:enabled").count() == 2
    visitor.tab.click("text=去阅读")
    read_to_the_end(visitor)
    visitor.tab.click("[data-go-on]")
    visitor.tab.wait_for_selector(".task-list")
    assert visitor.tab.locator("input[name=action]:enabled").count() == 3
    visitor.tab.locator("li:has-text('客户回执') input[name=action]").last.uncheck()
    visitor.tab.click("text=签署勾选的文件")
    visitor.tab.wait_for_selector("canvas")
    write_name(visitor)
    visitor.look("all-sign")
    visitor.tab.click("button[value=sign]")
    pass_code(visitor, desk)
    visitor.look("all-consent")
    visitor.tab.click("button[value=confirm]")
    visitor.tab.wait_for_selector("text=2 份已确认签署")
    visitor.look("all-done")
    signed = Action.objects.filter(state=ActionState.PERFORMING).select_related("consent")
    assert {action.envelope_id for action in signed} == {first.pk, second.pk}
    # One will, for both contents and no other.
    [consent] = {action.consent for action in signed}
    assert consent.document_sha256 == together_digest([action.pk for action in signed])
    for envelope in (first, second):
        desk.perform(envelope)
    third.refresh_from_db()
    assert third.state == EnvelopeState.IN_PROGRESS
    visitor.open(f"{address}/all")
    assert visitor.tab.locator("input[name=action]").count() == 1


def test_the_visit_outlives_the_news_that_all_is_done(visitor, desk):  # noqa: F811
    """Found: the notice of completion replaced the link under the page that waited for it."""
    envelope = desk.start(flow_of("customer_receipt"))
    desk.read(envelope.actions.select_related("signatory", "envelope").get(type="sign"))
    address = known_on(visitor, desk, envelope)
    visitor.tab.wait_for_selector("canvas")
    notify_signatory(key=envelope.actions.get(type="sign").pk)
    visitor.open(f"{address}/next")
    visitor.tab.wait_for_selector("canvas")


@pytest.mark.requirement("S2-L671.1")
def test_sign_by_keyboard_alone(visitor, desk):  # noqa: F811
    envelope = desk.start(flow_of("customer_receipt"))
    desk.read(envelope.actions.select_related("signatory", "envelope").get(type="sign"))
    press = visitor.tab.keyboard.press

    def go_to(selector):
        visitor.tab.wait_for_selector(selector)
        for _ in range(60):
            if visitor.tab.evaluate("s => document.activeElement.matches(s)", selector):
                return
            press("Tab")
        raise AssertionError(f"the keyboard does not reach {selector}")

    visitor.open(link_of(envelope))
    go_to("button[value=begin]")
    press("Enter")
    go_to("button[value=send]")
    press("Enter")
    go_to("input[name=code]")
    visitor.tab.keyboard.type(desk.last_code())
    press("Enter")
    go_to("summary")
    press("Enter")
    go_to("#typed")
    visitor.tab.keyboard.type(str(envelope.signatories.get().name))
    go_to("button[value=sign]")
    press("Enter")
    go_to("button[value=send]")
    press("Enter")
    go_to("input[name=code]")
    visitor.tab.keyboard.type(desk.last_code())
    press("Enter")
    visitor.tab.wait_for_selector(".verdict")
    desk.perform(envelope)
    assert envelope.state == EnvelopeState.COMPLETED


def test_the_reading_tabs_follow_the_arrow_keys(visitor, desk):  # noqa: F811
    envelope = desk.start(flow_of("customer_receipt"))
    known_on(visitor, desk, envelope)
    visitor.tab.wait_for_selector("[data-reader]")
    visitor.tab.focus("#tab-text")
    visitor.tab.keyboard.press("ArrowRight")
    visitor.tab.wait_for_selector("[data-original][data-state=ready]")
    assert visitor.tab.get_attribute("#tab-original", "aria-selected") == "true"
    assert visitor.tab.get_attribute("#tab-text", "tabindex") == "-1"


def test_the_signature_of_before_where_the_sender_allows_it(visitor, desk):  # noqa: F811
    before = desk.start(flow_of("customer_receipt"))
    desk.finish(before)
    CodeChallenge.objects.update(queued_at=now() - timedelta(hours=2))  # that was a while ago
    envelope = desk.start(flow_of("customer_receipt"), biz_no="again")
    desk.read(envelope.actions.select_related("signatory", "envelope").get(type="sign"))
    known_on(visitor, desk, envelope)
    visitor.tab.wait_for_selector("canvas")
    assert visitor.tab.locator("button[value=adopt]").count() == 0
    Envelope.objects.filter(pk=envelope.pk).update(rules={"ways": ["draw", "adopted"]})
    visitor.tab.reload()
    visitor.look("sign-adopted")
    visitor.tab.click("button[value=adopt]")
    visitor.tab.wait_for_selector("button[value=send]")
    pass_code(visitor, desk)
    visitor.tab.click("button[value=confirm]")
    visitor.tab.wait_for_selector(".verdict")
    pictures = Action.objects.filter(type="sign").values_list("picture_sha256", flat=True)
    assert len(set(pictures)) == 1
