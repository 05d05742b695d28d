"""The SDK against a live platform, and the examples as they are printed."""

import base64
import io
import json
import os
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import connections

from baozhen.client import (
    AsyncClient,
    AuthenticationFailed,
    Conflict,
    NotFound,
    NotPermitted,
    Options,
    RequestSigner,
    verify_policy,
    verify_webhook,
)
from baozhen.foundation.clock import now
from baozhen.foundation.jobs.worker import run_worker
from baozhen.foundation.trust_folder import read_trust_folder
from baozhen.signing.integrations.keys import KeyRequest, register_key
from baozhen.signing.organizations.models import ApiClient
from baozhen.signing.organizations.queries import root_unit
from tests import pdfs
from tests.foundation.events.receiver import Receiver
from tests.loops import run_apart
from tests.signing.envelopes.sealing import make_seal

pytestmark = pytest.mark.django_db(transaction=True)
EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def receiver(settings):
    settings.BAOZHEN_EGRESS_ALLOW = "127.0.0.0/8"
    found = Receiver()
    yield found
    found.close()


@pytest.fixture
def working():
    """A worker beside the platform, as there always is."""
    stop = threading.Event()

    def work():
        while not stop.wait(0.1):
            run_worker(until_idle=True)
        connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    yield
    stop.set()
    thread.join()


@pytest.mark.requirement("S2-L160.m5", "S2-L714a")
def test_from_the_proposal_to_the_verified_policy(client_of, raw):
    client = client_of()
    result = client.policies.issue(raw, idempotency_key="k1")
    run_worker(until_idle=True)
    assert client.policies.issue(raw, idempotency_key="k1")["repeat"] is True
    number = result["policies"][0]["policy_no"]
    assert client.policies.get(number)["policy_no"] == number
    file = io.BytesIO()
    done = client.policies.download(number, file)
    assert done.type == "application/pdf"
    trust = read_trust_folder(django_settings.BAOZHEN_DATA / "trust")
    report = verify_policy(
        file.getvalue(), trust.anchors.roots, organization=trust.anchors.expected_organization
    )
    assert report.sha256 == done.sha256
    assert [check.step for check in report.checks]
    assert client.verifications.verify(file.getvalue())["sha256"] == done.sha256
    with pytest.raises(NotFound):
        client.policies.get("P0")


def test_a_batch(client_of, raw):
    client = client_of()
    batch = client.batches.submit([raw])
    run_worker(until_idle=True)
    assert client.batches.get(batch["id"])["issued"] == 1
    (item,) = client.batches.items(batch["id"])
    assert item["status"] == "issued"


def test_events_and_webhooks(client_of, receiver):
    client = client_of()
    webhook = client.webhooks.create(receiver.url, types=["envelope.completed"])
    client.webhooks.test(webhook["id"])
    run_worker(until_idle=True)
    ((_path, headers, body),) = receiver.requests
    assert verify_webhook(headers, body, webhook["secret"])["type"] == "webhook.test"
    assert verify_webhook(headers, body, webhook["public_key"])["type"] == "webhook.test"
    (delivery,) = client.webhooks.deliveries(webhook["id"])
    assert client.webhooks.get_delivery(webhook["id"], delivery["id"])["calls"]
    page = client.events.list(since=now() - timedelta(days=1))
    assert page.items == []
    assert list(client.events.iterate(cursor=page.cursor or "")) == []
    client.webhooks.disable(webhook["id"], "x")
    with pytest.raises(Conflict):
        client.webhooks.test(webhook["id"])


