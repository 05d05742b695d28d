"""Claims from the report to the payment, the refusal and the review."""

import re
from datetime import timedelta

import pytest

from baozhen.foundation.audit.models import AuditEntry
from baozhen.foundation.errors import IllegalMove
from baozhen.foundation.notify.models import Delivery
from baozhen.insurance.claims.errors import (
    ClaimConflict,
    ClaimFileInvalid,
    ClaimInvalid,
    DecisionInvalid,
    LossOutsideCover,
    LossReportedAlready,
    PapersMissing,
    PapersToldOnce,
    PaperUnknown,
    PolicyNotIssued,
)
from baozhen.insurance.claims.jobs import tell_claim
from baozhen.insurance.claims.models import Claim, ClaimMessage
from baozhen.insurance.claims.queries import clocks_of, get_claim, own_claim, steps_of
from baozhen.insurance.claims.services import deciding, reporting
from baozhen.insurance.claims.services.deciding import Decision
from baozhen.insurance.claims.services.messages import Message, take_message
from baozhen.insurance.claims.services.reporting import Reporter, report_loss
from baozhen.insurance.claims.states import ClaimState, Entry
from baozhen.insurance.policies.errors import PolicyUnknown
from baozhen.insurance.policies.models import Policy
from baozhen.signing.files.models import ArchiveItem
from baozhen.site.traces import export_parts, same_business
from tests.insurance.holding import STRANGER, subject_of
from tests.insurance.making import accept, make_proposal

JPEG = b"\xff\xd8\xff\xe0" + b"a picture"
REASON = "事故属于保险责任，按定损单核定。"


@pytest.fixture
def claim(policy, loss, reporter, at):
    return report_loss(policy, loss(), reporter, at=at)


@pytest.fixture
def assessing(claim, at):
    for paper in claim.papers.all():
        data = JPEG + paper.code.encode()
        reporting.add_file(claim, data, actor="test", at=at, paper_code=paper.code)
    reporting.hand_in(claim, actor="test", at=at)
    return claim


def test_a_report_gets_its_number_and_the_whole_list(claim, at):
    assert re.fullmatch(r"BA[0-9]{16}", claim.number)
    assert (claim.state, claim.papers_told_at) == (ClaimState.COLLECTING, at)
    assert claim.papers.count() == 6
    assert "16100000001" not in str(AuditEntry.objects.filter(subject_type="claim").values())


@pytest.mark.requirement("S0-6.5")
@pytest.mark.parametrize("entry", list(Entry))
def test_every_door_leads_to_the_same_service(policies, loss, at, entry):
    """The same papers, the same clocks, whoever takes the report and whatever the cover's form."""
    for policy in policies.values():
        claim = report_loss(policy, loss(), Reporter(entry=entry, actor="test"), at=at)
        codes = set(claim.papers.values_list("code", flat=True))
        assert codes == {
            "id",
            "driving_licence",
            "vehicle_licence",
            "account",
            "accident_certificate",
            "repair_bill",
        }
        assert [clock.name for clock in clocks_of(claim)] == ["list", "decide"][:1]


def test_the_same_loss_twice_is_one_claim(policy, claim, loss, reporter, at):
    with pytest.raises(LossReportedAlready) as raised:
        report_loss(policy, loss(), reporter, at=at)
    assert raised.value.facts["number"] == claim.number
    reporting.withdraw(claim, actor="test", at=at)
    assert report_loss(policy, loss(), reporter, at=at).pk != claim.pk


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_loss_outside_the_cover_is_refused_with_the_dates(policy, loss, reporter, moment):
    at = policy.cover_ends_at + timedelta(days=2)
    when = {
        "before": policy.cover_starts_at - timedelta(seconds=1),
        "after": policy.cover_ends_at,
    }[moment]
    with pytest.raises(LossOutsideCover, match="保险期间"):
        report_loss(policy, loss(occurred_at=when), reporter, at=at)


def test_a_policy_that_is_not_sealed_yet_takes_no_report(platform, loss, reporter, policy, at):
    accept(make_proposal(2))
    numbered = Policy.objects.filter(state="numbered").first()
    with pytest.raises(PolicyNotIssued):
        report_loss(numbered, loss(), reporter, at=at)


def test_all_faults_of_a_report_come_at_once(policy, loss, reporter, at):
    with pytest.raises(ClaimInvalid) as raised:
        report_loss(policy, loss(place="", story="", mobile="1"), reporter, at=at)
    assert {fault.path for fault in raised.value.faults} == {"place", "story", "mobile"}


def test_a_late_report_is_taken_and_marked(policy, loss, reporter, at):
    claim = report_loss(policy, loss(occurred_at=at - timedelta(days=5)), reporter, at=at)
    assert claim.is_late


def test_papers_are_kept_once_and_only_what_was_asked(claim, at):
    first = reporting.add_file(claim, JPEG, actor="test", at=at, paper_code="id")
    assert reporting.add_file(claim, JPEG, actor="test", at=at, paper_code="id").pk == first.pk
    with pytest.raises(PaperUnknown):
        reporting.add_file(claim, JPEG, actor="test", at=at, paper_code="passport")
    with pytest.raises(ClaimFileInvalid):
        reporting.add_file(claim, b"MZ program", actor="test", at=at)


