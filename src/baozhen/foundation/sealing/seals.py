"""The seal maker's signature: the one step of making an electronic seal that needs a key."""

from dataclasses import dataclass
from datetime import datetime

from baozhen.foundation.sealing.opening import open_key
from baozhen.foundation.transactions import refuse_inside_transaction
from baozhen.trust.errors import SigningError
from baozhen.trust.seal.ses import SealInfo, make_seal
from baozhen.trust.x509.parse import parse_certificate


@dataclass(frozen=True)
class SealMaker:
    """Who makes seals: a certificate, those above it, and where the key is."""

    certificate: bytes  # DER
    chain: tuple[bytes, ...]
    key_reference: str


def sign_seal(info: SealInfo, maker: SealMaker, *, at: datetime) -> bytes:
    """Return the signed seal structure (DER), verified before it leaves.

    Raises SigningError, or the errors of the key store. Never called inside a transaction.
    """
    refuse_inside_transaction("making a seal")
    certificate = parse_certificate(maker.certificate)
    if not certificate.is_valid_at(at):
        raise SigningError("制章者证书不在有效期内")
    signer = open_key(maker.key_reference, certificate)
    return make_seal(info, certificate=maker.certificate, signer=signer)
