"""Certificate bindings: import, probe, use, retire; and the demonstration hierarchy on disk."""

from datetime import timedelta
from pathlib import Path

import pytest

from baozhen.foundation.audit.models import AuditEntry
from baozhen.foundation.errors import DevelopmentOnly, IllegalMove
from baozhen.foundation.keys.access import key_access
from baozhen.foundation.sealing.checkpoints import LogSigner
from baozhen.foundation.sealing.errors import KeyMismatch, NoActiveCertificate, ProbeFailed
from baozhen.foundation.sealing.opening import SealingKeys
from baozhen.foundation.timestamps.client import TimestampClient
from baozhen.foundation.timestamps.development import DevelopmentTimestamper
from baozhen.signing.certificates.demonstration import demonstration_folder, make_or_renew
from baozhen.signing.certificates.errors import (
    AlreadyBound,
    CertificateUnreadable,
    CertificateUntrusted,
    DemonstrationCertificate,
    WrongOrganization,
)
from baozhen.signing.certificates.jobs import retire_certificates
from baozhen.signing.certificates.models import CertificateBinding
from baozhen.signing.certificates.queries import (
    active_certificates,
    certificates_ever,
    expiring_bindings,
    organizations,
    revocation_evidence,
    trust_anchors,
)
from baozhen.signing.certificates.services import (
    BindingRequest,
    activate_binding,
    bind_certificate,
    expire_bindings,
    probe_binding,
    revoke_binding,
    set_up_development_hierarchy,
    suspend_binding,
)
from baozhen.signing.certificates.states import BindingState
from baozhen.signing.certificates.timestamping import build_timestamper, timestamp_anchors
from baozhen.trust.cms.timestamp import verify_token
from baozhen.trust.crypto.keys import Algorithm, verify_signature
from baozhen.trust.errors import VerificationError
from baozhen.trust.log.checkpoint import Checkpoint, sign_checkpoint
from baozhen.trust.x509.crl import parse_crl
from baozhen.trust.x509.hierarchy import Identity
from baozhen.trust.x509.names import build_name
from baozhen.trust.x509.ocsp import Status
from baozhen.trust.x509.parse import to_pem
from baozhen.trust.x509.path import validate_path
from tests.pki import NOW, ORGANIZATION, certify, family, stranger

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def data(settings: object, tmp_path: Path) -> Path:
    """A data folder of the test's own, with a key store of its own."""
    settings.BAOZHEN_DATA = tmp_path
    settings.BAOZHEN_TSA_URLS = []
    return tmp_path


def stored(identity: Identity, name: str = "insurer") -> str:
    """Put a key into the file store; return its reference."""
    files = key_access().files
    assert files is not None
    files.put(name, identity.signer)
    return f"file:{name}"


def request(identity: Identity, reference: str, **changes: object) -> BindingRequest:
    fields = {
        "organization": ORGANIZATION,
        "certificates": to_pem([identity.certificate, *identity.chain]),
        "anchors": to_pem([family("sm2").root.certificate, family("rsa").root.certificate]),
        "key_reference": reference,
        **changes,
    }
    return BindingRequest(**fields)  # type: ignore[arg-type]


def bind(identity: Identity, name: str = "insurer") -> CertificateBinding:
    return bind_certificate(request(identity, stored(identity, name)), actor="admin", at=NOW)


def signing_key() -> str:
    return active_certificates(NOW)[Algorithm.SM2_SM3].key_reference


def acts() -> list[str]:
    return list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))


@pytest.mark.parametrize("name", ["sm2", "rsa"])
@pytest.mark.requirement("S2-L512b", "S2-L596b", "S0-7.1.3.1a")
def test_a_certificate_applied_for_elsewhere_is_imported_and_signs(name: str, data: Path) -> None:
    identity = family(name).signer
    binding = bind(identity)
    assert binding.state == BindingState.PENDING
    assert active_certificates(NOW) == {}
    activate_binding(binding.pk, actor="admin", at=NOW)
    found = active_certificates(NOW)[family(name).algorithm]
    assert found.certificate == identity.certificate
    assert found.chain == identity.chain
    assert found.organization == ORGANIZATION
    assert found.key_reference == "file:insurer"
    assert found.not_after == binding.not_after
    assert acts() == ["binding.pending", "binding.probed", "binding.active"]
    # S0-7.1.3.1a: the key lies there encrypted, and nowhere else.
    stored_files = [path.read_bytes() for path in data.rglob("*.pem")]
    assert any(b"ENCRYPTED PRIVATE KEY" in content for content in stored_files)
    assert not any(b"BEGIN PRIVATE KEY" in content for content in stored_files)


