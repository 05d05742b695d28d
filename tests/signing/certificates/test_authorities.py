"""Authorities, applications, imports, U-keys, trust lists, self-tests, warnings, revocation."""

import base64
import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction

from baozhen.foundation.errors import DevelopmentOnly, IllegalMove
from baozhen.foundation.events.models import Event
from baozhen.foundation.keys.access import key_access
from baozhen.foundation.keys.errors import SecretExists
from baozhen.foundation.sealing.enrolment import make_key, request_certificate
from baozhen.signing.certificates.authorities.development import development_authority
from baozhen.signing.certificates.authorities.port import (
    AuthorityOutage,
    AuthorityPending,
    AuthorityRefused,
    Profile,
)
from baozhen.signing.certificates.authorities.registry import authority, authority_names
from baozhen.signing.certificates.errors import (
    AnchorListed,
    AnchorUnsuitable,
    AuthorityUnknown,
    BindingsFailing,
    CertificateUnreadable,
    KeyFileUnreadable,
    ReasonMissing,
    RevocationOutage,
    SecondPersonNeeded,
)
from baozhen.signing.certificates.jobs import apply_after_identity, probe_certificates
from baozhen.signing.certificates.models import (
    CertificateApplication,
    CertificateBinding,
    KeyRecord,
    RevocationSource,
    TrustAnchor,
)
from baozhen.signing.certificates.queries import (
    active_certificates,
    bindings_usable,
    bound_certificates,
    check_bindings,
    revocation_evidence,
    subject_certificate,
)
from baozhen.signing.certificates.services import (
    BindingRequest,
    activate_binding,
    bind_certificate,
    revoke_binding,
    set_up_development_hierarchy,
)
from baozhen.signing.certificates.services.applications import (
    ApplicationRequest,
    apply_for_certificate,
    ask_authority,
    cancel_application,
    renew_binding,
)
from baozhen.signing.certificates.services.intake import ImportRequest, import_certificate
from baozhen.signing.certificates.services.key_records import (
    KeyHandOver,
    KeyWish,
    apply_for_key,
    decide_key,
    issue_key,
    report_lost_key,
    return_key,
)
from baozhen.signing.certificates.services.revocation import check_address, refresh_revocation
from baozhen.signing.certificates.services.trust_list import (
    AnchorProposal,
    decide_anchor,
    decide_removal,
    propose_anchor,
    propose_removal,
)
from baozhen.signing.certificates.services.warnings import warn_expiring
from baozhen.signing.certificates.states import ApplicationState, BindingState
from baozhen.signing.certificates.trust import stranger_anchors
from baozhen.signing.identity.services.answers import complete_check
from baozhen.signing.identity.services.checks import CheckScope, start_check
from baozhen.signing.identity.services.subjects import SubjectFacts, register_subject
from baozhen.signing.organizations.queries import root_unit
from baozhen.signing.organizations.services import ensure_organization
from baozhen.signing.risks.models import Risk
from baozhen.trust.crypto.keys import Algorithm, generate
from baozhen.trust.x509.certs_only import build_certs_only
from baozhen.trust.x509.csr import build_csr, parse_csr
from baozhen.trust.x509.issue import (
    CertificateRequest,
    Reason,
    Revocation,
    Role,
    issue_certificate,
    issue_crl,
)
from baozhen.trust.x509.names import build_name
from baozhen.trust.x509.ocsp import Responder, Status, answer_ocsp, build_ocsp_request
from baozhen.trust.x509.parse import parse_certificate, to_pem
from baozhen.trust.x509.path import validate_path
from tests.pki import NOW, ORGANIZATION, certify, family, stranger
from tests.signing.identity.conftest import Answering

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(minutes=5)
COMPANY = "示例工程有限公司"


@pytest.fixture(autouse=True)
def data(settings, tmp_path):
    """A data folder of the test's own; local servers are declared as a LAN."""
    settings.BAOZHEN_DATA = tmp_path
    links = [{"name": "authority", "reach": "lan", "protection": "clear", "reason": "本机"}]
    (tmp_path / "links.json").write_text(json.dumps(links), encoding="utf-8")
    settings.BAOZHEN_LINKS = str(tmp_path / "links.json")
    return tmp_path


