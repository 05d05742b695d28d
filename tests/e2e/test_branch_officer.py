"""A branch's security officer, as the demonstration makes one, and the desk of the keepers."""

import pytest

from baozhen.foundation.clock import now
from baozhen.signing.organizations.models import Account
from baozhen.signing.seals.models import SealLoan
from baozhen.site.commands.demo_desk import BRANCH_CLERK, BRANCH_OFFICER, fill_desk, staff_branch

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.requirement("S2-L160.h1")]
PASSWORD = "a-long-password-1"
PEOPLE = {
    "guanli": "系统管理员",
    "anquan": "安全管理员",
    "shenji": "审计员",
    "yinzhang": "印章管理员",
    "jingban": "业务经办",
    "fuze": "业务负责人",
}


@pytest.fixture
def desk(platform, staff):
    """The demonstration's branch and its seal of brass."""
    for name, role in PEOPLE.items():
        staff(role, name=name)
    lines = staff_branch(lambda: PASSWORD, at=now())
    fill_desk(at=now())
    return lines


def sign_in(visitor, name):
    visitor.open("/console/sign-in")
    visitor.tab.fill("#id_username", name)
    visitor.tab.fill("#id_password", PASSWORD)
    visitor.tab.click("button:has-text('登录')")
    visitor.tab.wait_for_selector("main#main")


def test_the_branch_officer_gives_what_was_given_down(visitor, desk):
    assert any(BRANCH_OFFICER in line for line in desk)
    branch = Account.objects.get(user__username=BRANCH_CLERK).unit.name
    sign_in(visitor, BRANCH_OFFICER)
    visitor.reads("总览")
    visitor.look("branch_home")
    assert "三员任免" not in visitor.tab.inner_text("main")
    visitor.open("/console/powers")
    visitor.reads("演示分公司业务经办")
    visitor.look("branch_powers")
    assert visitor.tab.locator("summary:has-text('收回')").count() == 1
    for page, title in (
        ("powers/matrix", "角色与权限"),
        ("powers/units", "集权与分权"),
        ("officers", "三员"),
        ("risks", "风险"),
        ("security", "我的安全"),
    ):
        visitor.open(f"/console/{page}")
        visitor.reads(title)
        visitor.look(f"branch_{page.replace('/', '_')}")
        # His own power and his branch's management are head office's to change.
        assert "更改" not in visitor.tab.inner_text("main") or page == "security"
    visitor.open("/console/powers/grant")
    choices = visitor.tab.locator("select[name=what] option").all_inner_texts()
    assert choices == ["角色：业务经办", "角色：印章管理员"]
    assert visitor.tab.locator("select[name=unit] option").all_inner_texts() == [branch]
    visitor.look("branch_grant")
    visitor.tab.select_option("select[name=what]", label="角色：印章管理员")
    visitor.tab.fill("input[name=reason]", "分公司印章由他保管")
    visitor.tab.click("button:has-text('确认授权')")
    visitor.reads("已授权给演示分公司业务经办")


def test_the_keepers_desk_has_something_on_it(visitor, desk):
    sign_in(visitor, "yinzhang")
    visitor.open("/console/seals?kind=physical")
    visitor.reads("演示实物公章")
    visitor.tab.click("main a:has-text('演示实物公章')")
    visitor.reads("总部档案室 3 号柜")
    visitor.look("demo_physical_seal")
    visitor.open("/console/seal-desk")
    visitor.reads("示例供应商框架协议")
    visitor.look("demo_seal_desk")
    loan = SealLoan.objects.get(state="returned")
    visitor.open(f"/console/seal-desk/{loan.pk}")
    visitor.reads("一式两份，均已盖章")
    visitor.look("demo_loan")
