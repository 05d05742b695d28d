"""Certificates, U-keys, trust lists and identity in the console: shown, acted on, two people."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from baozhen.foundation.audit.models import AuditEntry
from baozhen.foundation.clock import now
from baozhen.signing.certificates.models import (
    CertificateApplication,
    CertificateBinding,
    KeyRecord,
    RevocationSource,
    TrustAnchor,
)
from baozhen.signing.identity.models import IdentityCheck, Subject
from baozhen.signing.identity.services.checks import CheckScope, start_check
from baozhen.signing.identity.services.devices import note_device
from baozhen.signing.identity.services.subjects import SubjectFacts, register_subject
from baozhen.signing.organizations.queries import root_unit, unit_of_code
from baozhen.signing.organizations.roles import ROLES, Permission
from baozhen.signing.organizations.services import (
    AccountFacts,
    PowerRequest,
    create_account,
    ensure_organization,
    grant_power,
)
from baozhen.trust.x509.names import build_name
from baozhen.trust.x509.parse import to_pem
from tests.faces.conftest import BACKEND
from tests.pki import certify, family, stranger

pytestmark = pytest.mark.django_db


def role_with(*permissions):
    """Name a role that holds all of these."""
    return next(name for name, held in ROLES.items() if held >= set(permissions))


@pytest.fixture
def people(staff):
    """Sign in different people: `people("a", Permission.X)`."""
    made = {}

    def sign_in(name, *permissions):
        if name not in made:
            roles = {role_with(permission) for permission in permissions}
            made[name] = staff(*roles, name=name)
        client = Client()
        client.force_login(made[name], backend=BACKEND)
        return client

    return sign_in


def text_of(response):
    return response.content.decode()


@pytest.fixture
def binding(platform):
    return CertificateBinding.objects.get(algorithm="sm2-sm3")


@pytest.mark.requirement("S2-L512c")
def test_a_binding_is_suspended_used_again_and_revoked_with_reasons(people, binding):
    client = people("a", Permission.MANAGE_CERTIFICATES)
    page = f"/console/certificates/{binding.pk}"
    assert "登记吊销" in text_of(client.get(page))
    for act in ("suspend", "revoke"):  # nobody takes a certificate out of use without a word
        client.post(f"{page}/{act}", {"kind": "key_compromise", "reason": " "})
    binding.refresh_from_db()
    assert binding.state == "active"
    client.post(f"{page}/suspend", {"reason": "换机房"})
    binding.refresh_from_db()
    assert binding.state == "suspended"
    assert "换机房" in text_of(client.get(page))
    client.post(f"{page}/activate")
    binding.refresh_from_db()
    assert binding.state == "active"
    client.post(f"{page}/revoke", {"kind": "key_compromise", "reason": "私钥外泄"})
    binding.refresh_from_db()
    assert (binding.state, binding.revocation_reason) == ("revoked", "key_compromise")
    shown = text_of(client.get(page))
    assert "私钥泄露" in shown
    assert "私钥外泄" in shown
    assert client.get("/console/certificates/999999").status_code == 404


def test_a_certificate_is_applied_for_and_renewed(people, binding):
    client = people("a", Permission.MANAGE_CERTIFICATES)
    assert "development" in text_of(client.get("/console/certificates/apply"))
    empty = client.post("/console/certificates/apply", {"organization": "示例", "reason": ""})
    assert empty.status_code == 422
    form = {
        "organization": "示例工程有限公司",
        "algorithm": "sm2-sm3",
        "authority": "development",
        "reason": "新公司",
    }
    answer = client.post("/console/certificates/apply", form, follow=True)
    assert "已签发" in text_of(answer)
    client.post(
        f"/console/certificates/{binding.pk}/renew",
        {"authority": "development", "reason": "即将到期"},
    )
    binding.refresh_from_db()
    assert binding.state == "suspended"
    listed = text_of(client.get("/console/certificates/applications", {"state": "issued"}))
    for row in CertificateApplication.objects.all():
        assert row.public_id in listed


@pytest.mark.requirement("S2-L512b")
def test_files_are_imported_by_upload(people, platform):
    client = people("a", Permission.MANAGE_CERTIFICATES)
    company = "示例工程有限公司"
    identity = certify(
        family("rsa").issuing,
        serial=77,
        subject=build_name(common_name=company, organization=company),
    )
    form = {
        "organization": company,
        "password": "long enough",
        "key": SimpleUploadedFile(
            "k.pem", identity.signer.to_pkcs8(b"long enough", iterations=2000)
        ),
        "certificates": SimpleUploadedFile(
            "c.pem", to_pem([identity.certificate, *identity.chain])
        ),
        "anchors": SimpleUploadedFile("a.pem", to_pem([family("rsa").root.certificate])),
    }
    answer = client.post("/console/certificates/import", form, follow=True)
    assert "待启用" in text_of(answer)
    wrong = client.post(
        "/console/certificates/import",
        {"organization": company, "pfx": SimpleUploadedFile("x.pfx", b"nonsense")},
    )
    assert wrong.status_code == 422
    assert "私钥文件无法读取" in text_of(wrong)


def test_a_ukey_is_approved_by_another_person(people, db):
    ensure_organization(at=now())
    needed = (Permission.VIEW_SEALS, Permission.MANAGE_SEALS)
    approver = (Permission.VIEW_SEALS, Permission.APPROVE_SEALS)
    first, second = people("a", *needed), people("b", *approver)
    assert "还没有 U-key 记录" in text_of(first.get("/console/ukeys"))
    form = {"unit": root_unit().pk, "holder": "测试甲", "purpose": "投标"}
    first.post("/console/ukeys/apply", form)
    row = KeyRecord.objects.get()
    page = f"/console/ukeys/{row.public_id}"
    assert "测*甲" in text_of(first.get(page))
    second.post(f"{page}/decide", {"decision": "approve", "reason": "同意"})
    certificate = certify(family("rsa").issuing, serial=78).certificate
    hand_over = {"device_no": "K-1", "approval_no": "GM-1"}
    bad = first.post(f"{page}/issue", hand_over | {"certificate": SimpleUploadedFile("x", b"x")})
    assert bad.status_code == 302
    assert "证书文件无法使用" in text_of(first.get(page))
    file = SimpleUploadedFile("k.pem", to_pem([certificate]))
    first.post(f"{page}/issue", hand_over | {"certificate": file})
    row.refresh_from_db()
    assert row.not_after is not None
    _check_a_branch_sees_nothing_of_it(row, form, page)
    assert first.post(f"{page}/end/burnt").status_code == 404
    first.post(f"{page}/end/lost", {"reason": "遗失"})
    row.refresh_from_db()
    assert (row.state, row.device_no) == ("lost", "K-1")
    assert row.public_id in text_of(first.get("/console/ukeys", {"state": "lost"}))


def _check_a_branch_sees_nothing_of_it(row, form, page):
    """A keeper and approver of another branch neither finds the U-key nor acts on it."""
    branch = unit_of_code("DEMO11")
    account = create_account(
        AccountFacts(username="branch", display_name="分公司印章员", unit=branch),
        actor="test",
        at=now(),
    )
    for permission in (Permission.MANAGE_SEALS, Permission.APPROVE_SEALS, Permission.VIEW_SEALS):
        wish = PowerRequest(account=account, unit=branch, permission=permission, reason="分权")
        grant_power(wish, granter=None, actor="test", at=now())
    client = Client()
    client.force_login(account.user, backend=BACKEND)
    assert row.public_id not in text_of(client.get("/console/ukeys"))
    assert client.get(page).status_code == 404
    for act in ("decide", "issue", "end/lost"):
        answer = client.post(f"{page}/{act}", {"decision": "approve", "reason": "x"})
        assert answer.status_code == 403, act
    assert client.post("/console/ukeys/apply", form).status_code == 404
    own = form | {"unit": branch.pk}
    assert client.post("/console/ukeys/apply", own).status_code == 302


def test_nobody_lists_a_root_alone(people, db):
    first = people("a", Permission.MANAGE_TRUST_LISTS)
    second = people("b", Permission.MANAGE_TRUST_LISTS)
    root = SimpleUploadedFile("root.pem", to_pem([stranger().families["sm2"].root.certificate]))
    form = {"certificate": root, "use": "document", "reason": "合作机构"}
    assert first.post("/console/trust-list/propose", form).status_code == 302
    row = TrustAnchor.objects.get()
    page = f"/console/trust-list/{row.public_id}"
    assert "提议人不能复核" in text_of(first.get(page))
    first.post(f"{page}/decide", {"decision": "accept"})
    row.refresh_from_db()
    assert row.state == "proposed"
    second.post(f"{page}/decide", {"decision": "accept"})
    row.refresh_from_db()
    assert row.state == "listed"
    second.post(f"{page}/remove", {"reason": "退出"})
    first.post(f"{page}/decide", {"decision": "accept"})
    row.refresh_from_db()
    assert row.state == "removed"
    for name in ("effective_from", "effective_until"):
        typed = form | {name: "下月"}
        assert "日期" in text_of(first.post("/console/trust-list/propose", typed))
    bad = {"certificate": SimpleUploadedFile("x", b"x"), "use": "document", "reason": "x"}
    assert first.post("/console/trust-list/propose", bad).status_code == 422


def test_where_revocation_news_comes_from(people, db):
    client = people("a", Permission.VIEW_SYSTEM)
    assert "没有吊销信息来源" in text_of(client.get("/console/revocation"))
    RevocationSource.objects.create(
        url="http://crl.example.com/a.crl", kind="crl", last_error="HTTP 状态 500"
    )
    shown = text_of(client.get("/console/revocation"))
    assert "http://crl.example.com/a.crl" in shown
    assert "HTTP 状态 500" in shown
    manager = people("m", Permission.VIEW_SYSTEM, Permission.MANAGE_CERTIFICATES)
    assert 'action="/console/revocation/refresh"' in text_of(manager.get("/console/revocation"))
    assert manager.post("/console/revocation/refresh").status_code == 302


@pytest.fixture
def person(platform):
    facts = SubjectFacts(
        kind="person", name="测试甲", id_no="110199198506151017", mobile="16100000001"
    )
    return register_subject(facts, actor="test", at=now())


@pytest.mark.requirement("S2-L311")
def test_who_shares_a_telephone_or_a_device_is_seen(people, person):
    client = people("a", Permission.VIEW_IDENTITIES)
    place = "/console/identities/shared"
    assert place in text_of(client.get("/console/identities"))
    assert "0 组" in text_of(client.get(place))
    ids = ("110199198506151025", "110199198506151033", "110199198506151041")
    clients = [
        register_subject(
            SubjectFacts(kind="person", name=f"测试乙{n}", id_no=number, mobile="16100000009"),
            actor="test",
            at=now(),
        )
        for n, number in enumerate(ids)
    ]
    for one in (person, *clients):
        note_device(one, "tablet", at=now())
    shown = text_of(client.get(place))
    assert "手机号：3 名客户共用" in shown
    assert "设备：4 名客户共用" in shown
    assert all(one.public_id in shown for one in (person, *clients))
    assert "16100000009" not in shown
    assert "测试乙0" not in shown


@pytest.mark.requirement("S2-L160.a2", "S2-L160.a3", "S2-L160.n1")
def test_a_company_is_registered_and_verified_by_hand(people, platform):
    """Licence, legal representative and a small transfer, without a program of the insurer's."""
    needed = (Permission.VIEW_IDENTITIES, Permission.REVIEW_IDENTITIES)
    client = people("a", *needed)
    assert "登记单位" in text_of(client.get("/console/identities/subjects"))
    form = {
        "kind": "organization",
        "name": "测试甲有限公司",
        "uscc": "91110000600000001a",
        "legal_rep_name": "测试甲",
        "legal_rep_id_no": "110199198506151017",
    }
    new = "/console/identities/subjects/new"
    assert client.post(new, form | {"uscc": ""}).status_code == 422
    page = text_of(client.post(new, form, follow=True))
    assert "91110000600000001A" not in page  # masked
    company = Subject.objects.get(uscc="91110000600000001A")
    place = f"/console/identities/subjects/{company.public_id}"
    assert "法定代表人" in text_of(client.get(f"{place}/start"))
    for kind in ("face", "transfer"):  # the person's own, and one without the account
        assert client.post(f"{place}/start", {"kind": kind}).status_code == 422
    for kind in ("licence", "legal_rep"):
        assert "通过" in text_of(client.post(f"{place}/start", {"kind": kind}, follow=True))
    account = {"kind": "transfer", "bank_account": "62220000000001", "bank_name": "测试银行"}
    shown = text_of(client.post(f"{place}/start", account, follow=True))
    assert "还可核对 3 次" in shown
    paid = IdentityCheck.objects.get(kind="transfer")
    amount = f"/console/identities/checks/{paid.public_id}/amount"
    right = int(paid.inputs["amount_fen"])
    assert "不小于 1 的整数" in text_of(client.post(amount, {"amount_fen": "一元"}, follow=True))
    client.post(amount, {"amount_fen": str(right % 99 + 1)})
    paid.refresh_from_db()
    assert (paid.state, paid.tries_left) == ("answering", 2)
    client.post(amount, {"amount_fen": str(right)})
    assert "无，已满足" in text_of(client.get(place))


