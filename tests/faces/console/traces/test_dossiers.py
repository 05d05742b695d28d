"""Everything archived about one business stands in one dossier, by either of its numbers."""

import pytest

from baozhen.foundation.clock import now
from baozhen.insurance.policies.services.filing import register_policies
from baozhen.signing.files.models import ArchiveItem
from baozhen.signing.files.services import place_hold

pytestmark = pytest.mark.django_db


@pytest.fixture
def filed(policy):
    """A policy that is archived and entered into the file centre."""
    register_policies([policy.proposal_id], at=now())
    return policy


@pytest.mark.requirement("S0-5")
@pytest.mark.requirement("S0-5a")
def test_a_dossier_is_found_by_proposal_and_by_policy_number(filed, signed_in):
    client = signed_in("合规人员")
    items = ArchiveItem.objects.filter(dossier=filed.proposal.proposal_no)
    assert items.count() >= 2
    for number in (filed.number, filed.proposal.proposal_no):
        page = client.get(f"/console/dossiers?number={number}").content.decode()
        assert f"文件 {items.count()} 份" in page
        for item in items:
            assert item.sha256 in page


def test_a_hold_is_shown(filed, signed_in):
    place_hold(filed.proposal.proposal_no, reason="诉讼", actor="test", at=now())
    client = signed_in("合规人员")
    assert "法律冻结中" in client.get(f"/console/dossiers?number={filed.number}").content.decode()


def test_an_unknown_number_says_so(platform, signed_in):
    client = signed_in("合规人员")
    assert "查卷宗" in client.get("/console/dossiers").content.decode()
    assert "没有这个编号" in client.get("/console/dossiers?number=T0").content.decode()


def test_whoever_may_not_see_files_sees_no_dossier(platform, signed_in):
    assert signed_in("财务").get("/console/dossiers").status_code == 403
