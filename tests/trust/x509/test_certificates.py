"""Certificates as issued are read back; changed bytes and any bytes are refused."""

import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from asn1crypto import x509 as asn1
from hypothesis import given, settings
from hypothesis import strategies as st

from baozhen.trust.crypto.keys import Algorithm
from baozhen.trust.errors import ParseError, SigningError, TrustError
from baozhen.trust.x509 import der, gm, oids
from baozhen.trust.x509.hierarchy import DEMO_MARK
from baozhen.trust.x509.issue import Role
from baozhen.trust.x509.parse import (
    parse_certificate,
    parse_pem,
    parse_pem_bundle,
    to_pem,
)
from baozhen.trust.x509.revocation import check_certificate_signature
from tests.pki import FAMILIES, NOW, ORGANIZATION, certify, family, hierarchy

ROLES = ("root", "issuing", "signer", "tsa", "ocsp")
needs_openssl = pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl command")


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.requirement("S2-L133.02", "S2-L596a")
def test_a_certificate_says_what_was_asked_for(name: str) -> None:
    signer = parse_certificate(family(name).signer.certificate)
    issuing = parse_certificate(family(name).issuing.certificate)
    assert signer.organization == ORGANIZATION
    assert signer.algorithm is signer.signature_algorithm is family(name).algorithm
    assert signer.public_key == family(name).signer.signer.public_key
    assert signer.key_usage == {"digital_signature", "non_repudiation"}
    assert signer.issuer == issuing.subject
    assert signer.extensions.authority_key_id == issuing.extensions.subject_key_id
    assert signer.is_valid_at(NOW)
    assert not signer.is_valid_at(signer.not_after + timedelta(seconds=1))
    assert issuing.is_ca
    assert issuing.extensions.path_length == 0
    assert not signer.is_ca
    check_certificate_signature(signer, issuing)


def test_every_name_of_the_hierarchy_shouts_demonstration() -> None:
    for members in hierarchy().families.values():
        for role in ROLES:
            certificate = parse_certificate(getattr(members, role).certificate)
            assert DEMO_MARK in str(certificate.subject)
            assert "NOT FOR PRODUCTION" in certificate.common_name
            assert all(len(text) <= 64 for _, text in certificate.subject.parts)  # X.520 limit


def test_the_same_seed_gives_the_same_serials_and_another_one_others() -> None:
    serials = {
        parse_certificate(getattr(members, role).certificate).serial
        for members in hierarchy().families.values()
        for role in ROLES
    }
    assert len(serials) == len(FAMILIES) * len(ROLES)
    assert all(serial.bit_length() == 127 for serial in serials)


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("role", ROLES)
def test_another_parser_reads_the_same(name: str, role: str) -> None:
    assert gm.is_registered()
    data = getattr(family(name), role).certificate
    ours, theirs = parse_certificate(data), asn1.Certificate.load(data, strict=True)
    theirs.native  # noqa: B018 - asn1crypto is lazy: this reads everything
    assert ours.serial == theirs.serial_number
    assert ours.subject.der == theirs.subject.dump()
    assert ours.not_after == theirs["tbs_certificate"]["validity"]["not_after"].native
    assert ours.public_key == theirs.public_key.dump()
    assert ours.is_ca == bool(theirs.ca)
    assert ours.extensions.subject_key_id == theirs.key_identifier


@needs_openssl
@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize(
    ("role", "above"),
    [("issuing", "root"), ("signer", "issuing"), ("tsa", "issuing"), ("ocsp", "issuing")],
)
def test_openssl_verifies_each_step(name: str, role: str, above: str, tmp_path: Path) -> None:
    """Step by step, because OpenSSL applies the distinguishing id to the leaf only."""
    command = ["openssl", "verify", "-partial_chain", "-x509_strict", "-attime"]
    command += [str(int(NOW.timestamp()))]
    if name == "sm2":
        command += ["-vfyopt", "distid:1234567812345678"]
    for member in (role, above):
        (tmp_path / member).write_bytes(to_pem([getattr(family(name), member).certificate]))
    command += ["-CAfile", str(tmp_path / above), str(tmp_path / role)]
    subprocess.run(command, check=True, capture_output=True)


