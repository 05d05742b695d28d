"""Users from outside: an organisation's people and policyholders see and do their own, alone."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from django.test import Client

from baozhen.foundation.audit.models import AuditEntry
from baozhen.foundation.clock import now
from baozhen.signing.envelopes.forms import flow_of
from baozhen.signing.envelopes.models import Action
from baozhen.signing.envelopes.services.create import create_envelope
from baozhen.signing.envelopes.services.drafts import ActionDraft
from baozhen.signing.envelopes.services.scenarios import (
    FlowOrder,
    PartyFacts,
    draft_of_flow,
    start_flow,
)
from baozhen.signing.envelopes.services.voiding import request_void
from baozhen.signing.identity.errors import SubjectNotFound
from baozhen.signing.identity.models import Subject
from baozhen.signing.identity.services.personal_accounts import open_personal_account
from baozhen.signing.organizations.errors import AccountInvalid, GrantRefused
from baozhen.signing.organizations.models import Account
from baozhen.signing.organizations.queries import root_unit
from baozhen.signing.organizations.roles import Permission
from baozhen.signing.organizations.services import (
    AccountFacts,
    PowerRequest,
    UnitFacts,
    create_account,
    create_unit,
    grant_power,
)
from baozhen.signing.organizations.services.accounts import move_account
from baozhen.signing.organizations.states import AccountKind, UnitKind
from baozhen.signing.seals.models import Seal
from tests.faces.conftest import BACKEND
from tests.signing.envelopes.conftest import desk, person, values_for  # noqa: F401 -- fixtures
from tests.signing.envelopes.sealing import outside_company

pytestmark = pytest.mark.django_db(transaction=True)


def account_of(username, unit, *, kind=AccountKind.OUTSIDE, name="测试员"):
    facts = AccountFacts(username=username, display_name=name, unit=unit, kind=kind)
    made = create_account(facts, actor="test", at=now())
    return Account.objects.select_related("unit", "user").get(pk=made.pk)


def browser(account):
    client = Client()
    client.force_login(account.user, backend=BACKEND)
    return client


def empower(account, granter):
    request = PowerRequest(
        account=account,
        unit=account.unit,
        permission=Permission.APPROVE_ENVELOPES,
        reason="经办",
    )
    grant_power(request, granter=granter, actor="test", at=now())


@pytest.fixture
def officer(staff):
    return staff("安全管理员", name="anquan").account


@pytest.fixture
def case(desk, officer):  # noqa: F811 -- the fixture
    """A reinsurance contract with another company, and somebody of that company and a rival's."""
    envelope = desk.start(flow_of("reinsurance_contract"))
    theirs = outside_company(
        next(role.label for role in flow_of("reinsurance_contract").roles if not role.own)
    )
    rival = create_unit(
        UnitFacts(name="测试无关有限公司", kind=UnitKind.OUTSIDE), actor="test", at=now()
    )
    member, stranger = account_of("member", theirs), account_of("rival", rival)
    for account in (member, stranger):
        empower(account, officer)
    return desk, envelope, member, stranger


def until_theirs(desk, envelope, unit):  # noqa: F811
    """Let the insurer's people act until it is the other company's turn."""
    for _ in range(10):
        desk.perform(envelope)
        ready = Action.objects.filter(envelope=envelope, state="ready").select_related(
            "envelope", "signatory__subject"
        )
        theirs = ready.filter(signatory__unit=unit).first()
        if theirs is not None:
            return theirs
        desk.act(ready.first())
    raise AssertionError("it never was their turn")


