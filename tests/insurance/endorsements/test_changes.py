"""Kinds of change one by one, and what happens when things come late, twice or together."""

import threading
from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction

from baozhen.foundation.clock import now
from baozhen.insurance.endorsements.errors import (
    ChangeIncomplete,
    ChangeInvalid,
    ChangeNotAllowed,
    ChangeStale,
    ChangeUnderWay,
    NoRateKnown,
)
from baozhen.insurance.endorsements.models import Change, Endorsement, RefundPart
from baozhen.insurance.endorsements.queries import current_content, endorsements_of
from baozhen.insurance.endorsements.services.applying import apply_due
from baozhen.insurance.endorsements.services.asking import (
    expire_changes,
    submit_change,
    withdraw_change,
)
from baozhen.insurance.endorsements.services.confirming import (
    ask_code,
    confirm_change,
    open_payment,
    take_payment,
)
from baozhen.insurance.endorsements.services.issuing import issue_change
from baozhen.insurance.payments.models import Refund
from baozhen.signing.identity.errors import CodeError
from tests.insurance.endorsements.making import (
    china,
    confirm,
    draft,
    finish,
    holder,
    issued_s01,
    last_code,
    paid_order,
    pay,
    submit,
)

pytestmark = pytest.mark.usefixtures("database", "platform")
AT = china(5, 31)
JUNE = date(2025, 6, 1)


def through(policy, kind, *, at=AT, **wish):
    """Take a change that costs nothing or gives back from draft to issue."""
    return finish(confirm(submit(draft(policy, kind, at=at, **wish), at=at), at=at), at=at)


def test_the_owner_changes_and_the_insured_with_the_vehicle():
    policy = issued_s01()["compulsory"]
    values = {
        "name": "测试乙",
        "id_no": "110199199009202025",
        "id_valid_from": "2016-05-01",
        "mobile": "16100000002",
        "province": "北京市",
        "city": "北京市",
        "county": "测试区",
        "detail": "示例路1号",
    }
    papers = ["registration_certificate", "new_owner_id"]
    through(policy, "transfer", values=values, files=papers)
    content = current_content(policy.proposal)
    assert content["owner"]["name"] == content["insured"]["name"] == "测试乙"
    assert content["policyholder"]["name"] == "测试甲"
    said = {row[1]: row[2:] for row in endorsements_of(policy)[0].content["table"]}
    assert said["车主"] == ["测试甲", "测试乙"]
    assert "110199199009202025" not in str(said)


def test_cover_is_taken_away_and_its_days_paid_back():
    order = paid_order()
    policy = issued_s01(order_no=order.order_no)["commercial"]
    change = through(policy, "cover_remove", values={"code": "F9"}, effective_on=JUNE)
    # 73.33 x 0.51 = 37.3983 a year, 288 of 365 days.
    assert change.premium_fen == -2951
    assert [row.amount_fen for row in Refund.objects.all()] == [2951]
    codes = [c["code"] for c in current_content(policy.proposal)["commercial"]["coverages"]]
    assert codes == ["A", "B", "D1", "D2"]


def test_cover_rests_and_runs_on_for_the_days_it_rested():
    policy = issued_s01()["commercial"]
    through(policy, "suspension", effective_on=JUNE, files=["suspension_certificate"])
    apply_due(at=china(6, 1))
    with pytest.raises(ChangeNotAllowed, match="先办理复驶"):
        draft(policy, "cover_remove", at=china(6, 5), values={"code": "F9"}, effective_on=JUNE)
    through(policy, "resumption", at=china(7, 20), effective_on=date(2025, 8, 1))
    cover = current_content(policy.proposal)["commercial"]
    assert cover["cover_ends_at"].startswith("2026-05-16")


def test_the_period_moves_before_it_begins():
    policies = issued_s01()
    through(policies["commercial"], "period", at=china(3, 12), values={"starts_on": "2025-03-20"})
    content = current_content(policies["commercial"].proposal)
    assert content["commercial"]["cover_starts_at"].startswith("2025-03-20")
    assert content["commercial"]["cover_ends_at"].startswith("2026-03-20")
    assert content["compulsory"]["cover_starts_at"].startswith("2025-03-16")


@pytest.mark.parametrize(
    ("kind", "values", "error"),
    [
        ("plate", {"plate_no": "京Z12345"}, ChangeIncomplete),
        ("plate", {"plate_no": "京"}, ChangeInvalid),
        ("correction", {"vin": "L9TESTAA8MA00000I"}, ChangeInvalid),
        ("correction", {}, ChangeIncomplete),
        ("limit", {"code": "B", "sum_insured": "2500000"}, (ChangeIncomplete, NoRateKnown)),
        ("limit", {"code": "B", "sum_insured": "x"}, ChangeIncomplete),
        ("cover_add", {"code": "B", "sum_insured": "1000000"}, ChangeIncomplete),
        ("agreement", {"code": "T999"}, ChangeIncomplete),
    ],
)
def test_what_cannot_stand_on_a_policy_is_refused(kind, values, error):
    policy = issued_s01()["commercial"]
    files = ["vehicle_licence"] if kind in {"plate", "correction"} else []
    with pytest.raises(error):
        draft(policy, kind, at=AT, values=values, files=files, effective_on=JUNE)
    assert Change.objects.count() == 0


