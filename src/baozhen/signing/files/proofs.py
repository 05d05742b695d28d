"""Tokens beside files: found by a file's digest, in the archive or in a room that keeps its own."""

from collections.abc import Callable

from baozhen.signing.files.models import ArchiveItem
from baozhen.signing.files.services.stamping import proof_in
from baozhen.trust.evidence import TimestampProof

ProofSource = Callable[[str], TimestampProof | None]

_installed: list[ProofSource] = []


def install_proofs(source: ProofSource) -> None:
    """Ask `source` too, with a SHA-256 in hex: policies may be stamped after they were archived.

    Called at start-up.
    """
    _installed[:] = [source]


def proof_beside(sha256: str) -> TimestampProof | None:
    """Return the token that is kept beside the file with these bytes, if there is one."""
    stamped = ArchiveItem.objects.filter(sha256=sha256, timestamp_batch__isnull=False)
    item = stamped.select_related("timestamp_batch").order_by("id").first()
    if item is not None and item.timestamp_batch is not None and item.timestamp_leaf is not None:
        return proof_in(item.timestamp_batch, item.timestamp_leaf)
    return next(filter(None, (source(sha256) for source in _installed)), None)
