"""Single sign-on: a real OpenID Connect provider, and the word of a trusted proxy."""

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.urls import reverse

from baozhen.foundation.clock import now
from baozhen.signing.organizations.models import HeaderRule, IdentityProvider, StaffSession
from baozhen.signing.organizations.queries import root_unit
from baozhen.signing.organizations.services import AccountFacts, create_account, lock_account
from baozhen.signing.organizations.services.sign_on import save_header_rule, save_provider
from tests.signing.organizations.provider import CLIENT, SECRET, running_provider, sign_in_there

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("S2-L552c", "S2-L133.04")]
PROXY_SECRET = "what-the-proxy-alone-knows-1"
CALLBACK = "/console/sign-in/provider/7/callback"


@pytest.fixture(scope="module")
def issuer():
    """The provider, started once."""
    redirect = f"{django_settings.BAOZHEN_PUBLIC_URL}{CALLBACK}"
    with running_provider(django_settings.NODE_MODULES, redirect) as address:
        yield address


@pytest.fixture
def provider(staff, issuer):
    """The provider as the console keeps it; people are found by their staff number."""
    row = IdentityProvider(
        pk=7, slug="corp", name="统一身份认证", issuer=issuer, client_id=CLIENT,
        client_secret=SECRET, claim="staff_no", match="staff_no",
    )  # fmt: skip
    return save_provider(row, actor="staff:x", at=now())


@pytest.fixture
def wang(staff):
    """An account without a password; the provider knows the person as wang."""
    facts = AccountFacts(
        username="wang", display_name="测试员", unit=root_unit(), staff_no="S001",
        email="clerk@example.com",
    )  # fmt: skip
    return create_account(facts, actor="test", at=now())


def begin(client, target="/console/security"):
    start = reverse("console:sso_start", kwargs={"key": 7})
    return client.get(start, {"next": target})["Location"]


def sign_on(client, login="wang"):
    redirect = f"{django_settings.BAOZHEN_PUBLIC_URL}{CALLBACK}"
    came = sign_in_there(begin(client), login=login, redirect=redirect)
    return client.get(came.removeprefix(django_settings.BAOZHEN_PUBLIC_URL))


def is_signed_in(client):
    return client.get("/console/security").status_code == 200


def test_the_sign_in_page_offers_the_provider(client, provider):
    page = client.get("/console/sign-in").content.decode()
    assert "用统一身份认证登录" in page


def test_a_person_signs_in_at_the_provider(client, provider, wang):
    address = begin(client)
    for part in ("code_challenge_method=S256", "code_challenge=", "nonce=", "state="):
        assert part in address
    response = sign_on(client)
    assert response["Location"] == "/console/security"
    assert is_signed_in(client)
    assert StaffSession.objects.get(user=wang.user).method == "oidc:corp"


def test_somebody_without_an_account_is_told_so(client, provider, wang):
    response = sign_on(client, login="stranger")
    assert response["Location"] == "/console/sign-in"
    assert "没有与之对应的账号" in client.get("/console/sign-in").content.decode()
    assert not is_signed_in(client)


def test_a_locked_account_is_not_signed_in(client, provider, wang):
    lock_account(wang, reason="调查", actor="test", at=now())
    sign_on(client)
    assert not is_signed_in(client)


def test_an_address_that_nobody_verified_finds_nobody(client, provider, wang):
    IdentityProvider.objects.update(claim="email", match="email")
    sign_on(client, login="stranger")
    assert not is_signed_in(client)


def test_an_answer_works_only_in_the_browser_that_asked_and_once(client, provider, wang):
    redirect = f"{django_settings.BAOZHEN_PUBLIC_URL}{CALLBACK}"
    came = sign_in_there(begin(client), login="wang", redirect=redirect)
    path = came.removeprefix(django_settings.BAOZHEN_PUBLIC_URL)
    other = Client()
    other.get(path)
    assert not is_signed_in(other)
    begin(other)  # has asked too, but not this
    other.get(path)
    assert not is_signed_in(other)
    client.get(path)
    assert is_signed_in(client)
    client.post("/console/sign-out")
    client.get(path)
    assert not is_signed_in(client)


def test_the_nonce_ties_the_token_to_the_attempt(client, provider, wang):
    redirect = f"{django_settings.BAOZHEN_PUBLIC_URL}{CALLBACK}"
    came = sign_in_there(begin(client), login="wang", redirect=redirect)
    session = client.session
    session["sign_in.attempt"] = {**session["sign_in.attempt"], "nonce": "another"}
    session.save()
    client.get(came.removeprefix(django_settings.BAOZHEN_PUBLIC_URL))
    assert not is_signed_in(client)


def test_the_verifier_ties_the_code_to_the_attempt(client, provider, wang):
    redirect = f"{django_settings.BAOZHEN_PUBLIC_URL}{CALLBACK}"
    came = sign_in_there(begin(client), login="wang", redirect=redirect)
    session = client.session
    session["sign_in.attempt"] = {**session["sign_in.attempt"], "verifier": "x" * 64}
    session.save()
    client.get(came.removeprefix(django_settings.BAOZHEN_PUBLIC_URL))
    assert not is_signed_in(client)


def test_a_provider_that_is_down_is_said_to_be(client, provider, wang):
    IdentityProvider.objects.update(issuer="http://127.0.0.1:9")
    response = client.get(reverse("console:sso_start", kwargs={"key": 7}))
    assert response["Location"] == "/console/sign-in"
    assert "暂时不可用" in client.get("/console/sign-in").content.decode()


def test_a_provider_that_was_switched_off_is_not_found(client, provider):
    IdentityProvider.objects.update(active=False)
    assert client.get(reverse("console:sso_start", kwargs={"key": 7})).status_code == 404


@pytest.fixture
def rule(staff):
    """A proxy on this machine that says who is there by a header."""
    row = HeaderRule(name="内网门户", header="X-Staff-No", match="staff_no")
    row.networks = ["127.0.0.1/32"]
    return save_header_rule(row, secret=PROXY_SECRET, actor="staff:x", at=now())


def by_header(client, rule, *, peer="127.0.0.1", secret=PROXY_SECRET, person="S001"):
    address = reverse("console:sso_header", kwargs={"key": rule.pk})
    headers = {"X-Staff-No": person, "X-Proxy-Secret": secret, "X-Forwarded-For": "127.0.0.1"}
    return client.post(address, headers=headers, REMOTE_ADDR=peer)


def test_a_trusted_proxys_word_signs_in(client, rule, wang):
    page = client.get("/console/sign-in", headers={"X-Staff-No": "S001"}).content.decode()
    assert "用内网门户登录" in page
    by_header(client, rule)
    assert is_signed_in(client)


@pytest.mark.parametrize(
    "wrong",
    [
        {"peer": "192.0.2.7"},
        {"secret": "guess"},
        {"secret": ""},
        {"person": "S404"},
        {"person": ""},
    ],
)
def test_anybody_elses_word_signs_nobody_in(client, rule, wang, wrong):
    by_header(client, rule, **wrong)
    assert not is_signed_in(client)


def test_the_danger_of_trusting_the_address_in_a_header(client, rule, wang):
    """The stranger claims the proxy's address by X-Forwarded-For: only the peer's counts."""
    by_header(client, rule, peer="192.0.2.7")
    assert not is_signed_in(client)
    HeaderRule.objects.update(networks=["192.0.2.0/24"])
    by_header(client, rule, peer="192.0.2.7")
    assert is_signed_in(client)
