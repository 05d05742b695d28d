"""理赔 for the staff: clocks first, every act with its reason, nothing without the permission."""

from datetime import datetime

import pytest

from baozhen.foundation.clock import SHANGHAI, now
from baozhen.insurance.claims.services import reporting
from baozhen.insurance.claims.states import ClaimState
from baozhen.insurance.policies.services.filing import register_policies
from tests.faces.conftest import BACKEND
from tests.insurance.claims.making import claim_at

PDF = b"%PDF-1.7 a paper"


@pytest.fixture
def claim(policy):
    return claim_at(policy, datetime(2026, 4, 1, 9, 30, tzinfo=SHANGHAI), at=now())


@pytest.fixture
def assessing(claim):
    for paper in claim.papers.all():
        reporting.add_file(claim, PDF, actor="test", at=now(), paper_code=paper.code)
    reporting.hand_in(claim, actor="test", at=now())
    return claim


def test_an_empty_list_says_how_the_first_comes(signed_in, policy):
    assert "还没有报案" in signed_in("理赔员").get("/console/claims").content.decode()


def test_the_list_and_the_sheet_show_the_clocks(signed_in, claim):
    adjuster = signed_in("理赔员")
    assert claim.number in adjuster.get("/console/claims?state=collecting").content.decode()
    assert claim.number not in adjuster.get("/console/claims?state=paid").content.decode()
    text = adjuster.get(f"/console/claims/{claim.number}").content.decode()
    assert "交强险条例第二十八条" in text
    assert "行驶证" in text


def test_the_acts_of_an_adjuster(signed_in, assessing):
    adjuster = signed_in("理赔员")
    address = f"/console/claims/{assessing.number}"
    key = assessing.files.first().pk
    assert adjuster.get(f"{address}/files/{key}").content == PDF
    adjuster.post(f"{address}/survey", {"survey_at": "2026-04-02 09:30", "note": "一号路口"})
    adjuster.post(f"{address}/papers", {"titles": "维修工时说明；更换件照片"})
    assessing.refresh_from_db()
    assert (assessing.state, assessing.survey_note) == (ClaimState.COLLECTING, "一号路口")
    assert assessing.papers.filter(is_supplement=True).count() == 2
    for paper in assessing.papers.filter(is_supplement=True):
        reporting.add_file(assessing, PDF, actor="t", at=now(), paper_code=paper.code)
    reporting.hand_in(assessing, actor="t", at=now())
    wrong = {"result": "covered", "amount": "many", "reason": "属于保险责任，按定损单核定。"}
    adjuster.post(f"{address}/decide", wrong)
    assessing.refresh_from_db()
    assert assessing.state == ClaimState.ASSESSING
    adjuster.post(f"{address}/decide", wrong | {"amount": "1234.56"})
    assessing.refresh_from_db()
    assert (assessing.state, assessing.amount_fen) == (ClaimState.OFFERED, 123_456)


def test_papers_stand_in_the_dossier_and_lead_to_the_claim(signed_in, claim):
    register_policies([claim.policy.proposal_id], at=now())
    file = reporting.add_file(claim, PDF, actor="test", at=now(), paper_code="id")
    address = f"/console/dossiers?number={claim.number}"
    text = signed_in("客服").get(address).content.decode()
    assert f"报案 {claim.number}：" in text
    assert file.sha256 in text
    assert f"/console/claims/{claim.number}" in text


def test_looking_is_not_acting(signed_in, staff, claim):
    agent = signed_in("客服")
    address = f"/console/claims/{claim.number}"
    assert "安排查勘" not in agent.get(address).content.decode()
    assert agent.post(f"{address}/survey", {"survey_at": "2026-04-02 09:30"}).status_code == 403
    agent.force_login(staff("财务", name="finance"), backend=BACKEND)
    assert agent.get("/console/claims").status_code == 403