@pytest.mark.requirement("S2-L512c")
def test_signing_picks_the_company_s_certificates_by_algorithm() -> None:
    for name in ("sm2", "rsa"):
        binding = bind(family(name).signer, name)
        activate_binding(binding.pk, actor="admin", at=NOW)
    found = active_certificates(NOW)
    assert set(found) == {Algorithm.SM2_SM3, Algorithm.RSA_SHA256}
    opened = SealingKeys.open(found)
    for identity in (opened.sm2, opened.rsa):
        signer = identity.signer
        signature = signer.sign(b"message")
        verify_signature(signer.public_key, b"message", signature, algorithm=signer.algorithm)
    assert organizations() == (ORGANIZATION,)
    assert set(trust_anchors()) == {family(name).root.certificate for name in ("sm2", "rsa")}


@pytest.mark.requirement("S0-7.1.3.1b")
def test_a_new_certificate_takes_the_place_of_the_old_one() -> None:
    old = activate_binding(bind(family("sm2").signer, "old").pk, actor="admin", at=NOW)
    fresh = bind(certify(family("sm2").issuing), "fresh")
    assert signing_key() == old.key_reference
    activate_binding(fresh.pk, actor="admin", at=NOW)
    assert signing_key() == fresh.key_reference
    old.refresh_from_db()
    assert old.state == BindingState.SUSPENDED
    activate_binding(old.pk, actor="admin", at=NOW)
    assert signing_key() == old.key_reference


@pytest.mark.requirement("S0-7.1.3.1b")
def test_suspended_revoked_and_ended_certificates_do_not_sign() -> None:
    binding = activate_binding(bind(family("rsa").signer).pk, actor="admin", at=NOW)
    assert Algorithm.RSA_SHA256 in active_certificates(NOW)
    assert active_certificates(binding.not_after + timedelta(seconds=1)) == {}
    suspend_binding(binding.pk, actor="admin", at=NOW)
    assert active_certificates(NOW) == {}
    activate_binding(binding.pk, actor="admin", at=NOW)
    revoke_binding(binding.pk, actor="admin", at=NOW)
    assert active_certificates(NOW) == {}
    with pytest.raises(IllegalMove):
        activate_binding(binding.pk, actor="admin", at=NOW)


@pytest.mark.requirement("S0-7.1.3.1b")
def test_ended_certificates_are_retired_and_ending_ones_announced() -> None:
    short = certify(family("sm2").issuing, not_after=NOW + timedelta(days=20))
    binding = activate_binding(bind(short).pk, actor="admin", at=NOW)
    notices = [
        (notice.days_left, notice.warning_days)
        for days in (0, 13, 19)
        for notice in expiring_bindings(NOW + timedelta(days=days))
    ]
    assert notices == [(20, 30), (7, 7), (1, 7)]
    assert expiring_bindings(NOW - timedelta(days=80)) == []
    assert expire_bindings(at=NOW) == 0
    assert expire_bindings(at=NOW + timedelta(days=21)) == 1
    binding.refresh_from_db()
    assert binding.state == BindingState.EXPIRED
    assert expiring_bindings(NOW) == []


