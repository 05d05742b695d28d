"""The file centre and pre-stamps by the SDK, both halves, against a live platform."""

import base64
import io

import pytest

from baozhen.client import AsyncClient, NotFound, Refused
from baozhen.foundation.clock import now
from baozhen.signing.files.services import CopyOrder, make_black_copy
from baozhen.signing.integrations.services import SystemRequest, connect_system
from baozhen.signing.organizations.models import ApiClient
from baozhen.signing.organizations.queries import root_unit
from tests.loops import run_apart
from tests.signing.envelopes.conftest import desk  # noqa: F401 -- a fixture
from tests.signing.envelopes.test_pre_stamps import given, member, wish  # noqa: F401 -- fixtures
from tests.signing.files.making import text_pdf
from tests.signing.files.test_file_centre import enter

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def entry(platform):
    return enter(text_pdf("保险金额为 100 元"), root_unit(), client="api:core")


@pytest.mark.requirement("S2-L160.n4", "S2-L160.m5")
def test_documents_are_compared_by_id_by_bytes_and_from_a_file(
    live_server, client_of, api_key, entry
):
    key = api_key()
    client, other = client_of(key), text_pdf("保险金额为 900 元")
    found = client.files.compare(entry.public_id, io.BytesIO(other), sheets=True)
    assert [(one["before"], one["after"]) for one in found["texts"]] == [("100", "900")]
    assert base64.b64decode(found["sheets"][0]["png"]).startswith(b"\x89PNG")
    assert client.files.compare(other, other)["is_alike"] is True
    with pytest.raises(Refused) as refused:
        client.files.compare(entry.public_id, b"rubbish")
    assert [fault.path for fault in refused.value.faults] == ["after"]

    async def compare():
        async with AsyncClient(live_server.url, key=key) as client:
            return await client.files.compare(entry.public_id, other)

    again = run_apart(compare())
    assert again["texts"] == found["texts"]
    assert again["sheets"] == []


@pytest.mark.requirement("S2-L622", "S2-L160.m5")
def test_a_mark_is_read(live_server, client_of, api_key, entry):
    order = CopyOrder(recipient="客服李工", reason="核对")
    made = make_black_copy(entry, order, actor="staff:amy", at=now())
    key = api_key()
    client = client_of(key)
    found = client.files.read_mark(io.BytesIO(made.data))
    assert (found["number"], found["copy_record"]["file"]) == (made.copy.number, entry.public_id)
    with pytest.raises(Refused):
        client.files.read_mark(b"x", name="x.png")

    async def read():
        async with AsyncClient(live_server.url, key=key) as client:
            return await client.files.read_mark(made.data)

    assert run_apart(read()) == found


@pytest.mark.requirement("S2-L160.m5")
def test_a_pre_stamp_is_read_and_taken_back(
    live_server,
    client_of,
    api_key,
    desk,  # noqa: F811 -- the fixture
    member,  # noqa: F811 -- the fixture
    wish,  # noqa: F811 -- the fixture
):
    stamp, key = given(desk, member, wish), api_key()
    theirs = client_of(key)
    with pytest.raises(NotFound):
        theirs.pre_stamps.get(stamp.public_id)
    request = SystemRequest(
        code="re", name="再保系统", kind="core", client=ApiClient.objects.get(), unit=stamp.unit
    )
    connect_system(request, actor="test", at=now())
    [shown] = theirs.pre_stamps.iterate(state="active")
    assert (shown["used"], list(theirs.pre_stamps.uses(stamp.public_id))) == (0, [])

    async def revoke():
        async with AsyncClient(live_server.url, key=key) as client:
            done = await client.pre_stamps.revoke(stamp.public_id, "条款变了", idempotency_key="k")
            return done, [one async for one in client.pre_stamps.uses(stamp.public_id)]

    done, uses = run_apart(revoke())
    assert (done["state"], done["reason"], uses) == ("revoked", "条款变了", [])
    assert theirs.pre_stamps.get(stamp.public_id) == done
    assert theirs.pre_stamps.revoke(stamp.public_id, "条款变了", idempotency_key="k") == done