def bind(identity, name, **changes):
    files = key_access().files
    assert files is not None
    files.put(name, identity.signer)
    fields = {
        "organization": ORGANIZATION,
        "certificates": to_pem([identity.certificate, *identity.chain]),
        "anchors": to_pem([family("sm2").root.certificate, family("rsa").root.certificate]),
        "key_reference": f"file:{name}",
        **changes,
    }
    return bind_certificate(BindingRequest(**fields), actor="test", at=NOW)


def of(organization, kind="sm2", serial=900, **changes):
    subject = build_name(common_name=organization, organization=organization)
    return certify(family(kind).issuing, serial=serial, subject=subject, **changes)


@pytest.mark.parametrize("algorithm", [Algorithm.SM2_SM3, Algorithm.RSA_SHA256])
def test_the_development_authority_issues_and_says_what_it_is(algorithm, settings):
    set_up_development_hierarchy(at=NOW)
    key = generate(algorithm)
    subject = build_name(common_name="测试甲", organization="测试甲")
    ca = development_authority()
    issued = ca.request(build_csr(subject, key), profile=Profile.EVENT, at=NOW)
    parsed = parse_certificate(issued.certificate)
    assert parsed.public_key == key.public_key
    assert parsed.common_name.startswith("测试甲 (演示 DEMO")
    assert parsed.not_after == NOW + timedelta(days=1)
    validate_path(issued.certificate, intermediates=issued.chain, anchors=ca.folder.roots, at=NOW)
    with pytest.raises(AuthorityRefused):
        ca.request(b"nonsense", profile=Profile.EVENT, at=NOW)
    settings.BAOZHEN_MODE = "production"
    with pytest.raises(DevelopmentOnly):
        type(ca)(ca.folder)


class EST:
    """An EST server (RFC 7030 §4.2): Basic authentication, 202 first when asked to wait."""

    def __init__(self, waits=0):
        self.waits = waits
        self.manner = "good"
        self.server = Answering(self.answer)

    def answer(self, method, path, headers, body):
        if headers.get("authorization") != "Basic " + base64.b64encode(b"ra:pw").decode():
            return 401, b""
        assert (method, path) == ("POST", "/.well-known/est/long/simpleenroll")
        assert headers["content-type"] == "application/pkcs10"
        if self.waits:
            self.waits -= 1
            return 202, b"", {"Retry-After": "120"}
        if self.manner in {"400", "500"}:
            return int(self.manner), b"no"
        asked = parse_csr(base64.b64decode(body))
        issuing = family("sm2").issuing
        subject = generate(Algorithm.SM2_SM3) if self.manner == "other key" else asked
        certificate = issue_certificate(
            CertificateRequest(
                subject=asked.subject.der,
                public_key=subject.public_key,
                role=Role.DOCUMENT_SIGNER,
                serial=4242,
                not_before=NOW - timedelta(days=1),
                not_after=NOW + timedelta(days=365),
            ),
            signer=issuing.signer,
            issuer=issuing.certificate,
        )
        # The chain comes in any order, the root among it.
        found = (family("sm2").root.certificate, issuing.certificate, certificate)
        return 200, base64.encodebytes(build_certs_only(found))


@pytest.fixture
def est(settings, tmp_path):
    made = EST()
    anchors = tmp_path / "anchors.pem"
    anchors.write_bytes(to_pem([family("sm2").root.certificate]))
    (tmp_path / "trust" / "anchors").mkdir(parents=True)
    (tmp_path / "trust" / "anchors" / "ca.pem").write_bytes(anchors.read_bytes())
    line = {
        "adapter": "est",
        "url": made.server.url,
        "anchors": str(anchors),
        "username": "ra",
        "password": "pw",
        "label_long_term": "long",
    }
    settings.BAOZHEN_AUTHORITIES = json.dumps({"ca1": line})
    yield made
    made.server.close()


@pytest.mark.requirement("S2-L160.m4", "S2-L596b")
def test_a_company_gets_its_certificate_over_est(est):
    assert authority_names() == ("ca1", "development")
    request = ApplicationRequest(
        organization=COMPANY, algorithm="sm2-sm3", authority="ca1", reason="新公司"
    )
    application = apply_for_certificate(request, actor="staff:a", at=NOW)
    assert application.state == ApplicationState.ISSUED
    binding = application.binding
    assert (binding.organization, binding.state) == (COMPANY, BindingState.PENDING)
    assert binding.authority == "ca1"
    activate_binding(binding.pk, actor="staff:a", at=NOW)
    bound = bound_certificates(COMPANY, NOW)[Algorithm.SM2_SM3]
    assert bound.chain == (family("sm2").issuing.certificate,)


