"""PKCS#10, certs-only messages, PFX files and addresses in certificates: built, read, refused."""

import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    load_der_private_key,
)
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates
from hypothesis import given, settings
from hypothesis import strategies as st

from baozhen.trust.crypto.keys import Algorithm, generate
from baozhen.trust.crypto.pkcs8 import encode
from baozhen.trust.errors import KeyFileError, ParseError, TrustError, VerificationError
from baozhen.trust.x509 import der
from baozhen.trust.x509.certs_only import build_certs_only, leaf_first, parse_certs_only
from baozhen.trust.x509.csr import build_csr, parse_csr
from baozhen.trust.x509.issue import sign_body
from baozhen.trust.x509.names import build_name
from baozhen.trust.x509.parse import parse_certificate, parse_pem, to_pem
from baozhen.trust.x509.pfx import read_pfx
from baozhen.trust.x509.points import Points, read_points
from tests.pki import certify, family

NAME = build_name(common_name="测试甲", organization="示例工程有限公司")
KEYS = {algorithm: generate(algorithm) for algorithm in Algorithm}
MADE = build_csr(NAME, KEYS[Algorithm.ECDSA_P256_SHA256])


@pytest.mark.parametrize("algorithm", list(Algorithm))
@pytest.mark.requirement("S2-L160.m4")
def test_a_request_says_what_was_asked(algorithm):
    made = build_csr(NAME, KEYS[algorithm])
    read = parse_csr(made)
    assert read.subject.der == NAME
    assert read.public_key == KEYS[algorithm].public_key
    assert read.algorithm is algorithm


@pytest.mark.parametrize("algorithm", [Algorithm.RSA_SHA256, Algorithm.ECDSA_P256_SHA256])
def test_pyca_reads_ours_as_valid(algorithm):
    request = x509.load_der_x509_csr(build_csr(NAME, KEYS[algorithm]))
    assert request.is_signature_valid
    assert "测试甲" in request.subject.rfc4514_string()


def test_openssl_verifies_our_sm2_request(tmp_path):
    path = tmp_path / "sm2.csr"
    path.write_bytes(
        to_pem([build_csr(NAME, KEYS[Algorithm.SM2_SM3])], label="CERTIFICATE REQUEST")
    )
    command = ["openssl", "req", "-in", path, "-noout", "-verify"]
    distid = ["-vfyopt", "distid:1234567812345678"]
    done = subprocess.run([*command, *distid], capture_output=True, text=True, check=False)
    if "unknown" in done.stderr.lower() and "sm2" in done.stderr.lower():
        pytest.skip("这台机器的 openssl 不支持 SM2")
    assert done.returncode == 0, done.stderr


def test_another_keys_signature_is_refused():
    ours, other = build_csr(NAME, KEYS[Algorithm.SM2_SM3]), generate(Algorithm.SM2_SM3)
    body = der.Reader(ours).enter(der.SEQUENCE).whole(der.SEQUENCE)
    with pytest.raises(VerificationError):
        parse_csr(sign_body(body, signer=other))


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_one_flipped_byte_is_refused(data):
    made = bytearray(MADE)
    made[data.draw(st.integers(0, len(made) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(TrustError):
        parse_csr(bytes(made))


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data):
    for read in (parse_csr, parse_certs_only):
        with pytest.raises(TrustError):
            read(data)


def test_certs_only_keeps_every_certificate_and_finds_the_keys_chain():
    signer = family("sm2").signer
    blocks = (family("sm2").root.certificate, signer.chain[0], signer.certificate)
    read = parse_certs_only(build_certs_only(blocks))
    assert read == blocks
    assert leaf_first(read, signer.signer.public_key) == (signer.certificate, signer.chain[0])
    with pytest.raises(ParseError):
        leaf_first(read, KEYS[Algorithm.SM2_SM3].public_key)


def test_openssl_writes_certs_only_that_we_read(tmp_path):
    signer = family("rsa").signer
    pem = tmp_path / "chain.pem"
    pem.write_bytes(to_pem([signer.certificate, *signer.chain]))
    out = tmp_path / "chain.p7b"
    command = ["openssl", "crl2pkcs7", "-nocrl", "-certfile", pem, "-outform", "DER", "-out", out]
    subprocess.run(command, check=True)
    assert set(parse_certs_only(out.read_bytes())) == {signer.certificate, *signer.chain}


def rsa_pfx(password=b"secret"):
    signer = family("rsa").signer
    key = load_der_private_key(signer.signer._to_der(), None)
    certificates = [x509.load_der_x509_certificate(item) for item in signer.chain]
    return serialize_key_and_certificates(
        b"x",
        key,
        x509.load_der_x509_certificate(signer.certificate),
        certificates,
        BestAvailableEncryption(password),
    )


@pytest.mark.requirement("S2-L512b")
def test_an_rsa_pfx_gives_key_and_chain():
    bundle = read_pfx(rsa_pfx(), "secret")
    signer = family("rsa").signer
    assert bundle.certificates == (signer.certificate, *signer.chain)
    assert bundle.signer.public_key == signer.signer.public_key


def sm2_pfx(password):
    """A PFX as domestic tools write it: SM2 key in a shrouded bag, certificates in the clear."""
    signer = family("sm2").signer
    sealed = encode(signer.signer._to_der(), password, entropy=bytes(range(32)), iterations=2000)
    key = parse_pem(sealed, label="ENCRYPTED PRIVATE KEY")[0]
    x509_type = der.oid("1.2.840.113549.1.9.22.1")
    bags = [
        bag("3", der.sequence(x509_type, der.explicit(0, der.octets(item))))
        for item in (signer.certificate, *signer.chain)
    ]
    safe = content(der.sequence(*bags, bag("2", key)))
    return der.sequence(der.integer(3), content(der.sequence(safe)))


def bag(number, value):
    """One SafeBag (RFC 7292 §4.2)."""
    return der.sequence(der.oid(f"1.2.840.113549.1.12.10.1.{number}"), der.explicit(0, value))


def content(data):
    """A ContentInfo of type data around these bytes."""
    return der.sequence(der.oid("1.2.840.113549.1.7.1"), der.explicit(0, der.octets(data)))


@pytest.mark.requirement("S2-L512b")
def test_an_sm2_pfx_is_read_where_pbes2_protects_it():
    signer = family("sm2").signer
    bundle = read_pfx(sm2_pfx(b"secret"), "secret")
    assert bundle.signer.algorithm is Algorithm.SM2_SM3
    assert bundle.certificates == (signer.certificate, *signer.chain)
    with pytest.raises(KeyFileError):
        read_pfx(sm2_pfx(b"secret"), "wrong")


@pytest.mark.parametrize("data", [b"", b"\x30\x00", b"nonsense", bytes(100)])
def test_what_is_no_pfx_is_refused(data):
    with pytest.raises(KeyFileError):
        read_pfx(data, "secret")
    with pytest.raises(KeyFileError):
        read_pfx(rsa_pfx(), "wrong")


def test_addresses_are_read_from_certificates():
    identity = certify(family("sm2").issuing, serial=5, crl_urls=("http://crl.example.com/a.crl",))
    assert read_points(identity.certificate) == Points(crls=("http://crl.example.com/a.crl",))
    assert read_points(family("sm2").root.certificate) == Points()
    assert parse_certificate(identity.certificate).is_ca is False
