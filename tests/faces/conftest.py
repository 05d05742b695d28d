"""What the tests of the faces stand on: a platform that can seal, a policy, staff and a key."""

import json

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache

from baozhen.foundation.clock import now
from baozhen.foundation.storage import get_storage
from baozhen.insurance.policies.models import Policy, PolicyFile
from baozhen.insurance.policies.states import FileKind, PolicyKind
from baozhen.signing.organizations.roles import ROLES
from baozhen.signing.organizations.services import (
    ClientRequest,
    Scope,
    appoint_first,
    create_api_client,
    ensure_roles,
)
from tests.insurance.making import issue, make_proposal

BACKEND = "baozhen.signing.organizations.backends.PowerBackend"


@pytest.fixture(autouse=True)
def _fresh_limits(settings):
    """Every test begins with unused rate limits; passwords are hashed quickly, not safely."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    cache.clear()


@pytest.fixture(scope="session", autouse=True)
def _static_root():
    """The server of static files warns when its folder is not there yet."""
    django_settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)


@pytest.fixture
def raw():
    """A paid proposal of an ordinary car with both covers."""
    return make_proposal(1)


@pytest.fixture
def policy(platform, bring, raw):
    """The compulsory policy of that proposal, issued, with its mark."""
    bring(("issued", json.dumps(raw, sort_keys=True)), lambda: issue(raw))
    return Policy.objects.get(kind=PolicyKind.COMPULSORY)


@pytest.fixture
def policy_file(policy):
    """The sealed policy."""
    return PolicyFile.objects.get(policy=policy, kind=FileKind.POLICY)


@pytest.fixture
def pdf(policy_file):
    """The sealed policy's bytes."""
    return get_storage().get(policy_file.sha256)


def _bring_first(request):
    """What is brought fits a database as it was made: it comes before anybody's rows."""
    for name in {"platform", "bare_platform", "policy"} & set(request.fixturenames):
        request.getfixturevalue(name)


@pytest.fixture
def staff(db, request):
    """Make a person of the staff with these roles: `staff("客服")`."""
    _bring_first(request)
    ensure_roles()

    def make(*roles, name="someone"):
        assert set(roles) <= set(ROLES)
        account = appoint_first(name, name, roles, password="a-long-password-1", at=now())
        return account.user

    return make


@pytest.fixture
def signed_in(client, staff):
    """Sign the test client in as a person with these roles."""

    def sign_in(*roles):
        client.force_login(staff(*roles), backend=BACKEND)
        return client

    return sign_in


@pytest.fixture
def api_key(platform):
    """Make a key with these scopes, all by default, and return it."""

    def make(*scopes, name="core", networks=()):
        request = ClientRequest(name=name, scopes=scopes or list(Scope), networks=networks)
        return create_api_client(request, actor="test", at=now())[1]

    return make