def test_an_authority_that_reviews_is_asked_again_with_the_same_request(est):
    est.waits = 2
    request = ApplicationRequest(organization=COMPANY, algorithm="sm2-sm3", reason="新公司")
    application = apply_for_certificate(request, actor="staff:a", at=NOW)
    assert application.state == ApplicationState.REVIEWING
    assert "120" in application.last_error
    with pytest.raises(AuthorityPending):
        ask_authority(application.pk, at=LATER)
    ask_authority(application.pk, at=LATER)
    ask_authority(application.pk, at=LATER)  # a job that runs twice
    application.refresh_from_db()
    assert application.state == ApplicationState.ISSUED
    assert len({body for *_, body in est.server.calls}) == 1


@pytest.mark.parametrize(
    ("manner", "error"),
    [("400", AuthorityRefused), ("500", AuthorityOutage), ("other key", AuthorityOutage)],
)
def test_est_answers_that_are_no_certificate_of_ours(est, manner, error):
    est.manner = manner
    csr = request_certificate(
        make_key("x", Algorithm.SM2_SM3), build_name(common_name="x", organization="x")
    )
    with pytest.raises(error):
        authority("ca1").request(csr, profile=Profile.LONG_TERM, at=NOW)


def test_a_refused_application_ends_and_a_waiting_one_is_cancelled(est):
    est.manner = "400"
    request = ApplicationRequest(organization=COMPANY, algorithm="sm2-sm3", reason="新公司")
    refused = apply_for_certificate(request, actor="staff:a", at=NOW)
    assert refused.state == ApplicationState.REFUSED
    est.manner = "500"
    waiting = apply_for_certificate(request, actor="staff:a", at=NOW)
    assert waiting.state == ApplicationState.REQUESTED
    with pytest.raises(ReasonMissing):
        cancel_application(waiting.public_id, reason=" ", actor="a", at=NOW)
    cancel_application(waiting.public_id, reason="改用导入", actor="a", at=NOW)
    with pytest.raises(IllegalMove):
        cancel_application(waiting.public_id, reason="改用导入", actor="a", at=NOW)
    with pytest.raises(AuthorityUnknown):
        authority("nobody")


def test_a_renewal_takes_over(settings):
    set_up_development_hierarchy(organization=ORGANIZATION, at=NOW)
    old = CertificateBinding.objects.get(algorithm="sm2-sm3")
    application = renew_binding(old, reason="到期", actor="staff:a", at=LATER)
    old.refresh_from_db()
    assert old.state == BindingState.SUSPENDED
    assert application.binding.state == BindingState.ACTIVE
    assert application.binding.renews == old
    assert active_certificates(LATER)[Algorithm.SM2_SM3].certificate == bytes(
        application.binding.certificate
    )


@pytest.mark.requirement("S2-L512c", "S2-L596a")
def test_each_company_signs_with_its_own_certificate(settings):
    own = {kind: bind(of(ORGANIZATION, kind), f"own-{kind}") for kind in ("sm2", "rsa")}
    other = bind(of(COMPANY, serial=901), "other", organization=COMPANY)
    for binding in (*own.values(), other):
        activate_binding(binding.pk, actor="test", at=LATER)
    found = bound_certificates(COMPANY, LATER)
    assert set(found) == {Algorithm.SM2_SM3}
    assert found[Algorithm.SM2_SM3].certificate == bytes(other.certificate)
    ours = active_certificates(LATER)
    assert {item.organization for item in ours.values()} == {ORGANIZATION}
    assert bindings_usable([other.fingerprint, "x"], LATER) == {other.fingerprint}
    ensure_organization(at=NOW)
    root = root_unit()
    assert set(bound_certificates(root, LATER)) == (
        set(ours) if root.name == ORGANIZATION else set()
    )


@pytest.mark.requirement("S2-L512a")
def test_the_own_systems_pass_leads_to_a_certificate(settings):
    set_up_development_hierarchy(at=NOW)
    facts = SubjectFacts(kind="person", name="测试甲", id_no="110199198506151017")
    person = register_subject(facts, actor="test", at=NOW)
    check = start_check(
        person, "own_system", {}, scope=CheckScope(purpose="x"), actor="test", at=NOW
    )
    complete_check(check.public_id, at=NOW)
    apply_after_identity(check.pk)
    assert not CertificateApplication.objects.exists()  # not wanted by the settings
    settings.BAOZHEN_SUBJECT_CERTIFICATES = "sm2-sm3"
    apply_after_identity(check.pk)
    apply_after_identity(check.pk)
    application = CertificateApplication.objects.get()
    assert application.state == ApplicationState.ISSUED
    bound = subject_certificate(person, Algorithm.SM2_SM3, application.ended_at)
    assert parse_certificate(bound.certificate).common_name.startswith("测试甲")


