"""Three officers are three people: the services say so, and the database says so by itself."""

import pytest
from django.contrib.auth import get_user_model
from django.db import IntegrityError, connection, transaction

from baozhen.foundation.audit.models import AuditEntry
from baozhen.signing.organizations.errors import GrantRefused, OfficerRefused
from baozhen.signing.organizations.models import Account, OfficerAppointment, Power, Role
from baozhen.signing.organizations.queries import root_unit
from baozhen.signing.organizations.roles import (
    LABELS,
    OFFICER_OF_ROLE,
    RESERVED,
    ROLE_OF_OFFICER,
    ROLES,
    Permission,
)
from baozhen.signing.organizations.services import PowerRequest, grant_power
from baozhen.signing.organizations.services.officers import (
    Proposal,
    confirm_officer,
    propose_officer,
    refuse_officer,
)
from baozhen.signing.organizations.states import Officer
from tests.signing.organizations.conftest import AT

pytestmark = pytest.mark.requirement("S2-L160.m7")

_POWER = """
INSERT INTO organizations_power (account_id, role_id, permission, unit_id, covers_below, uses,
    granted_by_id, granted_at, reason, ended_by, end_reason)
VALUES (%s, %s, %s, %s, true, 0, %s, now(), 'raw', '', '')
"""


def insert_power(account, *, role=None, permission="", granted_by=None):
    """Write a power past every service, as somebody with the database's password would."""
    key = Role.objects.get(name=role).pk if role else None
    with connection.cursor() as cursor:
        cursor.execute(
            _POWER,
            [account.pk, key, permission, root_unit().pk, granted_by and granted_by.pk],
        )


