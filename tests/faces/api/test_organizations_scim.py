"""The SCIM 2.0 server as a directory uses it, and our own puller against it over a real socket."""

import json

import pytest
from django.test import Client
from django.urls import reverse

from baozhen.faces.api import scim
from baozhen.foundation.clock import now
from baozhen.signing.organizations.directory.scim import ENTERPRISE, PATCH
from baozhen.signing.organizations.errors import DirectoryUnavailable
from baozhen.signing.organizations.models import Account, DirectorySource, OrgUnit, SyncRun
from baozhen.signing.organizations.queries import root_unit, unit_of_code
from baozhen.signing.organizations.services import (
    ClientRequest,
    Scope,
    create_api_client,
    ensure_roles,
)
from baozhen.signing.organizations.services.pulling import plan_pull, pull_and_apply, save_source

pytestmark = pytest.mark.requirement("S2-L552a")


class Directory:
    """A business system that speaks SCIM to us."""

    def __init__(self, key):
        self.client, self.headers = Client(), {"Authorization": f"Bearer {key}"}

    def __call__(self, method, address, body=None, **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.generic(
            method,
            f"/scim/v2{address}",
            json.dumps(body) if body is not None else "",
            content_type="application/scim+json",
            headers=self.headers | named,
        )


def make_key(*scopes, name="core"):
    return create_api_client(ClientRequest(name=name, scopes=scopes), actor="test", at=now())[1]


@pytest.fixture
def directory(db):
    ensure_roles()
    return Directory(make_key(Scope.ORGANIZATIONS_WRITE))


def user(name="zhang", **more):
    return {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE],
        "userName": name,
        "externalId": f"ext-{name}",
        "displayName": "测试张",
        "emails": [{"value": f"{name}@example.com", "type": "work"}],
        "phoneNumbers": [{"value": "16112340001"}],
        ENTERPRISE: {"employeeNumber": f"E-{name}", "department": "DEMO11"},
        **more,
    }


ADDRESSES = [
    reverse(f"scim:{pattern.name}", kwargs={"key": "x"} if "key" in str(pattern.pattern) else {})
    for pattern in scim.urlpatterns
]


@pytest.mark.django_db
@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_nobody_without_the_scope_gets_an_answer(address, method):
    path = address.removeprefix("/scim/v2")
    stranger = Directory("")
    assert stranger(method, path).status_code == 401
    others = [scope for scope in Scope if scope != Scope.ORGANIZATIONS_WRITE]
    answer = Directory(make_key(*others))(method, path)
    assert answer.status_code == 403
    assert answer["Content-Type"] == "application/scim+json"
    assert answer.json()["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]


@pytest.mark.django_db
def test_every_view_is_guarded():
    assert all(pattern.callback.scope == Scope.ORGANIZATIONS_WRITE for pattern in scim.urlpatterns)


@pytest.mark.django_db
def test_the_server_says_what_it_can(directory):
    config = directory("GET", "/ServiceProviderConfig").json()
    assert config["patch"]["supported"]
    assert config["etag"]["supported"]
    assert not config["bulk"]["supported"]
    types = {entry["id"] for entry in directory("GET", "/ResourceTypes").json()["Resources"]}
    assert types == {"User", "Group"}
    schemas = directory("GET", "/Schemas").json()
    assert schemas["totalResults"] == 4


@pytest.mark.django_db
def test_a_person_is_made_read_changed_and_deleted(directory):
    made = directory("POST", "/Users", user())
    assert made.status_code == 201, made.content
    assert made["Location"].endswith(made.json()["id"])
    key = made.json()["id"]
    account = Account.objects.get(public_id=key)
    assert (account.unit.code, account.staff_no, account.mobile) == (
        "DEMO11",
        "E-zhang",
        "16112340001",
    )
    patch = {
        "schemas": [PATCH],
        "Operations": [{"op": "replace", "path": "displayName", "value": "新名"}],
    }
    changed = directory("PATCH", f"/Users/{key}", patch, If_Match=made["ETag"])
    assert changed.json()["displayName"] == "新名"
    assert directory("PATCH", f"/Users/{key}", patch, If_Match=made["ETag"]).status_code == 412
    assert directory("GET", f"/Users/{key}", If_None_Match=changed["ETag"]).status_code == 304
    put = directory("PUT", f"/Users/{key}", user(emails=[]))
    assert "emails" not in put.json()
    assert directory("DELETE", f"/Users/{key}").status_code == 204
    assert directory("GET", f"/Users/{key}").status_code == 404
    account.refresh_from_db()
    assert account.state == "left"


@pytest.mark.django_db
def test_a_person_is_deactivated_and_comes_back(directory):
    key = directory("POST", "/Users", user()).json()["id"]
    for active, state in ((False, "left"), (True, "active"), ("False", "left")):
        patch = {"schemas": [PATCH], "Operations": [{"op": "Replace", "value": {"active": active}}]}
        assert directory("PATCH", f"/Users/{key}", patch).status_code == 200
        account = Account.objects.select_related("user").get(public_id=key)
        assert (account.state, account.user.is_active) == (state, state == "active")


@pytest.mark.django_db
def test_filters_and_pages(directory):
    for name in ("a1", "a2", "a3"):
        directory("POST", "/Users", user(name))
    for text in ('userName eq "A2"', 'externalId eq "ext-a2"', 'emails.value eq "a2@example.com"',
                 f'{ENTERPRISE}:employeeNumber eq "E-a2"'):  # fmt: skip
        found = directory("GET", f"/Users?filter={text}").json()
        assert [one["userName"] for one in found["Resources"]] == ["a2"], text
    page = directory("GET", "/Users?startIndex=2&count=1").json()
    assert (page["totalResults"], page["itemsPerPage"], page["startIndex"]) == (3, 1, 2)
    assert page["Resources"][0]["userName"] == "a2"
    assert directory("GET", "/Users?count=0").json()["Resources"] == []
    for wrong in ("filter=userName", "startIndex=x", 'filter=name co "a"'):
        assert directory("GET", f"/Users?{wrong}").status_code == 400


@pytest.mark.django_db
def test_a_name_or_a_number_is_given_once(directory):
    directory("POST", "/Users", user())
    before = Account.objects.count()
    for same in (user(), user("other", externalId="ext-zhang")):
        answer = directory("POST", "/Users", same)
        assert (answer.status_code, answer.json()["scimType"]) == (409, "uniqueness")
    assert Account.objects.count() == before


@pytest.mark.django_db
@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"userName": ""}'])
def test_nonsense_is_refused_as_scim_says(directory, body):
    answer = directory.client.generic(
        "POST", "/scim/v2/Users", body, content_type="application/scim+json",
        headers=directory.headers,
    )  # fmt: skip
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/scim+json"


