"""Kinds of change one by one, and what happens when things come late, twice or together."""

import threading
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from baozhen.faces.mobile.endorsing.forms import fields_of
from baozhen.faces.policy_facts import policy_word
from baozhen.foundation.clock import now
from baozhen.foundation.errors import Refusal
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
from baozhen.insurance.endorsements.services.planning import kinds_offered
from baozhen.insurance.endorsements.states import ChangeKind
from baozhen.insurance.payments.models import Refund
from baozhen.insurance.products.tables import load_table
from baozhen.insurance.verification.calls import Caller, check_caller
from baozhen.insurance.verification.errors import CallerUnlike, NoMatch
from baozhen.insurance.verification.holders import own_policies
from baozhen.insurance.verification.services import HolderQuery, find_for_holder
from baozhen.signing.identity.errors import CodeError
from baozhen.signing.identity.services.subjects import SubjectFacts, register_subject
from tests.insurance.endorsements.making import (
    HOLDER,
    approve_table,
    china,
    confirm,
    draft,
    finish,
    holder,
    issued_s01,
    last_code,
    paid_order,
    pay,
    pay_difference,
    submit,
)

pytestmark = pytest.mark.usefixtures("database", "platform")
AT = china(5, 31)
JUNE = date(2025, 6, 1)
LICENCE = ["vehicle_licence"]


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
    # Wallet, WeChat and mini-program ask here: who took it over is the insured, the other is not.
    facts = SubjectFacts(
        kind="person", name="测试乙", id_no="110199199009202025", mobile="16100000002"
    )
    new = register_subject(facts, actor="test", at=AT)
    assert {own.roles for own in own_policies(new)} == {("被保险人",)}
    assert {own.roles for own in own_policies(holder())} == {("投保人",)}


@pytest.mark.requirement("S0-6.3.1", "S0-6.1d")
def test_who_asks_for_a_policy_gives_the_plate_that_the_car_has_now():
    policy = issued_s01()["compulsory"]

    def ask(plate, *, at):
        facts = {"id_tail": HOLDER["id_no"][-6:], "vehicle_tail": plate[-6:]}
        query = HolderQuery(number=policy.number, client_address="192.0.2.1", **facts)
        return find_for_holder(query, at=at).number

    def call(plate, *, at):
        answers = {"name": HOLDER["name"], "mobile": HOLDER["mobile"], "plate": plate}
        caller = Caller(number=policy.number, answers=answers)
        return check_caller(caller, agent="staff:agent", at=at).policy == policy

    old, new = "京Z12345", "京Z54321"
    assert ask(old, at=AT)
    assert call(old, at=AT)
    through(policy, "plate", values={"plate_no": new}, files=LICENCE)
    after = china(5, 31, 11)
    assert ask(new, at=after)
    assert call(new, at=after)
    with pytest.raises(NoMatch):
        ask(old, at=after)
    with pytest.raises(CallerUnlike):
        call(old, at=after)


def test_cover_is_taken_away_and_its_days_paid_back():
    order = paid_order()
    policy = issued_s01(order_no=order.order_no)["commercial"]
    change = through(policy, "cover_remove", values={"code": "F9"}, effective_on=JUNE)
    # 73.33 x 0.51 = 37.3983 a year, 288 of 365 days.
    assert change.premium_fen == -2951
    assert [row.amount_fen for row in Refund.objects.all()] == [2951]
    codes = [c["code"] for c in current_content(policy.proposal)["commercial"]["coverages"]]
    assert codes == ["A", "B", "D1", "D2"]