@pytest.mark.requirement("S0-5a")
def test_what_is_handed_in_joins_the_dossier_of_the_policy(claim, at):
    """Found, kept and handed out by any number of the business."""
    photo = reporting.add_file(claim, JPEG, actor="test", at=at)
    paper = reporting.add_file(claim, JPEG, actor="test", at=at, paper_code="id")
    # One picture that serves twice is archived once: the dossier keeps bytes, not uses.
    [item] = ArchiveItem.objects.filter(kind="claim")
    assert item.sha256 == photo.sha256 == paper.sha256
    proposal_no = claim.policy.proposal.proposal_no
    assert (item.dossier, item.subject_id) == (proposal_no, claim.pk)
    assert item.retain_until > (claim.policy.cover_ends_at + timedelta(days=1824)).date()
    numbers = {claim.number, claim.policy.number, proposal_no}
    for number in numbers:
        assert numbers <= same_business(number)
        assert export_parts(number).files[f"documents/claim-{item.pk}.jpg"] == JPEG
    assert same_business("BA0") == set()


def test_photos_have_a_limit(claim, at):
    for number in range(9):
        reporting.add_file(claim, JPEG + bytes([number]), actor="test", at=at)
    with pytest.raises(ClaimFileInvalid):
        reporting.add_file(claim, JPEG + b"ten", actor="test", at=at)


def test_what_is_missing_is_named(claim, at):
    with pytest.raises(PapersMissing, match="行驶证"):
        reporting.hand_in(claim, actor="test", at=at)


def test_the_way_to_the_money(assessing, at):
    deciding.decide(
        assessing,
        Decision(is_covered=True, reason=REASON, amount_fen=123_456),
        actor="test",
        at=at,
    )
    deciding.agree(assessing, actor="holder", at=at)
    deciding.note_paid(assessing, amount_fen=123_456, actor="test", at=at)
    assert assessing.state == ClaimState.PAID
    assert steps_of(assessing)[-1].note == "¥1,234.56"
    assert all(clock.done for clock in clocks_of(assessing))


@pytest.mark.parametrize(
    "decision",
    [
        Decision(is_covered=True, reason="好", amount_fen=1),
        Decision(is_covered=True, reason=REASON, amount_fen=0),
        Decision(is_covered=False, reason=""),
    ],
)
def test_a_decision_has_reasons_and_an_amount(assessing, at, decision):
    with pytest.raises(DecisionInvalid):
        deciding.decide(assessing, decision, actor="test", at=at)


def test_a_refusal_is_sent_and_may_be_disputed(assessing, at):
    refusal = Decision(is_covered=False, reason="出险时驾驶证已经注销，属于责任免除。")
    deciding.decide(assessing, refusal, actor="test", at=at)
    assert [c.name for c in clocks_of(assessing) if not c.done] == ["refusal"]
    tell_claim(assessing.pk, at=at)
    tell_claim(assessing.pk, at=at)
    assessing.refresh_from_db()
    assert assessing.refusal_sent_at == at
    letter = Delivery.objects.get(subject_type="claim")
    assert "拒绝赔偿" in letter.content["title"]
    deciding.dispute(assessing, "驾驶证当时仍在有效期内，有证明。", actor="holder", at=at)
    deciding.review(assessing, is_reopened=True, reason="查到新证据，重新核定。", actor="t", at=at)
    assert (assessing.state, assessing.decided_at) == (ClaimState.ASSESSING, None)


def test_a_review_may_keep_the_decision(assessing, at):
    deciding.decide(
        assessing, Decision(is_covered=True, reason=REASON, amount_fen=100), actor="t", at=at
    )
    deciding.dispute(assessing, "金额低于实际修理费用。", actor="holder", at=at)
    deciding.review(
        assessing, is_reopened=False, reason="修理项目已全部计入，维持。", actor="t", at=at
    )
    assert assessing.state == ClaimState.CLOSED
    with pytest.raises(IllegalMove):
        deciding.agree(assessing, actor="holder", at=at)


def test_more_papers_are_asked_for_once(assessing, at):
    """保险法 22: 及时一次性通知补充."""
    deciding.ask_more_papers(assessing, [("supplement_1", "维修工时说明")], actor="t", at=at)
    assert (assessing.state, assessing.papers_complete_at) == (ClaimState.COLLECTING, None)
    with pytest.raises(PapersToldOnce):
        deciding.ask_more_papers(assessing, [("supplement_2", "再来一份")], actor="t", at=at)


def message(claim, number="M-1", kind="survey", **content):
    return Message(claim_no=claim.number, message_no=number, kind=kind, content=content)


def test_a_message_told_twice_is_done_once(claim, at):
    told = message(claim, survey_at=at, note="一号路口")
    assert take_message(told, client="api:claims", at=at)[1]
    assert not take_message(told, client="api:claims", at=at)[1]
    assert ClaimMessage.objects.count() == 1
    assert Claim.objects.get().survey_note == "一号路口"
    # Named once, as the program is named wherever it acts.
    assert AuditEntry.objects.filter(subject_id=claim.pk, actor="api:claims").exists()
    with pytest.raises(ClaimConflict):
        take_message(message(claim, survey_at=at, note="二号路口"), client="api:claims", at=at)


def test_a_message_that_is_refused_leaves_nothing(claim, at):
    with pytest.raises(IllegalMove):
        take_message(message(claim, kind="payment", amount_fen=1), client="api:claims", at=at)
    assert not ClaimMessage.objects.exists()


def test_another_persons_claim_is_not_found(claim):
    with pytest.raises(PolicyUnknown):
        own_claim(subject_of(STRANGER), claim.number)
    assert get_claim(claim.number.lower()).pk == claim.pk