@pytest.mark.requirement("S2-L512b")
def test_a_key_and_certificate_applied_for_offline_are_imported():
    identity = of(COMPANY, "rsa")
    request = ImportRequest(
        organization=COMPANY,
        anchors=to_pem([family("rsa").root.certificate]),
        key=identity.signer.to_pkcs8(b"long enough", iterations=2000),
        certificates=to_pem([*identity.chain, identity.certificate]),
        password="long enough",
    )
    wrong = ImportRequest(**{**request.__dict__, "password": "other"})
    with pytest.raises(KeyFileUnreadable):
        import_certificate(wrong, actor="test", at=NOW)
    binding = import_certificate(request, actor="test", at=NOW)
    assert binding.state == BindingState.PENDING
    activate_binding(binding.pk, actor="test", at=NOW)
    with pytest.raises(SecretExists):
        import_certificate(request, actor="test", at=NOW)
    empty = ImportRequest(organization=COMPANY, anchors=request.anchors)
    with pytest.raises(KeyFileUnreadable):
        import_certificate(empty, actor="test", at=NOW)


def key_file(binding):
    return Path(key_access().files.directory) / (
        binding.key_reference.removeprefix("file:") + ".pem"
    )


@pytest.mark.requirement("S2-L596d")
def test_a_binding_whose_key_is_gone_fails_and_signs_nothing_until_it_is_back():
    binding = bind(of(ORGANIZATION), "insurer")
    activate_binding(binding.pk, actor="test", at=NOW)
    probe_certificates()
    path = key_file(binding)
    content = path.read_bytes()
    path.unlink()
    probe_certificates()
    probe_certificates()  # failing again changes nothing
    binding.refresh_from_db()
    assert binding.state == BindingState.FAILING
    assert active_certificates(LATER) == {}
    with pytest.raises(BindingsFailing):
        check_bindings()
    # Somebody is told, once: the probe fails again an hour later.
    probe_certificates()
    risk = Risk.objects.get(kind="certificates.failing")
    assert (risk.severity, risk.facts["organization"]) == ("severe", ORGANIZATION)
    path.write_bytes(content)
    path.chmod(0o600)
    probe_certificates()
    binding.refresh_from_db()
    assert (binding.state, binding.probe_error) == (BindingState.ACTIVE, "")
    assert "自检通过" in check_bindings()[0]


def test_ends_are_announced_once_at_each_of_three_days():
    binding = bind(of(ORGANIZATION, not_after=NOW + timedelta(days=100)), "insurer")
    activate_binding(binding.pk, actor="test", at=NOW)
    announced = [
        warn_expiring(at=NOW + timedelta(days=days)) for days in (5, 11, 12, 71, 72, 94, 99)
    ]
    assert announced == [0, 1, 0, 1, 0, 1, 0]
    risks = Risk.objects.filter(kind="certificates.expiring").order_by("pk")
    assert [risk.facts["days"] for risk in risks] == [90, 30, 7]
    events = Event.objects.filter(type="certificate.expiring").order_by("pk")
    assert [json.loads(event.body)["data"]["days"] for event in events] == [90, 30, 7]
    assert {event.subject_id for event in events} == {binding.fingerprint}
    # An authority takes days: the officers hear of it by letter before the last week.
    assert [risk.severity for risk in risks] == ["notice", "warning", "severe"]


