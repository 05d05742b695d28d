"""Directory sync: full first, then incremental; nothing is changed before somebody could look."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baozhen.foundation.audit.models import AuditEntry
from baozhen.signing.organizations.directory.planning import (
    DirectoryPerson,
    DirectoryUnit,
    Known,
    Snapshot,
    Step,
    plan_changes,
)
from baozhen.signing.organizations.directory.scim import (
    PATCH,
    SCIMInvalid,
    apply_patch,
    read_filter,
    snapshot_of,
)
from baozhen.signing.organizations.directory.tables import COLUMNS, read_table
from baozhen.signing.organizations.errors import DirectoryInvalid, SyncRefused
from baozhen.signing.organizations.models import Account, OrgUnit, Power, SyncRun
from baozhen.signing.organizations.queries import root_unit
from baozhen.signing.organizations.services import PowerRequest, grant_power
from baozhen.signing.organizations.services import directory as services
from baozhen.signing.organizations.services.directory import (
    RunRequest,
    apply_run,
    cancel_run,
    plan_of,
    plan_run,
)
from tests.signing.organizations.conftest import AT

UNITS = (
    DirectoryUnit(external_id="u2", name="理赔部", parent="u1"),
    DirectoryUnit(external_id="u1", name="测试分公司", kind="branch"),
)


def person(number, **options):
    options = {"unit": "u2", "staff_no": f"T{number:03}", **options}
    return DirectoryPerson(
        external_id=f"p{number}", username=f"person{number}", display_name=f"人员{number}",
        **options,
    )  # fmt: skip


def snapshot(people, units=UNITS, is_full=True):
    return Snapshot(units=tuple(units), people=tuple(people), is_full=is_full)


def plan(word, actor="staff:guanli"):
    return plan_run(RunRequest(snapshot=word, source_name="测试目录"), actor=actor, at=AT)


def sync(word, confirmed=False):
    run = plan(word)
    return apply_run(run.pk, confirmed=confirmed, actor="staff:guanli", at=AT)


@pytest.mark.requirement("S2-L552a")
def test_the_first_run_brings_everybody_and_every_branch(organization):
    run = plan(snapshot([person(1), person(2)]))
    assert run.counts == {"unit_created": 2, "person_created": 2}
    assert not Account.objects.exists()  # a preview changes nothing
    apply_run(run.pk, confirmed=False, actor="staff:guanli", at=AT)
    branch = OrgUnit.objects.get(external_id="u1")
    assert (branch.kind, branch.is_legal_entity, branch.parent) == ("branch", False, root_unit())
    assert Account.objects.get(staff_no="T001").unit.external_id == "u2"
    assert plan(snapshot([person(1), person(2)])).counts == {}
    run.refresh_from_db()
    assert len(run.report["changes"]) == 4


@pytest.mark.requirement("S2-L552a")
def test_a_later_run_brings_what_changed(officers, monkeypatch):
    sync(snapshot([person(1), person(2), person(3)]))
    kept = Account.objects.get(staff_no="T003")
    grant_power(
        PowerRequest(account=kept, unit=root_unit(), role="客服", reason="岗位"),
        granter=officers["security"], actor="x", at=AT,
    )  # fmt: skip
    monkeypatch.setattr(services, "_open_tasks", [lambda account: ["签署任务 一件"]])
    units = (*UNITS, DirectoryUnit(external_id="u3", name="新部门", parent="u1"))
    word = snapshot(
        [person(1, unit="u3"), person(2, mobile="16112340001"), person(3, active=False)],
        units=units, is_full=False,
    )  # fmt: skip
    run = sync(word)
    assert run.counts == {
        "unit_created": 1, "person_changed": 1, "person_moved": 1, "person_left": 1,
    }  # fmt: skip
    assert Account.objects.get(staff_no="T001").unit.external_id == "u3"
    kept.refresh_from_db()
    assert kept.state == "left"
    assert not Power.objects.filter(account=kept, ended_at__isnull=True).exists()
    assert run.report["powers_ended"] == 1
    assert run.report["tasks"] == {kept.public_id: ["签署任务 一件"]}
    assert "16112340001" not in str(run.report) + str(list(AuditEntry.objects.values("facts")))


def test_an_incremental_run_says_nothing_of_those_it_does_not_name(organization):
    sync(snapshot([person(1), person(2)]))
    assert plan(snapshot([person(1)], is_full=False)).counts == {}
    assert plan(snapshot([person(1)])).counts == {"person_left": 1}


@pytest.mark.requirement("S2-L552b")
def test_too_many_leavers_wait_for_a_person(organization):
    sync(snapshot([person(number) for number in range(50)]))
    run = plan(snapshot([]))
    assert run.state == "held"
    assert "50 人" in run.warnings[0]
    with pytest.raises(SyncRefused):
        apply_run(run.pk, confirmed=False, actor="system", at=AT)
    assert Account.objects.filter(state="active").count() == 50
    cancel_run(run.pk, actor="staff:guanli", at=AT)
    held = plan(snapshot([person(number) for number in range(10)]))
    apply_run(held.pk, confirmed=True, actor="staff:guanli", at=AT)
    assert Account.objects.filter(state="left").count() == 40


def test_the_danger_without_the_stop_an_empty_answer_locks_everybody_out(organization):
    sync(snapshot([person(number) for number in range(50)]))
    word, known = snapshot([]), services._known()
    assert plan_changes(word, known, leavers_max_percent=10).is_held
    assert not plan_changes(word, known, leavers_max_percent=100).is_held


def test_somebody_who_comes_back_and_a_unit_that_goes(organization):
    sync(snapshot([person(1)]))
    sync(snapshot([person(1, active=False)], is_full=False))
    units = [UNITS[1]]
    run = sync(snapshot([person(1, unit="u1")], units=units))
    assert run.counts == {"person_returned": 1, "person_moved": 1, "unit_gone": 1}
    assert OrgUnit.objects.get(external_id="u2").state == "suspended"
    assert Account.objects.get(staff_no="T001").user.is_active


def test_an_account_made_by_hand_is_recognised_by_its_staff_number(clerk):
    run = sync(snapshot([person(1, staff_no="S001")]))
    clerk.refresh_from_db()
    assert clerk.external_id == "p1"
    assert run.counts["person_created"] == 1
    assert Account.objects.count() == 1


@pytest.mark.parametrize(
    "word",
    [
        snapshot([person(1), person(1)]),
        snapshot([person(1, unit="nowhere")]),
        snapshot([], units=[DirectoryUnit(external_id="a", name="甲", parent="a")]),
        snapshot([], units=[DirectoryUnit(external_id="a", name=" ")]),
        snapshot([], units=[DirectoryUnit(external_id="", name="甲")]),
    ],
)
def test_a_directory_that_contradicts_itself_is_refused_whole(organization, word):
    with pytest.raises(DirectoryInvalid):
        plan(word)
    assert not SyncRun.objects.exists()


def test_a_run_that_fails_changes_nothing(organization):
    word = snapshot([person(1), person(2)])
    run = plan(word)
    Account.objects.count()
    from django.contrib.auth import get_user_model

    get_user_model().objects.create_user("person2")  # taken meanwhile
    from baozhen.signing.organizations.errors import AccountInvalid

    with pytest.raises(AccountInvalid):
        apply_run(run.pk, confirmed=False, actor="x", at=AT)
    assert not Account.objects.exists()
    assert SyncRun.objects.get().state == "planned"


def test_the_plan_is_made_again_when_it_is_applied(organization):
    run = plan(snapshot([person(1)]))
    sync(snapshot([person(1)]))
    assert plan_of(run).changes == ()
    apply_run(run.pk, confirmed=False, actor="x", at=AT + timedelta(hours=1))
    assert Account.objects.count() == 1


@given(st.lists(st.integers(0, 30), unique=True), st.lists(st.integers(0, 30), unique=True))
def test_every_person_is_in_exactly_one_change(before, after):
    from baozhen.signing.organizations.directory.planning import KnownPerson, fingerprint_of

    known = Known(
        units={},
        people={
            f"p{number}": KnownPerson(
                username="x", unit="", fingerprint=fingerprint_of(person(number)), is_active=True
            )
            for number in before
        },
    )
    word = snapshot([person(number, unit="") for number in after], units=())
    changes = plan_changes(word, known, leavers_max_percent=100).changes
    left = {change.external_id for change in changes if change.step == Step.PERSON_LEFT}
    made = {change.external_id for change in changes if change.step == Step.PERSON_CREATED}
    assert left == {f"p{number}" for number in set(before) - set(after)}
    assert made == {f"p{number}" for number in set(after) - set(before)}


# ---- CSV ----


def table(*rows, encoding="utf-8"):
    return "\n".join([",".join(COLUMNS), *rows]).encode(encoding)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_table_is_read(encoding):
    data = table(
        "分支机构,u1,测试分公司,,,,,,",
        "部门,u2,理赔部,u1,,,,,",
        "人员,p1,人员1,u2,person1,T001,16112340001,p1@example.com,在职",
        "人员,p2,人员2,u2,,T002,,,离职",
        encoding=encoding,
    )
    word = read_table(data, is_full=True)
    assert [unit.kind for unit in word.units] == ["branch", "department"]
    assert [one.active for one in word.people] == [True, False]
    assert word.people[1].username == "T002"


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xfe\x00", b"a,b\n1,2", table("其他,x,,,,,,,"), b"\x81" * 3]
)
def test_a_table_that_cannot_be_read_is_refused_in_words(data):
    with pytest.raises(DirectoryInvalid):
        read_table(data, is_full=True)


# ---- SCIM, without a network ----


def test_filters():
    assert read_filter('userName eq "bj\\"ensen"').value == 'bj"ensen'
    assert read_filter("active eq TRUE").value is True
    assert read_filter('meta.lastModified gt "2026-01-01T00:00:00+00:00"').value.year == 2026
    for bad in ("", "userName", 'a sw "b"', 'meta.lastModified gt "never"', 'a eq "b" or c eq "d"'):
        with pytest.raises(SCIMInvalid) as caught:
            read_filter(bad)
        assert caught.value.scim_type == "invalidFilter"


def patch(resource, *operations):
    return apply_patch(resource, {"schemas": [PATCH], "Operations": list(operations)})


def test_patches_as_the_standard_shows_them():
    group = {"displayName": "甲", "members": [{"value": "1"}, {"value": "2"}]}
    added = patch(
        group, {"op": "add", "path": "members", "value": [{"value": "3"}, {"value": "1"}]}
    )
    assert [member["value"] for member in added["members"]] == ["1", "2", "3"]
    gone = patch(group, {"op": "remove", "path": 'members[value eq "1"]'})
    assert gone["members"] == [{"value": "2"}]
    assert patch(group, {"op": "remove", "path": "members"}).get("members") is None
    user = {"emails": [{"type": "work", "value": "a@example.com"}], "active": True}
    changed = patch(user, {"op": "replace", "path": 'emails[type eq "work"].value', "value": "b"})
    assert changed["emails"][0]["value"] == "b"
    assert patch(user, {"op": "Replace", "value": {"active": False}})["active"] is False
    assert user["active"] is True


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "move", "path": "active"},
        {"op": "replace", "path": "a[b"},
        {"op": "remove"},
        {"op": "replace", "value": 3},
        {"op": "replace", "path": 'emails[type eq "home"].value', "value": "x"},
    ],
)
def test_a_patch_that_is_none_is_refused(operation):
    with pytest.raises(SCIMInvalid):
        patch({"emails": []}, operation)


def test_groups_say_who_hangs_where():
    groups = [
        {"id": "1", "displayName": "上", "members": [{"value": "2", "type": "Group"}]},
        {"id": "2", "displayName": "下", "members": [{"value": "a", "type": "User"}]},
    ]
    word = snapshot_of([{"id": "a", "userName": "x"}], groups, is_full=True)
    assert {unit.external_id: unit.parent for unit in word.units} == {"1": "", "2": "1"}
    assert word.people[0].unit == "2"
    with pytest.raises(DirectoryInvalid):
        snapshot_of([{"id": "a"}], [], is_full=True)
