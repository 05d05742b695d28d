"""A person of the staff: signs in, finds a policy, sees its signatures verified, runs a batch."""

import json

import pytest

from baozhen.foundation.jobs.worker import run_worker
from tests.insurance.making import make_proposal

pytestmark = pytest.mark.django_db(transaction=True)


def sign_in(visitor, name):
    visitor.open("/console/")
    visitor.look("sign-in")
    visitor.tab.fill("#id_username", name)
    visitor.tab.fill("#id_password", "a-long-password-1")
    visitor.tab.click("text=登录 >> nth=-1")


def test_find_a_policy_and_see_it_verified(visitor, staff, policy):
    staff("客服", name="kefu")
    sign_in(visitor, "kefu")
    visitor.look("overview")
    visitor.tab.keyboard.press("/")
    visitor.tab.keyboard.type(policy.number[:8])
    visitor.tab.keyboard.press("Enter")
    visitor.look("policies")
    visitor.tab.click(f"text={policy.number}")
    visitor.tab.wait_for_selector("text=逐项结果")
    assert "真实有效" in visitor.tab.inner_text("main")
    visitor.tab.click("summary:has-text('预览首页') >> nth=0")
    visitor.tab.wait_for_function("() => document.querySelector('.preview img').naturalWidth > 0")
    visitor.look("policy")
    visitor.tab.click("text=显示完整信息")
    visitor.tab.fill("#id_reason", "客户来电核对身份")
    visitor.tab.click("text=记录事由并显示")
    visitor.look("revealed")


def test_a_fragment_that_does_not_come_says_so(visitor, staff, policy):
    staff("客服", name="kefu")
    sign_in(visitor, "kefu")
    visitor.tab.route("**/inspect", lambda route: route.fulfill(status=500, body="x"))
    visitor.open(f"/console/policies/{policy.number}")
    visitor.tab.wait_for_selector("text=没有完成，请刷新页面再试")


def test_a_batch_moves_by_itself(visitor, staff, platform):
    staff("出单员", name="chudan")
    sign_in(visitor, "chudan")
    visitor.open("/console/batches/upload")
    visitor.look("upload")
    lines = "\n".join(json.dumps(make_proposal(n)) for n in (1, 2))
    visitor.tab.set_input_files(
        "#id_file", {"name": "b.jsonl", "mimeType": "text/plain", "buffer": lines.encode()}
    )
    visitor.tab.click("text=提交并出单")
    visitor.tab.wait_for_selector("text=处理中")
    run_worker(until_idle=True)
    visitor.tab.wait_for_selector("text=已完成")  # the page asked again by itself
    visitor.open("/console/batches")
    visitor.look("batches")
    visitor.tab.click("table a")
    visitor.look("batch")


def test_pages_of_the_administrator(visitor, staff, platform):
    staff("系统管理员", name="guanli")
    sign_in(visitor, "guanli")
    for page in ("health", "certificates", "parked"):
        visitor.open(f"/console/{page}")
        visitor.look(page)
