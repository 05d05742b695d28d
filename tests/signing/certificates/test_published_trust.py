"""A binding put to use is trusted without a database: its anchors lie in the data folder."""

from datetime import timedelta
from pathlib import Path

import pytest

from baozhen.foundation.audit.models import AuditEntry
from baozhen.foundation.errors import IllegalMove
from baozhen.foundation.keys.access import key_access
from baozhen.foundation.sandbox import platform_trust
from baozhen.foundation.sealing.errors import KeyMismatch
from baozhen.foundation.sealing.opening import SealingKeys
from baozhen.foundation.trust_folder import read_trust_folder
from baozhen.signing.certificates.models import CertificateBinding
from baozhen.signing.certificates.queries import active_certificates
from baozhen.signing.certificates.services import (
    BindingRequest,
    activate_binding,
    bind_certificate,
    revoke_binding,
    set_up_development_hierarchy,
)
from baozhen.signing.certificates.states import BindingState
from baozhen.trust.crypto.keys import Algorithm, generate
from baozhen.trust.pdf.sign import sign_dual
from baozhen.trust.report import Verdict
from baozhen.trust.verify import TrustAnchors, inspect
from baozhen.trust.x509.hierarchy import Identity
from baozhen.trust.x509.issue import CertificateRequest, Role, issue_certificate
from baozhen.trust.x509.names import build_name
from baozhen.trust.x509.parse import to_pem
from tests import pdfs
from tests.pki import NOW, certify, stranger

pytestmark = pytest.mark.django_db

COMPANY = "实例财产保险股份有限公司"


@pytest.fixture(autouse=True)
def trust(settings: object, tmp_path: Path) -> Path:
    """A data folder of the test's own; return its `trust`."""
    settings.BAOZHEN_DATA = tmp_path
    return tmp_path / "trust"


def licensed_root(algorithm: Algorithm) -> Identity:
    """A root whose name says nothing of a demonstration."""
    key = generate(algorithm)
    name = build_name(common_name=f"测试根 {algorithm}", organization="测试认证机构")
    request = CertificateRequest(
        subject=name,
        public_key=key.public_key,
        role=Role.AUTHORITY,
        serial=1,
        not_before=NOW - timedelta(days=10),
        not_after=NOW + timedelta(days=3650),
    )
    return Identity(issue_certificate(request, signer=key), key)


def licensed(root: Identity) -> Identity:
    """The company's certificate, issued by the root itself."""
    above = Identity(root.certificate, root.signer)
    name = build_name(common_name="电子签章", organization=COMPANY)
    made = certify(above, subject=name)
    return Identity(made.certificate, made.signer)


def bind(identity: Identity, root: Identity, name: str) -> CertificateBinding:
    files = key_access().files
    assert files is not None
    files.put(name, identity.signer)
    request = BindingRequest(
        organization=COMPANY,
        certificates=to_pem([identity.certificate]),
        anchors=to_pem([root.certificate]),
        key_reference=f"file:{name}",
    )
    return bind_certificate(request, actor="admin", at=NOW)


def files_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_what_an_active_binding_signs_is_genuine_without_a_database(
    trust: Path, settings: object
) -> None:
    roots = {}
    for name, algorithm in (("sm2", Algorithm.SM2_SM3), ("rsa", Algorithm.RSA_SHA256)):
        roots[name] = licensed_root(algorithm)
        binding = bind(licensed(roots[name]), roots[name], name)
        assert read_trust_folder(trust).is_empty or name == "rsa"  # binding alone trusts nobody
        activate_binding(binding.pk, actor="admin", at=NOW)
    keys = SealingKeys.open(active_certificates(NOW))
    signed = sign_dual(pdfs.linted(), sm2=keys.sm2, rsa=keys.rsa, at=NOW, appearance=None)
    settings.BAOZHEN_MODE = "production"  # where the demonstration's folder counts for nothing
    found = platform_trust().anchors
    assert set(found.roots) == {root.certificate for root in roots.values()}
    assert found.expected_organization == COMPANY
    assert inspect(signed, anchors=found, at=NOW).verdict is Verdict.GENUINE
    nobody = TrustAnchors((), COMPANY)
    assert inspect(signed, anchors=nobody, at=NOW).verdict is Verdict.UNTRUSTED


def test_names_say_nothing_of_the_company_and_nothing_unfinished_stays(trust: Path) -> None:
    root = licensed_root(Algorithm.SM2_SM3)
    binding = bind(licensed(root), root, "one")
    for _ in range(2):
        activate_binding(binding.pk, actor="admin", at=NOW)
    names = files_in(trust)
    assert len(names) == 2
    anchor = next(iter(names - {"organization.txt"}))
    assert anchor.startswith("anchors/")
    assert anchor.removesuffix(".pem").removeprefix("anchors/").isalnum()


def test_the_trust_of_former_certificates_stays(trust: Path) -> None:
    first, second = licensed_root(Algorithm.SM2_SM3), licensed_root(Algorithm.SM2_SM3)
    old = activate_binding(bind(licensed(first), first, "old").pk, actor="admin", at=NOW)
    activate_binding(bind(licensed(second), second, "new").pk, actor="admin", at=NOW)
    revoke_binding(old.pk, actor="admin", at=NOW)
    found = read_trust_folder(trust).anchors.roots
    assert set(found) == {first.certificate, second.certificate}


def test_what_is_not_put_to_use_is_not_trusted(trust: Path) -> None:
    root = licensed_root(Algorithm.SM2_SM3)
    revoked = bind(licensed(root), root, "revoked")
    revoke_binding(revoked.pk, actor="admin", at=NOW)
    with pytest.raises(IllegalMove):
        activate_binding(revoked.pk, actor="admin", at=NOW)
    swapped = bind(licensed(root), root, "swapped")
    files = key_access().files
    assert files is not None
    (files.directory / "swapped.pem").unlink()
    files.put("swapped", stranger().families["sm2"].signer.signer)
    with pytest.raises(KeyMismatch):
        activate_binding(swapped.pk, actor="admin", at=NOW)
    assert not trust.exists()


@pytest.mark.django_db(transaction=True)
def test_a_binding_whose_trust_cannot_be_written_stays_as_it_was(trust: Path) -> None:
    root = licensed_root(Algorithm.SM2_SM3)
    binding = bind(licensed(root), root, "one")
    trust.write_text("in the way")
    with pytest.raises(OSError, match="trust"):
        activate_binding(binding.pk, actor="admin", at=NOW)
    binding.refresh_from_db()
    assert binding.state == BindingState.PENDING
    assert not AuditEntry.objects.filter(action="binding.active").exists()


def test_the_demonstration_is_read_from_its_own_folder(trust: Path) -> None:
    set_up_development_hierarchy(at=NOW)
    assert {name.partition("/")[0] for name in files_in(trust)} == {"demonstration"}
    assert not read_trust_folder(trust).is_empty
    assert read_trust_folder(trust, with_demonstration=False).is_empty