@needs_openssl
@pytest.mark.parametrize("name", FAMILIES)
def test_openssl_reads_the_crl(name: str, tmp_path: Path) -> None:
    (tmp_path / "crl").write_bytes(family(name).crls[1])
    command = ["openssl", "crl", "-inform", "DER", "-in", str(tmp_path / "crl"), "-text", "-noout"]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    assert "No Revoked Certificates" in answer.stdout


@pytest.mark.parametrize("name", FAMILIES)
def test_no_byte_of_a_certificate_can_be_changed(name: str) -> None:
    original = family(name).signer.certificate
    issuing = parse_certificate(family(name).issuing.certificate)
    for position in range(len(original)):
        changed = bytearray(original)
        changed[position] ^= 0x01
        with pytest.raises(TrustError):
            check_certificate_signature(parse_certificate(bytes(changed)), issuing)


@given(st.data())
@settings(max_examples=100)
def test_no_two_bytes_either(data: st.DataObject) -> None:
    original = family("ecdsa").signer.certificate
    issuing = parse_certificate(family("ecdsa").issuing.certificate)
    changed = bytearray(original)
    for _ in range(2):
        position = data.draw(st.integers(0, len(original) - 1))
        changed[position] = data.draw(st.integers(0, 255))
    if bytes(changed) == original:
        return
    with pytest.raises(TrustError):
        check_certificate_signature(parse_certificate(bytes(changed)), issuing)


@given(st.binary(max_size=400))
def test_any_bytes_give_a_certificate_or_our_error(data: bytes) -> None:
    with pytest.raises(ParseError):
        parse_certificate(data)
    with pytest.raises(ParseError):
        parse_pem_bundle(data)


@given(st.data())
def test_cut_certificates_are_refused(data: st.DataObject) -> None:
    original = family("rsa").signer.certificate
    with pytest.raises(ParseError):
        parse_certificate(original[: data.draw(st.integers(0, len(original) - 1))])


def test_a_certificate_with_a_tail_is_refused() -> None:
    with pytest.raises(ParseError):
        parse_certificate(family("sm2").signer.certificate + b"\x00")


def test_pem_comes_back_and_other_labels_are_left_out() -> None:
    blocks = [family(name).root.certificate for name in FAMILIES]
    pem = to_pem(blocks) + to_pem([b"not a certificate"], label="PRIVATE KEY")
    assert parse_pem(pem) == blocks
    assert [certificate.der for certificate in parse_pem_bundle(pem)] == blocks
    assert parse_pem_bundle(blocks[0])[0].der == blocks[0]


def test_a_stranger_s_algorithm_is_read_but_not_ours() -> None:
    certificate = parse_certificate(family("sm2").signer.certificate)
    assert certificate.algorithm is Algorithm.SM2_SM3
    foreign = der.sequence(
        oids.identifier(oids.EC_KEY, der.oid("1.3.132.0.34")), der.bits(bytes(97))
    )
    odd = certify(family("rsa").issuing, public_key=foreign)
    assert parse_certificate(odd.certificate).algorithm is None


@pytest.mark.parametrize("serial", [0, -1, 1 << 160])
def test_serials_that_no_one_may_issue_are_refused(serial: int) -> None:
    with pytest.raises(SigningError):
        certify(family("ecdsa").issuing, serial=serial)


def test_a_validity_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(SigningError):
        certify(family("ecdsa").issuing, not_after=NOW - timedelta(days=2))


def test_addresses_of_revocation_lists_are_written() -> None:
    signer = certify(
        family("sm2").issuing, role=Role.DOCUMENT_SIGNER, crl_urls=("http://crl.example/a.crl",)
    )
    points = asn1.Certificate.load(signer.certificate).crl_distribution_points
    assert points[0].url == "http://crl.example/a.crl"
