"""Who must have signed a file, when it is a document of a signing task or was made from one.

A signature is appended to a file, so every later file begins with the bytes of the earlier ones. A
file that begins like one of ours is measured by our record of who signs it: a trusted stranger's
signature in the place of the right party's is then told, though every signature in it is good.
"""

import hashlib
import re
from dataclasses import dataclass
from typing import Final

from baozhen.signing.envelopes.models import Action, DocumentVersion
from baozhen.signing.envelopes.states import SIGNING_TYPES, ActionState

_END: Final = re.compile(rb"%%EOF\r?\n?")
_REVISIONS_MAX: Final = 200


@dataclass(frozen=True)
class _Match:
    """A version of one of our documents, and whether the file is exactly that."""

    version: DocumentVersion
    is_exact: bool


def expected_signers(pdf: bytes) -> tuple[str, ...] | None:
    """Return the names of all who must have signed the file; None when it is none of ours."""
    match = _match(pdf)
    if match is None:
        return None
    document = match.version.document
    actions = Action.objects.filter(
        envelope=document.envelope_id, type__in=SIGNING_TYPES
    ).select_related("signatory")
    if match.is_exact:
        signed = document.versions.filter(number__lte=match.version.number).values("action")
        actions = actions.filter(pk__in=signed)
    else:
        actions = actions.exclude(state=ActionState.SKIPPED)
    return tuple(sorted({str(action.signatory.name) for action in actions}))


def _match(pdf: bytes) -> _Match | None:
    """Return the newest version that the file begins with.

    A plain original may have been sent round more than once: alone it names nobody.
    """
    lengths = _digests(pdf)
    found = sorted(
        DocumentVersion.objects.filter(sha256__in=lengths).select_related("document"),
        key=lambda version: (lengths[version.sha256], version.number),
        reverse=True,
    )
    if not found:
        return None
    first = found[0]
    same = {version.document_id for version in found if version.sha256 == first.sha256}
    if len(same) > 1:
        return None
    return _Match(first, lengths[first.sha256] == len(pdf))


def _digests(pdf: bytes) -> dict[str, int]:
    """Return the digest of the file as it stood at each of its ends, with its length then."""
    ends = {len(pdf)}
    for match in _END.finditer(pdf):
        # A writer may have ended the file with or without the line end that follows the mark.
        ends |= {match.start() + 5, match.end()}
    digests: dict[str, int] = {}
    running, before = hashlib.sha256(), 0
    for end in sorted(ends)[:_REVISIONS_MAX]:
        running.update(pdf[before:end])
        digests[running.copy().hexdigest()] = before = end
    return digests
