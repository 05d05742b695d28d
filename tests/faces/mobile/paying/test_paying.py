"""The pages of paying: what a signed-in holder sees, from the sum to the policy numbers."""

import json
import re

import pytest
from django.core.cache import cache

from baozhen.foundation.jobs.worker import run_worker
from baozhen.foundation.links import declared_links
from baozhen.insurance.applications.models import Application
from baozhen.insurance.payments.channels import registry
from baozhen.insurance.payments.models import PaymentAttempt, PaymentOrder, Refund
from baozhen.insurance.policies.models import Policy
from baozhen.signing.identity.models import IdentityCheck
from tests.faces.mobile.applying.people import PERSON_B, sign_in
from tests.insurance.disclosures.signing import accepted
from tests.insurance.payments.doubles import AlipayDouble, UnionPayDouble, WeChatDouble
from tests.insurance.policies.paid_applications import signed_application


@pytest.fixture
def application(platform, client):
    """S-01, signed, its code passed; its person is signed in."""
    cache.clear()
    made = signed_application()
    sign_in(client)
    return made


def pay_page(application):
    return f"/m/pay/{application.proposal_no}"


def choose(client, application, channel="alipay"):
    return client.post(pay_page(application), {"channel": channel})


def decide(client, answer, outcome):
    """Choose at the cashier; follow back to our own page."""
    address = answer.headers["Location"]
    assert "不会收取任何款项" in client.get(address).content.decode()
    back = client.post(address, {"outcome": outcome})
    return client.get(re.sub(r"^https?://[^/]+", "", back.headers["Location"]))


@pytest.mark.requirement("S0-4.3.4a2")
@pytest.mark.requirement("S0-4.2.4a2")
def test_from_the_sum_to_the_policy_numbers(client, application):
    shown = client.get(pay_page(application)).content.decode()
    for words in ("¥2,473.95", "¥617.50", "¥1,376.45", "¥480.00", "须由投保人本人付款", "测*甲"):
        assert words in shown
    assert "checked" not in shown  # no way to pay is chosen for anybody
    assert "测试甲" not in shown
    waiting = decide(client, choose(client, application), "own")
    assert waiting.headers["Location"].endswith("/paid")
    assert "已收到保费" in client.get(waiting.headers["Location"]).content.decode()
    state = client.get(f"{pay_page(application)}/state").json()
    assert (state["over"], state["message"]) == (True, "正在等待支付结果")
    # The page that waits for the policies does not begin anew while nothing has changed.
    assert not client.get(f"{pay_page(application)}/state?for=policies").json()["over"]
    run_worker(until_idle=True)
    assert client.get(f"{pay_page(application)}/state?for=policies").json()["over"]
    page = client.get(f"{pay_page(application)}/paid").content.decode()
    for number in Policy.objects.values_list("number", flat=True):
        assert number in page
    href = re.search(r'href="(/m/pay/[^"]+\.pdf)"', page)[1]
    assert client.get(href).content.startswith(b"%PDF")
    assert client.get(pay_page(application)).status_code == 302


@pytest.mark.requirement("S0-4.2.4d2")
def test_another_payer_is_told_kindly_and_may_pay_again(client, application):
    told = decide(client, choose(client, application), "other")
    page = client.get(told.headers["Location"]).content.decode()
    for words in ("这笔付款不能使用", "付款人不是投保人本人", "原路退", "测*乙", "本人重新付款"):
        assert words in page
    run_worker(until_idle=True)
    assert Refund.objects.get().state == "succeeded"
    again = client.get(pay_page(application)).content.decode()
    assert "已原路退回" in again
    decide(client, choose(client, application, "unionpay"), "own")
    run_worker(until_idle=True)
    assert Application.objects.get(pk=application.pk).state == "issued"


def test_a_lost_notice_is_waited_for_and_a_late_click_changes_nothing(client, application):
    first = choose(client, application)
    again = choose(client, application)
    assert again.headers["Location"] == first.headers["Location"]
    waiting = decide(client, first, "silent")
    assert "等待支付结果" in waiting.content.decode()
    assert client.get(f"{pay_page(application)}/state").json()["over"] is False
    assert PaymentAttempt.objects.count() == 1


