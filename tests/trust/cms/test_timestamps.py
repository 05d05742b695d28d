"""RFC 3161: requests, responses and tokens of both families."""

import shutil
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from asn1crypto import tsp as asn1
from hypothesis import given
from hypothesis import strategies as st

from baozhen.trust.cms.timestamp import (
    TimestampRequest,
    build_request,
    issue_response,
    issue_token,
    parse_request,
    parse_response,
    read_token,
    verify_token,
)
from baozhen.trust.crypto.digests import digest as digest_by_name
from baozhen.trust.errors import ParseError, TrustError, UnsupportedError, VerificationError
from baozhen.trust.x509 import der, gm
from baozhen.trust.x509.issue import Reason, Revocation, Role, issue_crl
from baozhen.trust.x509.ocsp import Status
from baozhen.trust.x509.parse import parse_certificate, to_pem
from baozhen.trust.x509.path import RevocationEvidence
from tests.pki import FAMILIES, NOW, certify, family, hierarchy, stranger

DATA = b"a signature value"


def token(name: str = "sm2", hash_name: str = "sm3") -> bytes:
    request = TimestampRequest(hash_name, digest_by_name(hash_name, DATA), None, True)
    return issue_token(family(name).tsa, request, at=NOW, serial=42)


@given(
    st.binary(min_size=32, max_size=32),
    st.sampled_from(["sm3", "sha256"]),
    st.none() | st.integers(0, 1 << 64),
)
def test_a_request_comes_back(digest: bytes, hash_name: str, nonce: int | None) -> None:
    data = build_request(digest, hash_name=hash_name, nonce=nonce)
    assert parse_request(data) == TimestampRequest(hash_name, digest, nonce, True)
    assert asn1.TimeStampReq.load(data, strict=True)["version"].native == "v1"


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("hash_name", ["sm3", "sha256"])
@pytest.mark.requirement("S2-L160.n2")
def test_a_token_proves_when(name: str, hash_name: str) -> None:
    digest = digest_by_name(hash_name, DATA)
    request = build_request(digest, hash_name=hash_name, nonce=99)
    response = issue_response(family(name).tsa, request, at=NOW, serial=42)
    found = parse_response(response, request=request)
    info = verify_token(
        found,
        digest=digest,
        anchors=hierarchy().roots,
        at=NOW + timedelta(days=1),
        revocation=RevocationEvidence(crls=family(name).crls),
    )
    assert (info.gen_time, info.serial, info.hash_name) == (NOW, 42, hash_name)
    assert info.algorithm is family(name).algorithm
    assert "TSA" in info.tsa_name
    assert info.path.revocation_status is Status.GOOD


def test_another_parser_reads_the_token() -> None:
    assert gm.is_registered()
    for name in FAMILIES:
        info = asn1.ContentInfo.load(token(name), strict=True)
        assert info["content"]["encap_content_info"]["content_type"].native == "tst_info"
        content = info["content"]["encap_content_info"]["content"].parsed
        assert content["gen_time"].native == NOW


@pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl command")
@pytest.mark.parametrize("name", ["rsa", "ecdsa"])
def test_openssl_verifies_the_response(name: str, tmp_path: Path) -> None:
    """SM2 cannot be asked of `openssl ts`: it uses the empty distinguishing id."""
    request = build_request(digest_by_name("sha256", DATA), hash_name="sha256", nonce=5)
    files = {
        "request": request,
        "response": issue_response(family(name).tsa, request, at=NOW, serial=42),
        "root": to_pem([family(name).root.certificate]),
        "issuing": to_pem([family(name).issuing.certificate]),
    }
    for label, content in files.items():
        (tmp_path / label).write_bytes(content)
    command = ["openssl", "ts", "-verify", "-queryfile", "request", "-in", "response"]
    command += ["-CAfile", "root", "-untrusted", "issuing", "-attime", str(int(NOW.timestamp()))]
    answer = subprocess.run(command, check=True, capture_output=True, text=True, cwd=tmp_path)
    assert "OK" in answer.stdout


@pytest.mark.parametrize("name", FAMILIES)
def test_no_byte_of_a_token_can_be_changed(name: str) -> None:
    original, digest = token(name), digest_by_name("sm3", DATA)
    verify_token(original, digest=digest, anchors=hierarchy().roots, at=NOW)
    for position in range(len(original)):
        changed = bytearray(original)
        changed[position] ^= 0x80 >> position % 8
        with pytest.raises(TrustError):
            verify_token(bytes(changed), digest=digest, anchors=hierarchy().roots, at=NOW)


def test_a_token_over_something_else_is_refused() -> None:
    with pytest.raises(VerificationError, match="摘要"):
        verify_token(token(), digest=bytes(32), anchors=hierarchy().roots, at=NOW)


def test_a_token_from_the_future_is_refused() -> None:
    digest = digest_by_name("sm3", DATA)
    with pytest.raises(VerificationError, match="之后"):
        verify_token(token(), digest=digest, anchors=hierarchy().roots, at=NOW - timedelta(hours=1))


def test_a_stranger_s_token_is_refused() -> None:
    digest = digest_by_name("sm3", DATA)
    with pytest.raises(VerificationError, match="路径"):
        verify_token(token(), digest=digest, anchors=stranger().roots[1:], at=NOW)