@pytest.fixture
def check(person):
    scope = CheckScope(purpose="sign_in")
    return start_check(person, "three_elements", {}, scope=scope, actor="test", at=now())


@pytest.mark.requirement("S2-L160.a1")
def test_checks_and_subjects_are_shown_masked(people, check, person):
    client = people("a", Permission.VIEW_IDENTITIES)
    listed = text_of(client.get("/console/identities"))
    assert check.public_id in listed
    for address in (
        "/console/identities",
        f"/console/identities/checks/{check.public_id}",
        "/console/identities/subjects",
        f"/console/identities/subjects/{person.public_id}",
    ):
        shown = text_of(client.get(address))
        assert "测*甲" in shown
        assert "110199198506151017" not in shown
        assert "16100000001" not in shown
    found = client.get("/console/identities", {"text": "110199198506151017"})
    assert check.public_id in text_of(found)
    nothing = client.get("/console/identities", {"text": "测试乙", "kind": "face"})
    assert "没有符合条件的记录" in text_of(nothing)
    assert "三要素核验" in text_of(client.get("/console/identities/providers"))
    assert client.get("/console/identities/checks/chk_x").status_code == 404


def test_full_data_is_shown_after_a_reason_that_is_kept(people, person):
    client = people("c", Permission.VIEW_PERSONAL_DATA)
    address = f"/console/identities/subjects/{person.public_id}/reveal"
    assert client.post(address).status_code == 422
    shown = text_of(client.post(address, {"reason": "客户来电核对"}))
    assert "110199198506151017" in shown
    entry = AuditEntry.objects.get(action="subject.revealed")
    assert entry.facts == {"reason": "客户来电核对"}


