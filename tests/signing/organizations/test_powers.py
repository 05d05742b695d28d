"""Head office alone, delegated to a branch, given to one person: who may do what where."""

from datetime import timedelta

import pytest

from baozhen.foundation.audit.models import AuditEntry
from baozhen.foundation.clock import now
from baozhen.signing.organizations.errors import (
    GrantRefused,
    OfficerRefused,
    PowerExceeded,
    PowerMissing,
    UnitInvalid,
)
from baozhen.signing.organizations.models import OrgUnit, Power
from baozhen.signing.organizations.queries import (
    grant_scope_of,
    legal_entity_of,
    permissions_of,
    require_power,
    root_unit,
    scope_of,
    unit_of_code,
    units_under,
    unused_powers,
)
from baozhen.signing.organizations.roles import ROLES, Permission
from baozhen.signing.organizations.services import (
    AccountFacts,
    PowerRequest,
    UnitFacts,
    create_account,
    create_unit,
    end_power,
    ensure_organization,
    grant_power,
    lock_account,
    unlock_account,
)
from baozhen.signing.organizations.services.accounts import move_account, part_with_account
from baozhen.signing.organizations.services.officers import (
    Proposal,
    confirm_officer,
    propose_officer,
)
from baozhen.signing.organizations.services.powers import spend_power
from baozhen.signing.organizations.services.units import move_unit, set_management, suspend_unit
from baozhen.signing.organizations.states import Management, Officer, UnitKind
from tests.signing.organizations.conftest import AT

pytestmark = pytest.mark.requirement("S2-L160.h1")


def give(account, unit, granter, **options):
    options = {"reason": "业务需要", **options}
    request = PowerRequest(account=account, unit=unit, **options)
    return grant_power(request, granter=granter, actor="staff:x", at=options.pop("at", now()))


def department(parent, name="理赔部"):
    facts = UnitFacts(name=name, kind=UnitKind.DEPARTMENT, parent=parent)
    return create_unit(facts, actor="test", at=AT)


@pytest.mark.requirement("S2-L160.m2")
def test_the_insurer_and_its_branches_are_there_once(organization):
    before = OrgUnit.objects.count()
    root = ensure_organization(at=AT)
    assert OrgUnit.objects.count() == before == 11
    branch = unit_of_code("DEMO11")
    assert (branch.is_legal_entity, branch.parent) == (False, root)
    below = department(branch)
    assert below.path == f"/{root.pk}/{branch.pk}/{below.pk}/"
    assert legal_entity_of(below) == root
    assert list(units_under(branch)) == [branch, below]


def test_a_unit_moves_with_all_below_it_and_never_into_itself(organization):
    here, there = unit_of_code("DEMO11"), unit_of_code("DEMO31")
    upper = department(here, "上级部")
    lower = department(upper, "下级部")
    with pytest.raises(UnitInvalid, match="下级"):
        move_unit(upper, lower, actor="test", at=AT)
    move_unit(upper, there, actor="test", at=AT)
    lower.refresh_from_db()
    assert lower.path == f"{there.path}{upper.pk}/{lower.pk}/"
    with pytest.raises(UnitInvalid):
        move_unit(root_unit(), here, actor="test", at=AT)


def test_head_office_gives_everywhere_and_it_holds_below(officers, clerk):
    branch = unit_of_code("DEMO11")
    below = department(branch)
    with pytest.raises(PowerMissing):
        require_power(clerk.user, Permission.VIEW_FILES, branch)
    give(clerk, branch, officers["security"], role="出单员")
    require_power(clerk.user, Permission.VIEW_FILES, below)
    with pytest.raises(PowerMissing, match="上海"):
        require_power(clerk.user, Permission.VIEW_FILES, unit_of_code("DEMO31"))
    assert set(scope_of(clerk.user, Permission.VIEW_FILES)) == {branch, below}
    assert permissions_of(clerk.user) == {permission.value for permission in ROLES["出单员"]}
    assert not scope_of(clerk.user, Permission.MANAGE_SEALS).exists()


def test_a_power_for_one_unit_alone_does_not_reach_below(officers, clerk):
    branch = unit_of_code("DEMO11")
    give(clerk, branch, officers["security"], permission="view_files", covers_below=False)
    require_power(clerk.user, Permission.VIEW_FILES, branch)
    with pytest.raises(PowerMissing):
        require_power(clerk.user, Permission.VIEW_FILES, department(branch))