def test_a_document_signer_may_not_stamp() -> None:
    """The danger: the mathematics of such a token are right, only the purpose is not."""
    digest = digest_by_name("sm3", DATA)
    request = TimestampRequest("sm3", digest, None, True)
    forged = issue_token(family("sm2").signer, request, at=NOW, serial=1)
    assert read_token(forged)[1].digest == digest
    with pytest.raises(VerificationError, match="用途"):
        verify_token(forged, digest=digest, anchors=hierarchy().roots, at=NOW)


@pytest.mark.parametrize(
    ("reason", "revoked_after", "is_accepted"),
    [
        (Reason.SUPERSEDED, timedelta(days=5), True),
        (Reason.CESSATION_OF_OPERATION, timedelta(days=5), True),
        (Reason.KEY_COMPROMISE, timedelta(days=5), False),
        (Reason.UNSPECIFIED, timedelta(days=5), False),
        (Reason.SUPERSEDED, timedelta(hours=-1), False),
    ],
)
def test_a_lost_key_voids_its_tokens_a_retired_one_does_not(
    reason: Reason, revoked_after: timedelta, is_accepted: bool
) -> None:
    members = family("sm2")
    serial = parse_certificate(members.tsa.certificate).serial
    listed = issue_crl(
        issuer=members.issuing.certificate,
        signer=members.issuing.signer,
        number=3,
        this_update=NOW + timedelta(days=6),
        next_update=NOW + timedelta(days=12),
        revoked=[Revocation(serial, NOW + revoked_after, reason)],
    )

    def verify() -> None:
        verify_token(
            token(),
            digest=digest_by_name("sm3", DATA),
            anchors=hierarchy().roots,
            at=NOW + timedelta(days=7),
            revocation=RevocationEvidence(crls=(members.crls[0], listed)),
        )

    if is_accepted:
        verify()
        return
    with pytest.raises(VerificationError, match=r"吊销|失信"):
        verify()


def test_a_token_outlives_its_authority_s_certificate() -> None:
    short = certify(
        family("ecdsa").issuing, role=Role.TIMESTAMP_AUTHORITY, not_after=NOW + timedelta(days=1)
    )
    request = TimestampRequest("sm3", digest_by_name("sm3", DATA), None, True)
    for at, is_accepted in ((NOW, True), (NOW + timedelta(days=2), False)):
        made = issue_token(short, request, at=at, serial=1)
        later = NOW + timedelta(days=300)
        if is_accepted:
            verify_token(made, digest=request.digest, anchors=hierarchy().roots, at=later)
            continue
        with pytest.raises(VerificationError, match="过期"):
            verify_token(made, digest=request.digest, anchors=hierarchy().roots, at=later)


def test_an_answer_to_another_question_is_refused() -> None:
    digest = digest_by_name("sm3", DATA)
    asked = build_request(digest, hash_name="sm3", nonce=1)
    answer = issue_response(family("sm2").tsa, asked, at=NOW, serial=1)
    assert parse_response(answer, request=asked)
    for other in (
        build_request(digest, hash_name="sm3", nonce=2),
        build_request(digest, hash_name="sm3"),
        build_request(bytes(32), hash_name="sm3", nonce=1),
        build_request(digest, hash_name="sha256", nonce=1),
    ):
        with pytest.raises(VerificationError):
            parse_response(answer, request=other)


def test_what_cannot_be_stamped_is_rejected_in_the_answer() -> None:
    request = build_request(bytes(32), hash_name="sm3")
    answer = issue_response(family("sm2").tsa, b"rubbish", at=NOW, serial=1)
    assert answer == bytes.fromhex("3009300702010203020780")  # rejection, badAlg
    with pytest.raises(VerificationError, match="拒绝"):
        parse_response(answer, request=request)


@given(st.binary(max_size=200))
def test_any_bytes_give_our_error(data: bytes) -> None:
    with pytest.raises(ParseError):
        parse_request(data)
    with pytest.raises(ParseError):
        read_token(data)
    with pytest.raises(TrustError):
        parse_response(data, request=build_request(bytes(32), hash_name="sm3"))


def test_an_ordinary_signature_is_no_token() -> None:
    from baozhen.trust.cms.template import CmsTemplate

    members = family("ecdsa")
    made = CmsTemplate(
        members.signer.certificate, members.signer.chain, algorithm=members.algorithm
    )
    with pytest.raises(ParseError, match="令牌"):
        read_token(made.build(bytes(32), members.signer.signer.sign))


def test_a_request_for_another_digest_is_unsupported() -> None:
    with pytest.raises(UnsupportedError):
        build_request(bytes(64), hash_name="sha512")
    sha512 = der.sequence(der.oid("2.16.840.1.101.3.4.2.3"))
    imprint = der.sequence(sha512, der.octets(bytes(64)))
    with pytest.raises(UnsupportedError):
        parse_request(der.sequence(der.integer(1), imprint))


def test_requests_are_values() -> None:
    request = parse_request(build_request(bytes(32), hash_name="sm3"))
    assert replace(request, nonce=3) != request
