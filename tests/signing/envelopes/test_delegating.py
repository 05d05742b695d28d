"""转交: only to a colleague of the same company who may do what is handed on."""

import pytest

from baozhen.foundation.audit.models import AuditEntry
from baozhen.foundation.clock import now
from baozhen.signing.envelopes.errors import DraftInvalid, HandOnRefused, NotYourTurn, ReasonMissing
from baozhen.signing.envelopes.forms import flow_of
from baozhen.signing.envelopes.models import Action, Envelope
from baozhen.signing.envelopes.services.delegating import colleagues_for, delegate
from baozhen.signing.envelopes.states import ActionState, EnvelopeState
from baozhen.signing.organizations.models import Power
from baozhen.signing.organizations.queries import holders_of, root_unit
from baozhen.signing.organizations.roles import Permission
from baozhen.signing.organizations.services import AccountFacts, create_account
from baozhen.signing.organizations.services.units import UnitFacts, create_unit
from baozhen.signing.organizations.states import AccountKind, UnitKind
from tests.signing.envelopes.sealing import outside_company

pytestmark = pytest.mark.django_db
RIGHT = Permission.APPROVE_ENVELOPES


def colleague(name, unit=None, **more):
    facts = AccountFacts(
        username=name, display_name=f"测试{name}", unit=unit or root_unit(), **more
    )
    return create_account(facts, actor="test", at=now())


def allow(account, unit=None, *, permission=RIGHT, covers_below=True, **more):
    return Power.objects.create(
        account=account,
        permission=permission.value,
        unit=unit or root_unit(),
        covers_below=covers_below,
        granted_at=now(),
        reason="test",
        **more,
    )


def branch(name="示例分公司"):
    facts = UnitFacts(name=name, kind=UnitKind.BRANCH, parent=root_unit())
    return create_unit(facts, actor="test", at=now())


@pytest.fixture(params=["endorsement", "litigation_guarantee", "policy_insurer"])
def step(desk, request):
    """An approval or a sealing of our own that is ready, however its flow begins."""
    envelope = desk.start(flow_of(request.param))
    ready = Action.objects.filter(envelope=envelope, state=ActionState.READY).first()
    if ready is None:  # sealed without anybody: as if a person had to decide again
        ready = Action.objects.filter(envelope=envelope, type="seal").first()
        Action.objects.filter(pk=ready.pk).update(state=ActionState.READY)
        Envelope.objects.filter(pk=envelope.pk).update(state=EnvelopeState.IN_PROGRESS)
        ready.refresh_from_db()
    assert ready.type in {"approve", "seal", "pre_stamp", "legal_rep_sign"}
    return ready


def test_who_may_not_do_it_does_not_get_it(step):
    nobody = colleague("nobody")
    with pytest.raises(HandOnRefused, match=r"测试nobody.*审批签署任务.*安全管理员") as refusal:
        delegate(step.pk, to=nobody, reason="休假", actor="staff:x", at=now())
    assert (refusal.value.code, refusal.value.path) == ("hand_on_refused", "to")
    step.signatory.refresh_from_db()
    assert step.signatory.operator_id is None
    assert not AuditEntry.objects.filter(action="action.delegated").exists()
    assert not colleagues_for(step, at=now()).exists()
    # The same colleague with the power gets it, and is not offered to himself.
    allow(nobody)
    assert list(colleagues_for(step, at=now())) == [nobody]
    delegate(step.pk, to=nobody, reason="休假", actor="staff:x", at=now())
    step.signatory.refresh_from_db()
    assert step.signatory.operator_id == nobody.pk
    assert not colleagues_for(step, at=now()).exists()


@pytest.mark.requirement("S2-L160.h1")
def test_the_power_counts_in_the_unit_of_the_step_while_it_lasts(desk):
    envelope = desk.start(flow_of("endorsement"))
    step = Action.objects.get(envelope=envelope, state=ActionState.READY)
    below = branch()
    step.signatory.unit = below
    step.signatory.save(update_fields=["unit"])
    step = Action.objects.get(pk=step.pk)
    above, there, elsewhere = colleague("above"), colleague("there", below), colleague("elsewhere")
    allow(above)
    allow(there, below)
    allow(elsewhere, branch("别的分公司"))
    alone = colleague("alone")
    allow(alone, covers_below=False)
    sealer = colleague("sealer")
    allow(sealer, permission=Permission.MANAGE_SEALS)
    over = colleague("over")
    ended = allow(over)
    Power.objects.filter(pk=ended.pk).update(ended_at=now())
    assert set(colleagues_for(step, at=now())) == {above, there}
    assert set(holders_of(RIGHT, below, at=now())) == {above, there}
    for other in (elsewhere, alone, sealer, over):
        with pytest.raises(HandOnRefused):
            delegate(step.pk, to=other, reason="休假", actor="staff:x", at=now())


def test_nobody_of_another_company_or_who_has_left(step):
    unit = outside_company("别家")
    stranger = colleague("theirs", unit, kind=AccountKind.OUTSIDE)
    allow(stranger)
    with pytest.raises(DraftInvalid, match="本单位在用账号"):
        delegate(step.pk, to=stranger, reason="转交", actor="staff:leader", at=now())
    assert stranger not in colleagues_for(step, at=now())
    gone = colleague("gone")
    allow(gone)
    gone.state = "left"
    with pytest.raises(DraftInvalid, match="本单位在用账号"):
        delegate(step.pk, to=gone, reason="转交", actor="staff:leader", at=now())


def test_a_reason_and_ones_own_signature(desk):
    envelope = desk.start(flow_of("claim_application"))
    step = Action.objects.get(envelope=envelope, type="sign")
    somebody = colleague("somebody")
    with pytest.raises(ReasonMissing):
        delegate(step.pk, to=somebody, reason=" ", actor="staff:x", at=now())
    with pytest.raises(NotYourTurn):
        delegate(step.pk, to=somebody, reason="休假", actor="staff:x", at=now())