def test_the_signing_centre(client_of, policy):
    client = client_of()
    seal = make_seal(root_unit().name, unit=root_unit())
    assert seal.public_id in [row["id"] for row in client.seals.iterate()]
    picture, structure = io.BytesIO(), io.BytesIO()
    client.seals.picture(seal.public_id, picture)
    assert picture.getvalue().startswith(b"\x89PNG")
    client.seals.structure(seal.public_id, structure)
    assert structure.getvalue().startswith(b"\x30")
    person = {
        "kind": "person", "name": "测试伟", "id_type": "id_card",
        "id_no": "990000199001010010", "mobile": "16112340001",
    }  # fmt: skip
    subject = client.identities.register(person)
    assert client.identities.get(subject["id"])["id"] == subject["id"]
    check = client.identities.start_check(
        {"subject_id": subject["id"], "kind": "three_elements", "purpose": "test", "inputs": {}}
    )
    assert client.identities.get_check(check["id"])["state"] == "passed"
    assert client.organizations.list().items
    certificates = client.certificates.list().items
    assert client.certificates.probe(certificates[0]["id"])
    assert len(client.clauses.list()) > 0
    clause = io.BytesIO()
    first = client.clauses.list()[0]
    client.clauses.download(first["product"], first["version"], clause)
    assert clause.getvalue().startswith(b"%PDF")
    sealed = client.envelopes.seal_file(
        pdfs.plain(), {"document_type": "contract", "title": "测试", "seal": seal.public_id}
    )
    run_worker(until_idle=True)
    assert client.envelopes.get(sealed["id"])["state"] == "completed"
    assert [use["state"] for use in client.seals.uses(seal=seal.public_id)] == ["done"]
    file = client.files.list().items[0]
    content = io.BytesIO()
    client.files.download(file["id"], content)
    assert content.getvalue().startswith(b"%PDF")
    assert client.statistics.get("seals")
    client.seals.freeze(seal.public_id, "测试")
    assert client.seals.get(seal.public_id)["state"] == "suspended"
    assert client.seals.blast_radius(seal.public_id)["total"] == 1


def test_refusals_have_types(client_of, api_key):
    with pytest.raises(AuthenticationFailed):
        client_of("bz_wrong").policies.get("P1")
    with pytest.raises(NotPermitted):
        client_of(api_key("events:read", name="reader")).policies.get("P1")


def test_by_token_and_signed(live_server, client_of, api_key):
    key = api_key()
    client = ApiClient.objects.get()
    asked = KeyRequest(algorithm="hmac-sha256", is_required=True)
    registered, secret = register_key(client, asked, actor="test", at=now())
    signer = RequestSigner.hmac(registered.key_id, base64.b64decode(secret))
    signing = client_of(key, name="core", options=Options(signer=signer))
    assert signing.events.list().items == []
    with pytest.raises(AuthenticationFailed):
        client_of(key, name="core").events.list()
    # A file is signed as well as words are.
    assert signing.verifications.verify(b"%PDF-1.4 x")["verdict"]


def test_asynchronously(live_server, api_key, raw, working):
    key = api_key()

    async def use():
        async with AsyncClient(live_server.url, key=key) as client:
            result = await client.policies.issue(raw)
            number = result["policies"][0]["policy_no"]
            file = io.BytesIO()
            done = await client.policies.download(number, file)
            return done.size, [event["type"] async for event in client.events.iterate()]

    size, events = run_apart(use())
    assert size > 10_000
    assert {"proposal.submitted", "policy.issued"} <= set(events)


@pytest.mark.parametrize("example", sorted(path.name for path in EXAMPLES.glob("*.py")))
def test_the_examples_run(example, live_server, api_key, raw, working, tmp_path):
    proposal = tmp_path / "proposal.json"
    proposal.write_text(json.dumps(raw, ensure_ascii=False), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, EXAMPLES / example],
        check=False,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(EXAMPLES.parent / "src"),
            "PYTHONUTF8": "1",
            "BAOZHEN_URL": live_server.url,
            "BAOZHEN_KEY": api_key(),
            "BAOZHEN_PROPOSAL": str(proposal),
            "BAOZHEN_ROOTS": str(django_settings.BAOZHEN_DATA / "trust"),
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout
