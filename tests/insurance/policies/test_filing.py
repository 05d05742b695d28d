"""Issued policies are found in the file centre, and finding them costs issuing nothing."""

import pytest
from django.db import connection

from baozhen.foundation.clock import now
from baozhen.insurance.policies.models import PolicyFile
from baozhen.insurance.policies.services.filing import register_policies
from baozhen.insurance.proposals.models import Proposal
from baozhen.signing.files.models import FileEntry
from baozhen.signing.files.search import Wanted, find_files
from baozhen.signing.organizations.models import OrgUnit
from tests.insurance.making import issue, make_proposal, submit_and_work


def found(**wanted):
    return list(find_files(Wanted(**wanted), units=OrgUnit.objects.values_list("pk", flat=True)))


@pytest.mark.django_db(transaction=True)
@pytest.mark.requirement("S2-L160.d1")
def test_an_issued_policy_is_found_by_number_party_vehicle_and_word(platform):
    raw = make_proposal(1)
    submission = submit_and_work(raw)
    files = PolicyFile.objects.filter(policy__proposal=submission.proposal)
    assert {row.sha256 for row in files} == set(FileEntry.objects.values_list("sha256", flat=True))
    policy = files.filter(kind="policy").first().policy
    holder = raw["policyholder"]
    for wanted in (
        {"number": policy.number},
        {"party": holder["name"]},
        {"party": holder["id_no"]},
        {"party": raw["vehicle"]["vin"]},
        {"words": "电子保单"},
        {"words": policy.number},
        {"document_type": "policy"},
    ):
        assert policy.number in {row.biz_no for row in found(**wanted)}, wanted
    assert found(words=holder["name"]) == [], "names are no words"
    entry = found(number=policy.number)[0]
    assert entry.indexed_at is not None, "nobody reads the file again"
    assert entry.client == submission.proposal.client
    assert entry.unit.code == submission.proposal.branch_code


@pytest.mark.django_db
def test_many_policies_are_one_job_and_a_few_statements(platform, django_assert_max_num_queries):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
        issue(*(make_proposal(number) for number in range(1, 21)))
        cursor.execute(
            "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'policy.register_files'"
        )
        assert cursor.fetchone()[0] == 1
    keys = list(Proposal.objects.values_list("pk", flat=True))
    for _ in range(2):
        with django_assert_max_num_queries(12):
            assert register_policies(keys, at=now()) == PolicyFile.objects.count()
    assert FileEntry.objects.count() == PolicyFile.objects.count()


@pytest.mark.django_db
def test_a_proposal_that_is_not_issued_registers_nothing(platform):
    assert register_policies([0], at=now()) == 0
    assert not FileEntry.objects.exists()
