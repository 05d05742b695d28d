"""The first page of everybody: what waits for them, at both sizes."""

import pytest

from baozhen.foundation.clock import now
from baozhen.signing.organizations.queries import root_unit
from baozhen.signing.organizations.roles import ROLES
from baozhen.signing.risks.services import raise_risk

pytestmark = pytest.mark.django_db(transaction=True)


def sign_in(visitor, name):
    visitor.open("/console/sign-in")
    visitor.tab.fill("#id_username", name)
    visitor.tab.fill("#id_password", "a-long-password-1")
    visitor.tab.click("button:has-text('登录')")


def test_every_role_finds_its_work_on_the_first_page(visitor, staff, policy):
    for hold in (False, True):
        raise_risk(
            kind="seals.hour" if hold else "envelope_stuck",
            severity="severe",
            subject_type="org_unit",
            subject_id=root_unit().pk,
            facts={},
            at=now(),
            hold=hold,
        )
    for number, role in enumerate(ROLES):
        staff(role, name=f"person{number}")
        sign_in(visitor, f"person{number}")
        visitor.tab.wait_for_selector(".figure")
        visitor.look(f"home_{number}_{role}")
        if role == "安全管理员":
            text = visitor.tab.inner_text("main")
            assert "已拦截的风险" in text
            assert "非常用时间用印" in text
            visitor.tab.click("text=已拦截的风险")
            visitor.reads("非常用时间用印", "table")
        visitor.tab.context.clear_cookies()