def run(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def drop(trigger, table):
    run(f'DROP TRIGGER {trigger} ON "{table}"')


def refused(act, rule):
    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        act()


def test_the_officers_permissions_are_disjoint_and_whole():
    roles = [ROLES[ROLE_OF_OFFICER[officer]] for officer in Officer]
    for place, one in enumerate(roles):
        for other in roles[place + 1 :]:
            assert not one & other
    for name, reserved in RESERVED.items():
        assert reserved <= ROLES[name]
        assert not any(reserved & ROLES[other] for other in ROLES if other != name)
    assert frozenset().union(*ROLES.values()) == set(Permission) == set(LABELS)
    assert Permission.VIEW_OPERATION_LOG in RESERVED["审计员"]
    assert Permission.GRANT_POWERS in RESERVED["安全管理员"]
    assert Permission.MANAGE_ACCOUNTS in RESERVED["系统管理员"]


def test_an_officer_holds_nothing_but_his_own_role(officers):
    for kind, account in officers.items():
        for role in ROLES:
            if OFFICER_OF_ROLE.get(role) != kind:
                refused(
                    lambda account=account, role=role: insert_power(account, role=role),
                    "organizations_officer_powers",
                )
        refused(
            lambda account=account: insert_power(account, permission="view_files"),
            "organizations_officer_powers",
        )


def test_the_danger_without_the_trigger_one_person_is_two_officers(officers):
    drop("organizations_check_power", "organizations_power")
    insert_power(officers["system"], role="审计员")
    held = Power.objects.filter(account=officers["system"]).values_list("role__name", flat=True)
    assert set(held) == {"系统管理员", "审计员"}


def test_nobody_else_holds_an_officers_role_or_permission(officers, clerk):
    for role in OFFICER_OF_ROLE:
        refused(lambda role=role: insert_power(clerk, role=role), "organizations_officer_powers")
    for permission in RESERVED["安全管理员"]:
        refused(
            lambda permission=permission: insert_power(clerk, permission=permission),
            "organizations_reserved_alone",
        )
    insert_power(clerk, role="出单员")


def test_an_officer_cannot_become_another_while_his_powers_run(officers):
    statement = "UPDATE organizations_account SET officer = %s WHERE id = %s"
    key = officers["system"].pk
    for officer in ("audit", "security", None):
        refused(lambda officer=officer: run(statement, officer, key), "officer_powers")
    drop("organizations_check_officer", "organizations_account")
    run(statement, "audit", key)  # the danger
    assert Account.objects.get(pk=key).officer == "audit"


def test_roles_of_officers_never_share_a_permission(organization):
    give = "UPDATE organizations_role SET permissions = permissions || %s::varchar WHERE name = %s"
    refused(lambda: run(give, "view_audit", "系统管理员"), "officers_disjoint")
    refused(lambda: run(give, "grant_powers", "客服"), "reserved_alone")
    refused(lambda: run(give, "view_operation_log", "系统管理员"), "organizations_")
    drop("organizations_check_role", "organizations_role")
    run(give, "view_operation_log", "系统管理员")  # the danger
    assert "view_operation_log" in Role.objects.get(name="系统管理员").permissions


def test_nobody_gives_himself_a_power(officers, clerk):
    refused(
        lambda: insert_power(clerk, role="出单员", granted_by=clerk), "organizations_power_not_own"
    )
    request = PowerRequest(
        account=officers["security"], unit=root_unit(), permission="view_files", reason="自用"
    )
    with pytest.raises(GrantRefused, match="给自己"):
        grant_power(request, granter=officers["security"], actor="x", at=AT)
    run("SET CONSTRAINTS ALL IMMEDIATE")
    run("ALTER TABLE organizations_power DROP CONSTRAINT organizations_power_not_own")
    drop("organizations_check_power", "organizations_power")
    insert_power(clerk, role="出单员", granted_by=clerk)  # the danger
    assert Power.objects.filter(account=clerk, granted_by=clerk).exists()


def test_only_a_security_officer_gives_powers(officers, clerk):
    for kind in ("system", "audit"):
        refused(
            lambda kind=kind: insert_power(clerk, role="客服", granted_by=officers[kind]),
            "security_grants",
        )
    insert_power(clerk, role="客服", granted_by=officers["security"])


def test_a_power_is_ended_not_changed_or_deleted(officers, clerk):
    insert_power(clerk, role="客服", granted_by=officers["security"])
    power = Power.objects.get(account=clerk)
    other = Role.objects.get(name="财务").pk
    refused(lambda: run("UPDATE organizations_power SET role_id = %s", other), "power_kept")
    refused(lambda: run("UPDATE organizations_power SET granted_by_id = NULL"), "power_kept")
    refused(lambda: run("DELETE FROM organizations_power WHERE id = %s", power.pk), "power_kept")
    drop("organizations_keep_power", "organizations_power")
    run("UPDATE organizations_power SET role_id = %s WHERE id = %s", other, power.pk)  # the danger


def test_there_is_no_superuser(organization):
    refused(lambda: get_user_model().objects.create_superuser("root"), "no_superuser")


def test_an_officer_is_proposed_by_one_and_confirmed_by_another(officers, clerk):
    proposal = Proposal(account=clerk, officer=Officer.AUDIT, reason="轮岗")
    appointment = propose_officer(
        proposal, proposer=officers["system"], actor="staff:officer-system", at=AT
    )
    for wrong in (officers["system"], clerk):
        with pytest.raises(OfficerRefused):
            confirm_officer(appointment, decider=wrong, actor="x", at=AT)
    confirm_officer(appointment, decider=officers["audit"], actor="staff:officer-audit", at=AT)
    clerk.refresh_from_db()
    assert clerk.officer == "audit"
    assert clerk.user.has_perm(Permission.VIEW_OPERATION_LOG.full_name)
    assert AuditEntry.objects.filter(action="appointment.confirmed").exists()


def test_an_appointment_can_be_refused_and_the_last_officer_stays(officers, clerk):
    proposal = Proposal(account=clerk, officer=Officer.SYSTEM, reason="增员")
    appointment = propose_officer(proposal, proposer=officers["audit"], actor="x", at=AT)
    refuse_officer(appointment, decider=officers["security"], actor="x", at=AT)
    clerk.refresh_from_db()
    assert clerk.officer is None
    gone = Proposal(account=officers["audit"], officer=None, reason="离岗")
    with pytest.raises(OfficerRefused, match="最后一人"):
        propose_officer(gone, proposer=officers["system"], actor="x", at=AT)
    second = Proposal(account=officers["audit"], officer=Officer.SYSTEM, reason="兼任")
    with pytest.raises(OfficerRefused, match="兼任"):
        propose_officer(second, proposer=officers["system"], actor="x", at=AT)


def test_the_database_wants_two_other_people_for_an_appointment(officers, clerk):
    def insert(proposer, decider, state):
        OfficerAppointment.objects.create(
            state=state, account=clerk, officer="audit", reason="x",
            proposed_by=proposer, proposed_at=AT, decided_by=decider,
        )  # fmt: skip

    system, audit = officers["system"], officers["audit"]
    refused(lambda: insert(clerk, None, "proposed"), "organizations_not_own_proposal")
    refused(lambda: insert(system, system, "confirmed"), "organizations_second_person")
    refused(lambda: insert(system, None, "confirmed"), "organizations_officer_appoints")
    insert(system, audit, "confirmed")


def test_two_officers_with_one_telephone_are_one_person(officers):
    Account.objects.filter(pk=officers["system"].pk).update(mobile_index="same")
    refused(
        lambda: Account.objects.filter(pk=officers["audit"].pk).update(mobile_index="same"),
        "organizations_officer_mobile",
    )
