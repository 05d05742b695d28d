"""Messages and tokens that OpenSSL made are read in the tolerant mode."""

import shutil
import subprocess
from pathlib import Path

import pytest

from baozhen.trust.cms.parse import parse_signed_data, verify_signed_data
from baozhen.trust.cms.timestamp import build_request, parse_response, verify_token
from baozhen.trust.crypto.digests import sha256
from baozhen.trust.errors import ParseError, UnsupportedError, VerificationError
from baozhen.trust.x509.hierarchy import Identity
from baozhen.trust.x509.parse import to_pem
from tests.pki import NOW, family, hierarchy

pytestmark = pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl command")

CONTENT = b"somebody else's document"
TSA_CONFIGURATION = """
[tsa]
default_tsa = it
[it]
serial = serial
default_policy = 1.2.3.4.1
digests = sha256
signer_digest = sha256
accuracy = secs:1
ordering = yes
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


def openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=folder)


def lay_out(folder: Path, identity: Identity) -> None:
    key = identity.signer.to_pkcs8(b"a test passphrase", iterations=1000)
    (folder / "key.pem").write_bytes(key)
    (folder / "certificate.pem").write_bytes(to_pem([identity.certificate]))
    (folder / "chain.pem").write_bytes(to_pem(identity.chain))
    (folder / "content").write_bytes(CONTENT)


def sign(folder: Path, name: str, *options: str) -> bytes:
    lay_out(folder, family(name).signer)
    openssl(
        folder, "cms", "-sign", "-binary", "-in", "content", "-signer", "certificate.pem",
        "-inkey", "key.pem", "-passin", "pass:a test passphrase", "-certfile", "chain.pem",
        "-outform", "DER", "-out", "message", "-md", "sha256", *options,
    )  # fmt: skip
    return (folder / "message").read_bytes()


@pytest.mark.parametrize("name", ["rsa", "ecdsa"])
@pytest.mark.parametrize("options", [("-cades",), ("-nosmimecap",), ("-cades", "-keyid")])
def test_a_message_of_openssl_is_read_and_judged(
    name: str, options: tuple[str, ...], tmp_path: Path
) -> None:
    data = sign(tmp_path, name, *options)
    signed = parse_signed_data(data, strict=False)
    assert signed.signing_time is not None
    assert (signed.certificate_hash is not None) is ("-cades" in options)
    verify_signed_data(signed, message_digest=sha256(CONTENT))
    with pytest.raises(VerificationError):
        verify_signed_data(signed, message_digest=sha256(b"another"))
    with pytest.raises(ParseError):
        parse_signed_data(data)  # strict: it is not our form


@pytest.mark.parametrize(
    ("options", "what"),
    [
        (("-noattr",), "签名属性"),
        (("-stream", "-indef"), "BER"),
        (("-md", "sha384"), "摘要"),
    ],
)
def test_what_is_not_judged_is_named(options: tuple[str, ...], what: str, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedError, match=what):
        parse_signed_data(sign(tmp_path, "rsa", *options), strict=False)


def test_a_message_without_its_signer_s_certificate_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ParseError, match="签名者所指的证书"):
        parse_signed_data(sign(tmp_path, "rsa", "-nocerts"), strict=False)


@pytest.mark.parametrize("name", ["rsa", "ecdsa"])
@pytest.mark.requirement("S2-L160.n2")
def test_a_token_of_openssl_s_own_authority_is_verified(name: str, tmp_path: Path) -> None:
    lay_out(tmp_path, family(name).tsa)
    (tmp_path / "serial").write_text("01")
    (tmp_path / "tsa.conf").write_text(TSA_CONFIGURATION)
    request = build_request(sha256(CONTENT), hash_name="sha256", nonce=1 << 63)
    (tmp_path / "request").write_bytes(request)
    openssl(
        tmp_path, "ts", "-reply", "-config", "tsa.conf", "-queryfile", "request",
        "-signer", "certificate.pem", "-inkey", "key.pem", "-passin", "pass:a test passphrase",
        "-chain", "chain.pem", "-out", "response",
    )  # fmt: skip
    token = parse_response((tmp_path / "response").read_bytes(), request=request)
    made_at = parse_signed_data(token, strict=False).signing_time
    assert made_at is not None
    info = verify_token(token, digest=sha256(CONTENT), anchors=hierarchy().roots, at=made_at)
    assert info.policy == "1.2.3.4.1"
    assert info.gen_time > NOW
    assert info.algorithm is family(name).algorithm
