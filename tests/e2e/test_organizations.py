"""The pages of organisations in a browser, at both sizes; a passkey by the browser's own keys."""

import pytest

from baozhen.foundation.clock import now
from baozhen.signing.organizations.models import Passkey, PasswordRecord, StaffSession
from baozhen.signing.organizations.queries import root_unit, unit_of_code
from baozhen.signing.organizations.services import (
    AccountFacts,
    PowerRequest,
    create_account,
    grant_power,
)

pytestmark = pytest.mark.django_db(transaction=True)


def sign_in(visitor, name):
    visitor.open("/console/sign-in")
    visitor.tab.fill("#id_username", name)
    visitor.tab.fill("#id_password", "a-long-password-1")
    visitor.tab.click("button:has-text('登录')")


@pytest.fixture
def clerk(staff):
    facts = AccountFacts(
        username="clerk", display_name="测试员", unit=unit_of_code("DEMO11"), staff_no="S001",
        mobile="16112340001",
    )  # fmt: skip
    account = create_account(facts, actor="test", at=now())
    security = staff("安全管理员", name="anquan").account
    request = PowerRequest(account=account, unit=root_unit(), role="客服", reason="岗位")
    grant_power(request, granter=security, actor="test", at=now())
    return account


def test_the_officers_pages(visitor, staff, clerk):
    staff("系统管理员", name="guanli")
    staff("审计员", name="shenji")
    addresses = {
        "guanli": {
            "units": "units",
            "unit": f"units/{root_unit().pk}",
            "unit_new": "units/new",
            "accounts": "accounts",
            "account": f"accounts/{clerk.pk}",
            "directory": "directory",
            "directory_source": "directory/sources/0",
            "sign_in_settings": "sign-in-settings",
            "officers": "officers",
        },
        "anquan": {
            "powers": "powers",
            "power_matrix": "powers/matrix",
            "power_grant": "powers/grant",
            "power_units": "powers/units",
        },
        "shenji": {"operations": "operations", "operation_figures": "operations/figures"},
    }
    for name, pages in addresses.items():
        visitor.tab.context.clear_cookies()
        sign_in(visitor, name)
        visitor.tab.wait_for_selector("nav")
        for page, address in pages.items():
            visitor.open(f"/console/{address}")
            visitor.look(f"organizations-{page}")


def test_a_passkey_of_the_browser(visitor, staff, settings):
    """Chromium's virtual authenticator makes the key and signs, as a person's would."""
    visitor.base = visitor.base.replace("127.0.0.1", "localhost")
    settings.BAOZHEN_PUBLIC_URL = visitor.base
    settings.CSRF_TRUSTED_ORIGINS = [visitor.base]
    person = staff("客服", name="kefu")
    devices = visitor.tab.context.new_cdp_session(visitor.tab)
    devices.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "usb", "hasResidentKey": False,
        "hasUserVerification": True, "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }  # fmt: skip
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    sign_in(visitor, "kefu")
    visitor.open("/console/security")
    visitor.look("organizations-security")
    visitor.tab.fill("#id_name", "U 盾")
    visitor.tab.click("text=添加安全密钥")
    visitor.tab.wait_for_selector("text=请现在抄下或打印这些恢复码")
    assert Passkey.objects.get(user=person).name == "U 盾"
    visitor.tab.context.clear_cookies()
    sign_in(visitor, "kefu")
    visitor.tab.wait_for_selector("text=用安全密钥验证")
    visitor.look("organizations-second_factor")
    visitor.tab.click("text=用安全密钥验证")
    visitor.tab.wait_for_selector("nav")
    assert StaffSession.objects.filter(user=person, method="password+passkey").exists()
    assert not PasswordRecord.objects.filter(user=person, is_initial=True).exists()