def test_cover_rests_within_its_limit_and_runs_on_for_the_days_it_rested():
    policy = issued_s01()["commercial"]
    paper = ["suspension_certificate"]
    change = through(policy, "suspension", effective_on=JUNE, files=paper)
    apply_due(at=china(6, 1))
    # 180 days and no more: it runs again by itself, whoever forgets it.
    rows = {row[0]: row[1:] for row in change.parts[0]["rows"]}
    assert rows["停驶"][1] == "自2025年6月1日零时起停驶，2025年11月28日零时自动恢复"
    assert current_content(policy.proposal)["commercial"]["cover_ends_at"].startswith("2026-09-12")
    year_later = policy.cover_ends_at + timedelta(days=1)
    assert policy_word(policy, at=year_later)["label"] == "有效"
    with pytest.raises(ChangeNotAllowed, match="先办理复驶"):
        draft(policy, "cover_remove", at=china(6, 5), values={"code": "F9"}, effective_on=JUNE)
    with pytest.raises(ChangeIncomplete, match="停驶累计最长180天，2025年11月28日零时自动恢复"):
        draft(policy, "resumption", at=china(11, 20), effective_on=date(2025, 11, 28))
    through(policy, "resumption", at=china(7, 20), effective_on=date(2025, 8, 1))
    apply_due(at=china(8, 1))
    cover = current_content(policy.proposal)["commercial"]
    assert cover["cover_ends_at"].startswith("2026-05-16")

    # The second rest has the 119 days that are left; after them there is none.
    change = through(
        policy, "suspension", at=china(8, 30), effective_on=date(2025, 9, 1), files=paper
    )
    apply_due(at=china(9, 1))
    cover = current_content(policy.proposal)["commercial"]
    assert cover["suspended_until"] == "2025-12-29"
    assert cover["cover_ends_at"].startswith("2026-09-12")
    over = china(12, 29)
    offers = dict(kinds_offered(policy, at=over))
    assert offers["limit"] == ""
    assert "没有办理过停驶" in offers["resumption"]
    with pytest.raises(ChangeNotAllowed, match="停驶累计最长180天，已经用完"):
        draft(policy, "suspension", at=over, effective_on=date(2026, 1, 5), files=paper)
    # 77 days ran before the first rest, 31 between the two, 1 since: 256 of 365 are left.
    value = {"code": "B", "sum_insured": "3000000"}
    raised = draft(policy, "limit", at=over, values=value, effective_on=date(2025, 12, 30))
    [part] = [part for part in raised.parts if part["lines"]]
    assert part["days"] == 256


def test_the_period_moves_before_it_begins_and_within_its_limit():
    policies = issued_s01()
    commercial = policies["commercial"]

    def move_to(day, *, at):
        return through(commercial, "period", at=at, values={"starts_on": day})

    move_to("2025-03-20", at=china(3, 12))
    content = current_content(commercial.proposal)
    assert content["commercial"]["cover_starts_at"].startswith("2025-03-20")
    assert content["commercial"]["cover_ends_at"].startswith("2026-03-20")
    assert content["compulsory"]["cover_starts_at"].startswith("2025-03-16")
    with pytest.raises(ChangeIncomplete, match="最早为明天"):
        move_to("2025-03-13", at=china(3, 13))
    # Sixty days from 16 March, the day first agreed, however often it is moved.
    with pytest.raises(ChangeIncomplete, match="60天，请在2025年1月15日至2025年5月15日之间"):
        move_to("2025-05-16", at=china(3, 13))
    move_to("2025-05-15", at=china(3, 13))


def test_an_approved_table_counts_from_its_day():
    policy = issued_s01()["commercial"]
    table = load_table("special_agreements")
    table["agreements"]["T900"] = "本车停放于指定车库。"
    rates = load_table("commercial_rates")
    rates["covers"]["car"]["B"]["classes"]["family_under_6"]["3000000"] = "1174.67"
    for content in (table, rates):
        approve_table(content, since=date(2025, 5, 20), at=china(5, 10))
    asked = {"values": {"code": "T900"}}
    with pytest.raises(ChangeIncomplete, match="约定库"):
        draft(policy, "agreement", at=china(5, 19), **asked)
    said = draft(policy, "agreement", at=AT, **asked).parts[0]["rows"]
    assert ["特别约定 T900", "无", "本车停放于指定车库。"] in said
    # (1,174.67 - 922.08) x 0.51 a year, 288 of 365 days.
    value = {"code": "B", "sum_insured": "3000000"}
    change = draft(policy, "limit", at=AT, values=value, effective_on=JUNE)
    assert change.premium_fen == 10164
    shown = fields_of(ChangeKind.AGREEMENT, current_content(policy.proposal))["code"].choices
    assert ("T900", "增加：本车停放于指定车库。") in shown


