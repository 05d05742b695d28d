"""Signs the audit log's checkpoints with the company's certificates of both families."""

from collections.abc import Callable, Iterable
from typing import Final

from baozhen.foundation.sealing.errors import NoActiveCertificate
from baozhen.foundation.sealing.identities import certificates_at
from baozhen.foundation.sealing.opening import open_key
from baozhen.trust.crypto.keys import Algorithm, Signer
from baozhen.trust.errors import VerificationError
from baozhen.trust.log.checkpoint import (
    Checkpoint,
    key_name,
    parse_note,
    sign_checkpoint,
    verify_checkpoint,
)
from baozhen.trust.x509.parse import parse_certificate

FAMILIES: Final = (Algorithm.SM2_SM3, Algorithm.RSA_SHA256)


class LogSigner:
    """The checkpoint signer that the top floor installs into the audit log."""

    def __init__(self, *, certificates_ever: Callable[[], Iterable[bytes]]) -> None:
        """`certificates_ever` gives the DER certificates of whoever signed, now or formerly."""
        self._certificates_ever = certificates_ever
        self._known: dict[str, bytes] = {}

    def sign(self, checkpoint: Checkpoint) -> bytes:
        """Return the note signed by the SM2 and the RSA identity of the checkpoint's time.

        Raises NoActiveCertificate without one of them.
        """
        found = certificates_at(checkpoint.at)
        signers: list[Signer] = []
        for algorithm in FAMILIES:
            if algorithm not in found:
                raise NoActiveCertificate(algorithm=algorithm)
            bound = found[algorithm]
            signers.append(open_key(bound.key_reference, parse_certificate(bound.certificate)))
        return sign_checkpoint(checkpoint, signers=signers)

    def verify(self, note: bytes) -> Checkpoint:
        """Return the checkpoint of a note of ours, or raise VerificationError or ParseError.

        The keys are those of any certificate ever in use: certificates change, notes stay.
        """
        parsed = parse_note(note)
        found = {algorithm for algorithm, _ in parsed.signatures.values()}
        if found != set(FAMILIES):
            raise VerificationError(0, "检查点应有 SM2 和 RSA 两个签名")
        keys = self._known_keys(parsed.signatures)
        return verify_checkpoint(note, origin=parsed.checkpoint.origin, public_keys=keys)

    def _known_keys(self, names: Iterable[str]) -> list[bytes]:
        """Return those of the named public keys that are ours; asks again for a new name only."""
        if not self._known.keys() >= set(names):
            keys = [parse_certificate(item).public_key for item in self._certificates_ever()]
            self._known = {key_name(key): key for key in keys}
        return [self._known[name] for name in names if name in self._known]
