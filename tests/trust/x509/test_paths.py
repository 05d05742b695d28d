"""Path validation: every rule has the certificate that breaks it; a library agrees."""

from datetime import datetime, timedelta

import pytest
from asn1crypto import crl as asn1_crl
from asn1crypto import x509 as asn1
from cryptography.exceptions import InvalidSignature
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import PathError, ValidationError
from pyhanko_certvalidator.sig_validate import (
    DefaultSignatureValidator,
    SignatureValidationContext,
)

from baozhen.trust.crypto.keys import Algorithm, verify_signature
from baozhen.trust.errors import TrustError, VerificationError
from baozhen.trust.x509 import der, gm, issue
from baozhen.trust.x509.hierarchy import Identity
from baozhen.trust.x509.issue import Reason, Revocation, Role, issue_crl
from baozhen.trust.x509.names import build_name
from baozhen.trust.x509.ocsp import Responder, Status, answer_ocsp
from baozhen.trust.x509.parse import parse_certificate
from baozhen.trust.x509.path import PathResult, RevocationEvidence, Usage, validate_path
from tests.loops import run_apart
from tests.pki import FAMILIES, NOW, certify, family, hierarchy, stranger

NO_EVIDENCE = RevocationEvidence()
BEFORE, AFTER = NOW - timedelta(days=1), NOW + timedelta(days=10)


def path(
    identity: Identity,
    *,
    name: str = "sm2",
    at: datetime = NOW,
    usage: Usage = Usage.DOCUMENT,
    revocation: RevocationEvidence = NO_EVIDENCE,
) -> PathResult:
    return validate_path(
        identity.certificate,
        intermediates=identity.chain,
        anchors=[family(name).root.certificate],
        at=at,
        revocation=revocation,
        usage=usage,
    )


class _Validator(DefaultSignatureValidator):
    """Lets the library verify SM2 by our mathematics; everything else it does alone."""

    def validate_signature(
        self,
        signature: bytes,
        signed_data: bytes,
        public_key_info: object,
        signature_algorithm: object,
        context: SignatureValidationContext = SignatureValidationContext(),  # noqa: B008
    ) -> None:
        if signature_algorithm["algorithm"].native != "sm3_sm2":
            super().validate_signature(
                signature, signed_data, public_key_info, signature_algorithm, context
            )
            return
        try:
            verify_signature(
                public_key_info.dump(), signed_data, signature, algorithm=Algorithm.SM2_SM3
            )
        except TrustError as error:
            raise InvalidSignature from error


def library_accepts(identity: Identity, *, name: str, at: datetime = NOW) -> bool:
    """What pyhanko-certvalidator says of the same path with the root's and issuing CA's CRLs."""
    assert gm.is_registered()
    context = ValidationContext(
        trust_roots=[asn1.Certificate.load(family(name).root.certificate)],
        other_certs=[asn1.Certificate.load(data) for data in identity.chain],
        crls=[asn1_crl.CertificateList.load(data) for data in family(name).crls],
        moment=at,
        allow_fetching=False,
        signature_validator=_Validator(),
    )
    validator = CertificateValidator(
        asn1.Certificate.load(identity.certificate), validation_context=context
    )
    try:
        run_apart(validator.async_validate_usage({"digital_signature"}))
    except (PathError, ValidationError):
        return False
    return True


def ours_accepts(identity: Identity, *, name: str, at: datetime = NOW) -> bool:
    try:
        path(identity, name=name, at=at)
    except VerificationError:
        return False
    return True


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.requirement("S2-L133.02", "S2-L596b")
def test_a_good_path_holds_in_each_family(name: str) -> None:
    members = family(name)
    evidence = RevocationEvidence(crls=members.crls)
    found = path(members.signer, name=name, revocation=evidence)
    assert [item.der for item in found.chain] == [
        members.signer.certificate,
        members.issuing.certificate,
        members.root.certificate,
    ]
    assert found.anchor.der == members.root.certificate
    assert found.revocation_status is Status.GOOD
    assert found.accounts_for([*members.signer.chain, members.signer.certificate])
    assert not found.accounts_for([members.ocsp.certificate])