def test_a_premium_collected_elsewhere_is_paid_back_there():
    policy = issued_s01()["commercial"]
    through(policy, "surrender", effective_on=JUNE)
    assert [row.is_outside for row in RefundPart.objects.all()] == [True]
    assert Refund.objects.count() == 0


def test_sealing_twice_issues_once():
    policy = issued_s01()["commercial"]
    change = through(policy, "surrender", effective_on=JUNE)
    issue_change(change.pk, signed_at=now(), at=AT)
    assert Endorsement.objects.count() == 1
    assert RefundPart.objects.count() == 1


def test_money_that_comes_after_the_end_goes_back():
    policy = issued_s01()["commercial"]
    values = {"code": "B", "sum_insured": "3000000"}
    change = submit(draft(policy, "limit", at=AT, values=values, effective_on=JUNE), at=AT)
    change = confirm(change, at=AT)
    order = open_payment(change, at=AT)
    assert open_payment(change, at=AT).pk == order.pk
    pay(order, at=AT)
    assert expire_changes(at=china(6, 1)) == 1
    take_payment(order.pk, at=china(6, 1))
    take_payment(order.pk, at=china(6, 1))
    change.refresh_from_db()
    assert change.state == "expired"
    assert [row.amount_fen for row in Refund.objects.all()] == [6140]
    assert Endorsement.objects.count() == 0


def test_a_code_for_one_content_confirms_no_other():
    who, policy = holder(), issued_s01()["commercial"]
    one = submit(draft(policy, "surrender", at=AT, effective_on=JUNE), at=AT)
    challenge = ask_code(one, who, device="phone-1", at=AT)
    withdraw_change(one.pk, actor="test", at=AT)
    other = draft(policy, "cover_remove", at=AT, values={"code": "F9"}, effective_on=JUNE)
    other = submit(other, at=AT)
    for device in ("phone-1", "phone-2"):
        with pytest.raises(CodeError):
            confirm_change(
                other,
                who,
                challenge=challenge,
                code=last_code(),
                device=device,
                address="127.0.0.1",
                at=AT,
            )
    other.refresh_from_db()
    assert other.state == "accepted"


def test_a_draft_that_is_overtaken_is_worked_out_anew():
    policy = issued_s01()["commercial"]
    old = draft(policy, "cover_remove", at=AT, values={"code": "F9"}, effective_on=JUNE)
    Change.objects.filter(pk=old.pk).update(client="other")
    through(policy, "insured_name", values={"name": "测试新"}, files=["name_proof"])
    with pytest.raises(ChangeStale):
        submit_change(old.pk, actor="test", at=AT)


def test_what_was_withdrawn_is_over():
    policy = issued_s01()["commercial"]
    change = submit(draft(policy, "surrender", at=AT, effective_on=JUNE), at=AT)
    withdraw_change(change.pk, actor="test", at=AT)
    again = draft(policy, "surrender", at=AT, effective_on=JUNE)
    assert submit(again, at=AT).state == "accepted"


def _two_drafts(policy):
    first = draft(policy, "surrender", at=AT, effective_on=JUNE)
    Change.objects.filter(pk=first.pk).update(client="other")
    second = draft(policy, "cover_remove", at=AT, values={"code": "F9"}, effective_on=JUNE)
    return first, second


def test_of_two_changes_at_once_one_is_refused():
    first, second = _two_drafts(issued_s01()["commercial"])
    barrier, results = threading.Barrier(2), []

    def run(key):
        try:
            barrier.wait(timeout=20)
            results.append(submit_change(key, actor="test", at=AT).state)
        except ChangeUnderWay:
            results.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(row.pk,)) for row in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=40)
    assert sorted(results) == ["accepted", "refused"]


def test_without_the_lock_the_database_still_refuses_the_second():
    first, second = _two_drafts(issued_s01()["commercial"])
    # What two unlocked callers would both do, each having seen no open change.
    Change.objects.filter(pk=first.pk).update(state="accepted")
    with pytest.raises(IntegrityError, match="change_one_open"), transaction.atomic():
        Change.objects.filter(pk=second.pk).update(state="accepted")


def test_what_is_worked_out_and_sealed_is_frozen():
    change = through(issued_s01()["commercial"], "surrender", effective_on=JUNE)
    for rows, columns in (
        (Change.objects.filter(pk=change.pk), {"premium_fen": 1}),
        (Endorsement.objects.all(), {"sha256": "0" * 64}),
        (RefundPart.objects.all(), {"amount_fen": 1}),
    ):
        with pytest.raises(IntegrityError, match="frozen"), transaction.atomic():
            rows.update(**columns)
