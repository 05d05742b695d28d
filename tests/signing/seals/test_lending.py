"""Physical seals: asked for, approved, handed out, photographed, returned, late."""

import io
from datetime import timedelta

import pytest
from PIL import Image

from baozhen.foundation.errors import IllegalMove
from baozhen.foundation.storage import get_storage
from baozhen.signing.risks.models import Risk
from baozhen.signing.seals import errors
from baozhen.signing.seals.jobs import note_kept_seals
from baozhen.signing.seals.models import SealLoan
from baozhen.signing.seals.services import (
    LoanRequest,
    decide_loan,
    hand_out,
    record_stamping,
    request_loan,
    take_back,
    warn_overdue,
    withdraw_loan,
)
from baozhen.signing.seals.states import SealKind
from baozhen.site.wiring import whole_flow

KEEPER, CHECKER = "staff:keeper", "staff:checker"

pytestmark = pytest.mark.django_db


def photo(**more):
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "TelephoneMaker"
    Image.new("RGB", (800, 600), "white").save(out, "JPEG", exif=exif, **more)
    return out.getvalue()


@pytest.fixture
def loan(make_seal, person, at):
    """Ask for a physical seal."""
    seal = make_seal(SealKind.PHYSICAL, keeper=person("keeper"), location="总部档案室")
    amy = person("amy")

    def make(**more):
        facts = {
            "seal": seal,
            "borrower": amy,
            "document": "租赁合同",
            "document_type": "contract",
            "copies": 4,
            "reason": "续租",
            "due_at": at + timedelta(hours=8),
        }
        return request_loan(LoanRequest(**facts | more), actor="staff:amy", at=at)

    return make


@pytest.fixture
def out(loan, at):
    """A loan that was approved and handed out."""
    row = loan()
    decide_loan(row.pk, approved=True, decision="", actor=CHECKER, at=at)
    return hand_out(row.pk, actor=KEEPER, at=at)


@pytest.mark.requirement("S2-L160.f3")
def test_from_asking_to_giving_back(out, at):
    stamping = record_stamping(
        out.pk, copies=3, photo=photo(), note="三份", actor="staff:amy", at=at
    )
    kept = get_storage().get(stamping.photo_sha256)
    assert kept.startswith(b"\xff\xd8")
    assert b"TelephoneMaker" not in kept
    with pytest.raises(errors.LoanFault, match="已用 3 份"):
        record_stamping(out.pk, copies=2, photo=photo(), note="", actor="staff:amy", at=at)
    take_back(out.pk, note="完好", actor=KEEPER, at=at)
    row = SealLoan.objects.get(pk=out.pk)
    assert (row.state, row.returned_to, row.handed_by) == ("returned", KEEPER, KEEPER)
    with pytest.raises(errors.LoanFault):
        record_stamping(out.pk, copies=1, photo=photo(), note="", actor="staff:amy", at=at)


def test_another_person_decides(loan, at):
    row = loan()
    with pytest.raises(errors.OwnApproval):
        decide_loan(row.pk, approved=True, decision="", actor="staff:amy", at=at)
    with pytest.raises(IllegalMove):
        hand_out(row.pk, actor=KEEPER, at=at)
    decide_loan(row.pk, approved=False, decision="改用电子章", actor=CHECKER, at=at)
    assert SealLoan.objects.get(pk=row.pk).decision == "改用电子章"


def test_who_asked_takes_it_back_until_it_is_handed_out(loan, out, at):
    asked = loan()
    with pytest.raises(errors.RequestForeign):
        withdraw_loan(asked.pk, actor=CHECKER, at=at)
    decide_loan(asked.pk, approved=True, decision="", actor=CHECKER, at=at)
    assert withdraw_loan(asked.pk, actor="staff:amy", at=at).state == "withdrawn"
    with pytest.raises(IllegalMove):
        hand_out(asked.pk, actor=KEEPER, at=at)
    with pytest.raises(IllegalMove):
        withdraw_loan(out.pk, actor="staff:amy", at=at)


def test_seals_of_somebody_who_leaves_are_pointed_out_once(out, at):
    """Keeper and borrower: a seal in the hands of nobody is what the officers must know of."""
    assert "note_kept_seals" in whole_flow()["account.left"]
    for account in (out.seal.keeper, out.borrower):
        note_kept_seals(account.pk)
        note_kept_seals(account.pk)
    risks = Risk.objects.filter(kind="seals.keeper_left").order_by("pk")
    assert [risk.concerns for risk in risks] == ["seal", "seal_loan"]
    assert {risk.facts["seal"] for risk in risks} == {out.seal.public_id}


def test_one_holder_at_a_time(loan, out, at):
    second = loan(document="补充协议")
    decide_loan(second.pk, approved=True, decision="", actor=CHECKER, at=at)
    with pytest.raises(errors.LoanFault, match="尚未归还"):
        hand_out(second.pk, actor=KEEPER, at=at)
    take_back(out.pk, note="", actor=KEEPER, at=at)
    assert hand_out(second.pk, actor=KEEPER, at=at).state == "handed_out"


def test_what_comes_back_late_is_told_once(out, at):
    assert warn_overdue(at=at) == 0
    late = at + timedelta(hours=9)
    assert warn_overdue(at=late) == 1
    assert warn_overdue(at=late) == 0
    assert Risk.objects.get(kind="seals.overdue").concerns_id == out.pk


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7", b"\xff\xd8\xff\xe0 broken"])
def test_a_photograph_must_be_one(out, at, data):
    with pytest.raises(errors.PhotoFault):
        record_stamping(out.pk, copies=1, photo=data, note="", actor="staff:amy", at=at)


@pytest.mark.parametrize(
    "more", [{"copies": 0}, {"document": " "}, {"due_at": None}, {"reason": ""}]
)
def test_a_request_says_what_it_is_for(loan, at, more):
    if "due_at" in more:
        more = {"due_at": at}
    with pytest.raises((errors.LoanFault, errors.ReasonMissing)):
        loan(**more)


def test_only_physical_seals_are_lent(seal, loan):
    with pytest.raises(errors.LoanFault):
        loan(seal=seal)
