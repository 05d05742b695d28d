"""Issued policies are found in the file centre, and finding them costs issuing nothing."""

from argparse import Namespace

import pytest
from django.db import connection

from baozhen.foundation.clock import now
from baozhen.insurance.policies.models import Policy, PolicyFile
from baozhen.insurance.policies.services.filing import register_policies, unregistered_proposals
from baozhen.insurance.proposals.models import Proposal
from baozhen.signing.envelopes.models import Envelope
from baozhen.signing.files.errors import FileNotArchived
from baozhen.signing.files.models import FileEntry
from baozhen.signing.files.search import Wanted, find_files
from baozhen.signing.organizations.models import OrgUnit
from baozhen.site.commands.register_files import Kind, register_all, run
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
def test_what_was_issued_before_the_file_centre_is_registered(platform, capsys):
    """Wherever it was stopped, it goes on from there; a second time changes nothing."""
    issue(*(make_proposal(number) for number in range(1, 6)))
    keys = list(Proposal.objects.order_by("pk").values_list("pk", flat=True))
    # Two of them are from before there were signing tasks.
    numbers = list(Policy.objects.filter(proposal__in=keys[1:3]).values_list("number", flat=True))
    Envelope.objects.filter(biz_no__in=numbers).update(biz_no=None)
    register_policies(keys[:1], at=now())
    first = set(FileEntry.objects.values_list("pk", flat=True))
    assert unregistered_proposals(after=0, limit=9) == keys[1:]
    assert unregistered_proposals(after=keys[1], limit=2) == keys[2:4]
    assert run(Namespace(chunk=3)) == 0
    assert "投保单：登记 4 份" in capsys.readouterr().err
    entries = FileEntry.objects.all()
    assert {row.sha256 for row in entries} == {row.sha256 for row in PolicyFile.objects.all()}
    assert {row.envelope for row in entries if row.biz_no in numbers} == {""}
    assert run(Namespace(chunk=3)) == 0
    assert first < set(FileEntry.objects.values_list("pk", flat=True))
    assert entries.count() == len(entries)
    assert run(Namespace(chunk=0)) == 2


def test_what_cannot_be_registered_is_named_and_stops_nothing(capsys):
    waiting, done = [1, 2, 3, 4, 5], set()

    def register(keys):
        if 4 in keys:
            raise FileNotArchived(sha256="ab")
        done.update(keys)

    kind = Kind(
        noun="投保单",
        waiting=lambda after, limit: [key for key in waiting if key > after][:limit],
        register=register,
    )
    assert register_all(kind, chunk=2) == 1
    assert done == {1, 2, 3, 5}
    assert "投保单 4：文件 ab 没有归档" in capsys.readouterr().out


@pytest.mark.django_db
def test_a_proposal_that_is_not_issued_registers_nothing(platform):
    assert register_policies([0], at=now()) == 0
    assert not FileEntry.objects.exists()