@pytest.mark.requirement("S2-L160.a2")
def test_an_outside_organisation_seals_its_part_and_sees_its_own_alone(case):
    desk, envelope, member, stranger = case  # noqa: F811
    theirs, other = browser(member), browser(stranger)
    action = until_theirs(desk, envelope, member.unit)
    page = theirs.get("/console/partner").content.decode()
    assert f"/console/partner/tasks/{action.public_id}" in page
    assert envelope.title not in other.get("/console/partner").content.decode()

    task = f"/console/partner/tasks/{action.public_id}"
    assert theirs.get(task).status_code == 200
    assert other.get(task).status_code == 404
    assert other.post(task, {"act": "do"}).status_code == 404
    insurers = Seal.objects.filter(company=root_unit().name).first()
    refused = theirs.post(task, {"act": "do", "seal": insurers.public_id})
    assert refused.status_code == 422
    action.refresh_from_db()
    assert action.state == "ready"
    assert theirs.post(task, {"act": "do", "seal": ""}).status_code == 302
    desk.finish(envelope)
    envelope.refresh_from_db()
    assert envelope.state == "completed"
    assert AuditEntry.objects.filter(actor="staff:member", action="action.performing").exists()

    for address in (
        f"/console/partner/envelopes/{envelope.public_id}",
        f"/console/partner/envelopes/{envelope.public_id}/documents/1",
        f"/console/partner/envelopes/{envelope.public_id}/documents/1/preview.png",
    ):
        assert theirs.get(address).status_code == 200
        assert other.get(address).status_code == 404
    assert envelope.title in theirs.get("/console/partner/envelopes").content.decode()
    assert envelope.title not in other.get("/console/partner/envelopes").content.decode()


def test_what_is_not_their_turn_yet_is_not_shown(case):
    _, envelope, member, _ = case
    if Action.objects.filter(envelope=envelope, signatory__unit=member.unit).exclude(
        state="waiting"
    ):
        pytest.fail("the flow begins with the other company: choose another")
    address = f"/console/partner/envelopes/{envelope.public_id}"
    assert browser(member).get(address).status_code == 404


def test_declining_needs_a_reason_and_ends_the_task(case):
    desk, envelope, member, _ = case  # noqa: F811
    action = until_theirs(desk, envelope, member.unit)
    client, task = browser(member), f"/console/partner/tasks/{action.public_id}"
    assert client.post(task, {"act": "decline", "reason": " "}).status_code == 422
    assert client.post(task, {"act": "decline", "reason": "条款有误"}).status_code == 302
    envelope.refresh_from_db()
    assert envelope.state == "declined"


def test_without_a_power_nobody_acts_for_the_organisation(case):
    desk, envelope, member, _ = case  # noqa: F811
    colleague = account_of("colleague", member.unit)
    action = until_theirs(desk, envelope, member.unit)
    client = browser(colleague)
    assert "没有待您处理" in client.get("/console/partner").content.decode()
    assert client.post(f"/console/partner/tasks/{action.public_id}", {}).status_code == 404


def test_a_company_answers_a_request_to_void(case):
    desk, envelope, member, stranger = case  # noqa: F811
    desk.finish(envelope)
    envelope.refresh_from_db()
    own = envelope.signatories.filter(unit=envelope.unit).first()
    request_void(envelope.pk, by=own, reason="重复签署", actor="test", at=now())
    address = f"/console/partner/envelopes/{envelope.public_id}"
    assert "重复签署" in browser(member).get(address).content.decode()
    assert browser(stranger).post(f"{address}/void", {"verdict": "agree"}).status_code == 404
    browser(member).post(f"{address}/void", {"verdict": "agree"})
    envelope.refresh_from_db()
    assert envelope.state == "voided"


def test_own_seals_alone(case):
    _, _, member, stranger = case
    theirs = Seal.objects.get(unit=member.unit)
    insurers = Seal.objects.filter(unit=root_unit()).first()
    client = browser(member)
    page = client.get("/console/partner/seals").content.decode()
    assert theirs.name in page
    assert insurers.name not in page
    shown = client.get(f"/console/partner/seals/{theirs.pk}/picture.png")
    assert shown.content.startswith(b"\x89PNG")
    assert client.get(f"/console/partner/seals/{insurers.pk}/picture.png").status_code == 404
    other = browser(stranger)
    assert other.get(f"/console/partner/seals/{theirs.pk}/picture.png").status_code == 404
    assert "还没有印章" in other.get("/console/partner/seals").content.decode()


