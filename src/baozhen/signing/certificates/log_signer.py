"""Signs the log's checkpoints with the company's certificates of both families."""

from baozhen.foundation.clock import now
from baozhen.signing.certificates.models import CertificateBinding
from baozhen.signing.certificates.queries import active_identity
from baozhen.signing.certificates.states import BindingState
from baozhen.trust.crypto.keys import Algorithm
from baozhen.trust.errors import VerificationError
from baozhen.trust.log.checkpoint import (
    Checkpoint,
    key_name,
    parse_note,
    sign_checkpoint,
    verify_checkpoint,
)
from baozhen.trust.x509.parse import parse_certificate

FAMILIES = (Algorithm.SM2_SM3, Algorithm.RSA_SHA256)


class LogSigner:
    """The checkpoint signer that the top floor installs into the audit log."""

    def sign(self, checkpoint: Checkpoint) -> bytes:
        """Return the note signed by the SM2 and the RSA identity; NoActiveBinding without one."""
        at = now()
        signers = [active_identity(algorithm, at=at).signer for algorithm in FAMILIES]
        return sign_checkpoint(checkpoint, signers=signers)

    def verify(self, note: bytes) -> Checkpoint:
        """Return the checkpoint of a note of ours, or raise VerificationError or ParseError.

        The keys are those of any binding that was ever in use: certificates change, notes stay.
        """
        parsed = parse_note(note)
        found = {algorithm for algorithm, _ in parsed.signatures.values()}
        if found != set(FAMILIES):
            raise VerificationError(0, "检查点应有 SM2 和 RSA 两个签名")
        known = _known_keys()
        keys = [known[name] for name in parsed.signatures if name in known]
        return verify_checkpoint(note, origin=parsed.checkpoint.origin, public_keys=keys)


def _known_keys() -> dict[str, bytes]:
    """Return the public keys of all bindings but those never put to use, by short name."""
    rows = CertificateBinding.objects.exclude(state=BindingState.PENDING)
    keys = [
        parse_certificate(bytes(certificate)).public_key
        for certificate in rows.values_list("certificate", flat=True)
    ]
    return {key_name(key): key for key in keys}
