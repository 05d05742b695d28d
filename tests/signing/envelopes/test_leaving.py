"""Somebody leaves with tasks open: told in the directory's report, left to the unit's people."""

import pytest

from baozhen.foundation.audit.models import AuditEntry
from baozhen.foundation.clock import now
from baozhen.foundation.jobs.worker import run_worker
from baozhen.signing.envelopes.forms import flow_of
from baozhen.signing.envelopes.models import Action, Signatory
from baozhen.signing.envelopes.queries import tasks_for
from baozhen.signing.envelopes.services.delegating import delegate
from baozhen.signing.envelopes.services.leaving import release_tasks
from baozhen.signing.organizations.directory.planning import DirectoryPerson, Snapshot
from baozhen.signing.organizations.models import Account, Power
from baozhen.signing.organizations.queries import root_unit
from baozhen.signing.organizations.services import (
    PowerRequest,
    appoint_first,
    end_power,
    ensure_roles,
    grant_power,
)
from baozhen.signing.organizations.services.accounts import AccountFacts, create_account
from baozhen.signing.organizations.services.directory import RunRequest, apply_run, plan_run
from baozhen.signing.risks.models import Risk

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def leaver(desk):
    """A colleague known to the directory, and another who stays."""
    ensure_roles()
    granter = appoint_first("officer", "安全管理员", ["安全管理员"], password="x" * 14, at=now())
    accounts = []
    for number in (1, 2):
        facts = AccountFacts(
            username=f"colleague{number}",
            display_name=f"测试同事{number}",
            unit=root_unit(),
            external_id=f"p{number}",
            staff_no=f"T{number:03d}",
        )
        account = create_account(facts, actor="test", at=now())
        request = PowerRequest(account=account, unit=root_unit(), role="业务负责人", reason="岗位")
        grant_power(request, granter=granter, actor="test", at=now())
        accounts.append(Account.objects.get(pk=account.pk))
    return accounts


def test_a_leavers_tasks_are_told_and_left_to_the_unit(desk, leaver):
    gone, stays = leaver
    envelope = desk.start(flow_of("litigation_guarantee"))
    action = Action.objects.filter(envelope=envelope, state="ready").first()
    assert action.signatory.unit is not None
    delegate(action.pk, to=gone, reason="经办", actor="test", at=now())
    assert action in tasks_for(gone.user)
    assert action not in tasks_for(stays.user)

    person = DirectoryPerson(
        external_id="p1", username="T001", display_name="测试同事1", unit="", active=False
    )
    snapshot = Snapshot(units=(), people=(person,), is_full=False)
    run = plan_run(RunRequest(snapshot=snapshot, source_name="测试"), actor="test", at=now())
    run = apply_run(run.pk, confirmed=True, actor="test", at=now())
    (told,) = run.report["tasks"][gone.public_id]
    assert envelope.public_id in told

    run_worker(until_idle=True)
    assert Signatory.objects.get(pk=action.signatory_id).operator is None
    assert action in tasks_for(stays.user)
    risk = Risk.objects.get(kind="envelope_operator_left")
    assert risk.facts == {"account": gone.public_id, "envelopes": [envelope.public_id]}
    assert AuditEntry.objects.filter(action="action.released", subject_id=action.pk).count() == 1
    release_tasks(key=gone.pk)  # a second run finds nothing to do
    assert Risk.objects.filter(kind="envelope_operator_left").count() == 1


def test_somebody_who_came_back_keeps_their_tasks(desk, leaver):
    gone, _ = leaver
    envelope = desk.start(flow_of("litigation_guarantee"))
    action = Action.objects.filter(envelope=envelope, state="ready").first()
    delegate(action.pk, to=gone, reason="经办", actor="test", at=now())
    release_tasks(key=gone.pk)
    assert Signatory.objects.get(pk=action.signatory_id).operator == gone


def test_a_step_goes_back_to_the_unit_when_its_person_loses_the_power(desk, leaver):
    """Whoever may no longer approve no longer can, and the step does not hang with them."""
    named, other = leaver
    envelope = desk.start(flow_of("litigation_guarantee"))
    action = Action.objects.filter(envelope=envelope, state="ready").first()
    delegate(action.pk, to=named, reason="经办", actor="test", at=now())
    assert action in tasks_for(named.user)
    assert action not in tasks_for(other.user)

    end_power(Power.objects.get(account=named), reason="调岗", actor="test", at=now())
    assert action not in tasks_for(named.user)
    assert action in tasks_for(other.user)

    Action.objects.filter(pk=action.pk).update(type="view")  # looking on asks for no power
    assert action in tasks_for(named.user)
    assert action not in tasks_for(other.user)