def test_a_company_gives_a_pre_stamp_with_a_code_and_takes_it_back(case):
    desk, _, member, stranger = case  # noqa: F811
    Account.objects.filter(pk=member.pk).update(mobile="19900000071")
    client, seal = browser(member), Seal.objects.get(unit=member.unit)
    assert "还没有预盖章授权" in client.get("/console/partner/pre-stamps").content.decode()
    new = "/console/partner/pre-stamps/new"
    assert "再保险合同" in client.get(new).content.decode()
    until = (now() + timedelta(days=30)).date().isoformat()
    typed = {"kind": "reinsurance_contract", "seal": seal.public_id, "count_max": "5"}
    for more, said in (
        ({}, "请填写有效期"),
        ({"until": until, "count_max": "x"}, "份数应为"),
        ({"until": until, "seal": "x"}, "请选择本单位"),
    ):
        refused = client.post(new, typed | more)
        assert (refused.status_code, said in refused.content.decode()) == (422, True), said
    typed["until"] = until
    shown = client.post(new, typed | {"act": "ask"}).content.decode()
    assert "最多 5 份" in shown
    typed["challenge"] = re.search(r'name="challenge" value="(\w+)"', shown)[1]
    wrong = client.post(new, typed | {"act": "give", "code": "12"})
    assert (wrong.status_code, "最多 5 份" in wrong.content.decode()) == (422, True)
    made = client.post(new, typed | {"act": "give", "code": desk.last_code()})
    address = made["Location"]
    assert "还没有用过" in client.get(address).content.decode()
    assert browser(stranger).get(address).status_code == 404
    assert client.post(address, {"reason": " "}).status_code == 422
    assert client.post(address, {"reason": "条款变了"}).status_code == 302
    assert "条款变了" in client.get(address).content.decode()
    assert "已收回" in client.get("/console/partner/pre-stamps").content.decode()


@pytest.mark.requirement("S2-L942b")
def test_a_company_chooses_where_its_own_seal_will_stand(case):
    """The node in the middle of a task: place and seal now, the sealing itself at its turn."""
    desk, _, member, _ = case  # noqa: F811
    flow = flow_of("reinsurance_contract")
    order = FlowOrder(
        flow=flow.code, client="test", unit=root_unit(), values=values_for(flow),
        parties={"reinsurer": PartyFacts(unit=member.unit)},
    )  # fmt: skip
    draft = draft_of_flow(order, actor="test", at=now())
    node = ActionDraft(role="reinsurer", type="pre_stamp", order=1)
    draft = replace(draft, actions=[node, *draft.actions[1:]])
    envelope = create_envelope(draft, actor="test", at=now())
    step = Action.objects.get(envelope=envelope, type="pre_stamp")
    client, task = browser(member), f"/console/partner/tasks/{step.public_id}"
    assert "点选盖章位置" in client.get(task).content.decode()
    preview = f"/console/partner/envelopes/{envelope.public_id}/documents/1/preview.png"
    assert client.get(f"{preview}?page=1").status_code == 200
    assert client.get(f"{preview}?page=99").status_code == 404
    seal = Seal.objects.get(unit=member.unit)
    wanted = {"act": "do", "seal": seal.public_id, "page": "1", "x": "100", "y": "30"}
    assert client.post(task, wanted | {"x": "far"}).status_code == 422
    assert client.post(task, wanted).status_code == 302
    theirs = Action.objects.get(envelope=envelope, type="seal", signatory__unit=member.unit)
    assert (theirs.seal, round(theirs.places.get().x)) == (seal.public_id, 283)
    assert until_theirs(desk, envelope, member.unit).pk == theirs.pk


def test_the_staffs_pages_are_closed_whatever_powers_an_outsider_has(case):
    _, envelope, member, _ = case
    client = browser(member)
    home = client.get("/console/")
    assert home["Location"] == "/console/partner"
    for address in ("tasks", "envelopes", f"envelopes/{envelope.public_id}", "seals", "risks"):
        assert client.get(f"/console/{address}").status_code == 403
    text = client.get("/console/partner").content.decode()
    assert 'href="/console/partner/seals"' in text
    assert 'href="/console/seals"' not in text
    assert client.get("/console/security").status_code == 200


def test_the_staff_have_no_outside_pages(signed_in):
    client = signed_in("业务负责人")
    for address in ("partner", "partner/envelopes", "partner/seals"):
        assert client.get(f"/console/{address}").status_code == 403


