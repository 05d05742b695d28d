"""预盖章 of companies outside: decided in advance, with a confirmed will, within limits."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection

from baozhen.foundation.audit.models import AuditEntry
from baozhen.foundation.clock import now
from baozhen.signing.envelopes.errors import (
    DraftInvalid,
    PreStampClosed,
    PreStampInvalid,
    PreStampNotFound,
    ReasonMissing,
)
from baozhen.signing.envelopes.evidence import parts_of
from baozhen.signing.envelopes.forms import flow_of
from baozhen.signing.envelopes.models import Action, PreStamp
from baozhen.signing.envelopes.services.acts import StampPlace, pre_stamp
from baozhen.signing.envelopes.services.create import create_envelope
from baozhen.signing.envelopes.services.drafts import ActionDraft
from baozhen.signing.envelopes.services.filing import file_envelopes
from baozhen.signing.envelopes.services.performing import perform_action
from baozhen.signing.envelopes.services.pre_stamping import (
    PreStampWish,
    ask_code,
    give,
    kinds_for,
    revoke,
    used,
)
from baozhen.signing.envelopes.services.scenarios import FlowOrder, PartyFacts, draft_of_flow
from baozhen.signing.envelopes.states import ActionState, EnvelopeState
from baozhen.signing.files.models import FileEntry
from baozhen.signing.identity.errors import CodeNotYours, CodeWrong
from baozhen.signing.organizations.errors import PowerMissing
from baozhen.signing.organizations.models import Account
from baozhen.signing.organizations.queries import root_unit
from baozhen.signing.organizations.roles import Permission
from baozhen.signing.organizations.services import (
    AccountFacts,
    PowerRequest,
    appoint_first,
    create_account,
    grant_power,
)
from baozhen.signing.organizations.states import AccountKind
from baozhen.signing.seals.models import Seal, SealGrant, SealUse
from baozhen.trust.report import Verdict
from tests.signing.envelopes.conftest import values_for
from tests.signing.envelopes.sealing import outside_company
from tests.signing.envelopes.test_scenarios import judged

pytestmark = pytest.mark.django_db(transaction=True)
FLOW = "reinsurance_contract"


def member_of(unit, username, mobile):
    """An account of an outside company, with the power to act for it."""
    facts = AccountFacts(
        username=username, display_name="测试经办", unit=unit, kind=AccountKind.OUTSIDE,
        mobile=mobile,
    )  # fmt: skip
    made = create_account(facts, actor="test", at=now())
    account = Account.objects.select_related("unit", "user").get(pk=made.pk)
    request = PowerRequest(
        account=account, unit=unit, permission=Permission.APPROVE_ENVELOPES, reason="经办"
    )
    granter = Account.objects.filter(user__username="anquan").first()
    granter = granter or appoint_first(
        "anquan", "安全", ["安全管理员"], password="a-long-password-1", at=now()
    )
    grant_power(request, granter=granter, actor="test", at=now())
    return account


@pytest.fixture
def member(desk):
    """Somebody of the reinsurer who may act for it."""
    return member_of(outside_company("再保险人"), "member", "19900000071")


@pytest.fixture
def wish(member):
    """One contract, until next month."""
    return PreStampWish(
        seal=Seal.objects.get(unit=member.unit),
        kind=FLOW,
        count_max=1,
        until=now() + timedelta(days=30),
    )


def given(desk, member, wish, minutes=0):
    """Give a pre-stamp as a person does, so many minutes from now: a code comes, and is typed."""
    at = now() + timedelta(minutes=minutes)
    challenge = ask_code(member, wish, at=at)
    proof = {"challenge_id": challenge.public_id, "code": desk.last_code()}
    return give(member, wish, **proof, at=at, address="127.0.0.1")


def insurers_part(desk, envelope):
    """Let the insurer's people act, and nobody else; return the reinsurer's step."""
    desk.perform(envelope)
    leader = Action.objects.get(envelope=envelope, type="approve")
    desk.act(leader)
    desk.perform(envelope)
    return Action.objects.get(envelope=envelope, signatory__role="reinsurer")


def test_its_seal_goes_on_at_its_turn_without_being_asked_and_never_once_more(desk, member, wish):
    stamp = given(desk, member, wish)
    first, second = (desk.start(flow_of(FLOW)) for _ in range(2))
    step = Action.objects.get(envelope=first, signatory__role="reinsurer")
    assert (step.state, used(stamp)) == (ActionState.WAITING, 0)  # its turn is the last
    step = insurers_part(desk, first)
    assert (step.state, step.pre_stamp_id, step.seal) == ("done", stamp.pk, wish.seal.public_id)
    assert step.acted_by == f"pre_stamp:{stamp.public_id}"
    first.refresh_from_db()
    assert first.state == EnvelopeState.COMPLETED
    assert judged(first)[0].verdict is Verdict.GENUINE
    assert SealUse.objects.get(seal=wish.seal, state="done").reference == first.public_id
    asked = insurers_part(desk, second)
    assert (asked.state, asked.pre_stamp_id, used(stamp)) == ("ready", None, 1)
    file_envelopes(keys=[first.pk])
    said = parts_of(FileEntry.objects.get(envelope=first.public_id))
    proof = said.evidence[f"pre-stamp-{step.public_id}"]
    assert proof["will"]["id"] == stamp.consent.public_id
    assert "最多 1 份" in proof["statement"]
    assert ("pre_stamp", stamp.pk) in said.chains
    given(desk, member, wish, 2)  # what is used up makes room for the next
    stamp.refresh_from_db()
    assert stamp.state == "ended"


def test_taken_back_expired_or_unusable_it_decides_nothing(desk, member, wish):
    stamp = given(desk, member, replace(wish, count_max=9))
    with pytest.raises(PreStampInvalid, match="请先收回"):
        given(desk, member, wish, 2)
    SealGrant.objects.filter(seal=wish.seal).update(is_silent=False)
    step = insurers_part(desk, desk.start(flow_of(FLOW)))
    assert (step.state, step.pre_stamp_id, step.is_silent) == ("ready", None, False)
    assert "静默" in step.last_error
    assert used(stamp) == 0
    SealGrant.objects.filter(seal=wish.seal).update(is_silent=True)
    rival = member_of(outside_company("另一家"), "rival", "19900000072")
    asked = {"actor": "staff:member", "at": now()}
    with pytest.raises(PreStampNotFound):
        revoke(rival, stamp.public_id, reason="试", **asked)
    with pytest.raises(ReasonMissing):
        revoke(member, stamp.public_id, reason=" ", **asked)
    revoke(member, stamp.public_id, reason="条款变了", **asked)
    with pytest.raises(PreStampClosed, match="已收回"):
        revoke(member, stamp.public_id, reason="再来", **asked)
    assert insurers_part(desk, desk.start(flow_of(FLOW))).state == "ready"
    late = given(desk, member, wish, 4)
    PreStamp.objects.filter(pk=late.pk).update(until=now())
    assert insurers_part(desk, desk.start(flow_of(FLOW))).state == "ready"
    acts = AuditEntry.objects.filter(subject_type="pre_stamp").order_by("pk")
    assert [act.action for act in acts] == [
        "pre_stamp.active",
        "pre_stamp.revoked",
        "pre_stamp.active",
    ]


def test_two_tasks_at_once_do_not_share_the_last_one(desk, member, wish):
    stamp = given(desk, member, wish)
    keys = []
    for envelope in [desk.start(flow_of(FLOW)) for _ in range(2)]:
        desk.act(Action.objects.get(envelope=envelope, type="approve"))
        keys.append(Action.objects.get(envelope=envelope, state=ActionState.PERFORMING).pk)
    start = threading.Barrier(2)

    def run(key):
        try:
            start.wait(timeout=60)
            perform_action(key=key)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(key,)) for key in keys]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    steps = Action.objects.filter(signatory__role="reinsurer").values_list("state", flat=True)
    assert (used(stamp), sorted(steps)) == (1, ["performing", "ready"])


def test_only_its_own_people_give_it_for_what_they_confirmed(desk, member, wish):
    insurers = Seal.objects.filter(unit=root_unit()).first()
    for changes, path in (
        ({"seal": insurers}, "seal"),
        ({"kind": "policy_insurer"}, "kind"),
        ({"kind": "template@1"}, "kind"),
        ({"count_max": 0}, "count_max"),
        ({"count_max": 10_001}, "count_max"),
        ({"until": now()}, "until"),
        ({"until": now() + timedelta(days=400)}, "until"),
    ):
        with pytest.raises(PreStampInvalid) as refused:
            ask_code(member, replace(wish, **changes), at=now())
        assert refused.value.path == path
    challenge = ask_code(member, wish, at=now())
    proof = {"challenge_id": challenge.public_id, "code": desk.last_code(), "at": now()}
    with pytest.raises(CodeNotYours):
        give(member, replace(wish, count_max=2), **proof)
    with pytest.raises(CodeWrong):
        give(member, wish, **(proof | {"code": "000000" if proof["code"] != "000000" else "1"}))
    facts = AccountFacts(
        username="colleague", display_name="同事", unit=member.unit, kind=AccountKind.OUTSIDE,
        mobile="19900000073",
    )  # fmt: skip
    made = create_account(facts, actor="test", at=now())
    colleague = Account.objects.select_related("unit", "user").get(pk=made.pk)
    with pytest.raises(PowerMissing):
        ask_code(colleague, wish, at=now())
    Account.objects.filter(pk=member.pk).update(mobile=None)
    member.refresh_from_db()
    with pytest.raises(PreStampInvalid, match="没有登记手机号"):
        ask_code(member, wish, at=now())
    SealGrant.objects.filter(seal=wish.seal).update(is_silent=False)
    with pytest.raises(PreStampInvalid, match="印章管理员"):
        ask_code(member, wish, at=now())
    assert kinds_for(member).keys() >= {FLOW}
    assert not PreStamp.objects.exists()


def test_who_begins_a_task_never_uses_another_companys_seal(desk, member):
    """Not silently, though a grant would allow it; nor by choosing its seal in a pre-stamp node."""
    flow = flow_of(FLOW)
    order = FlowOrder(
        flow=FLOW, client="test", unit=root_unit(), values=values_for(flow),
        parties={"reinsurer": PartyFacts(unit=member.unit)},
    )  # fmt: skip
    draft = draft_of_flow(order, actor="test", at=now())
    silent = [replace(action, is_silent=action.role == "reinsurer") for action in draft.actions]
    with pytest.raises(DraftInvalid, match="外单位可自行预盖章授权"):
        create_envelope(replace(draft, actions=silent), actor="test", at=now())
    node = ActionDraft(role="leader", type="pre_stamp", order=1)
    envelope = create_envelope(
        replace(draft, actions=[node, *draft.actions[1:]]), actor="test", at=now()
    )
    step = Action.objects.get(envelope=envelope, type="pre_stamp")
    place = StampPlace(document=1, page=0, x=380, y=60)
    theirs = Seal.objects.get(unit=member.unit)
    with pytest.raises(DraftInvalid, match="这家单位自己的印章"):
        pre_stamp(step.pk, [place], chosen=theirs, actor="staff:leader", at=now())
