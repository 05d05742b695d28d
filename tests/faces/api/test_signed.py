"""Signed requests: RFC 9421 with HMAC, Ed25519 and SM2, from the SDK's signer to the platform."""

import base64
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from baozhen.client import signatures
from baozhen.client.signatures import (
    ED25519,
    HMAC_SHA256,
    SM2_SM3,
    RequestSigner,
    SignatureMalformed,
)
from baozhen.foundation.clock import now
from baozhen.foundation.requests.models import SpentNonce
from baozhen.signing.integrations.errors import RequestKeyInvalid
from baozhen.signing.integrations.keys import KeyRequest, register_key, switch_off_key
from baozhen.signing.integrations.models import RequestKey
from baozhen.signing.organizations.models import ApiClient
from baozhen.trust.crypto.keys import Algorithm, generate

ORIGIN = "http://testserver/api/v1"
BODY = b'{"reason": "x"}'


def digest(body):
    return signatures.hashlib.sha256(body).digest()


@pytest.fixture(params=[HMAC_SHA256, ED25519, SM2_SM3])
def signer(program, request):
    """A signer of each algorithm, its key registered and required."""
    client = ApiClient.objects.get()

    def register(public_key=""):
        asked = KeyRequest(algorithm=request.param, public_key=public_key, is_required=True)
        return register_key(client, asked, actor="test", at=now())

    if request.param == HMAC_SHA256:
        key, secret = register()
        return RequestSigner.hmac(key.key_id, base64.b64decode(secret))
    if request.param == ED25519:
        private = Ed25519PrivateKey.generate()
        public = base64.b64encode(private.public_key().public_bytes_raw()).decode()
        key, _secret = register(public)
        return RequestSigner.ed25519(key.key_id, private.private_bytes_raw())
    private = generate(Algorithm.SM2_SM3)
    key, _secret = register(base64.b64encode(private.public_key).decode())
    return RequestSigner.sm2(key.key_id, private.to_pkcs8(b"word", iterations=1000), b"word")


def code(response):
    return response.json()["code"]


@pytest.mark.requirement("S2-L160.m5")
def test_a_signed_request_is_answered_and_an_unsigned_one_is_not(program, signer):
    headers = signer.headers("GET", f"{ORIGIN}/events?limit=5", None)
    assert program.get("/events?limit=5", **headers).status_code == 200
    answer = program.get("/events?limit=5")
    assert (answer.status_code, code(answer)) == (401, "signature_missing")


def test_a_request_is_taken_once(program, signer):
    headers = signer.headers("GET", f"{ORIGIN}/events", None)
    assert program.get("/events", **headers).status_code == 200
    assert code(program.get("/events", **headers)) == "signature_replayed"
    SpentNonce.objects.all().delete()  # the danger: without the memory it would be taken again
    assert program.get("/events", **headers).status_code == 200


def test_a_changed_address_verb_or_query_is_refused(program, signer):
    headers = signer.headers("GET", f"{ORIGIN}/events?limit=5", None)
    assert code(program.get("/events?limit=6", **headers)) == "signature_invalid"
    assert code(program.get("/webhooks?limit=5", **headers)) == "signature_invalid"


def test_a_changed_body_is_refused(program, signer):
    address = "/webhooks/whk_x/actions/disable"
    headers = signer.headers("POST", ORIGIN + address, digest(BODY))
    changed = program.post(address, BODY.replace(b"x", b"y"), **headers)
    assert code(changed) == "signature_invalid"
    headers = signer.headers("POST", ORIGIN + address, digest(BODY))
    assert program.post(address, BODY, **headers).status_code == 404


def test_an_uncovered_body_is_refused(program, signer):
    address = "/webhooks/whk_x/actions/disable"
    headers = signer.headers("POST", ORIGIN + address, None)
    assert code(program.post(address, BODY, **headers)) == "signature_invalid"


def test_an_old_signature_is_refused(program, signer, monkeypatch):
    past = (now() - timedelta(minutes=6)).timestamp()
    monkeypatch.setattr(signatures.time, "time", lambda: past)
    headers = signer.headers("GET", f"{ORIGIN}/events", None)
    monkeypatch.undo()
    assert code(program.get("/events", **headers)) == "signature_invalid"


def test_a_key_that_is_off_signs_no_more(program, signer):
    key_id = RequestKey.objects.get().key_id
    switch_off_key(key_id, actor="test", at=now())
    headers = signer.headers("GET", f"{ORIGIN}/events", None)
    assert code(program.get("/events", **headers)) == "signature_invalid"
    assert program.get("/events").status_code == 200


def test_another_clients_key_is_refused(program_with, signer):
    other = program_with("events:read", name="other")
    headers = signer.headers("GET", f"{ORIGIN}/events", None)
    assert code(other.get("/events", **headers)) == "signature_invalid"


@pytest.mark.parametrize(
    ("algorithm", "public_key"),
    [(ED25519, "x"), (ED25519, "AAAA"), (SM2_SM3, "AAAA"), ("rsa", "AAAA"), (SM2_SM3, "")],
)
def test_a_key_that_is_none(program, algorithm, public_key):
    asked = KeyRequest(algorithm=algorithm, public_key=public_key)
    with pytest.raises(RequestKeyInvalid):
        register_key(ApiClient.objects.get(), asked, actor="test", at=now())


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Signature-Input": "x", "Signature": "y"},
        {"Signature-Input": 'a=("@method");created=1;keyid="k";nonce="n"', "Signature": "a=:AA==:"},
        {
            "Signature-Input": 'a=("@method" "@method");created=1;keyid="k";nonce="n";alg="x"',
            "Signature": "a=:AA==:",
        },
        {
            "Signature-Input": 'a=("@method");created=1;created=2;keyid="k";nonce="n";alg="x"',
            "Signature": "a=:AA==:",
        },
        {
            "Signature-Input": 'a=("@method");created=1;keyid="k";nonce="n";alg="x"',
            "Signature": "b=:AA==:",
        },
    ],
)
def test_malformed_headers(headers):
    with pytest.raises(SignatureMalformed):
        signatures.read_signature(headers)


def test_the_signature_base_is_the_one_of_the_standard():
    """RFC 9421 §2.5, with the components of our profile."""
    message = signatures.Message(
        method="post", authority="Example.com", path="/foo", query="a=b", digest="sha-256=:x:"
    )
    covered = ("@method", "@authority", "@path", "@query", "content-digest")
    base = signatures.signature_base(message, covered, "(...);created=1")
    assert base.decode().split("\n") == [
        '"@method": POST',
        '"@authority": example.com',
        '"@path": /foo',
        '"@query": ?a=b',
        '"content-digest": sha-256=:x:',
        '"@signature-params": (...);created=1',
    ]


def test_hmac_by_the_vector_of_the_standard():
    """RFC 9421 appendix B.2.5: HMAC-SHA256 with the shared secret of appendix B.1.5."""
    secret = base64.b64decode(
        "uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ=="
    )
    base = (
        b'"date": Tue, 20 Apr 2021 02:07:55 GMT\n'
        b'"@authority": example.com\n'
        b'"content-type": application/json\n'
        b'"@signature-params": ("date" "@authority" "content-type");created=1618884473'
        b';keyid="test-shared-secret"'
    )
    expected = base64.b64decode("pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=")
    assert signatures.hmac_sha256(secret, base) == expected