def test_outsiders_get_powers_at_home_only(case, officer):
    _, _, member, _ = case
    request = PowerRequest(account=member, unit=root_unit(), role="业务负责人", reason="经办")
    with pytest.raises(GrantRefused, match="外部机构"):
        grant_power(request, granter=officer, actor="test", at=now())
    with pytest.raises(AccountInvalid):
        move_account(member, root_unit(), actor="test", at=now())
    with pytest.raises(AccountInvalid):
        account_of("inside", root_unit())


@pytest.fixture
def policyholder(desk):  # noqa: F811 -- the fixture
    """A claim application that a policyholder has to sign, and their account."""
    flow = flow_of("claim_application")
    role = next(role for role in flow.roles if not role.own)
    order = FlowOrder(
        flow=flow.code,
        client="test",
        unit=root_unit(),
        values=values_for(flow),
        parties={role.role: PartyFacts(subject=person(1))},
    )
    envelope = start_flow(order, actor="test", at=now())
    subject = Subject.objects.get(pk=envelope.signatories.get(role=role.role).subject_id)
    facts = AccountFacts(
        username="holder", display_name=subject.name, unit=root_unit(), kind=AccountKind.PERSON
    )
    account = open_personal_account(facts, subject.public_id, actor="test", at=now())
    return desk, envelope, Account.objects.select_related("user").get(pk=account.pk)


def test_a_policyholder_signs_and_keeps_the_document(policyholder):
    desk, envelope, account = policyholder  # noqa: F811
    client = browser(account)
    action = Action.objects.get(envelope=envelope, type="sign")
    assert "去签名" in client.get("/console/partner").content.decode()
    answer = client.post(f"/console/partner/tasks/{action.public_id}/sign")
    address = answer["Location"]
    assert "/s/" in address
    page = Client().get("/s/" + address.partition("/s/")[2])
    assert envelope.title in page.content.decode()
    desk.finish(envelope)
    file = client.get(f"/console/partner/envelopes/{envelope.public_id}/documents/1")
    assert file.content.startswith(b"%PDF")
    assert AuditEntry.objects.filter(action="envelope.downloaded", actor="staff:holder").exists()


def test_another_policyholder_sees_nothing_of_it(policyholder):
    _, envelope, account = policyholder
    Subject.objects.filter(account=account).update(account=None)
    client = browser(account)
    action = Action.objects.get(envelope=envelope, type="sign")
    assert envelope.title not in client.get("/console/partner").content.decode()
    assert client.post(f"/console/partner/tasks/{action.public_id}/sign").status_code == 404
    assert client.get(f"/console/partner/envelopes/{envelope.public_id}").status_code == 404


def test_a_personal_account_hangs_on_one_known_subject(policyholder):
    _, _, account = policyholder
    subject = Subject.objects.get(account=account)
    facts = {"username": "again", "unit": root_unit(), "kind": AccountKind.PERSON}
    with pytest.raises(AccountInvalid, match="已有账号"):
        open_personal_account(
            AccountFacts(display_name=subject.name, **facts), subject.public_id,
            actor="test", at=now(),
        )  # fmt: skip
    Subject.objects.filter(pk=subject.pk).update(account=None)
    with pytest.raises(AccountInvalid, match="姓名"):
        open_personal_account(
            AccountFacts(display_name="别人", **facts), subject.public_id, actor="test", at=now()
        )
    with pytest.raises(SubjectNotFound):
        open_personal_account(
            AccountFacts(display_name=subject.name, **facts), "sub_x", actor="test", at=now()
        )
    assert not Account.objects.filter(user__username="again").exists()


def test_the_system_officer_opens_it_in_the_console(policyholder, signed_in):
    _, _, account = policyholder
    subject = Subject.objects.get(account=account)
    Subject.objects.filter(pk=subject.pk).update(account=None)
    client = signed_in("系统管理员")
    form = {"username": "holder2", "display_name": "别人", "kind": "person",
            "unit": root_unit().pk, "subject": subject.public_id}  # fmt: skip
    assert client.post("/console/accounts/new", form).status_code == 422
    form["display_name"] = subject.name
    assert client.post("/console/accounts/new", form).status_code == 302
    assert Subject.objects.get(pk=subject.pk).account.user.username == "holder2"
