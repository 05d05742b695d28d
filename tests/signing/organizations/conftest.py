"""An organisation with people in it."""

from datetime import UTC, datetime

import pytest

from baozhen.signing.organizations.models import Account
from baozhen.signing.organizations.queries import unit_of_code
from baozhen.signing.organizations.services import (
    AccountFacts,
    appoint_first,
    create_account,
    ensure_roles,
)

AT = datetime(2026, 11, 2, 3, 4, 5, tzinfo=UTC)
PASSWORD = "a-long-password-1"


@pytest.fixture(autouse=True)
def _quick_passwords(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def organization(db):
    """The insurer with its branches and the roles."""
    ensure_roles()


@pytest.fixture
def officers(organization):
    """The three officers by kind."""
    roles = {"system": "系统管理员", "security": "安全管理员", "audit": "审计员"}
    return {
        kind: appoint_first(f"officer-{kind}", f"三员{kind}", [role], password=PASSWORD, at=AT)
        for kind, role in roles.items()
    }


@pytest.fixture
def clerk(organization):
    """A clerk of the Beijing branch without any power."""
    facts = AccountFacts(
        username="clerk", display_name="测试员", unit=unit_of_code("DEMO11"), staff_no="S001"
    )
    return Account.objects.get(pk=create_account(facts, actor="test", at=AT).pk)