def test_others_see_nothing_and_strangers_sign_in_first(client, application):
    number = application.proposal_no
    pages = [f"/m/pay/{number}{rest}" for rest in ("", "/payer", "/leave", "/wait", "/state",
                                                   "/refused", "/paid", "/paid/X.pdf")]  # fmt: skip
    client.post("/m/sign-out")
    for address in pages:
        assert client.get(address).headers["Location"].startswith("/m/sign-in")
    sign_in(client, PERSON_B)
    for address in pages:
        assert client.get(address).status_code == 404
    assert choose(client, application).status_code == 404
    assert not PaymentOrder.objects.exists()


@pytest.mark.requirement("S0-4.2.4c2")
def test_before_signing_there_is_no_paying(client, platform):
    cache.clear()
    application = accepted()
    sign_in(client)
    for answer in (client.get(pay_page(application)), choose(client, application)):
        assert answer.status_code == 409
        assert "还没有签名" in answer.content.decode()
    assert not PaymentOrder.objects.exists()


@pytest.fixture
def real(settings, tmp_path):
    """All three real adapters, against local servers."""
    reason = "测试服务器在本机"
    links = [
        {"name": name, "reach": "lan", "protection": "clear", "reason": reason}
        for name in ("payment", "sms", "mail", "identity")
    ]
    (tmp_path / "links.json").write_text(json.dumps(links), encoding="utf-8")
    settings.BAOZHEN_LINKS = str(tmp_path / "links.json")
    houses = {"wechat": WeChatDouble(), "alipay": AlipayDouble(), "unionpay": UnionPayDouble()}
    settings.BAOZHEN_PAYMENT_CHANNELS = json.dumps(
        {name: house.settings() for name, house in houses.items()}
    )
    yield houses
    registry._build.cache_clear()
    declared_links.cache_clear()
    for house in houses.values():
        house.server.close()


def test_wechat_wants_a_card_first_and_the_others_do_not(client, application, real):
    answer = choose(client, application, "wechat")
    assert "/payer?channel=wechat" in answer.headers["Location"]
    address = answer.headers["Location"]
    assert "不向我们提供付款人姓名" in client.get(address).content.decode()
    wrong = client.post(address, {"card": "6212345678900000012", "channel": "wechat"})
    assert wrong.status_code == 422
    good = client.post(address, {"card": "6212 3456 7890 0000 011", "channel": "wechat"})
    assert good.headers["Location"].endswith("/leave")
    order = PaymentOrder.objects.get()
    check = IdentityCheck.objects.get(public_id=order.payer_check_no)
    assert (check.kind, check.state, check.inputs) == ("four_elements", "passed", None)
    page = client.get(good.headers["Location"])
    assert 'href="https://wx.tenpay.com/' in page.content.decode()
    form = client.get(choose(client, application, "unionpay").headers["Location"])
    assert real["unionpay"].server.url in form.headers["Content-Security-Policy"]
    assert 'name="signature"' in form.content.decode()


def test_a_channel_that_is_down_is_told_in_words(client, application, real):
    order = choose(client, application, "alipay")
    assert order.status_code == 302
    address = f"/m/pay/{application.proposal_no}/payer"
    client.post(address, {"card": "6212345678900000011", "channel": "alipay"})
    real["wechat"].server.close()
    answer = client.post(address, {"card": "6212345678900000011", "channel": "wechat"})
    assert answer.status_code == 422
    assert "微信支付暂时没有应答" in answer.content.decode()
    real["wechat"] = WeChatDouble()


def test_the_cashier_is_no_page_of_production(client, settings, platform):
    settings.BAOZHEN_MODE = "production"
    assert client.get("/m/cashier/alipay/PO1").status_code == 404
    settings.BAOZHEN_MODE = "development"
    assert client.get("/m/cashier/alipay/PO1").status_code == 404