def test_every_reason_not_to_bind() -> None:
    identity = family("sm2").signer
    reference = stored(identity)
    other = stored(family("rsa").signer, "other")
    impostor = stranger().families["sm2"]
    odd = certify(
        family("sm2").issuing, subject=build_name(common_name="x", organization="别家保险")
    )
    cases = [
        (CertificateUnreadable, request(identity, reference, certificates=b"rubbish")),
        (CertificateUnreadable, request(identity, reference, anchors=b"rubbish")),
        (
            CertificateUntrusted,
            request(identity, reference, anchors=to_pem([impostor.root.certificate])),
        ),
        (
            CertificateUntrusted,
            request(identity, reference, certificates=to_pem([identity.certificate])),
        ),
        (CertificateUntrusted, request(family("sm2").tsa, reference, organization=_demo_org())),
        (WrongOrganization, request(odd, reference)),
        (KeyMismatch, request(identity, other)),
    ]
    for refusal, asked in cases:
        with pytest.raises(refusal):
            bind_certificate(asked, actor="admin", at=NOW)
    assert not CertificateBinding.objects.exists()
    assert acts() == []
    bind_certificate(request(identity, reference), actor="admin", at=NOW)
    with pytest.raises(AlreadyBound):
        bind_certificate(request(identity, reference), actor="admin", at=NOW)


def _demo_org() -> str:
    from baozhen.trust.x509.parse import parse_certificate

    return parse_certificate(family("sm2").tsa.certificate).organization


def test_production_takes_no_demonstration_certificate(settings: object, tmp_path: Path) -> None:
    identity = family("sm2").signer
    reference = stored(identity)
    settings.BAOZHEN_MODE = "production"
    settings.BAOZHEN_KEY_PASSPHRASE_FILE = str(tmp_path / "keys" / "passphrase")
    with pytest.raises(DemonstrationCertificate):
        bind_certificate(request(identity, reference), actor="admin", at=NOW)
    with pytest.raises(DevelopmentOnly):
        set_up_development_hierarchy(at=NOW)
    with pytest.raises(DevelopmentOnly):
        make_or_renew(demonstration_folder(), organization=ORGANIZATION, at=NOW)


def test_a_probe_finds_a_key_that_was_changed_or_a_certificate_out_of_time(data: Path) -> None:
    identity = family("sm2").signer
    binding = bind(identity)
    probe_binding(binding.pk, actor="admin", at=NOW)
    with pytest.raises(ProbeFailed, match="有效期"):
        probe_binding(binding.pk, actor="admin", at=binding.not_after + timedelta(days=1))
    files = key_access().files
    assert files is not None
    (files.directory / "insurer.pem").unlink()
    files.put("insurer", stranger().families["sm2"].signer.signer)
    with pytest.raises(KeyMismatch):
        activate_binding(binding.pk, actor="admin", at=NOW)
    binding.refresh_from_db()
    assert binding.state == BindingState.PENDING
    assert acts() == ["binding.pending", "binding.probed"]


@pytest.mark.requirement("S2-L596d")
def test_the_approval_number_of_a_device_is_recorded_and_audited() -> None:
    identity = family("sm2").signer
    asked = request(identity, stored(identity), device_approval_no="GM000000000000")
    bind_certificate(asked, actor="admin", at=NOW)
    assert AuditEntry.objects.get().facts["device_approval_no"] == "GM000000000000"


@pytest.mark.requirement("S2-L596c")
def test_the_demonstration_hierarchy_is_made_once(data: Path) -> None:
    first = set_up_development_hierarchy(at=NOW)
    again = set_up_development_hierarchy(at=NOW + timedelta(days=1))
    assert [binding.pk for binding in first] == [binding.pk for binding in again]
    assert {binding.algorithm for binding in first} == {"sm2-sm3", "rsa-sha256"}
    assert all(binding.is_demonstration for binding in first)
    folder = demonstration_folder()
    assert "NOT FOR PRODUCTION" in (folder.directory / "README.txt").read_text("utf-8")
    for identity in active_certificates(NOW).values():
        found = validate_path(
            identity.certificate,
            intermediates=identity.chain,
            anchors=trust_anchors(),
            at=NOW,
            revocation=revocation_evidence(),
        )
        assert found.revocation_status is Status.GOOD


def test_a_rival_that_was_first_wins(data: Path) -> None:
    """Two processes start at once: the folder of the first stays, the second's is dropped."""
    from baozhen.signing.certificates import demonstration
    from tests.pki import hierarchy

    folder = demonstration_folder()
    make_or_renew(folder, organization=ORGANIZATION, at=NOW)
    roots = folder.roots
    only = {name: hierarchy().families[name] for name in ("sm2", "rsa")}
    demonstration._write(folder, type(hierarchy())(only))
    assert folder.roots == roots
    assert [path.name for path in folder.directory.parent.iterdir()] == ["demonstration"]