@pytest.mark.requirement("S2-L800c")
def test_papers_are_registered_reviewed_and_withdrawn(people, person):
    client = people("r", Permission.REVIEW_IDENTITIES, Permission.VIEW_IDENTITIES)
    form = {
        "subject": person.public_id,
        "paper_type": "执业登记证",
        "number": "0001",
        "valid_until": "2099-01-01",
    }
    assert client.post("/console/identities/papers/register", {}).status_code == 422
    client.post("/console/identities/papers/register", form)
    row = IdentityCheck.objects.get(kind="agent_papers")
    page = f"/console/identities/checks/{row.public_id}"
    assert "审核" in text_of(client.get(page))
    client.post(f"{page}/review", {"decision": "accept", "reason": "原件核对一致"})
    row.refresh_from_db()
    assert row.state == "passed"
    assert "执业登记证" in text_of(client.get("/console/identities/papers"))
    client.post(f"{page}/withdraw", {"reason": ""})
    row.refresh_from_db()
    assert row.state == "passed"
    client.post(f"{page}/withdraw", {"reason": "证件伪造"})
    row.refresh_from_db()
    assert row.state == "withdrawn"


def test_a_waiting_check_is_asked_again_by_hand(people, person):
    client = people("r", Permission.REVIEW_IDENTITIES, Permission.VIEW_IDENTITIES)
    scope = CheckScope(purpose="sign")
    row = start_check(person, "face", {}, scope=scope, actor="test", at=now())
    client.post(f"/console/identities/checks/{row.public_id}/ask")
    row.refresh_from_db()
    assert row.state == "passed"