@pytest.mark.parametrize("name", FAMILIES)
def test_ours_and_the_library_agree(name: str) -> None:
    members = family(name)
    authority_at_the_end = members.issuing
    expired = certify(members.issuing, not_after=NOW - timedelta(hours=1))
    too_deep = certify(certify(members.issuing, role=Role.AUTHORITY))
    forged = Identity(_change_last_byte(members.signer.certificate), members.signer.signer)
    not_an_authority = certify(members.signer)
    orphan = Identity(members.signer.certificate, members.signer.signer, ())
    cases = {
        "good": (members.signer, NOW, True),
        "expired": (expired, NOW, False),
        "not yet valid": (members.signer, NOW - timedelta(days=2), False),
        "path too long": (too_deep, NOW, False),
        "changed": (forged, NOW, False),
        "issued by a signer": (not_an_authority, NOW, False),
        "no intermediate": (orphan, NOW, False),
        "authority as signer": (authority_at_the_end, NOW, False),
    }
    for label, (identity, at, expected) in cases.items():
        assert ours_accepts(identity, name=name, at=at) is expected, label
        assert library_accepts(identity, name=name, at=at) is expected, label


def _change_last_byte(data: bytes) -> bytes:
    return data[:-1] + bytes((data[-1] ^ 1,))


@pytest.mark.requirement("S2-L596d")
def test_an_authority_of_the_same_name_is_not_trusted() -> None:
    """Names prove nothing: the impostor's differ in no byte, only its keys are others."""
    impostor = stranger().families["sm2"]
    assert (
        parse_certificate(impostor.root.certificate).subject
        == parse_certificate(family("sm2").root.certificate).subject
    )
    with pytest.raises(VerificationError):
        path(impostor.signer)
    validate_path(  # the danger is real: with the impostor's root the very same path holds
        impostor.signer.certificate,
        intermediates=impostor.signer.chain,
        anchors=[impostor.root.certificate],
        at=NOW,
    )


def test_there_is_no_path_without_anchors() -> None:
    with pytest.raises(VerificationError, match="路径"):
        validate_path(
            family("sm2").signer.certificate,
            intermediates=[*family("sm2").signer.chain, family("sm2").root.certificate],
            anchors=[],
            at=NOW,
        )


def test_the_wrong_family_s_root_is_no_anchor() -> None:
    with pytest.raises(VerificationError):
        path(family("sm2").signer, name="rsa")


def test_rubbish_among_the_intermediates_does_not_hide_the_path() -> None:
    found = validate_path(
        family("rsa").signer.certificate,
        intermediates=[b"rubbish", family("sm2").issuing.certificate, *family("rsa").signer.chain],
        anchors=hierarchy().roots,
        at=NOW,
    )
    assert len(found.chain) == 3


def test_a_crowd_of_namesakes_is_refused_in_bounded_time() -> None:
    members = family("ecdsa")
    subject = parse_certificate(members.issuing.certificate).subject.der
    crowd = [
        certify(
            members.root,
            role=Role.AUTHORITY,
            serial=serial,
            subject=subject,
            public_key=members.issuing.signer.public_key,
        ).certificate
        for serial in range(1, 40)
    ]
    with pytest.raises(VerificationError, match="复杂"):
        validate_path(
            members.signer.certificate,
            intermediates=crowd,
            anchors=[family("sm2").root.certificate],
            at=NOW,
        )


@pytest.mark.parametrize(
    ("role", "usage", "is_accepted"),
    [
        (Role.DOCUMENT_SIGNER, Usage.DOCUMENT, True),
        (Role.DOCUMENT_SIGNER, Usage.TIMESTAMP, False),
        (Role.DOCUMENT_SIGNER, Usage.OCSP, False),
        (Role.DOCUMENT_SIGNER, Usage.CA, False),
        (Role.TIMESTAMP_AUTHORITY, Usage.DOCUMENT, False),
        (Role.TIMESTAMP_AUTHORITY, Usage.TIMESTAMP, True),
        (Role.OCSP_SIGNER, Usage.OCSP, True),
        (Role.OCSP_SIGNER, Usage.DOCUMENT, False),
        (Role.AUTHORITY, Usage.DOCUMENT, False),
    ],
)
def test_a_certificate_serves_its_purpose_only(role: Role, usage: Usage, is_accepted: bool) -> None:
    identity = certify(family("ecdsa").issuing, role=role)
    if is_accepted:
        assert path(identity, name="ecdsa", usage=usage).chain
        return
    with pytest.raises(VerificationError, match=r"用途|认证机构"):
        path(identity, name="ecdsa", usage=usage)