@pytest.mark.requirement("S2-L160.f2")
def test_a_ukeys_certificate_is_watched_like_any_other():
    ensure_organization(at=NOW)
    record = apply_for_key(
        KeyWish(unit=root_unit(), holder="测试甲", purpose="盖章"), actor="staff:a", at=NOW
    )
    decide_key(record.public_id, approved=True, reason="同意", actor="staff:b", at=NOW)
    expired = to_pem([of(ORGANIZATION, not_after=NOW + timedelta(hours=1)).certificate])
    later = NOW + timedelta(hours=2)
    hand_over = KeyHandOver(device_no="K-1", certificate=expired)
    with pytest.raises(CertificateUnreadable, match="过期"):
        issue_key(record.public_id, hand_over, actor="staff:b", at=later)
    good = to_pem([of(ORGANIZATION, not_after=NOW + timedelta(days=20)).certificate])
    issue_key(
        record.public_id, KeyHandOver(device_no="K-1", certificate=good), actor="staff:b", at=NOW
    )
    announced = [warn_expiring(at=NOW + timedelta(days=days)) for days in (0, 1, 14, 15)]
    assert announced == [1, 0, 1, 0]
    risks = Risk.objects.filter(kind="certificates.ukey_expiring").order_by("pk")
    assert [(risk.facts["days"], risk.facts["ukey"]) for risk in risks] == [
        (30, record.public_id),
        (7, record.public_id),
    ]
    return_key(record.public_id, reason="离职", actor="staff:b", at=NOW)
    assert warn_expiring(at=NOW + timedelta(days=19)) == 0


def test_a_revocation_keeps_its_reason_and_time():
    binding = bind(of(ORGANIZATION), "insurer")
    revoke_binding(
        binding.pk, actor="staff:a", at=LATER, reason=Reason.KEY_COMPROMISE, explanation="私钥外泄"
    )
    binding.refresh_from_db()
    assert (binding.revoked_at, binding.revocation_reason) == (LATER, "key_compromise")


@pytest.fixture
def crl_server(settings):
    """Serves the CRL that `content` holds."""
    holder = {"content": b"", "status": 200}
    server = Answering(lambda *_: (holder["status"], holder["content"]))
    holder["url"] = f"{server.url}/ca.crl"
    settings.BAOZHEN_EGRESS_ALLOW = "127.0.0.0/8"
    yield holder
    server.close()


def crl(*revoked, at=NOW, signer=None):
    issuing = signer or family("sm2").issuing
    return issue_crl(
        issuer=issuing.certificate,
        signer=issuing.signer,
        number=2,
        this_update=at,
        next_update=at + timedelta(days=7),
        revoked=revoked,
    )


def test_revocation_lists_are_fetched_kept_and_acted_upon(crl_server, data, settings):
    identity = of(ORGANIZATION, crl_urls=(crl_server["url"],))
    binding = bind(identity, "insurer")
    activate_binding(binding.pk, actor="test", at=NOW)
    crl_server["content"] = crl()
    assert refresh_revocation(at=LATER) == 0
    before = revocation_evidence().crls
    assert before == (crl_server["content"],)
    # Half of its time later the next one is due; a list of somebody else is not taken.
    soon = LATER + timedelta(days=1, hours=1)
    crl_server["content"] = crl(signer=stranger().families["sm2"].issuing)
    assert refresh_revocation(at=soon) == 1
    assert revocation_evidence().crls == before
    assert RevocationSource.objects.get().last_error
    serial = parse_certificate(identity.certificate).serial
    crl_server["content"] = crl(Revocation(serial, NOW, Reason.KEY_COMPROMISE), at=soon)
    assert refresh_revocation(at=soon) == 0
    binding.refresh_from_db()
    assert (binding.state, binding.revocation_reason) == ("revoked", "key_compromise")
    assert Risk.objects.filter(kind="certificates.revoked").count() == 1


def test_ocsp_answers_are_fetched_kept_and_acted_upon(settings):
    settings.BAOZHEN_EGRESS_ALLOW = "127.0.0.0/8"
    revoked = {}
    made = family("sm2")
    responder = Responder(made.ocsp.certificate, made.ocsp.signer, made.issuing.certificate)

    def answer(_method, _path, headers, body):
        assert headers["content-type"] == "application/ocsp-request"
        assert body == build_ocsp_request(identity.certificate, issuer=made.issuing.certificate)
        at = clock[0]
        return 200, answer_ocsp(
            identity.certificate,
            responder=responder,
            this_update=at,
            next_update=at + timedelta(days=1),
            revoked=revoked,
        )

    clock = [LATER]
    server = Answering(answer)
    identity = of(ORGANIZATION, ocsp_urls=(f"{server.url}/ocsp",))
    binding = bind(identity, "insurer")
    activate_binding(binding.pk, actor="test", at=NOW)
    assert refresh_revocation(at=LATER) == 0
    assert refresh_revocation(at=LATER) == 0  # not due yet: nobody is asked
    assert len(server.calls) == 1
    evidence = revocation_evidence()
    assert len(evidence.ocsps) == 1
    path = validate_path(
        identity.certificate,
        intermediates=identity.chain,
        anchors=[made.root.certificate],
        at=LATER,
        revocation=evidence,
    )
    assert path.findings[0].status is Status.GOOD
    clock[0] = LATER + timedelta(hours=13)
    serial = parse_certificate(identity.certificate).serial
    revoked[serial] = Revocation(serial, clock[0], Reason.CESSATION_OF_OPERATION)
    assert refresh_revocation(at=clock[0]) == 0
    binding.refresh_from_db()
    assert binding.revocation_reason == "cessation_of_operation"
    server.close()


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/a.crl",
        "http://10.0.0.8/a.crl",
        "http://169.254.169.254/latest",
        "http://[::1]/a.crl",
        "file:///etc/passwd",
        "ldap://ca.example.com/cn=x",
        "http:///a.crl",
    ],
)
def test_an_address_in_a_certificate_never_leads_inside(url):
    with pytest.raises(RevocationOutage):
        check_address(url)


