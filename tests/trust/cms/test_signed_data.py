"""SignedData: built, read back, held byte by byte, in both families of identifiers."""

import shutil
import subprocess
from pathlib import Path

import pytest
from asn1crypto import cms as asn1
from hypothesis import given, settings
from hypothesis import strategies as st

from baozhen.trust.cms.parse import parse_signed_data, verify_signed_data
from baozhen.trust.cms.template import CmsTemplate, Profile
from baozhen.trust.cms.timestamp import TimestampRequest, issue_token, verify_token
from baozhen.trust.crypto.digests import sha256, sm3
from baozhen.trust.crypto.keys import Algorithm
from baozhen.trust.errors import (
    ParseError,
    SigningError,
    TrustError,
    UnsupportedError,
    VerificationError,
)
from baozhen.trust.x509 import der, gm, oids
from baozhen.trust.x509.path import validate_path
from tests.pki import FAMILIES, NOW, family, hierarchy, stranger

CASES = [*((name, Profile.RFC5652) for name in FAMILIES), ("sm2", Profile.GMT0010)]
DIGEST = sha256(b"a policy")


def template(name: str, profile: Profile = Profile.RFC5652) -> CmsTemplate:
    members = family(name)
    return CmsTemplate(
        members.signer.certificate,
        members.signer.chain,
        algorithm=members.algorithm,
        profile=profile,
    )


def token_for(name: str, hash_name: str, digest: bytes) -> bytes:
    request = TimestampRequest(hash_name, digest, nonce=None, wants_certificates=True)
    return issue_token(family(name).tsa, request, at=NOW, serial=7)


def build(
    name: str, profile: Profile = Profile.RFC5652, *, stamped: bool = False, digest: bytes = DIGEST
) -> bytes:
    made = template(name, profile)
    stamp = (lambda value: token_for(name, made.hash_name, value)) if stamped else None
    return made.build(digest, family(name).signer.signer.sign, stamp)


def check_wholly(data: bytes, *, digest: bytes = DIGEST) -> None:
    """Everything a verifier does with one SignedData; raises a TrustError for any fault."""
    signed = parse_signed_data(data)
    verify_signed_data(signed, message_digest=digest)
    path = validate_path(
        signed.signer_certificate.der,
        intermediates=signed.chain,
        anchors=hierarchy().roots,
        at=NOW,
    )
    if not path.accounts_for(signed.certificates):
        raise VerificationError(0, "unaccounted certificate")
    if signed.timestamp_token is not None:
        value = oids.DIGESTS[signed.hash_name](signed.signature)
        verify_token(signed.timestamp_token, digest=value, anchors=hierarchy().roots, at=NOW)


@pytest.mark.parametrize(("name", "profile"), CASES)
@pytest.mark.parametrize("stamped", [False, True])
@pytest.mark.requirement("S2-L596a", "S2-L596c", "S2-L133.02")
def test_what_is_built_is_read_back(name: str, profile: Profile, stamped: bool) -> None:
    members = family(name)
    signed = parse_signed_data(build(name, profile, stamped=stamped))
    assert signed.profile is profile
    assert signed.message_digest == DIGEST
    assert signed.algorithm is members.algorithm
    assert signed.signer_certificate.der == members.signer.certificate
    assert signed.chain == members.signer.chain
    assert signed.content is None
    assert (signed.timestamp_token is not None) is stamped
    hash_name = "sm3" if name == "sm2" else "sha256"
    named = {"sm3": sm3, "sha256": sha256}[hash_name](members.signer.certificate)
    assert signed.certificate_hash == (hash_name, named)
    verify_signed_data(signed, message_digest=DIGEST)
    verify_signed_data(signed, message_digest=DIGEST, independently=True)


@given(st.binary(min_size=32, max_size=32))
@settings(max_examples=30)
def test_every_digest_comes_back(digest: bytes) -> None:
    data = build("ecdsa", digest=digest)
    assert parse_signed_data(data).message_digest == digest
    check_wholly(data, digest=digest)