@pytest.mark.django_db
def test_groups_are_units_and_members_move(directory):
    person = directory("POST", "/Users", user()).json()["id"]
    below = directory("POST", "/Groups", {"displayName": "理赔部"}).json()["id"]
    members = [{"value": person}, {"value": below}]
    above = directory("POST", "/Groups", {"displayName": "理赔中心", "members": members}).json()
    unit = OrgUnit.objects.get(public_id=above["id"])
    assert Account.objects.get(public_id=person).unit == unit
    assert OrgUnit.objects.get(public_id=below).parent == unit
    assert {member["type"] for member in above["members"]} == {"User", "Group"}
    patch = {"schemas": [PATCH], "Operations": [
        {"op": "remove", "path": f'members[value eq "{person}"]'}]}  # fmt: skip
    directory("PATCH", f"/Groups/{above['id']}", patch)
    assert Account.objects.get(public_id=person).unit == root_unit()
    patch["Operations"] = [{"op": "replace", "path": "displayName", "value": "新名称"}]
    assert directory("PATCH", f"/Groups/{above['id']}", patch).json()["displayName"] == "新名称"
    wrong = {"displayName": "x", "members": [{"value": "acc_unknown"}]}
    assert directory("POST", "/Groups", wrong).status_code == 400
    assert directory("DELETE", f"/Groups/{below}").status_code == 204
    assert directory("GET", f"/Groups/{below}").status_code == 404


@pytest.mark.django_db
def test_no_directory_moves_the_insurer(directory):
    group = {"displayName": "上级", "members": [{"value": root_unit().public_id}]}
    answer = directory("POST", "/Groups", group)
    assert answer.status_code == 400
    assert not OrgUnit.objects.filter(name="上级").exists()


# ---- our puller against our own server, over a socket ----


@pytest.fixture
def source(transactional_db, live_server):
    ensure_roles()
    row = DirectorySource(
        name="人力系统",
        base_url=f"{live_server.url}/scim/v2",
        token=make_key("organizations:write"),
    )
    return save_source(row, actor="staff:x", at=now())


@pytest.mark.requirement("S2-L552b")
@pytest.mark.django_db(transaction=True)
def test_a_directory_is_pulled_in_full_and_then_by_its_changes(source):
    """Our own server is the business system: what it says of itself comes back as a plan."""
    server = Directory(make_key(Scope.ORGANIZATIONS_WRITE, name="hr"))
    people = [server("POST", "/Users", user(name)).json()["id"] for name in ("b1", "b2")]
    run = plan_pull(source, is_full=False, actor="system", at=now())
    assert run.is_full
    assert run.counts["person_created"] == 2
    assert run.counts["unit_created"] == OrgUnit.objects.count()
    SyncRun.objects.update(state="applied")
    source.refresh_from_db()
    run = plan_pull(source, is_full=False, actor="system", at=now())
    assert not run.is_full
    assert "person_created" not in run.counts
    SyncRun.objects.update(state="applied")
    server("DELETE", f"/Users/{people[0]}")
    patch = {
        "schemas": [PATCH],
        "Operations": [{"op": "replace", "path": "displayName", "value": "改"}],
    }
    server("PATCH", f"/Users/{people[1]}", patch)
    source.refresh_from_db()
    run = plan_pull(source, is_full=False, actor="system", at=now())
    assert [one["external_id"] for one in run.snapshot["people"]] == [people[1]]


@pytest.mark.django_db(transaction=True)
def test_a_daily_run_applies_and_a_directory_that_is_down_changes_nothing(source):
    server = Directory(make_key(Scope.ORGANIZATIONS_WRITE, name="hr"))
    server("POST", "/Users", user("c1", externalId=""))
    # The same people are already here by their staff numbers: they are recognised, not doubled.
    before = Account.objects.count()
    OrgUnit.objects.filter(pk=unit_of_code("DEMO11").pk).update(external_id=None)
    run = pull_and_apply(source, actor="system", at=now())
    assert run.state == "applied"
    assert Account.objects.count() == before
    assert Account.objects.get(staff_no="E-c1").external_id
    source.base_url = "http://127.0.0.1:9/scim/v2"
    source.save()
    with pytest.raises(DirectoryUnavailable):
        pull_and_apply(source, actor="system", at=now())
    source.refresh_from_db()
    assert source.last_error
    assert Account.objects.filter(state="active").count() == before


@pytest.mark.django_db(transaction=True)
def test_a_directory_that_refuses_our_token_is_an_outage(source):
    DirectorySource.objects.filter(pk=source.pk).update(last_error="")
    source.token = "wrong"
    with pytest.raises(DirectoryUnavailable, match="401"):
        plan_pull(source, is_full=True, actor="x", at=now())