def _reissued(identity: Identity, above: Identity, old: bytes, new: bytes) -> Identity:
    """Certify again after a change inside the signed part, as a careless authority would."""
    tbs = parse_certificate(identity.certificate).tbs
    content = der.Reader(tbs.replace(old, new)).content(der.SEQUENCE)
    certificate = issue.sign_body(der.sequence(content), signer=above.signer)
    return Identity(certificate, identity.signer, identity.chain)


def test_a_critical_extension_that_nobody_knows_is_refused() -> None:
    members = family("ecdsa")
    known, unknown = der.oid("2.5.29.15"), der.oid("2.5.29.99")
    odd = _reissued(members.signer, members.issuing, known, unknown)
    with pytest.raises(VerificationError, match=r"2\.5\.29\.99"):
        path(odd, name="ecdsa")
    assert not library_accepts(odd, name="ecdsa")
    harmless = _reissued(members.signer, members.issuing, der.oid("2.5.29.37"), unknown)
    assert path(harmless, name="ecdsa").chain


def test_an_algorithm_swapped_outside_the_signed_part_is_refused() -> None:
    members = family("ecdsa")
    data = members.signer.certificate
    body = der.Reader(data).enter(der.SEQUENCE)
    tbs = body.whole()
    body.whole()
    rsa = parse_certificate(family("rsa").signer.certificate)
    identifier = issue.oids.SUITES[rsa.algorithm].signature_identifier
    swapped = der.sequence(tbs, identifier, body.whole())
    with pytest.raises(TrustError):
        parse_certificate(swapped)


def test_the_length_of_a_path_is_limited_by_us_too() -> None:
    above, chain = family("ecdsa").root, ()
    for depth in range(7):
        subject = build_name(common_name=f"测试 {depth}", organization="测试")
        above = certify(above, role=Role.AUTHORITY, subject=subject, serial=depth + 1)
    leaf = certify(above)
    with pytest.raises(VerificationError):
        path(leaf, name="ecdsa")
    assert chain == ()


def crl(*revoked: Revocation, name: str = "sm2", at: datetime = NOW, days: int = 7) -> bytes:
    issuing = family(name).issuing
    return issue_crl(
        issuer=issuing.certificate,
        signer=issuing.signer,
        number=2,
        this_update=at,
        next_update=at + timedelta(days=days),
        revoked=revoked,
    )


def serial_of(name: str = "sm2") -> int:
    return parse_certificate(family(name).signer.certificate).serial


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.requirement("S0-7.1.3.1b")
def test_a_certificate_revoked_before_it_was_used_is_revoked(name: str) -> None:
    listed = crl(Revocation(serial_of(name), BEFORE, Reason.KEY_COMPROMISE), name=name)
    evidence = RevocationEvidence(crls=(family(name).crls[0], listed))
    found = path(family(name).signer, name=name, revocation=evidence)
    assert found.revocation_status is Status.REVOKED
    assert found.revoked_at == BEFORE
    assert found.revocation_reason is Reason.KEY_COMPROMISE


def test_one_revoked_after_it_was_used_was_good_then_and_says_so() -> None:
    listed = crl(Revocation(serial_of(), AFTER, Reason.SUPERSEDED), at=AFTER)
    evidence = RevocationEvidence(crls=(family("sm2").crls[0], listed))
    then = path(family("sm2").signer, revocation=evidence)
    assert (then.revocation_status, then.revoked_at) == (Status.GOOD, AFTER)
    later = path(family("sm2").signer, at=AFTER + timedelta(days=1), revocation=evidence)
    assert later.revocation_status is Status.REVOKED


def test_without_evidence_the_status_is_unknown() -> None:
    assert path(family("sm2").signer).revocation_status is Status.UNKNOWN
    only_root = RevocationEvidence(crls=family("sm2").crls[:1])
    assert path(family("sm2").signer, revocation=only_root).revocation_status is Status.UNKNOWN


