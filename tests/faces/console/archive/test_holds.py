"""Legal holds in the console: a business is held whole, and let go for good reason."""

import pytest

from baozhen.foundation.clock import now
from baozhen.insurance.policies.services.filing import register_policies
from baozhen.signing.files.models import FileEntry, LegalHold
from tests.faces.conftest import BACKEND

pytestmark = pytest.mark.django_db
WHERE = "/console/holds"


def test_a_business_is_held_by_any_of_its_numbers_and_released(policy, client, staff):
    auditor = staff("审计员")
    client.force_login(auditor, backend=BACKEND)
    assert "没有法律冻结" in client.get(WHERE).content.decode()
    assert client.get(f"{WHERE}/new").status_code == 200
    for wrong, words in (
        ({"number": "T0", "reason": "诉讼"}, "没有编号 T0 的卷宗"),
        ({"number": policy.number, "reason": " "}, "请写明理由"),
    ):
        answer = client.post(f"{WHERE}/new", wrong, follow=True)
        assert words in answer.content.decode()
    asked = {"number": policy.number, "reason": "（2026）测民初 1 号"}
    assert "已冻结 1 个卷宗" in client.post(f"{WHERE}/new", asked, follow=True).content.decode()
    assert "已经在冻结中" in client.post(f"{WHERE}/new", asked, follow=True).content.decode()
    held = LegalHold.objects.get()
    assert held.dossier == policy.proposal.proposal_no
    listed = client.get(WHERE, {"number": policy.number, "state": "held"}).content.decode()
    assert asked["reason"] in listed
    register_policies([policy.proposal_id], at=now())
    entry = FileEntry.objects.filter(biz_no=policy.number).first()
    client.force_login(staff("业务负责人", name="boss"), backend=BACKEND)
    assert "法律冻结中" in client.get(f"/console/files/{entry.public_id}").content.decode()
    client.force_login(auditor, backend=BACKEND)
    page = f"{WHERE}/{held.pk}"
    assert "解除冻结" in client.get(page).content.decode()
    refused = client.post(f"{page}/release", {"confirmed": "x"}, follow=True).content.decode()
    assert "没有解除" in refused
    client.post(f"{page}/release", {"confirmed": held.dossier})
    held.refresh_from_db()
    assert held.released_at is not None
    assert "已解除" in client.get(page).content.decode()
    again = client.post(f"{page}/release", {"confirmed": held.dossier}, follow=True)
    assert "已经解除" in again.content.decode()


def test_nobody_else_holds(policy, signed_in):
    register_policies([policy.proposal_id], at=now())
    client = signed_in("业务负责人")
    assert client.get(WHERE).status_code == 403
    assert client.post(f"{WHERE}/new", {"number": policy.number, "reason": "x"}).status_code == 403