@pytest.mark.parametrize(("name", "profile"), CASES)
def test_the_reserve_is_enough(name: str, profile: Profile) -> None:
    made = template(name, profile)
    bare = max(len(build(name, profile)) for _ in range(8))
    assert bare <= made.reserve(with_timestamp=False) <= bare + 64
    assert len(build(name, profile, stamped=True)) <= made.reserve(with_timestamp=True)


@pytest.mark.parametrize(("name", "profile"), CASES)
def test_another_parser_reads_the_same(name: str, profile: Profile) -> None:
    assert gm.is_registered()
    data = build(name, profile, stamped=True)
    info = asn1.ContentInfo.load(data, strict=True)
    assert info["content_type"].native == "signed_data"
    signer_info = info["content"]["signer_infos"][0]
    attributes = {a["type"].native: a["values"] for a in signer_info["signed_attrs"]}
    assert attributes["message_digest"][0].native == DIGEST
    assert attributes["content_type"][0].native == "data"
    assert "signing_certificate_v2" in attributes
    assert signer_info["unsigned_attrs"][0]["type"].native == "signature_time_stamp_token"
    assert parse_signed_data(data).signed_attributes == signer_info["signed_attrs"].untag().dump()


@pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl command")
@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.requirement("S2-L596a", "S2-L596c")
def test_openssl_verifies_the_signature(name: str, tmp_path: Path) -> None:
    """Over the DER SET of signed attributes, because `openssl cms` uses the empty SM2 id."""
    signed = parse_signed_data(build(name))
    (tmp_path / "key").write_bytes(signed.signer_certificate.public_key)
    (tmp_path / "signature").write_bytes(signed.signature)
    (tmp_path / "attributes").write_bytes(signed.signed_attributes)
    digest = ["-sm3", "-sigopt", "distid:1234567812345678"] if name == "sm2" else ["-sha256"]
    command = ["openssl", "dgst", *digest, "-keyform", "DER", "-verify", str(tmp_path / "key")]
    command += ["-signature", str(tmp_path / "signature"), str(tmp_path / "attributes")]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    assert "Verified OK" in answer.stdout


@pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl command")
def test_openssl_cms_verifies_the_rsa_message(tmp_path: Path) -> None:
    data = template("rsa").build(sha256(b"content"), family("rsa").signer.signer.sign)
    (tmp_path / "cms").write_bytes(data)
    (tmp_path / "content").write_bytes(b"content")
    command = ["openssl", "cms", "-verify", "-binary", "-noverify", "-inform", "DER"]
    command += ["-in", str(tmp_path / "cms"), "-content", str(tmp_path / "content")]
    answer = subprocess.run(command, check=True, capture_output=True)
    assert answer.stdout == b"content"


@pytest.mark.parametrize(("name", "profile"), CASES)
@pytest.mark.parametrize("stamped", [False, True])
def test_no_byte_can_be_changed(name: str, profile: Profile, stamped: bool) -> None:
    original = build(name, profile, stamped=stamped)
    check_wholly(original)
    for position in range(len(original)):
        changed = bytearray(original)
        changed[position] ^= 0x01 << position % 8
        with pytest.raises(TrustError):
            check_wholly(bytes(changed))


@given(st.data())
@settings(max_examples=300)
def test_no_byte_can_be_replaced_by_any_other(data: st.DataObject) -> None:
    original = _stamped_once()
    changed = bytearray(original)
    position = data.draw(st.integers(0, len(original) - 1))
    changed[position] = data.draw(st.integers(0, 255).filter(lambda b: b != original[position]))
    with pytest.raises(TrustError):
        check_wholly(bytes(changed))


_CACHE: dict[str, bytes] = {}


def _stamped_once() -> bytes:
    return _CACHE.setdefault("rsa", build("rsa", stamped=True))