def test_seats_are_corrected_with_class_passengers_and_tax():
    policies = issued_s01(order_no=paid_order().order_no)
    asked = {"values": {"seats": "9"}, "effective_on": JUNE, "files": LICENCE}
    change = submit(draft(policies["commercial"], "seats", at=AT, **asked), at=AT)
    compulsory, commercial = change.parts
    # Compulsory: 1,100 instead of 950, x 0.65, 288 of 365 days; a bus pays 960 of tax, not 480.
    assert [line["fen"] for line in compulsory["lines"]] == [7693, 48000]
    assert compulsory["lines"][1]["words"] == "960.00 − 480.00"
    # Third party 1,090.99 instead of 922.08; four seats more of 18.63; x 0.51; 288 of 365 days.
    assert [line["fen"] for line in commercial["lines"]] == [9796]
    rows = {row[0]: row[1:] for row in (*compulsory["rows"], *commercial["rows"])}
    assert rows["核定载客"] == ["5人", "9人"]
    assert rows["2025年度车船税合计"] == ["480.00元", "960.00元"]
    assert rows["机动车车上人员责任保险（乘客）"][1] == "保险金额 10,000.00元 × 8座"
    assert "机动车损失保险年保险费" not in rows
    assert change.premium_fen == 65489

    change = confirm(change, at=AT)
    order = pay_difference(change, at=AT)
    assert [(part["kind"], part["fen"]) for part in order.parts] == [
        ("premium", 17489),
        ("tax", 48000),
    ]
    change.refresh_from_db()
    finish(change, at=AT)
    first, second = Endorsement.objects.order_by("id")
    assert (first.premium_fen, first.tax_fen) == (55693, 48000)
    assert (second.premium_fen, second.tax_fen) == (9796, 0)
    assert first.content["premium"][1:3] == ["费用变动（含代收车船税）", "+¥556.93"]
    apply_due(at=china(6, 1))

    # The end gives back premiums by the day (196 of 365, of 288), and no tax.
    ending = {"ground": "deregistration", "effective_on": date(2025, 9, 1)}
    paper = ["deregistration_certificate"]
    end = draft(policies["compulsory"], "cancellation", at=china(8, 30), files=paper, **ending)
    lines = [line["fen"] for part in end.parts for line in part["lines"]]
    assert lines == [-33159, -5236, -73913, -6667]


def test_tax_is_corrected_by_its_year_whatever_days_are_left():
    order = paid_order()
    policy = issued_s01(order_no=order.order_no)["compulsory"]

    def tax(at, **values):
        return through(policy, "tax", at=at, values=values, files=["tax_proof"])

    # 1.6 litres pay 420 instead of 480, in November as in May; the displacement is both policies'.
    change = tax(china(11, 20), displacement_ml="1598")
    assert change.premium_fen == -6000
    assert [row.tax_fen for row in change.endorsements.order_by("id")] == [-6000, 0]
    exempt = {
        "relief": "exempt",
        "certificate_no": "MS202511001",
        "certificate_office": "国家税务总局北京市税务局",
        "certificate_issued_on": "2025-11-21",
    }
    with pytest.raises(ChangeIncomplete, match="不能晚于今天"):
        tax(china(11, 20), **exempt)
    with pytest.raises(ChangeIncomplete, match="凭证号"):
        tax(china(11, 21), **(exempt | {"certificate_no": ""}))
    with pytest.raises(Refusal, match="只有纯电动、燃料电池乘用车"):
        tax(china(11, 21), relief="not_taxable")
    with pytest.raises(ChangeIncomplete, match="请填写要更正的"):
        tax(china(11, 21), displacement_ml="1598", relief="normal")
    change = tax(china(11, 21), **exempt)
    # Relief is the compulsory policy's alone; what was paid goes back to the order it came with.
    [row] = change.endorsements.all()
    assert (row.premium_fen, row.tax_fen) == (-42000, -42000)
    said = {line[1]: line[2:] for line in row.content["table"]}
    assert said["车船税纳税情况"] == ["正常缴税", "免税"]
    assert said["完税、减免税凭证"] == ["无", "MS202511001"]
    assert [refund.amount_fen for refund in Refund.objects.order_by("id")] == [6000, 42000]
    assert {part.order_no for part in RefundPart.objects.all()} == {order.order_no}
    content = current_content(policy.proposal)
    assert content["vehicle_tax"]["total"] == "0.00"
    assert content["total"] == "1993.95"


@pytest.mark.parametrize(
    ("kind", "values", "error"),
    [
        ("seats", {"seats": "5"}, ChangeIncomplete),
        ("seats", {"seats": "many"}, ChangeIncomplete),
        ("tax", {"displacement_ml": "0"}, ChangeIncomplete),
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
    files = LICENCE if kind in {"plate", "correction"} else []
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
            barrier.wait(timeout=60)
            results.append(submit_change(key, actor="test", at=AT).state)
        except ChangeUnderWay:
            results.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(row.pk,)) for row in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
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
