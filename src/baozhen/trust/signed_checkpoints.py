"""Whose checkpoint it is: notes that bring the certificates of their signers with them."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from baozhen.trust.crypto.keys import Algorithm
from baozhen.trust.errors import VerificationError
from baozhen.trust.judgement import TrustAnchors
from baozhen.trust.log.checkpoint import Checkpoint, key_name, parse_note, verify_checkpoint
from baozhen.trust.x509.ocsp import Status
from baozhen.trust.x509.parse import Certificate, parse_certificate
from baozhen.trust.x509.path import Usage, validate_path
from baozhen.trust.x509.revocation import RevocationEvidence

_BOTH: Final = frozenset({Algorithm.SM2_SM3, Algorithm.RSA_SHA256})


class SignedCheckpoint(NamedTuple):
    """A checkpoint whose signatures hold, and the names of its signers, each once."""

    checkpoint: Checkpoint
    signers: tuple[str, ...]


def signed_checkpoint(
    note: bytes,
    certificates: Iterable[bytes],
    *,
    anchors: TrustAnchors,
    revocation: RevocationEvidence,
) -> SignedCheckpoint:
    """Return a checkpoint that both families signed with certificates that lead to our anchors.

    `certificates` (DER) come from wherever the note does; whether one may be believed, the anchors
    alone decide. Errors: ParseError, VerificationError.
    """
    parsed = parse_note(note)
    if {algorithm for algorithm, _ in parsed.signatures.values()} != _BOTH:
        raise VerificationError(0, "应有 SM2 和 RSA 两个签名")
    brought = [parse_certificate(body) for body in certificates]
    by_name = {key_name(one.public_key): one for one in brought}
    signers = []
    for name in parsed.signatures:
        if name not in by_name:
            raise VerificationError(0, "没有签名者的证书")
        signer = by_name[name]
        path = validate_path(
            signer.der,
            intermediates=[one.der for one in brought],
            anchors=anchors.roots,
            at=parsed.checkpoint.at,
            revocation=revocation,
            usage=Usage.DOCUMENT,
        )
        _check_signer(signer, path.revocation_status, anchors)
        signers.append(signer)
    checkpoint = verify_checkpoint(
        note, origin=parsed.checkpoint.origin, public_keys=[one.public_key for one in signers]
    )
    names = dict.fromkeys(one.organization or one.common_name for one in signers)
    return SignedCheckpoint(checkpoint, tuple(names))


def _check_signer(signer: Certificate, status: Status, anchors: TrustAnchors) -> None:
    expected = anchors.expected_organization
    if status is Status.REVOKED:
        raise VerificationError(0, "签名者的证书在签名时已被吊销")
    if expected is not None and signer.organization != expected:
        raise VerificationError(0, f"由 {signer.organization} 签名，应为 {expected}")
