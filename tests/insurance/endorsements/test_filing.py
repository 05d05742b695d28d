"""A changed policy is found by those whom it concerns now, and by those whom it did."""

from argparse import Namespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baozhen.foundation.clock import now
from baozhen.insurance.endorsements.queries import Version
from baozhen.insurance.endorsements.services.filing import parties_over, register_endorsements
from baozhen.insurance.policies.models import PolicyFile
from baozhen.insurance.policies.services.filing import register_policies
from baozhen.signing.files.models import FileEntry
from baozhen.signing.files.search import Wanted, find_files
from baozhen.signing.files.titles import open_parties
from baozhen.signing.organizations.models import OrgUnit
from baozhen.site.commands.register_files import run
from tests.insurance.endorsements.making import (
    HOLDER,
    china,
    confirm,
    draft,
    finish,
    issued_s01,
    submit,
)

NEW = {
    "name": "测试乙",
    "id_no": "110199199009202025",
    "id_valid_from": "2016-05-01",
    "mobile": "16100000002",
    "province": "北京市",
    "city": "北京市",
    "county": "测试区",
    "detail": "示例路1号",
}


def take(policy, kind, values, files, *, at):
    """Take a change to its issue and into the file centre."""
    change = draft(policy, kind, at=at, values=values, files=files)
    change = finish(confirm(submit(change, at=at), at=at), at=at)
    register_endorsements(change.pk, at=now())
    return change


def found(**wanted):
    units = OrgUnit.objects.values_list("pk", flat=True)
    return {entry.sha256 for entry in find_files(Wanted(**wanted), units=units)}


@pytest.mark.usefixtures("database", "platform")
@pytest.mark.requirement("S2-L160.d1")
def test_a_policy_is_found_by_its_new_and_by_its_former_parties():
    policy = issued_s01()["compulsory"]
    register_policies([policy.proposal_id], at=now())
    issued = set(PolicyFile.objects.values_list("sha256", flat=True))
    assert found(party="测试甲") == issued
    assert found(party="测试乙") == set()

    papers = ["registration_certificate", "new_owner_id"]
    sold = take(policy, "transfer", NEW, papers, at=china(5, 31))
    register_endorsements(sold.pk, at=now())
    every = issued | set(sold.endorsements.values_list("sha256", flat=True))
    assert len(every) > len(issued)
    for asked in ("测试乙", NEW["id_no"], NEW["mobile"], "测试甲", HOLDER["id_no"], "京Z12345"):
        assert found(party=asked) == every, asked
    [entry] = FileEntry.objects.filter(document_type="policy", biz_no=policy.number)
    # Who sold the car still holds the policy: nobody is a former party yet.
    assert [(one.name, one.until) for one in open_parties(entry)] == [
        ("测*甲", None),
        ("测*乙", None),
    ]

    # The new insured marries and takes another name; the car gets another plate, and a new mark.
    named = take(policy, "insured_name", {"name": "测试丙"}, ["name_proof"], at=china(6, 2))
    take(policy, "plate", {"plate_no": "京Z54321"}, ["vehicle_licence"], at=china(6, 3))
    every = set(FileEntry.objects.values_list("sha256", flat=True))
    assert set(PolicyFile.objects.values_list("sha256", flat=True)) < every, "the new mark, too"
    for asked in ("测试丙", "测试乙", "京Z54321", "京Z12345"):
        assert found(party=asked) == every, asked
    entry.refresh_from_db()
    former = {one.name: one.until for one in open_parties(entry)}
    assert former["测*丙"] is None
    assert former["测*乙"] == named.effective_at
    assert found(words="测试丙") == set(), "names are no words"

    # An installation from before this has no new names; the command makes up for it.
    FileEntry.objects.update(party_index=[], parties=None)
    assert run(Namespace(chunk=2)) == 0
    assert found(party="测试丙") == found(party="测试乙") == every


PEOPLE = st.lists(st.sampled_from("甲乙丙丁"), min_size=3, max_size=3)


@given(st.lists(PEOPLE, min_size=1, max_size=5))
def test_whoever_is_in_the_last_version_is_present_and_nobody_is_lost(several):
    versions = [
        Version(
            content={
                role: {"kind": "person", "name": name, "id_no": f"{name}1"}
                for role, name in zip(("policyholder", "insured", "owner"), names, strict=True)
            },
            since=None if number == 0 else china(6, number),
        )
        for number, names in enumerate(several)
    ]
    parties = parties_over(versions)
    assert {one.name for one in parties} == {name for names in several for name in names}
    assert {one.name for one in parties if one.until is None} == set(several[-1])
    for one in parties:
        last = max(number for number, names in enumerate(several) if one.name in names)
        assert one.until == (None if last == len(several) - 1 else china(6, last + 1))
        assert f"{one.name}1" in one.numbers
