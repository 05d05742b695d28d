"""Reserving and finishing the use of seals: grants, rules, counts, risks, refusals."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction

from baozhen.foundation.audit.models import AuditEntry
from baozhen.signing.certificates.models import KeyRecord
from baozhen.signing.certificates.services.key_records import report_lost_key
from baozhen.signing.organizations.services import ClientRequest, Scope, create_api_client
from baozhen.signing.risks.models import Risk
from baozhen.signing.risks.services import handle_risk
from baozhen.signing.seals import errors
from baozhen.signing.seals.jobs import suspend_key_seals
from baozhen.signing.seals.models import SealGrant, SealUse
from baozhen.signing.seals.queries import blast_radius, choose_seal
from baozhen.signing.seals.services import (
    GrantRequest,
    RuleRequest,
    add_rule,
    end_rule,
    finish_uses,
    freeze_seal,
    grant_use,
    record_refusal,
    release_uses,
    request_change,
    reserve_use,
    reserve_uses,
    revoke_grant,
)
from baozhen.signing.seals.states import ChangeKind, SealKind, SealState, UseState
from baozhen.site.wiring import whole_flow

SIGNED = "cd" * 32


def use(request, at):
    """Reserve as a caller does; the refusal is recorded after the transaction is over."""
    try:
        with transaction.atomic():
            return reserve_use(request, at=at)
    except errors.SealUseRefused as error:
        record_refusal(error, at=at)
        raise


@pytest.mark.django_db
@pytest.mark.requirement("S2-L160.i1")
def test_a_use_is_reserved_and_finished_with_its_file(seal, grant, ask, at):
    given = grant()
    reserved = use(ask(), at)
    assert (reserved.state, reserved.grant_id) == (UseState.RESERVED, given.pk)
    with transaction.atomic():
        finish_uses([reserved.pk], [SIGNED], at=at)
        finish_uses([reserved.pk], ["ee" * 32], at=at)  # again: nothing happens
    done = SealUse.objects.get(pk=reserved.pk)
    assert (done.state, done.signed_sha256) == (UseState.DONE, SIGNED)
    assert list(
        AuditEntry.objects.filter(subject_type="seal_use", subject_id=done.pk)
        .order_by("pk")
        .values_list("action", flat=True)
    ) == ["seal_use.reserved", "seal_use.done"]


@pytest.mark.django_db
def test_without_a_grant_nothing_is_sealed_and_the_attempt_is_kept(seal, ask, at):
    with pytest.raises(errors.GrantMissing):
        use(ask(), at)
    kept = SealUse.objects.get()
    assert (kept.state, kept.refusal_code) == (UseState.REFUSED, "seal_grant_missing")
    assert Risk.objects.get().kind == "seals.no_grant"


@pytest.mark.django_db
@pytest.mark.requirement("S2-L160.h1")
def test_nobody_gives_themselves_a_seal_by_way_of_their_unit(seal, unit, ask, at, person):
    person("amy", "印章管理员")
    person("bob")
    facts = GrantRequest(seal=seal, unit=unit, reason="本部门用印")
    own = grant_use(facts, actor="staff:amy", at=at)
    with pytest.raises(errors.GrantMissing, match="另一位印章管理员"):
        use(ask(is_silent=False, actor="staff:amy"), at)
    assert use(ask(is_silent=False, actor="staff:bob"), at).grant_id == own.pk
    other = grant_use(facts, actor="staff:carl", at=at)
    assert use(ask(is_silent=False, actor="staff:amy"), at).grant_id == other.pk


@pytest.mark.django_db
@pytest.mark.requirement("S2-L311")
def test_programs_seal_silently_only_where_a_grant_says_so(seal, grant, ask, at):
    grant(is_silent=False)
    with pytest.raises(errors.SilentNotGranted):
        use(ask(), at)
    assert use(ask(is_silent=False, actor="staff:nobody"), at).state == UseState.RESERVED


@pytest.mark.django_db
def test_a_grant_to_one_program_is_no_other_programs(seal, grant, ask, at):
    def client(name):
        return create_api_client(
            ClientRequest(name=name, scopes=[Scope.SEALS_WRITE]), actor="staff:1", at=at
        )[0]

    grant(unit=None, client=client("核心"))
    client("理赔")
    assert use(ask(actor="api:核心"), at).state == UseState.RESERVED
    with pytest.raises(errors.GrantMissing):
        use(ask(actor="api:理赔"), at)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("limits", "asked", "error"),
    [
        ({"document_types": ["policy"]}, {"document_type": "endorsement"}, errors.GrantMissing),
        ({"flows": ["claims"]}, {}, errors.GrantMissing),
        ({"document_types": ["policy"], "flows": ["electronic_policy"]}, {}, None),
    ],
)
def test_a_grant_says_which_documents_and_flows(grant, ask, at, limits, asked, error):
    grant(**limits)
    if error is None:
        assert use(ask(**asked), at).state == UseState.RESERVED
    else:
        with pytest.raises(error):
            use(ask(**asked), at)


@pytest.mark.django_db
def test_a_grant_ends(grant, ask, at):
    grant(until=at + timedelta(hours=1))
    assert use(ask(), at).state == UseState.RESERVED
    with pytest.raises(errors.GrantMissing):
        use(ask(), at + timedelta(hours=1))


@pytest.mark.django_db
@pytest.mark.requirement("S2-L160.j1")
def test_a_revoked_grant_is_an_alarm_that_holds(seal, grant, ask, at, person):
    account = person("amy")
    given = grant(unit=None, account=account, is_silent=False)
    revoke_grant(given.pk, reason="调岗", actor="staff:maker", at=at)
    asked = ask(actor="staff:amy", is_silent=False)
    with pytest.raises(errors.GrantRevoked):
        use(asked, at)
    risk = Risk.objects.get(kind="seals.revoked_grant")
    assert (risk.state, risk.severity, risk.concerns) == ("held", "severe", "account")
    grant(unit=None, account=account, is_silent=False)
    with pytest.raises(errors.SealHeld):
        use(asked, at)
    handle_risk(risk.pk, handling="已核实", dismissed=False, actor="staff:sec", at=at)
    assert use(asked, at).state == UseState.RESERVED


@pytest.mark.django_db
@pytest.mark.requirement("S2-L160.i1", "S2-L160.b3")
def test_rules_bind_seal_to_organisation_flow_and_document(seal, grant, ask, at, unit):
    grant()

    def rule(**facts):
        return add_rule(RuleRequest(seal=seal, reason="制度", **facts), actor="staff:maker", at=at)

    denied = rule(is_allowing=False, document_type="policy")
    with pytest.raises(errors.RuleForbids):
        use(ask(), at)
    with pytest.raises(errors.NoSealFits):
        choose_seal(unit, document_type="policy", flow="electronic_policy")
    end_rule(denied.pk, actor="staff:maker", at=at)
    allowed = rule(is_allowing=True, flow="claims")
    with pytest.raises(errors.RuleForbids):
        use(ask(), at)
    assert use(ask(flow="claims"), at).state == UseState.RESERVED
    end_rule(allowed.pk, actor="staff:maker", at=at)
    rule(is_allowing=False, unit=unit)
    with pytest.raises(errors.RuleForbids):
        use(ask(), at)


@pytest.mark.django_db
def test_counts_are_spent_in_bulk_and_given_back(seal, grant, ask, at):
    given = grant(count_max=3)
    with transaction.atomic():
        uses = reserve_uses([ask(reference=f"env_{n}") for n in range(5)], at=at)
    assert [one.state for one in uses] == ["reserved"] * 3 + ["refused"] * 2
    assert uses[4].refusal_code == "seal_grant_used_up"
    with transaction.atomic():
        release_uses([uses[0].pk], at=at)
    assert SealGrant.objects.get(pk=given.pk).used == 2
    assert use(ask(), at).state == UseState.RESERVED
    with pytest.raises(errors.GrantUsedUp):
        use(ask(), at)


@pytest.mark.django_db
@pytest.mark.requirement("S2-L160.j1")
def test_an_unusual_hour_is_held_until_somebody_decides(seal, grant, ask, at, person):
    grant(unit=None, account=person("amy"), is_silent=False)
    night = at + timedelta(hours=15)  # one in the morning
    asked = ask(actor="staff:amy", is_silent=False)
    assert use(asked, at).state == UseState.RESERVED
    with pytest.raises(errors.LooksWrong):
        use(asked, night)
    risk = Risk.objects.get(kind="seals.hour")
    assert risk.state == "held"
    handle_risk(risk.pk, handling="年末加班", dismissed=True, actor="staff:sec", at=night)
    assert use(asked, night + timedelta(minutes=1)).state == UseState.RESERVED


@pytest.mark.django_db
def test_programs_may_work_at_night(grant, ask, at):
    grant()
    assert use(ask(), at + timedelta(hours=15)).state == UseState.RESERVED


@pytest.mark.django_db
@pytest.mark.requirement("S2-L160.j1")
def test_a_strange_place_and_too_much_are_held(make_seal, ask, at, unit, person):
    seal = make_seal(networks=["10.1.0.0/16"], hourly_max=2)
    person("amy")
    grant_use(GrantRequest(seal=seal, unit=unit, reason="制度"), actor="staff:maker", at=at)
    asked = {"seal": seal, "actor": "staff:amy", "is_silent": False}
    for _ in range(2):
        assert use(ask(**asked, address="10.1.2.3"), at).state == UseState.RESERVED
    with pytest.raises(errors.LooksWrong):
        use(ask(**asked, address="10.1.2.3"), at)
    assert Risk.objects.get(kind="seals.volume").concerns == "seal"
    Risk.objects.update(state="handled", handled_at=at)
    with pytest.raises(errors.LooksWrong):
        use(ask(**asked, address="192.0.2.1"), at + timedelta(hours=2))
    assert Risk.objects.get(kind="seals.place").concerns == "account"


@pytest.mark.django_db
def test_repeated_failures_hold_the_person(seal, grant, ask, at, person):
    grant(document_types=["endorsement"], is_silent=False)
    person("amy")
    asked = ask(actor="staff:amy", is_silent=False)
    for _ in range(5):
        with pytest.raises(errors.GrantMissing):
            use(asked, at)
    risk = Risk.objects.get(kind="seals.repeated_failure")
    assert risk.state == "held"
    assert Risk.objects.filter(kind="seals.no_grant").count() == 1  # told once while it waits
    with pytest.raises(errors.SealHeld):
        use(ask(actor="staff:amy", is_silent=False, document_type="endorsement"), at)


@pytest.mark.django_db
def test_a_frozen_seal_seals_nothing(seal, grant, ask, at, unit):
    grant()
    freeze_seal(seal.pk, reason="疑似冒用", actor="staff:sec", at=at)
    with pytest.raises(errors.SealNotActive):
        use(ask(), at)
    with pytest.raises(errors.NoSealFits):
        choose_seal(unit, document_type="policy", flow="electronic_policy")


def _race(jobs):
    """Run the functions at once, each with a connection of its own; return what they gave."""
    barrier, results = threading.Barrier(len(jobs)), []

    def run(job):
        try:
            barrier.wait(timeout=60)
            results.append(job())
        except Exception as error:  # noqa: BLE001 -- the outcome of a racer
            results.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.django_db(transaction=True)
def test_two_programs_cannot_spend_the_last_use_twice(seal, grant, ask, at):
    given = grant(count_max=1)
    results = _race([lambda: use(ask(), at), lambda: use(ask(), at)])
    assert sum(isinstance(one, SealUse) for one in results) == 1
    assert SealGrant.objects.get(pk=given.pk).used == 1


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_the_last_use_is_read_twice(seal, grant):
    """The danger: two that read before either writes both believe that one use is left."""
    given = grant(count_max=1)
    barrier = threading.Barrier(2)

    def careless():
        with transaction.atomic():
            row = SealGrant.objects.get(pk=given.pk)
            barrier.wait(timeout=60)
            return row.count_max - row.used

    assert _race([careless, careless]) == [1, 1]


@pytest.mark.django_db
def test_thousands_cost_few_statements(seal, grant, ask, at, django_assert_max_num_queries):
    grant()
    requests = [ask(reference=f"env_{n}", document_sha256=f"{n:064x}") for n in range(1000)]
    with django_assert_max_num_queries(25), transaction.atomic():
        uses = reserve_uses(requests, at=at)
    with django_assert_max_num_queries(15), transaction.atomic():
        finish_uses([one.pk for one in uses], [one.document_sha256 for one in uses], at=at)
    assert SealUse.objects.filter(state=UseState.DONE).count() == 1000


@pytest.mark.django_db(transaction=True)
def test_a_freeze_waits_for_the_reservations_before_it(seal, grant, ask, at):
    """What was reserved before a seal is frozen is in its blast radius, never between the two."""
    grant()
    done = threading.Event()

    def freeze():
        freeze_seal(seal.pk, reason="疑似冒用", actor="staff:sec", at=at)
        done.set()
        connection.close()

    thread = threading.Thread(target=freeze)
    with transaction.atomic():
        reserve_use(ask(), at=at)
        thread.start()
        assert not done.wait(timeout=0.5)
    thread.join(timeout=60)
    assert done.is_set()
    with pytest.raises(errors.SealNotActive):
        use(ask(), at)
    assert blast_radius(seal=seal, since=at).total == 1


@pytest.mark.django_db
@pytest.mark.requirement("S2-L160.f2", "S2-L311")
def test_no_program_uses_a_u_key_by_itself(make_seal, unit, ask, at):
    key = KeyRecord.objects.create(
        state="issued",
        public_id="key_1",
        unit=unit,
        holder="测试欣",
        purpose="合同用印",
        device_no="UK-1",
        applied_by="staff:a",
        applied_at=at,
    )
    seal = make_seal(SealKind.UKEY, key_record=key)
    chosen = choose_seal(unit, document_type="policy", flow="electronic_policy")
    assert chosen.kind == SealKind.ELECTRONIC
    facts = GrantRequest(seal=seal, unit=unit, is_silent=True, reason="合同")
    grant_use(facts, actor="staff:maker", at=at)
    with pytest.raises(errors.SilentNotGranted):
        use(ask(seal=seal), at)
    assert use(ask(seal=seal, is_silent=False, actor="staff:amy"), at).state == UseState.RESERVED
    # Lost in the evening: no use from that moment, the seal suspended, and no way back with it.
    report_lost_key(key.public_id, reason="出差遗失", actor="staff:a", at=at)
    with pytest.raises(errors.SealNotActive, match="U-Key"):
        use(ask(seal=seal, is_silent=False, actor="staff:amy"), at)
    assert "suspend_key_seals" in whole_flow()["ukey.lost"]
    suspend_key_seals(key.pk)
    suspend_key_seals(key.pk)
    seal.refresh_from_db()
    assert seal.state == SealState.SUSPENDED
    assert "UK-1 已挂失" in seal.state_reason
    assert Risk.objects.filter(kind="seals.ukey").count() == 1
    with pytest.raises(errors.ChangeUnfit, match="U-Key 已挂失"):
        request_change(seal.pk, ChangeKind.RESUME, reason="找到了", actor="staff:maker", at=at)
