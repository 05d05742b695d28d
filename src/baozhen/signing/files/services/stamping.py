"""One timestamp for many files: a token over the Merkle root of their digests, kept beside them."""

from collections.abc import Mapping, Sequence

from baozhen.foundation.clock import now
from baozhen.foundation.timestamps.port import Timestamper
from baozhen.signing.files.models import TimestampBatch
from baozhen.trust.evidence import ProofKind, TimestampProof
from baozhen.trust.log.merkle import inclusion_path, leaf_hash
from baozhen.trust.log.merkle import root as merkle_root

_DIGEST_BYTES = 32


def stamp_together(digests: Sequence[str], timestamper: Timestamper) -> TimestampBatch:
    """Return one token over the Merkle root of SHA-256 digests in hex, unsaved.

    Raises TimestampOutage. Never called inside a transaction.
    """
    leaves = [bytes.fromhex(digest) for digest in digests]
    root = merkle_root([leaf_hash(leaf) for leaf in leaves])
    token = timestamper.stamp(root, "sha256")
    return TimestampBatch(
        root_sha256=root,
        leaves=b"".join(leaves),
        size=len(leaves),
        token=token,
        stamped_at=now(),
    )


def proof_in(batch: TimestampBatch, leaf: int) -> TimestampProof:
    """Return what proves one file of the batch: the token and the file's path to the root."""
    leaves = [leaf_hash(digest) for digest in leaves_of(batch)]
    return TimestampProof(
        kind=ProofKind.AGGREGATED,
        token=bytes(batch.token),
        index=leaf,
        size=len(leaves),
        path=tuple(inclusion_path(leaves, leaf)),
    )


def leaves_of(batch: TimestampBatch) -> list[bytes]:
    """Return the SHA-256 digests that the batch's token covers, in the tree's order."""
    data = bytes(batch.leaves)
    return [data[start : start + _DIGEST_BYTES] for start in range(0, len(data), _DIGEST_BYTES)]


def places_in(batch: TimestampBatch) -> Mapping[str, int]:
    """Return digest in hex -> leaf; a batch may hold leaves of files that lost a race."""
    return {leaf.hex(): place for place, leaf in enumerate(leaves_of(batch))}