@pytest.fixture
def branch_officer(officers):
    """A security officer whose power reaches the Beijing branch only, appointed by two others."""
    branch = unit_of_code("DEMO11")
    facts = AccountFacts(username="branch-sec", display_name="分公司安全员", unit=branch)
    account = create_account(facts, actor="test", at=AT)
    proposal = Proposal(account=account, officer=Officer.SECURITY, unit=branch, reason="分权")
    appointment = propose_officer(proposal, proposer=officers["system"], actor="test", at=AT)
    confirm_officer(appointment, decider=officers["audit"], actor="test", at=AT)
    account.refresh_from_db()
    return account


def test_a_branchs_officer_stays_in_the_branch(officers, branch_officer, clerk):
    branch = unit_of_code("DEMO11")
    assert list(Power.objects.filter(account=branch_officer).values_list("unit", flat=True)) == [
        branch.pk
    ]
    # Officers are appointed by head office alone, whatever the branch's officer says.
    proposal = Proposal(account=clerk, officer=Officer.SECURITY, unit=branch, reason="增员")
    with pytest.raises(OfficerRefused, match="总部三员"):
        propose_officer(proposal, proposer=branch_officer, actor="test", at=AT)
    appointment = propose_officer(proposal, proposer=officers["audit"], actor="test", at=AT)
    with pytest.raises(OfficerRefused, match="总部三员"):
        confirm_officer(appointment, decider=branch_officer, actor="test", at=AT)
    # A branch's officer is none for head office: the last one there stays.
    gone = Proposal(account=officers["security"], officer=None, reason="离岗")
    with pytest.raises(OfficerRefused, match="最后一人"):
        propose_officer(gone, proposer=officers["system"], actor="test", at=AT)
    for officer, unit, words in (
        (Officer.AUDIT, branch, "面向全公司"),
        (Officer.SECURITY, create_unit(
            UnitFacts(name="某经纪公司", kind=UnitKind.INTERMEDIARY), actor="test", at=AT
        ), "本公司的在用机构"),
    ):  # fmt: skip
        facts = AccountFacts(username=f"x-{officer}", display_name="人", unit=branch)
        wrong = Proposal(
            account=create_account(facts, actor="test", at=AT),
            officer=officer, unit=unit, reason="x",
        )  # fmt: skip
        with pytest.raises(OfficerRefused, match=words):
            propose_officer(wrong, proposer=officers["system"], actor="test", at=AT)
    dismissal = Proposal(account=branch_officer, officer=None, reason="轮岗")
    appointment = propose_officer(dismissal, proposer=officers["security"], actor="test", at=AT)
    confirm_officer(appointment, decider=officers["system"], actor="test", at=AT)
    assert not permissions_of(branch_officer.user)


def test_a_branch_gives_only_what_was_given_down_to_it(officers, branch_officer, clerk):
    branch = unit_of_code("DEMO11")
    with pytest.raises(GrantRefused, match="总部集中授权"):
        give(clerk, branch, branch_officer, role="客服")
    set_management(branch, Management.DELEGATED, ["客服"], actor="staff:x", at=AT)
    give(clerk, branch, branch_officer, role="客服")
    with pytest.raises(GrantRefused, match="没有把这项权限下放"):
        give(clerk, branch, branch_officer, role="印章管理员")
    with pytest.raises(GrantRefused, match="不能在这个机构授权"):
        give(clerk, unit_of_code("DEMO31"), branch_officer, role="客服")
    with pytest.raises(GrantRefused, match="不能在这个机构授权"):
        give(clerk, root_unit(), branch_officer, role="客服")
    with pytest.raises(GrantRefused, match="任免"):
        give(clerk, branch, officers["security"], role="审计员")


@pytest.mark.requirement("S2-L160.k1")
def test_head_office_gives_in_outside_organisations_and_a_branch_does_not(officers, branch_officer):
    unit = create_unit(
        UnitFacts(name="某保险经纪公司", kind=UnitKind.INTERMEDIARY), actor="test", at=AT
    )
    facts = AccountFacts(username="broker", display_name="经纪人", unit=unit, kind="outside")
    broker = create_account(facts, actor="test", at=AT)
    until = now() + timedelta(days=30)
    with pytest.raises(GrantRefused):
        give(broker, unit, branch_officer, permission="view_envelopes", until=until)
    give(broker, unit, officers["security"], permission="view_envelopes", until=until)
    assert list(scope_of(broker.user, Permission.VIEW_ENVELOPES)) == [unit]
    assert unit not in units_under(root_unit())
    assert unit in grant_scope_of(officers["security"].user)
    assert unit not in grant_scope_of(branch_officer.user)


