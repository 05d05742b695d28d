"""Who may call what: generated from the API's own operations."""

import base64
import re
from datetime import timedelta

import pytest
from django.core import signing
from django.core.cache import cache

from baozhen.faces.api import auth
from baozhen.faces.api.application import api
from baozhen.faces.api.auth import Bearer
from baozhen.faces.limits import Limit
from baozhen.foundation.clock import now
from baozhen.signing.organizations.models import ApiClient
from baozhen.signing.organizations.services import Scope
from tests.faces.api.conftest import Program

# The notice of an identity system or a payment channel carries its own signature
# (test_identities, test_payment_notices); the secret of a download link stands in its address;
# the mini-program's person has a session of their own (test_mini).
OPEN = {
    "/health",
    "/oauth/token",
    "/identity-callbacks/own-system",
    "/payment-notices/X1",
    "/file-links/X1",
}
MINI = "/mini/"


def operations():
    """Every operation with an address that fits it, and its guard."""
    for _prefix, router in api._routers:
        for path, view in router.path_operations.items():
            address = re.sub(r"\{int:\w+\}", "1", path)
            address = re.sub(r"\{\w+\}", "X1", address)
            for operation in view.operations:
                guards = [guard for guard in operation.auth_callbacks if isinstance(guard, Bearer)]
                yield operation.methods[0], address, guards


OPERATIONS = [
    entry for entry in operations() if entry[1] not in OPEN and not entry[1].startswith(MINI)
]


def call(program, method, address):
    if method == "GET":
        return program.get(address)
    return program.patch(address, {}) if method == "PATCH" else program.post(address)


def test_every_operation_is_guarded_or_named_as_open():
    assert len(OPERATIONS) >= 9
    assert all(guards for _method, _address, guards in OPERATIONS)
    assert {address for _method, address, _guards in operations()} >= OPEN


def test_without_a_key_there_is_no_answer(stranger):
    for method, address, _guards in OPERATIONS:
        cache.clear()  # unused limits
        response = call(stranger, method, address)
        assert response.status_code == 401, (method, address)
        assert response["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("scope", list(Scope))
def test_with_every_other_scope_there_is_no_answer(program_with, scope):
    program = program_with(*(other for other in Scope if other != scope))
    for method, address, (guard,) in OPERATIONS:
        if guard.scope == scope:
            cache.clear()
            response = call(program, method, address)
            assert response.status_code == 403, (method, address)
            assert response.json()["code"] == "api_scope_missing"


@pytest.mark.parametrize("key", ["", "x", "bz_unknown-unknown-unknown", "bzt_forged", "ключ"])
def test_a_wrong_key(platform, key):
    assert Program(key or "x").get("/policies/X1").status_code == 401


def test_a_key_that_was_switched_off_or_has_ended(program):
    assert program.get("/policies/X1").status_code == 404
    ApiClient.objects.update(expires_at=now() - timedelta(seconds=1))
    assert program.get("/policies/X1").status_code == 401
    ApiClient.objects.update(expires_at=now() + timedelta(days=1), active=False)
    assert program.get("/policies/X1").status_code == 401


def test_a_key_works_only_from_its_networks(program_with):
    program = program_with(networks=["10.0.0.0/8"])
    assert program.get("/policies/X1").status_code == 403


def test_the_rate_limit_and_its_headers(program, monkeypatch):
    response = program.get("/policies/X1")
    assert response["RateLimit"].startswith('"query";r=')
    monkeypatch.setattr("baozhen.faces.api.auth.spend", _spend_nothing)
    response = program.get("/policies/X1")
    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0
    assert response.json()["retryable"] is True


def _spend_nothing(limit, asker):
    from baozhen.faces.limits import spend

    return spend(Limit(name=limit.name, most=0), asker)


def token_for(stranger, key, name="core", **fields):
    form = {"grant_type": "client_credentials", "client_id": name, "client_secret": key}
    body = "&".join(f"{name}={value}" for name, value in (form | fields).items())
    return stranger.post(
        "/oauth/token", body.encode(), content_type="application/x-www-form-urlencoded"
    )


def test_a_key_can_be_changed_for_a_token(stranger, api_key):
    response = token_for(stranger, api_key())
    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"
    body = response.json()
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 900)
    assert Program(body["access_token"]).get("/policies/X1").status_code == 404


def test_a_token_by_basic_authorization(stranger, api_key):
    basic = base64.b64encode(f"core:{api_key()}".encode()).decode()
    response = stranger.post(
        "/oauth/token",
        b"grant_type=client_credentials",
        content_type="application/x-www-form-urlencoded",
        Authorization=f"Basic {basic}",
    )
    assert response.status_code == 200


def test_a_token_ends(stranger, api_key, monkeypatch):
    token = token_for(stranger, api_key()).json()["access_token"]
    monkeypatch.setattr(auth, "TOKEN_SECONDS", -1)
    assert Program(token).get("/policies/X1").status_code == 401


def test_a_token_dies_with_its_client(stranger, api_key):
    token = token_for(stranger, api_key()).json()["access_token"]
    ApiClient.objects.update(active=False)
    assert Program(token).get("/policies/X1").status_code == 401


def test_a_value_signed_for_another_purpose_is_no_token(platform, api_key):
    api_key()
    forged = signing.dumps({"client": ApiClient.objects.get().pk}, salt="another")
    assert Program(f"bzt_{forged}").get("/policies/X1").status_code == 401


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"grant_type": "password"}, 400),
        ({"client_secret": "wrong"}, 401),
        ({"client_id": "another"}, 401),
        ({"client_secret": ""}, 401),
    ],
)
def test_a_token_is_not_given(stranger, api_key, fields, status):
    assert token_for(stranger, api_key(), **fields).status_code == status