@given(st.binary(max_size=300))
def test_any_bytes_give_our_error(data: bytes) -> None:
    for strict in (True, False):
        with pytest.raises(ParseError):
            parse_signed_data(data, strict=strict)


@given(st.data())
@settings(max_examples=50)
def test_a_cut_message_is_refused(data: st.DataObject) -> None:
    original = _stamped_once()
    with pytest.raises(ParseError):
        parse_signed_data(original[: data.draw(st.integers(0, len(original) - 1))])


def test_a_strict_reader_refuses_what_a_tolerant_one_takes() -> None:
    """The danger: rsaEncryption instead of sha256WithRSA verifies just as well, unsigned."""
    original = build("rsa")
    ours = oids.identifier(oids.SHA256_WITH_RSA, der.NULL_ELEMENT)
    theirs = oids.identifier(oids.RSA_KEY, der.NULL_ELEMENT)
    tail = original.rindex(ours)
    changed = original[:tail] + theirs + original[tail + len(ours) :]
    verify_signed_data(parse_signed_data(changed, strict=False), message_digest=DIGEST)
    with pytest.raises(ParseError, match="规范"):
        parse_signed_data(changed)


def test_an_extra_certificate_is_not_accounted_for() -> None:
    members = family("sm2")
    extra = CmsTemplate(
        members.signer.certificate,
        (*members.signer.chain, members.ocsp.certificate),
        algorithm=members.algorithm,
    ).build(DIGEST, members.signer.signer.sign)
    verify_signed_data(parse_signed_data(extra), message_digest=DIGEST)
    with pytest.raises(VerificationError, match="unaccounted"):
        check_wholly(extra)


def test_another_digest_is_refused() -> None:
    with pytest.raises(VerificationError, match="摘要"):
        verify_signed_data(parse_signed_data(build("sm2")), message_digest=sm3(b"another"))


def test_another_key_of_the_same_name_is_refused() -> None:
    """Swapping the certificate for an impostor's breaks the hash that the attributes hold."""
    members, impostor = family("sm2"), stranger().families["sm2"]
    data = template("sm2").build(DIGEST, impostor.signer.signer.sign)
    with pytest.raises(VerificationError):
        verify_signed_data(parse_signed_data(data), message_digest=DIGEST)
    assert members.signer.certificate in data


def _with_signer_infos(data: bytes, count: int) -> bytes:
    info = der.Reader(data).enter(der.SEQUENCE)
    kind = info.whole()
    body = info.enter(0xA0).enter(der.SEQUENCE)
    parts = []
    while body.next_tag() != der.SET or not parts or len(parts) < 4:
        parts.append(body.whole())
    signer_info = body.set_of()[0]
    signed = der.sequence(*parts, der.element(der.SET, *[signer_info] * count))
    return der.sequence(kind, der.explicit(0, signed))


@pytest.mark.parametrize("count", [0, 2])
def test_other_than_one_signer_is_unsupported(count: int) -> None:
    data = build("ecdsa")
    assert _with_signer_infos(data, 1) == data
    with pytest.raises(UnsupportedError, match="签名者"):
        parse_signed_data(_with_signer_infos(data, count))


def test_other_content_is_unsupported() -> None:
    data = der.sequence(der.oid(oids.DATA), der.explicit(0, der.octets(b"x")))
    with pytest.raises(UnsupportedError, match="SignedData"):
        parse_signed_data(data)


def test_gm_identifiers_are_for_sm2_only() -> None:
    with pytest.raises(SigningError):
        template("rsa", Profile.GMT0010)


def test_a_template_wants_the_certificate_s_algorithm() -> None:
    with pytest.raises(SigningError):
        CmsTemplate(family("rsa").signer.certificate, algorithm=Algorithm.SM2_SM3)


def test_a_digest_of_another_length_is_not_signed() -> None:
    with pytest.raises(SigningError):
        template("sm2").build(b"short", family("sm2").signer.signer.sign)
