"""The insurer, the programs that call, and the staff's roles."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group

from baozhen.foundation.audit.models import AuditEntry
from baozhen.signing.organizations.errors import (
    APIKeyRefused,
    APINetworkInvalid,
    APINetworkRefused,
    APIScopeMissing,
    APIScopeUnknown,
)
from baozhen.signing.organizations.insurer import BranchUnknown, get_insurer
from baozhen.signing.organizations.models import ApiClient, Role
from baozhen.signing.organizations.queries import roles_of
from baozhen.signing.organizations.roles import LABELS, ROLES, Permission
from baozhen.signing.organizations.services import (
    ClientRequest,
    Scope,
    appoint_first,
    authenticate_api_key,
    create_api_client,
    ensure_roles,
    require_scope,
    switch_off_api_client,
)

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def make_client(**options):
    request = ClientRequest(**{"name": "核心系统", "scopes": [Scope.PROPOSALS_WRITE], **options})
    return create_api_client(request, actor="staff:1", at=AT)


@pytest.mark.django_db
def test_a_key_is_shown_once_and_kept_as_a_hash():
    client, key = make_client()
    stored = ApiClient.objects.get()
    assert key.startswith("bz_")
    assert len(key) > 40
    assert key not in json.dumps([str(value) for value in vars(stored).values()])
    assert authenticate_api_key(key, at=AT) == client
    assert key not in str(AuditEntry.objects.get().facts)


@pytest.mark.django_db
def test_a_wrong_key_is_refused_whatever_is_wrong():
    client, key = make_client()
    wrong = ["", "bz_", key[:-1], key + "x", key[:12] + "x" * (len(key) - 12), "x" * 5_000]
    for bad in wrong:
        with pytest.raises(APIKeyRefused):
            authenticate_api_key(bad, at=AT)
    with pytest.raises(APIKeyRefused):
        authenticate_api_key(key, at=client.expires_at)
    authenticate_api_key(key, at=client.expires_at - timedelta(seconds=1))
    switch_off_api_client(client.pk, actor="staff:1", at=AT)
    with pytest.raises(APIKeyRefused):
        authenticate_api_key(key, at=AT)


@pytest.mark.django_db
def test_switching_off_is_recorded_once():
    client, _ = make_client()
    for _ in range(2):
        switch_off_api_client(client.pk, actor="staff:1", at=AT)
    assert [entry.action for entry in AuditEntry.objects.order_by("id")] == [
        "api_client.created",
        "api_client.switched_off",
    ]


@pytest.mark.django_db
def test_a_key_opens_only_what_it_was_given():
    client, _ = make_client(scopes=["policies:read"])
    require_scope(client, Scope.POLICIES_READ)
    with pytest.raises(APIScopeMissing):
        require_scope(client, Scope.PROPOSALS_WRITE)


@pytest.mark.django_db
def test_an_unknown_scope_is_not_given():
    with pytest.raises(APIScopeUnknown):
        make_client(scopes=["everything:write"])
    assert not ApiClient.objects.exists()


@pytest.mark.django_db
def test_a_key_is_used_from_its_networks_only():
    _, key = make_client(networks=["10.0.0.0/8", "2001:db8::/32"])
    for address in ("10.1.2.3", "2001:db8::1"):
        authenticate_api_key(key, at=AT, address=address)
    for address in ("192.0.2.1", None, "nonsense"):
        with pytest.raises(APINetworkRefused):
            authenticate_api_key(key, at=AT, address=address)
    with pytest.raises(APINetworkInvalid):
        make_client(name="other", networks=["10.0.0.1/8"])


@pytest.mark.django_db
def test_roles_are_as_the_table_says_and_can_be_made_again():
    ensure_roles()
    Role.objects.filter(name="客服").update(permissions=[])
    ensure_roles()
    for name, permissions in ROLES.items():
        user = appoint_first(name, name, [name], password="a-long-password-1", at=AT).user
        for permission in Permission:
            assert user.has_perm(permission.full_name) == (permission in permissions)


@pytest.mark.django_db
def test_users_of_releases_with_groups_keep_their_roles():
    for name, groups in {"kefu": ["客服", "出单员"], "guanli": ["系统管理员", "客服"]}.items():
        user = get_user_model().objects.create_user(name)
        user.groups.set(Group.objects.get_or_create(name=group)[0] for group in groups)
    ensure_roles()
    ensure_roles()
    users = get_user_model().objects
    assert roles_of(users.get(username="kefu")) == ["出单员", "客服"]
    assert roles_of(users.get(username="guanli")) == ["系统管理员"]


def test_duties_are_separated():
    assert set(LABELS) == set(Permission)
    assert Permission.VIEW_PERSONAL_DATA not in ROLES["系统管理员"]
    assert Permission.VIEW_POLICIES not in ROLES["系统管理员"]
    assert not ROLES["审计员"] & {Permission.START_BATCHES, Permission.RETRY_JOBS}
    assert Permission.VIEW_AUDIT not in ROLES["系统管理员"] | ROLES["出单员"]


def test_the_demonstration_insurer_is_complete(shared_dir):
    insurer = get_insurer()
    assert insurer.is_demonstration
    assert insurer.name == "示例财产保险股份有限公司"
    assert all([insurer.address, insurer.postcode, insurer.licence_no, insurer.website])
    with (shared_dir / "data" / "motor_proposals.jsonl").open(encoding="utf-8") as lines:
        branches = {
            (branch["code"], branch["name"])
            for branch in (json.loads(line)["branch"] for line in lines)
        }
    assert {(one.code, one.name) for one in insurer.branches.values()} >= branches


def test_a_branch_that_is_not_there_is_refused():
    assert get_insurer().branch("DEMO11").region == "110000"
    with pytest.raises(BranchUnknown):
        get_insurer().branch("DEMO99")


def test_another_insurer_is_a_setting(settings, tmp_path):
    from baozhen.signing.organizations import insurer as module

    raw = json.loads(module._DATA.read_text(encoding="utf-8"))
    raw |= {"code": "REAL", "name": "另一家财产保险股份有限公司"}
    path = tmp_path / "insurer.json"
    path.write_text(json.dumps(raw), encoding="utf-8")
    settings.BAOZHEN_INSURER = str(path)
    assert get_insurer().name == "另一家财产保险股份有限公司"
    assert not get_insurer().is_demonstration
