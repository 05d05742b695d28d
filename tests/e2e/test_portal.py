"""A person with a policy: verifies it, looks it up, takes the file home."""

import re

import pytest
from captcha.models import CaptchaStore

from baozhen.foundation.notify.models import Delivery
from baozhen.insurance.policies.tokens import verification_url

pytestmark = pytest.mark.django_db(transaction=True)


def send(visitor, name, data):
    visitor.tab.set_input_files(
        "input[type=file]", {"name": name, "mimeType": "application/pdf", "buffer": data}
    )
    visitor.tab.click("main button[type=submit]")


def answer_captcha(visitor):
    key = visitor.tab.input_value("input[name=captcha_0]")
    visitor.tab.fill("#id_captcha_1", CaptchaStore.objects.get(hashkey=key).response)


def mailed_code():
    texts = (letter.content["text"] for letter in Delivery.objects.order_by("-pk"))
    return next(found[1] for text in texts if (found := re.search(r"验证码为 (\d{6})", text)))


@pytest.mark.requirement("S0-6.4.1", "S0-6.4.2", "S0-3.8")
def test_verify_a_genuine_and_a_changed_file(visitor, policy_file, pdf):
    visitor.open("/")
    visitor.look("home")
    visitor.tab.click(".door >> nth=0")
    visitor.look("verify")
    send(visitor, "保单.pdf", pdf)
    visitor.reads("真实有效", "h1")
    visitor.tab.click("details >> nth=0")
    visitor.look("genuine")
    visitor.tab.click("text=再验一份 >> nth=0")
    changed = bytearray(pdf)
    changed[len(pdf) // 2] ^= 1
    send(visitor, "保单.pdf", bytes(changed))
    assert visitor.tab.inner_text("h1") in {"已被改动", "无法识别"}
    visitor.look("changed")


@pytest.mark.requirement("S0-6.4.1")
def test_scan_the_code(visitor, policy_file):
    visitor.open("/v/" + verification_url(policy_file.number).partition("/v/")[2])
    assert policy_file.policy.plate_masked in visitor.tab.inner_text("main")
    visitor.look("scan")


@pytest.mark.requirement("S0-6.1a", "S0-6.3.1", "S0-3.6", "S0-3.7")
def test_look_up_and_download(visitor, policy, policy_file, pdf, raw):
    visitor.open("/")
    visitor.tab.click(".door >> nth=1")
    visitor.look("query")
    visitor.tab.fill("#id_number", policy.number)
    visitor.tab.fill("#id_id_tail", "000000")
    visitor.tab.fill("#id_vehicle_tail", raw["vehicle"]["vin"][-6:])
    answer_captcha(visitor)
    visitor.tab.press("#id_captcha_1", "Enter")
    assert "没有查到相符的保单" in visitor.tab.inner_text("[role=alert]")
    visitor.look("query-refused")
    visitor.tab.fill("#id_id_tail", raw["policyholder"]["id_no"][-6:])
    answer_captcha(visitor)
    visitor.tab.click(".act button")
    visitor.look("result")
    visitor.tab.click("text=下载电子保单")
    visitor.look("code")
    visitor.tab.fill("#id_code", "12")
    visitor.tab.click("text=确认")
    visitor.reads("验证码是六位数字")
    visitor.tab.fill("#id_code", mailed_code())
    visitor.tab.click("text=确认")
    visitor.look("download")
    with visitor.tab.expect_download() as started:
        visitor.tab.click("text=下载文件")
    assert started.value.suggested_filename == f"{policy_file.number}.pdf"
    assert started.value.path().read_bytes() == pdf


def test_everything_works_without_scripts(plain_visitor, policy_file, pdf):
    visitor = plain_visitor
    visitor.open("/verify")
    send(visitor, "保单.pdf", pdf)
    visitor.reads("真实有效", "h1")
    visitor.open("/query")
    visitor.tab.click("text=改答文字题")
    visitor.reads("等于多少")
    visitor.tab.click("text=大字版")
    visitor.tab.wait_for_selector("html.large")


def test_pages_to_read(visitor, platform):
    for address in ("guide", "contact", "no-such-page"):
        visitor.open(f"/{address}")
        visitor.look(address)