def test_a_ukey_needs_two_people_and_is_followed_to_its_end(settings):
    ensure_organization(at=NOW)
    wish = KeyWish(unit=root_unit(), holder="测试甲", purpose="盖章")
    record = apply_for_key(wish, actor="staff:a", at=NOW)
    with pytest.raises(SecondPersonNeeded):
        decide_key(record.public_id, approved=True, reason="同意", actor="staff:a", at=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():  # the database says so too
        KeyRecord.objects.filter(pk=record.pk).update(decided_by="staff:a")
    decide_key(record.public_id, approved=True, reason="同意", actor="staff:b", at=NOW)
    certificate = to_pem([of(ORGANIZATION).certificate])
    hand_over = KeyHandOver(device_no="K-001", device_approval_no="GM-1", certificate=certificate)
    issued = issue_key(record.public_id, hand_over, actor="staff:b", at=NOW)
    assert issued.fingerprint
    lost = report_lost_key(record.public_id, reason="出差遗失", actor="staff:a", at=LATER)
    assert lost.state == "lost"
    assert (
        return_key(record.public_id, reason="找回", actor="staff:a", at=LATER).state == "returned"
    )


def proposal(identity, **changes):
    fields = {
        "certificate": to_pem([identity.certificate]),
        "use": "document",
        "reason": "合作机构",
        "effective_from": NOW,
        **changes,
    }
    return AnchorProposal(**fields)


def test_a_strangers_root_needs_two_people_in_and_out():
    root = stranger().families["sm2"].root
    anchor = propose_anchor(proposal(root), actor="staff:a", at=NOW)
    assert stranger_anchors(NOW) == ()
    with pytest.raises(AnchorListed):
        propose_anchor(proposal(root), actor="staff:b", at=NOW)
    with pytest.raises(SecondPersonNeeded):
        decide_anchor(anchor.public_id, accepted=True, actor="staff:a", at=NOW)
    decide_anchor(anchor.public_id, accepted=True, actor="staff:b", at=NOW)
    assert stranger_anchors(NOW) == (root.certificate,)
    assert stranger_anchors(NOW - timedelta(days=1)) == ()
    propose_removal(anchor.public_id, reason="机构退出", actor="staff:b", at=LATER)
    assert stranger_anchors(LATER) == (root.certificate,)
    with pytest.raises(SecondPersonNeeded):
        decide_removal(anchor.public_id, accepted=True, actor="staff:b", at=LATER)
    decide_removal(anchor.public_id, accepted=True, actor="staff:a", at=LATER)
    assert stranger_anchors(LATER) == ()
    again = propose_anchor(proposal(root), actor="staff:a", at=LATER)
    with pytest.raises(IntegrityError), transaction.atomic():
        TrustAnchor.objects.filter(pk=again.pk).update(decided_by="staff:a")


def test_what_is_no_root_is_not_listed():
    with pytest.raises(AnchorUnsuitable):
        propose_anchor(proposal(family("sm2").signer), actor="a", at=NOW)
    with pytest.raises(ReasonMissing):
        propose_anchor(proposal(family("sm2").root, reason=" "), actor="a", at=NOW)
    late = NOW + timedelta(days=365 * 30)
    with pytest.raises(AnchorUnsuitable):
        propose_anchor(proposal(family("sm2").root), actor="a", at=late)