@pytest.mark.parametrize("kind", ["stale", "foreign key", "other family", "changed", "rubbish"])
def test_evidence_that_cannot_speak_leaves_it_unknown(kind: str) -> None:
    impostor = stranger().families["sm2"]
    lists = {
        "stale": crl(at=NOW - timedelta(days=30), days=7),
        "foreign key": impostor.crls[1],
        "other family": family("rsa").crls[1],
        "changed": _change_last_byte(crl()),
        "rubbish": b"rubbish",
    }
    evidence = RevocationEvidence(crls=(family("sm2").crls[0], lists[kind]), ocsps=(b"rubbish",))
    assert path(family("sm2").signer, revocation=evidence).revocation_status is Status.UNKNOWN


def test_a_stale_list_still_tells_of_a_revocation() -> None:
    old = crl(Revocation(serial_of(), BEFORE), at=NOW - timedelta(days=30))
    found = path(family("sm2").signer, revocation=RevocationEvidence(crls=(old,)))
    assert found.revocation_status is Status.REVOKED


def test_a_younger_list_speaks_of_the_past_unless_the_certificate_has_ended() -> None:
    members = family("sm2")
    short = certify(members.issuing, not_after=NOW + timedelta(days=1))
    root_list = members.crls[0]
    for at, expected in ((NOW + timedelta(hours=1), Status.GOOD), (AFTER, Status.UNKNOWN)):
        evidence = RevocationEvidence(crls=(root_list, crl(at=at)))
        assert path(short, revocation=evidence).revocation_status is expected


def ocsp(
    *,
    name: str = "sm2",
    responder: Identity | None = None,
    revoked: Revocation | None = None,
    at: datetime = NOW,
) -> bytes:
    speaker = responder or family(name).ocsp
    return answer_ocsp(
        family(name).signer.certificate,
        responder=Responder(speaker.certificate, speaker.signer, family(name).issuing.certificate),
        this_update=at,
        next_update=at + timedelta(hours=12),
        revoked={revoked.serial: revoked} if revoked else {},
    )


@pytest.mark.parametrize("name", FAMILIES)
def test_a_delegated_responder_is_believed(name: str) -> None:
    evidence = RevocationEvidence(crls=family(name).crls[:1], ocsps=(ocsp(name=name),))
    found = path(family(name).signer, name=name, revocation=evidence)
    assert found.revocation_status is Status.GOOD
    assert found.findings[0].source == "ocsp"
    gone = Revocation(serial_of(name), BEFORE, Reason.SUPERSEDED)
    evidence = RevocationEvidence(
        crls=family(name).crls[:1], ocsps=(ocsp(name=name, revoked=gone),)
    )
    found = path(family(name).signer, name=name, revocation=evidence)
    assert (found.revocation_status, found.revoked_at) == (Status.REVOKED, BEFORE)


def test_the_authority_itself_may_answer() -> None:
    answer = ocsp(responder=family("sm2").issuing)
    evidence = RevocationEvidence(crls=family("sm2").crls[:1], ocsps=(answer,))
    assert path(family("sm2").signer, revocation=evidence).revocation_status is Status.GOOD


@pytest.mark.parametrize("kind", ["stale", "not delegated", "impostor", "changed"])
def test_an_answer_that_cannot_speak_leaves_it_unknown(kind: str) -> None:
    answers = {
        "stale": lambda: ocsp(at=NOW - timedelta(days=3)),
        "not delegated": lambda: ocsp(responder=family("sm2").tsa),
        "impostor": lambda: ocsp(responder=stranger().families["sm2"].ocsp),
        "changed": lambda: ocsp()[:-1] + b"\x00",
    }
    evidence = RevocationEvidence(crls=family("sm2").crls[:1], ocsps=(answers[kind](),))
    assert path(family("sm2").signer, revocation=evidence).revocation_status is Status.UNKNOWN


def test_a_revocation_outweighs_a_good_word() -> None:
    listed = crl(Revocation(serial_of(), BEFORE))
    evidence = RevocationEvidence(crls=(family("sm2").crls[0], listed), ocsps=(ocsp(),))
    assert path(family("sm2").signer, revocation=evidence).revocation_status is Status.REVOKED


def test_the_library_reads_our_ocsp_answers() -> None:
    from asn1crypto import ocsp as asn1_ocsp

    for name in FAMILIES:
        answer = asn1_ocsp.OCSPResponse.load(ocsp(name=name), strict=True)
        assert answer.response_data["responses"][0]["cert_status"].name == "good"
