"""The store in a bucket, against an S3 server on the loopback."""

import boto3
import pytest
from moto.server import ThreadedMotoServer

from baozhen.foundation.links import LinkAddressUnprotected, LinkUnprotected
from baozhen.foundation.storage import ObjectDamaged, ObjectMissing, StorageOutage, get_storage
from baozhen.foundation.storage.port import address_of
from baozhen.foundation.storage.s3 import Bucket, S3Storage
from tests.foundation.test_storage_local import RING

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")


@pytest.fixture(scope="module")
def endpoint():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield "http://127.0.0.1:{1}".format(*server.get_host_and_port())
    server.stop()


@pytest.fixture
def client(endpoint, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    return boto3.client("s3", endpoint_url=endpoint)


@pytest.fixture
def storage(client, endpoint, request):
    name = f"archive-{abs(hash(request.node.nodeid)) % 10**8}"
    client.create_bucket(Bucket=name)
    return S3Storage(Bucket(name=name, endpoint_url=endpoint), ring=RING)


@pytest.mark.requirement("S0-7.1.4")
def test_what_is_put_is_got(storage):
    addresses = storage.put_many([b"one", b"two", b"one"])
    assert addresses == [address_of(b"one"), address_of(b"two"), address_of(b"one")]
    assert storage.get(addresses[1]) == b"two"
    assert sorted(storage.addresses()) == sorted(set(addresses))
    assert storage.exists(addresses[0])


def test_the_bucket_holds_no_plain_text(storage, client):
    sha256 = storage.put(b"a very secret policy")
    answer = client.get_object(Bucket=storage._bucket.name, Key=storage._key(sha256))
    assert b"secret" not in answer["Body"].read()


def test_an_object_is_not_written_twice(storage, client):
    sha256 = storage.put(b"one")
    place = {"Bucket": storage._bucket.name, "Key": storage._key(sha256)}
    before = client.get_object(**place)["Body"].read()
    storage.put(b"one")
    assert client.get_object(**place)["Body"].read() == before


def test_a_damaged_object_is_noticed(storage, client):
    sha256 = storage.put(b"one")
    client.put_object(Bucket=storage._bucket.name, Key=storage._key(sha256), Body=b"x")
    with pytest.raises(ObjectDamaged):
        storage.get(sha256)
    with pytest.raises(ObjectDamaged):
        storage.put(b"one")


def test_what_is_not_there_is_missing(storage):
    assert not storage.exists("ab" * 32)
    with pytest.raises(ObjectMissing):
        storage.get("ab" * 32)
    with pytest.raises(ObjectMissing):
        storage.get("../x")


def test_removal(storage):
    sha256 = storage.put(b"one")
    storage.remove(sha256)
    assert not storage.exists(sha256)


def test_a_locked_object_says_until_when(client, endpoint):
    client.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
    storage = S3Storage(Bucket(name="locked", endpoint_url=endpoint, lock_days=3650), ring=RING)
    sha256 = storage.put(b"one")
    head = client.head_object(Bucket="locked", Key=storage._key(sha256))
    assert head["ObjectLockMode"] == "COMPLIANCE"
    assert head["ObjectLockRetainUntilDate"].year >= 2035


def test_a_bucket_that_is_not_there_is_an_outage(client, endpoint):
    storage = S3Storage(Bucket(name="no-such-bucket", endpoint_url=endpoint), ring=RING)
    with pytest.raises(StorageOutage):
        storage.put(b"one")


def test_a_server_that_is_not_there_is_an_outage(client):
    storage = S3Storage(Bucket(name="archive", endpoint_url="http://127.0.0.1:9"), ring=RING)
    for act in (
        lambda: storage.put(b"one"),
        lambda: storage.get("ab" * 32),
        lambda: storage.exists("ab" * 32),
        lambda: list(storage.addresses()),
        lambda: storage.remove("ab" * 32),
    ):
        with pytest.raises(StorageOutage):
            act()


@pytest.mark.django_db(transaction=True)
def test_a_bucket_is_not_asked_inside_a_transaction(storage):
    from django.db import transaction

    with transaction.atomic(), pytest.raises(RuntimeError, match="transaction"):
        storage.put(b"one")


def test_the_settings_name_the_bucket(client, endpoint, settings):
    client.create_bucket(Bucket="configured")
    settings.BAOZHEN_STORAGE = "s3"
    settings.BAOZHEN_S3_BUCKET = "configured"
    settings.BAOZHEN_S3_ENDPOINT = endpoint
    assert get_storage().get(get_storage().put(b"one")) == b"one"


def test_a_bucket_in_the_open_needs_a_protected_link(settings, tmp_path):
    settings.BAOZHEN_STORAGE = "s3"
    settings.BAOZHEN_S3_BUCKET = "open"
    settings.BAOZHEN_S3_ENDPOINT = "http://s3.example.com"
    for protection, refusal in (("clear", LinkUnprotected), ("tls", LinkAddressUnprotected)):
        links = tmp_path / f"{protection}.json"
        links.write_text(
            f'[{{"name": "object-store", "reach": "public", "protection": "{protection}"}}]'
        )
        settings.BAOZHEN_LINKS = str(links)
        with pytest.raises(refusal):
            get_storage()