def test_the_revocation_lists_are_renewed_before_they_run_out(data: Path) -> None:
    set_up_development_hierarchy(at=NOW)
    before = [parse_crl(crl).number for crl in revocation_evidence().crls]
    set_up_development_hierarchy(at=NOW + timedelta(days=70))
    after = [parse_crl(crl) for crl in revocation_evidence().crls]
    assert before == [1, 1, 1, 1]
    assert [crl.number for crl in after] == [2, 2, 2, 2]
    assert all(crl.next_update > NOW + timedelta(days=150) for crl in after)


def test_the_timestamper_is_the_twin_until_services_are_configured(settings: object) -> None:
    set_up_development_hierarchy(at=NOW)
    made = build_timestamper(now=lambda: NOW)
    assert isinstance(made, DevelopmentTimestamper)
    for hash_name in ("sm3", "sha256"):
        token = made.stamp(bytes(32), hash_name)
        verify_token(token, digest=bytes(32), anchors=timestamp_anchors(), at=NOW)
    settings.BAOZHEN_TSA_URLS = ["https://tsa.example/"]
    client = build_timestamper(now=lambda: NOW)
    assert isinstance(client, TimestampClient)
    client.close()


def log_signer() -> LogSigner:
    return LogSigner(certificates_ever=certificates_ever)


def test_the_log_s_notes_outlive_the_certificates_that_signed_them() -> None:
    set_up_development_hierarchy(at=NOW)
    checkpoint = Checkpoint("baozhen/log", 3, bytes(32), bytes(32), NOW)
    note = log_signer().sign(checkpoint)
    for binding in CertificateBinding.objects.all():
        revoke_binding(binding.pk, actor="admin", at=NOW)
    assert log_signer().verify(note) == checkpoint
    with pytest.raises(NoActiveCertificate):
        log_signer().sign(checkpoint)


def test_a_note_of_one_family_or_of_strangers_is_none_of_ours() -> None:
    set_up_development_hierarchy(at=NOW)
    checkpoint = Checkpoint("baozhen/log", 3, bytes(32), bytes(32), NOW)
    opened = SealingKeys.open(active_certificates(NOW))
    ours = [opened.sm2.signer, opened.rsa.signer]
    theirs = [stranger().families[name].signer.signer for name in ("sm2", "rsa")]
    assert log_signer().verify(sign_checkpoint(checkpoint, signers=ours)) == checkpoint
    for signers in (ours[:1], theirs, [ours[0], theirs[1]]):
        with pytest.raises(VerificationError):
            log_signer().verify(sign_checkpoint(checkpoint, signers=signers))


def test_a_walk_over_many_notes_asks_for_the_certificates_once() -> None:
    set_up_development_hierarchy(at=NOW)
    asked = []
    signer = LogSigner(certificates_ever=lambda: asked.append(1) or certificates_ever())
    for size in (3, 4, 5):
        checkpoint = Checkpoint("baozhen/log", size, bytes(32), bytes(32), NOW)
        assert signer.verify(signer.sign(checkpoint)) == checkpoint
    assert len(asked) == 1
    fresh = bind(certify(family("sm2").issuing), "fresh")
    activate_binding(fresh.pk, actor="admin", at=NOW)  # the keys change during the walk
    assert signer.verify(signer.sign(checkpoint)) == checkpoint
    assert len(asked) == 2


def test_a_certificate_never_put_to_use_vouches_for_no_note() -> None:
    binding = bind(family("sm2").signer)
    assert certificates_ever() == ()
    activate_binding(binding.pk, actor="admin", at=NOW)
    assert certificates_ever() == (family("sm2").signer.certificate,)


def test_the_hourly_job_renews_and_retires(settings: object) -> None:
    settings.BAOZHEN_CLOCK = NOW.isoformat()
    retire_certificates()
    assert len(active_certificates(NOW)) == 2
    settings.BAOZHEN_CLOCK = (NOW + timedelta(days=365 * 3 + 1)).isoformat()
    retire_certificates()
    assert set(CertificateBinding.objects.values_list("state", flat=True)) == {"expired"}
