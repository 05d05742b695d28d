"""Passwords that age, second factors with real signatures, sessions that end."""

import hashlib
import json
import secrets
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings as django_settings
from django.test import Client
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import (
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)

from baozhen.foundation.clock import now
from baozhen.signing.organizations.errors import PasswordRefused
from baozhen.signing.organizations.models import (
    Passkey,
    PasswordRecord,
    RecoveryCode,
    SignInPolicy,
    StaffSession,
    TOTPSecret,
)
from baozhen.signing.organizations.services import factors
from baozhen.signing.organizations.services.passwords import change_password
from baozhen.signing.organizations.sign_in import totp

pytestmark = pytest.mark.django_db
PASSWORD = "a-long-password-1"
NEW = "another-long-pass-22"


def sign_in(client, name="kefu", password=PASSWORD, target="/console/security"):
    form = {"username": name, "password": password, "next": target}
    return client.post("/console/sign-in", form)


def is_signed_in(client):
    return client.get("/console/security").status_code == 200


@pytest.fixture
def kefu(staff):
    return staff("客服", name="kefu")


@pytest.fixture
def with_totp(kefu):
    """The person with a telephone; the secret comes along."""
    factors.begin_totp(kefu, at=now())
    row = TOTPSecret.objects.get(user=kefu)
    TOTPSecret.objects.update(confirmed_at=now())
    return bytes.fromhex(row.secret)


def code_now(secret, shift=0):
    return totp.code_of(secret, totp.step_of(now()) + shift)


# ---- passwords ----


def change(client, new=NEW, again=None, current=PASSWORD):
    form = {"current": current, "new": new, "again": again or new}
    return client.post("/console/security/password", form)


def test_a_password_is_changed_and_other_sessions_end(client, kefu):
    other = Client()
    for browser in (client, other):
        sign_in(browser)
    assert change(client).status_code == 302
    assert is_signed_in(client)
    assert not is_signed_in(other)
    assert sign_in(Client(), password=NEW)["Location"] == "/console/security"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"new": "short-1"}, "12"),
        ({"new": "1q2w3e4r5t6y"}, "常见"),
        ({"new": PASSWORD}, "最近"),
        ({"again": "something-else-22"}, "不一样"),
        ({"current": "wrong"}, "当前密码不对"),
    ],
)
def test_a_password_against_the_rules_is_refused_in_words(client, kefu, options, words):
    sign_in(client)
    response = change(client, **options)
    assert response.status_code == 422
    assert words in response.content.decode()
    assert PasswordRecord.objects.filter(user=kefu).count() == 1


def test_a_password_like_ones_name_is_refused(client, staff):
    staff("客服", name="kefu-zhongxin")
    sign_in(client, name="kefu-zhongxin")
    response = change(client, new="kefu-zhongxin1")
    assert response.status_code == 422
    assert "用户名" in response.content.decode()


def test_the_last_five_passwords_do_not_come_back(kefu):
    current = PASSWORD
    for number in range(5):
        change_password(kefu, current=current, new=f"{NEW}-{number}", at=now())
        current = f"{NEW}-{number}"
    with pytest.raises(PasswordRefused, match="最近 5 次"):
        change_password(kefu, current=current, new=f"{NEW}-0", at=now())
    change_password(kefu, current=current, new=PASSWORD, at=now())  # the sixth


def test_an_old_password_must_be_changed_first(client, kefu):
    PasswordRecord.objects.update(set_at=now() - timedelta(days=91))
    sign_in(client, target="/console/policies")
    assert client.get("/console/policies")["Location"] == "/console/security"
    assert client.get("/console/")["Location"] == "/console/security"
    change(client)
    assert client.get("/console/policies").status_code == 200


def test_how_old_is_data(client, kefu):
    PasswordRecord.objects.update(set_at=now() - timedelta(days=91))
    SignInPolicy.objects.create(pk=1, password_days=120)
    sign_in(client)
    assert client.get("/console/policies").status_code == 200


# ---- second factors ----


