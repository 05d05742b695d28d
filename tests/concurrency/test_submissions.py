"""The same proposal from two sides at once: one promise, whoever comes first."""

import threading

import pytest
from django.db import connection, connections

from baozhen.foundation.clock import now
from baozhen.insurance.policies.models import Policy
from baozhen.insurance.policies.services.chunks import complete_proposals
from baozhen.insurance.policies.services.submit import submit_proposal
from baozhen.insurance.proposals.models import Proposal
from tests.insurance.conftest import database  # noqa: F401 -- a fixture
from tests.insurance.making import accept, make_proposal

pytestmark = pytest.mark.usefixtures("platform")

UNIQUE_FACTS = (
    "ALTER TABLE proposals_proposal DROP CONSTRAINT proposal_once",
    "ALTER TABLE payments_payment DROP CONSTRAINT payment_once_per_order",
    "ALTER TABLE policies_policy DROP CONSTRAINT policies_policy_number_key",
    "ALTER TABLE policies_policyfile DROP CONSTRAINT policy_file_number_once",
)


def together(*functions):
    """Run the functions at the same moment, each in a thread with its own connection."""
    barrier = threading.Barrier(len(functions))
    results, errors = [], []

    def body(function):
        try:
            connection.ensure_connection()
            barrier.wait(60)
            results.append(function())
        except Exception as error:  # noqa: BLE001 -- the test looks at it
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=body, args=(function,)) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results, errors


def submit():
    return submit_proposal(make_proposal(1), client="test", at=now())


def test_the_same_proposal_twice_at_once_is_one_proposal():
    for _ in range(5):
        results, errors = together(submit, submit)
        assert errors == []
        assert results[0].proposal == results[1].proposal
        assert Proposal.objects.count() == 1
        assert Policy.objects.count() == 2
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE proposals_proposal CASCADE")


def test_without_the_unique_facts_the_race_is_lost():
    with connection.cursor() as cursor:
        for statement in UNIQUE_FACTS:
            cursor.execute(statement)
    try:
        for _ in range(30):
            together(submit, submit)
            if Proposal.objects.count() > 1:
                break
            with connection.cursor() as cursor:
                cursor.execute("TRUNCATE proposals_proposal CASCADE")
        else:
            pytest.fail("the negative control did not lose its race")
    finally:
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE proposals_proposal CASCADE")
            cursor.execute(
                "ALTER TABLE proposals_proposal ADD CONSTRAINT proposal_once UNIQUE (proposal_no)"
            )
            cursor.execute(
                "ALTER TABLE payments_payment"
                " ADD CONSTRAINT payment_once_per_order UNIQUE (order_no)"
            )
            cursor.execute(
                "ALTER TABLE policies_policy"
                " ADD CONSTRAINT policies_policy_number_key UNIQUE (number)"
            )
            cursor.execute(
                "ALTER TABLE policies_policyfile"
                " ADD CONSTRAINT policy_file_number_once UNIQUE (number, version)"
            )


def test_two_workers_on_one_proposal_issue_it_once():
    acceptance = accept(make_proposal(1))
    key = acceptance.outcomes[0].proposal_id

    def complete():
        complete_proposals([key], actor="test")

    _, errors = together(complete, complete)
    assert errors == []
    assert Proposal.objects.get().state == "issued"
    assert set(Policy.objects.values_list("state", flat=True)) == {"issued"}


def test_two_chunks_with_the_same_proposals_in_other_orders_do_not_lock_each_other_out():
    raws = [make_proposal(serial) for serial in range(1, 9)]

    def forward():
        return accept(*raws)

    def backward():
        return accept(*reversed(raws))

    results, errors = together(forward, backward)
    assert errors == []
    for acceptance in results:
        assert {outcome.status for outcome in acceptance.outcomes} == {"issued"}
    assert Proposal.objects.count() == 8
