"""The light check of a file that a party has just signed, before it leaves the process.

Only the party's own fields may be new, the earlier bytes must all be there, and each new signature
is verified from the bytes, SM2 by the second implementation.
"""

from baozhen.trust.crypto.digests import sha256
from baozhen.trust.errors import TrustError
from baozhen.trust.pdf.changes import check_changes
from baozhen.trust.pdf.parties import Party, PartyOrder, SignablePdf
from baozhen.trust.pdf.reader import open_pdf
from baozhen.trust.pdf.release import ReleaseError, check_signature
from baozhen.trust.pdf.signatures import covered_digest, read_signature


def check_party_release(
    signed: bytes, original: SignablePdf, party: Party, order: PartyOrder
) -> bytes:
    """Return the SHA-256 of `signed` if it is `original` with exactly this party's signatures.

    Raises ReleaseError.
    """
    if not signed.startswith(original.data):
        raise ReleaseError("签署改动了原文")
    try:
        _check(signed, original, party, order)
    except ReleaseError:
        raise
    except TrustError as error:
        raise ReleaseError(f"放行前检查未通过：{error}") from error
    return sha256(signed)


def _check(signed: bytes, original: SignablePdf, party: Party, order: PartyOrder) -> None:
    file = open_pdf(signed, other=original.file)
    fresh = check_changes(original.file, file, may_add_signatures=True)
    if len(fresh) != len(party.identities):
        raise ReleaseError("签名的数目不对")
    places = sorted((read_signature(file, field) for field in fresh), key=lambda p: p.end)
    if places[-1].end != len(signed) or file.end != len(signed):
        raise ReleaseError("签名没有覆盖整个文件")
    for place, identity in zip(places, party.identities, strict=True):
        if place.party != order.field:
            raise ReleaseError("签名域不是这个签署方的")
        digest = covered_digest(signed, place, identity.template.hash_name)
        check_signature(place, identity, digest)
