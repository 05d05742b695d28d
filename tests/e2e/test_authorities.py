"""The pages of certificates, U-keys, trust lists and identity in a browser, at both sizes."""

from datetime import timedelta

import pytest

from baozhen.foundation.clock import now
from baozhen.signing.certificates.models import CertificateBinding, RevocationSource
from baozhen.signing.certificates.services import set_up_development_hierarchy
from baozhen.signing.certificates.services.applications import renew_binding
from baozhen.signing.certificates.services.key_records import KeyWish, apply_for_key, decide_key
from baozhen.signing.certificates.services.trust_list import AnchorProposal, propose_anchor
from baozhen.signing.identity.services.checks import CheckScope, start_check
from baozhen.signing.identity.services.subjects import SubjectFacts, register_subject
from baozhen.signing.organizations.queries import root_unit
from baozhen.trust.x509.parse import to_pem
from tests.e2e.test_organizations import sign_in
from tests.pki import stranger

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def records(staff):
    """One of each kind of record."""
    for role, name in (
        ("系统管理员", "guanli"),
        ("印章管理员", "yinzhang"),
        ("合规人员", "hegui"),
        ("业务负责人", "fuze"),
    ):
        staff(role, name=name)
    at = now()
    set_up_development_hierarchy(at=at)
    old = CertificateBinding.objects.get(algorithm="sm2-sm3")
    application = renew_binding(old, reason="即将到期", actor="staff:guanli", at=at)
    RevocationSource.objects.create(
        url="http://crl.example.com/ca.crl", kind="crl", next_update=at - timedelta(days=1)
    )
    wish = KeyWish(unit=root_unit(), holder="测试甲", purpose="投标文件盖章")
    key = apply_for_key(wish, actor="staff:yinzhang", at=at)
    ready = apply_for_key(wish, actor="staff:yinzhang", at=at)
    decide_key(ready.public_id, approved=True, reason="同意", actor="staff:hegui", at=at)
    proposal = AnchorProposal(
        certificate=to_pem([stranger().families["sm2"].root.certificate]),
        use="document",
        reason="合作机构的签名",
        effective_from=at,
    )
    anchor = propose_anchor(proposal, actor="staff:other", at=at)
    facts = SubjectFacts(
        kind="person", name="测试甲", id_no="110199198506151017", mobile="16100000001"
    )
    person = register_subject(facts, actor="test", at=at)
    scope = CheckScope(purpose="sign_in")
    check = start_check(person, "three_elements", {}, scope=scope, actor="test", at=at)
    return {
        "guanli": {
            "certificates": "certificates",
            "deliveries": "deliveries",
            "binding": f"certificates/{application.binding_id}",
            "certificate_applications": "certificates/applications",
            "certificate_application": f"certificates/applications/{application.public_id}",
            "certificate_apply": "certificates/apply",
            "certificate_import": "certificates/import",
            "trust_list": "trust-list",
            "anchor": f"trust-list/{anchor.public_id}",
            "revocation": "revocation",
        },
        "yinzhang": {
            "ukeys": "ukeys",
            "ukey": f"ukeys/{key.public_id}",
            "ukey_ready": f"ukeys/{ready.public_id}",
        },
        "fuze": {
            "subject_register": "identities/subjects/new",
            "identity_start": f"identities/subjects/{person.public_id}/start",
        },
        "hegui": {
            "identities": "identities",
            "identity_shared": "identities/shared",
            "identity_check": f"identities/checks/{check.public_id}",
            "subjects": "identities/subjects",
            "subject": f"identities/subjects/{person.public_id}",
            "identity_providers": "identities/providers",
            "papers": "identities/papers",
        },
    }


def test_the_pages_at_both_sizes(visitor, records):
    for name, addresses in records.items():
        sign_in(visitor, name)
        for picture, address in addresses.items():
            visitor.open(f"/console/{address}")
            visitor.look(f"console-{picture}")
        visitor.tab.context.clear_cookies()
