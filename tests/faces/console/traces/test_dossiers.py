"""Everything archived about one business stands in one dossier, by either of its numbers."""

from datetime import datetime

import pytest

from baozhen.foundation.clock import SHANGHAI, now
from baozhen.insurance.claims.services.reporting import add_file
from baozhen.insurance.policies.services.filing import register_policies
from baozhen.signing.files.models import ArchiveItem
from baozhen.signing.files.services import place_hold
from tests.insurance.claims.making import claim_at

pytestmark = pytest.mark.django_db
JPEG = b"\xff\xd8\xff\xe0 a photograph"


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


def test_the_papers_of_a_claim_say_what_they_are(filed, signed_in):
    claim = claim_at(filed, datetime(2026, 4, 1, 9, 30, tzinfo=SHANGHAI), at=now())
    for number, code in enumerate(("id", "vehicle_licence", "vehicle_licence", "")):
        add_file(claim, JPEG + bytes([number]), actor="test", at=now(), paper_code=code)
    # The same picture once more, as the scene: one document, both titles.
    add_file(claim, JPEG + bytes([1]), actor="test", at=now())
    answer = signed_in("合规人员").get(f"/console/dossiers?number={filed.number}")
    page = "".join(answer.content.decode().split())
    for title in (
        "被保险人身份证件 1",
        "机动车行驶证 1、事故现场照片 2",
        "机动车行驶证 2",
        "事故现场照片 1",
    ):
        assert "".join(f"报案 {claim.number}：{title}<".split()) in page, title
    assert "理赔材料<" not in page


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