def test_codes_are_as_the_standard_says():
    """RFC 6238, appendix B (SHA-1), the last six digits."""
    secret = b"12345678901234567890"
    for second, code in ((59, "287082"), (1111111109, "081804"), (20000000000, "353130")):
        assert totp.code_of(secret, second // 30) == code


def test_a_telephone_is_enrolled_and_then_asked_for(client, kefu):
    sign_in(client)
    page = client.post("/console/security/totp").content.decode()
    assert "data:image/png;base64," in page
    secret = bytes.fromhex(TOTPSecret.objects.get(user=kefu).secret)
    assert client.post("/console/security/totp/confirm", {"code": "000000"}).status_code == 422
    done = client.post("/console/security/totp/confirm", {"code": code_now(secret)})
    assert "恢复码" in done.content.decode()
    assert RecoveryCode.objects.filter(user=kefu).count() == 10
    other = Client()
    assert sign_in(other)["Location"] == "/console/sign-in/verify"
    assert not is_signed_in(other)
    form = {"kind": "totp", "code": code_now(secret, 1)}
    assert other.post("/console/sign-in/verify", form)["Location"] == "/console/security"
    assert StaffSession.objects.filter(user=kefu, method="password+totp").exists()


def test_a_code_works_once(client, with_totp):
    code = code_now(with_totp)
    for browser, status in ((client, 302), (Client(), 422)):
        sign_in(browser)
        form = {"kind": "totp", "code": code}
        assert browser.post("/console/sign-in/verify", form).status_code == status


def test_the_password_alone_opens_nothing(client, with_totp):
    sign_in(client)
    assert client.get("/console/policies").status_code == 302
    for form in ({}, {"kind": "totp"}, {"kind": "other", "code": "1"}, {"kind": "passkey"}):
        assert client.post("/console/sign-in/verify", form).status_code == 422
    assert not is_signed_in(client)


def test_guessing_codes_ends_after_five(client, with_totp):
    sign_in(client)
    for _ in range(5):
        client.post("/console/sign-in/verify", {"kind": "totp", "code": "000000"})
    form = {"kind": "totp", "code": code_now(with_totp)}
    assert client.post("/console/sign-in/verify", form).status_code == 429


def test_the_second_step_waits_five_minutes_and_no_longer(client, with_totp):
    sign_in(client)
    session = client.session
    session["sign_in.pending"] = {**session["sign_in.pending"], "at": now().timestamp() - 301}
    session.save()
    form = {"kind": "totp", "code": code_now(with_totp)}
    assert client.post("/console/sign-in/verify", form)["Location"] == "/console/sign-in"


def test_a_recovery_code_works_once(client, kefu, with_totp):
    code = factors.make_recovery_codes(kefu, at=now())[0]
    for browser, status in ((client, 302), (Client(), 422)):
        sign_in(browser)
        form = {"kind": "recovery", "code": code.upper()}
        assert browser.post("/console/sign-in/verify", form).status_code == status


class Authenticator:
    """A software authenticator: an EC key that signs what a browser would hand it."""

    def __init__(self, origin=None, rp=None):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = secrets.token_bytes(32)
        self.origin = origin or django_settings.BAOZHEN_PUBLIC_URL
        self.rp = hashlib.sha256((rp or "127.0.0.1").encode()).digest()
        self.counter = 0

    def data(self, flags, credential=b""):
        self.counter += 1
        return AuthenticatorData.create(self.rp, flags, self.counter, credential)

    def client_data(self, kind, options):
        return CollectedClientData.create(kind, options["publicKey"]["challenge"], self.origin)

    def register(self, options):
        attested = AttestedCredentialData.create(
            bytes(16), self.id, ES256.from_cryptography_key(self.key.public_key())
        )
        flags = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.AT
        attestation = AttestationObject.create("none", self.data(flags, attested), {})
        client = self.client_data("webauthn.create", options)
        response = {
            "clientDataJSON": websafe_encode(client),
            "attestationObject": websafe_encode(attestation),
        }
        return self.answer(response)

    def sign(self, options):
        data = self.data(AuthenticatorData.FLAG.UP)
        client = self.client_data("webauthn.get", options)
        signature = self.key.sign(data + client.hash, ec.ECDSA(hashes.SHA256()))
        response = {
            "clientDataJSON": websafe_encode(client),
            "authenticatorData": websafe_encode(data),
            "signature": websafe_encode(signature),
        }
        return self.answer(response)

    def answer(self, response):
        key = websafe_encode(self.id)
        return json.dumps({"id": key, "rawId": key, "type": "public-key", "response": response})


@pytest.fixture
def authenticator():
    return Authenticator()


def enrol(client, authenticator):
    options = client.post("/console/security/passkeys/begin").json()
    form = {"answer": authenticator.register(options), "name": "U 盾"}
    return client.post("/console/security/passkeys/add", form)


def options_of(client):
    import html
    import re

    page = client.get("/console/sign-in/verify").content.decode()
    return json.loads(html.unescape(re.search(r'data-options="([^"]+)"', page)[1]))


def verify(client, answer):
    form = {"kind": "passkey", "answer": answer}
    return client.post("/console/sign-in/verify", form)


def test_a_passkey_is_added_and_signs_in(client, kefu, authenticator):
    sign_in(client)
    assert enrol(client, authenticator).status_code == 200
    assert Passkey.objects.get(user=kefu).name == "U 盾"
    other = Client()
    sign_in(other)
    assert verify(other, authenticator.sign(options_of(other))).status_code == 302
    assert is_signed_in(other)


def test_a_signature_for_another_page_or_key_or_moment_is_refused(client, kefu, authenticator):
    sign_in(client)
    enrol(client, authenticator)
    other = Client()
    sign_in(other)
    stranger = Authenticator()
    stranger.id = authenticator.id
    phisher = Authenticator(origin="https://example.com")
    phisher.id, phisher.key = authenticator.id, authenticator.key
    for wrong in (stranger, phisher):
        wrong.counter = 100
        assert verify(other, wrong.sign(options_of(other))).status_code == 422
    old = authenticator.sign(options_of(other))
    options_of(other)  # a new challenge
    assert verify(other, old).status_code == 422
    assert not is_signed_in(other)


def test_a_copied_authenticator_is_noticed(client, kefu, authenticator):
    sign_in(client)
    enrol(client, authenticator)
    Passkey.objects.update(sign_count=50)
    other = Client()
    sign_in(other)
    assert verify(other, authenticator.sign(options_of(other))).status_code == 422


def test_a_registration_for_another_page_is_refused(client, kefu):
    sign_in(client)
    assert enrol(client, Authenticator(rp="example.com")).status_code == 422
    assert not Passkey.objects.exists()


def test_a_passkey_is_removed_with_the_password(client, kefu, authenticator):
    sign_in(client)
    enrol(client, authenticator)
    address = f"/console/security/passkeys/{Passkey.objects.get().pk}/remove"
    assert client.post(address, {"current": "wrong"}).status_code == 422
    client.post(address, {"current": PASSWORD})
    assert not Passkey.objects.exists()


@pytest.mark.requirement("S2-L160.m7")
def test_officers_must_have_a_second_factor(client, staff):
    SignInPolicy.objects.create(pk=1, officers_need_second_factor=True)
    staff("安全管理员", name="anquan")
    sign_in(client, name="anquan", target="/console/")
    assert client.get("/console/")["Location"] == "/console/security"
    client.post("/console/security/totp")
    secret = bytes.fromhex(TOTPSecret.objects.get().secret)
    client.post("/console/security/totp/confirm", {"code": code_now(secret)})
    assert client.get("/console/").status_code == 200


# ---- sessions ----


def test_only_so_many_sessions_at_once(kefu):
    SignInPolicy.objects.create(pk=1, sessions_max=2)
    browsers = [Client() for _ in range(3)]
    for browser in browsers:
        sign_in(browser)
    assert [is_signed_in(browser) for browser in browsers] == [False, True, True]


@pytest.mark.parametrize(("column", "minutes"), [("seen_at", 30), ("started_at", 8 * 60)])
def test_an_idle_or_an_old_session_ends(client, kefu, column, minutes):
    sign_in(client)
    StaffSession.objects.update(**{column: now() - timedelta(minutes=minutes - 1)})
    assert is_signed_in(client)
    StaffSession.objects.update(**{column: now() - timedelta(minutes=minutes)})
    assert not is_signed_in(client)


def test_a_page_that_polls_keeps_no_session_alive(client, kefu):
    sign_in(client)
    moment = now() - timedelta(minutes=29)
    StaffSession.objects.update(seen_at=moment)
    client.get("/console/security", headers={"HX-Request": "true"})
    assert StaffSession.objects.get().seen_at == moment
    client.get("/console/security")
    assert StaffSession.objects.get().seen_at > moment


def test_one_ends_ones_own_other_sessions_and_nobody_elses(client, kefu, staff):
    other = Client()
    for browser in (client, other):
        sign_in(browser)
    key = StaffSession.objects.order_by("-pk")[0].pk
    client.post(f"/console/security/sessions/{key}/end")
    assert not is_signed_in(other)
    staff("客服", name="other")
    sign_in(other, name="other")
    key = StaffSession.objects.order_by("-pk")[0].pk
    assert client.post(f"/console/security/sessions/{key}/end").status_code == 404
