"""An accepted application on the phone: read, be blocked, declare, sign, pass the code."""

from datetime import timedelta

import pytest
from captcha.models import CaptchaStore

from baozhen.foundation.clock import now
from baozhen.insurance.applications.models import Application
from baozhen.insurance.applications.states import ApplicationState
from baozhen.insurance.disclosures.models import ReadingItem, ReadingSet
from tests.e2e.test_signing import write_name
from tests.insurance.applications.making import PERSON_A
from tests.insurance.disclosures.signing import accepted, last_code, work

pytestmark = pytest.mark.django_db(transaction=True)
ROUND = timedelta(seconds=20)


def sign_in(visitor):
    """Fill in the sign-in page; the captcha's answer is known to the server only."""
    for name, value in PERSON_A.items():
        visitor.tab.fill(f"input[name={name}]", value)
    key = visitor.tab.locator("input[name=captcha_0]").input_value()
    visitor.tab.fill("input[name=captcha_1]", CaptchaStore.objects.get(hashkey=key).response)
    visitor.tab.click("button[type=submit].weui-btn_primary")
    visitor.tab.wait_for_selector("input[name=code]")
    visitor.tab.fill("input[name=code]", last_code())
    visitor.tab.click("button[value=check]")


def read(visitor, position):
    """Read the file that is open to its end; the minutes it takes are put on the server's clock."""
    tab = visitor.tab
    tab.wait_for_selector("[data-end]", state="attached")
    if position == 5:
        visitor.look("reading-exclusions")
    tab.wait_for_selector("[data-go-on]:disabled")
    earlier = now() - ROUND
    items = ReadingItem.objects.filter(position=position, finished_at=None)
    items.update(last_at=earlier, seconds=ROUND.seconds)
    ReadingSet.objects.filter(state="open").update(seen_at=earlier)
    tab.locator("[data-end]").first.scroll_into_view_if_needed()
    tab.wait_for_selector("[data-go-on]:not([disabled])")
    tab.click("[data-go-on]")


def try_to_sign_too_early(visitor, number):
    """Five are read: signing is blocked, by its address and by a form that somebody sends."""
    tab = visitor.tab
    visitor.open(f"/m/read/{number}/sign")
    tab.wait_for_selector("text=还有 3 份文件没有读完")
    visitor.look("reading-blocked")
    token = tab.locator("input[name=csrfmiddlewaretoken]").first.input_value()
    sent = tab.request.post(
        f"{visitor.base}/m/read/{number}/sign",
        form={"strokes": "{}", "csrfmiddlewaretoken": token},
        headers={"Referer": f"{visitor.base}/m/read/{number}"},
    )
    assert sent.status == 409
    assert "还有 3 份文件没有读完" in sent.text()
    tab.click("text=继续阅读")
    tab.wait_for_selector("text=还有 3 份没有读完")
    visitor.look("reading-list-half")
    tab.click(".act .weui-btn_primary")


def declare(visitor):
    """Confirm the six declarations, each by its own button."""
    tab = visitor.tab
    tab.wait_for_selector("h1:has-text('确认声明')")
    visitor.look("declaring")
    for left in range(6, 0, -1):
        assert tab.locator("button[name=declaration]").count() == left
        tab.locator("button[name=declaration]").first.click()
        tab.wait_for_selector(f".made >> nth={6 - left}")
    visitor.look("declaring-done")
    tab.click("text=去签名")


def sign(visitor, application):
    """Write the name, confirm the will by a code, and wait until the worker has signed."""
    tab = visitor.tab
    tab.wait_for_selector("canvas")
    write_name(visitor)
    visitor.look("journey-sign")
    tab.click("button[value=sign]")
    tab.wait_for_selector("button[value=send]")
    visitor.look("journey-consent")
    tab.click("button[value=send]")
    tab.wait_for_selector("input[name=code]")
    tab.fill("input[name=code]", last_code())
    tab.click("button[value=confirm]")
    tab.wait_for_selector("[data-wait]")
    visitor.look("journey-wait")
    work(ReadingSet.objects.get(application=application).envelope)


def pass_code(visitor):
    """投保短信验证."""
    tab = visitor.tab
    tab.wait_for_selector("h1:has-text('投保短信验证')")
    tab.click("button[value=send]")
    tab.wait_for_selector("input[name=code]")
    visitor.look("journey-code")
    tab.fill("input[name=code]", last_code())
    tab.click("button[value=check]")
    tab.wait_for_selector("text=去缴费")
    visitor.look("journey-code-passed")


@pytest.mark.requirement("S0-4.2.4a2", "S0-4.2.4b2", "S0-4.2.4c1", "S0-4.2.4c2", "S0-4.2.4d1")
def test_read_declare_sign_and_pass_the_code(visitor, platform):
    application = accepted()
    number, tab = application.proposal_no, visitor.tab
    visitor.open(f"/m/read/{number}")
    sign_in(visitor)
    tab.wait_for_selector("text=开始阅读")
    visitor.look("reading-list")
    tab.click("text=开始阅读")
    tab.wait_for_selector("[data-reader]")
    visitor.look("reading-proposal")
    tab.click("[data-view=original]")
    tab.wait_for_selector("[data-original][data-state=ready]")
    visitor.look("reading-original")
    tab.click("[data-view=text]")
    for position in range(1, 6):
        read(visitor, position)
        tab.wait_for_selector(f"text=第 {position + 1} 份，共 8 份")
    try_to_sign_too_early(visitor, number)
    for position in range(6, 9):
        tab.wait_for_selector(f"text=第 {position} 份，共 8 份")
        read(visitor, position)
    declare(visitor)
    sign(visitor, application)
    pass_code(visitor)
    application = Application.objects.get(pk=application.pk)
    assert application.state == ApplicationState.SIGNED
    assert application.code_passed_at is not None