def test_a_personal_grant_ends_by_time_amount_and_number(officers, clerk):
    branch, until = unit_of_code("DEMO11"), now() + timedelta(days=1)
    power = give(
        clerk, branch, officers["security"],
        permission="approve_envelopes", until=until, amount_max_fen=500_000, uses_max=1,
    )  # fmt: skip
    require_power(clerk.user, Permission.APPROVE_ENVELOPES, branch, amount_fen=500_000)
    with pytest.raises(PowerExceeded, match="5,000"):
        require_power(clerk.user, Permission.APPROVE_ENVELOPES, branch, amount_fen=500_001)
    spend_power(clerk, Permission.APPROVE_ENVELOPES, branch, amount_fen=1, at=now())
    with pytest.raises(PowerExceeded):
        spend_power(clerk, Permission.APPROVE_ENVELOPES, branch, amount_fen=1, at=now())
    assert Power.objects.get(pk=power.pk).uses == 1
    assert not permissions_of(clerk.user)
    give(clerk, branch, officers["security"], role="客服", until=until)
    assert permissions_of(clerk.user, at=until - timedelta(seconds=1))
    assert not permissions_of(clerk.user, at=until)


@pytest.mark.parametrize("options", [{"reason": " "}, {"until": AT}, {"role": "没有"}])
def test_a_grant_without_sense_is_refused_and_leaves_nothing(officers, clerk, options):
    with pytest.raises(GrantRefused):
        give(clerk, unit_of_code("DEMO11"), officers["security"], **{"role": "客服", **options})
    assert not Power.objects.filter(account=clerk).exists()
    assert not AuditEntry.objects.filter(
        action="power.granted", facts__account=clerk.public_id
    ).exists()


def test_the_same_role_is_not_given_twice(officers, clerk):
    give(clerk, unit_of_code("DEMO11"), officers["security"], role="客服")
    with pytest.raises(GrantRefused, match="已有"):
        give(clerk, unit_of_code("DEMO11"), officers["security"], role="客服")


def test_what_stops_a_power(officers, clerk):
    branch = unit_of_code("DEMO11")
    power = give(clerk, branch, officers["security"], role="客服")
    suspend_unit(branch, reason="整顿", actor="test", at=AT)
    assert not permissions_of(clerk.user)
    OrgUnit.objects.filter(pk=branch.pk).update(state="active")
    lock_account(clerk, reason="调查", actor="test", at=AT)
    assert not permissions_of(clerk.user)
    unlock_account(clerk, actor="test", at=AT)
    assert permissions_of(clerk.user)
    end_power(power, reason="收回", actor="test", at=AT)
    assert not permissions_of(clerk.user)


def test_leavers_lose_everything_and_come_back_with_nothing(officers, clerk):
    give(clerk, unit_of_code("DEMO11"), officers["security"], role="客服")
    assert part_with_account(clerk, actor="test", at=AT) == 1
    clerk.user.refresh_from_db()
    assert not clerk.user.is_active
    unlock_account(clerk, actor="test", at=AT)
    clerk.user.refresh_from_db()
    assert clerk.user.is_active
    assert not permissions_of(clerk.user)


def test_who_moves_leaves_the_old_units_powers_behind(officers, clerk):
    give(clerk, unit_of_code("DEMO11"), officers["security"], role="客服")
    give(clerk, root_unit(), officers["security"], permission="view_statistics")
    move_account(clerk, unit_of_code("DEMO31"), actor="test", at=AT)
    assert permissions_of(clerk.user) == {"view_statistics"}


def test_powers_that_nobody_uses_are_seen(officers, clerk):
    power = give(clerk, unit_of_code("DEMO11"), officers["security"], role="客服")
    assert power not in unused_powers(now())
    later = now() + timedelta(days=91)
    assert power in unused_powers(later)
    Power.objects.filter(pk=power.pk).update(last_used_at=later - timedelta(days=1))
    assert power not in unused_powers(later)
