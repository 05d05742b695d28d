"""Copies that leave the house: each is on record, with who got it, before it is made."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction

from baozhen.foundation.audit import services as audit
from baozhen.foundation.clock import shanghai_date
from baozhen.foundation.drawing import document_overlay, marked_copies
from baozhen.foundation.keys.configuration import configured
from baozhen.foundation.storage import get_storage
from baozhen.foundation.transactions import refuse_inside_transaction
from baozhen.foundation.workbench import read_mark_in_subprocess
from baozhen.signing.files.errors import (
    CopyImpossible,
    FileUnknown,
    MarkUnreadable,
    PrintLimitReached,
    ReasonMissing,
)
from baozhen.signing.files.models import FileCopy, FileEntry
from baozhen.signing.files.states import CopyKind
from baozhen.trust.crypto.digests import sha256
from baozhen.trust.errors import TrustError
from baozhen.trust.pdf.marks import CopyMark
from baozhen.trust.pdf.printing import PrintFacts, print_copy

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_RANDOM: Final = 10
_PRINTS: Final = 3
_LETTERS: Final = {
    CopyKind.ORIGINAL: "D",
    CopyKind.BLACK: "B",
    CopyKind.PRINT: "P",
    CopyKind.LINK: "L",
    CopyKind.PACKAGE: "E",
}


@dataclass(frozen=True, kw_only=True)
class CopyOrder:
    """Who gets a copy, what for, and from where it was asked."""

    recipient: str
    reason: str = ""
    address: str | None = None


@dataclass(frozen=True)
class MadeCopy:
    """The record and the bytes."""

    copy: FileCopy
    data: bytes


def download(entry: FileEntry, order: CopyOrder, *, actor: str, at: datetime) -> MadeCopy:
    """Hand out the original, on record."""
    copy = record_copy(entry, CopyKind.ORIGINAL, order, actor=actor, at=at)
    return finish_copy(copy, get_storage().get(entry.sha256))


def make_black_copy(entry: FileEntry, order: CopyOrder, *, actor: str, at: datetime) -> MadeCopy:
    """Make a copy with black seals that names on every page who got it and when.

    Raises ReasonMissing, CopyImpossible or FileUnknown.
    """
    refuse_inside_transaction("making a copy")
    if not order.recipient.strip():
        raise ReasonMissing(path="recipient")
    copy = record_copy(entry, CopyKind.BLACK, order, actor=actor, at=at)
    original = get_storage().get(entry.sha256)
    mark = CopyMark(order.recipient, at.replace(microsecond=0), copy.number)
    try:
        return finish_copy(copy, marked_copies().black_seal_copy(original, mark))
    except TrustError as error:
        raise CopyImpossible(problem=error) from error


def make_print(
    entry: FileEntry, order: CopyOrder, *, link: str, actor: str, at: datetime
) -> MadeCopy:
    """Make the file for the printer: numbered, counted, over a fine pattern.

    `link` is where the number is checked; `{number}` in it becomes the number. Raises
    PrintLimitReached, ReasonMissing, CopyImpossible or FileUnknown.
    """
    refuse_inside_transaction("making a print")
    if not order.reason.strip():
        raise ReasonMissing(path="reason")
    copy = record_copy(entry, CopyKind.PRINT, order, actor=actor, at=at)
    facts = PrintFacts(
        number=copy.number,
        count=copy.count,
        printed_by=order.recipient,
        at=at.replace(microsecond=0),
        link=link.replace("{number}", copy.number),
    )
    original = get_storage().get(entry.sha256)
    try:
        return finish_copy(copy, print_copy(original, facts, overlay=document_overlay()))
    except TrustError as error:
        raise CopyImpossible(problem=error) from error


def read_copy_mark(data: bytes) -> tuple[CopyMark, FileCopy | None]:
    """Return the mark in a file, scan or photograph, and our record of that copy.

    None when the number is not of this house, or the record does not say what the mark says.
    Raises MarkUnreadable. Whoever shows the record to somebody does `note_mark_read` first.
    """
    try:
        mark = read_mark_in_subprocess(data)
    except TrustError as error:
        raise MarkUnreadable(path="file") from error
    copy = FileCopy.objects.select_related("entry__unit").filter(number=mark.number).first()
    if copy is None or copy.recipient != mark.recipient:
        return mark, None
    return mark, copy


@transaction.atomic(durable=True)
def note_mark_read(copy: FileCopy, *, actor: str, at: datetime) -> None:
    """Put on record that somebody learned from a mark who got this copy."""
    # Two readers at once would else continue one chain of acts from one place.
    FileEntry.objects.select_for_update().get(pk=copy.entry_id)
    facts = {"number": copy.number}
    audit.record("file_entry.mark_read", subject_id=copy.entry_id, actor=actor, at=at, facts=facts)


@transaction.atomic(durable=True)
def record_copy(
    entry: FileEntry, kind: CopyKind, order: CopyOrder, *, actor: str, at: datetime
) -> FileCopy:
    """Put on record that somebody gets a copy; raises FileUnknown or PrintLimitReached."""
    return enter_copy(entry, kind, order, actor=actor, at=at)


def enter_copy(
    entry: FileEntry, kind: CopyKind, order: CopyOrder, *, actor: str, at: datetime
) -> FileCopy:
    """Do what `record_copy` does, in the caller's transaction."""
    # The row of the file is locked, so that two prints at once cannot get one number.
    locked = FileEntry.objects.select_for_update().filter(pk=entry.pk, is_living=True)
    if locked.first() is None:
        raise FileUnknown(file=entry.public_id)
    copy = FileCopy.objects.create(
        number=copy_number(kind, at=at),
        entry=entry,
        kind=kind,
        recipient=order.recipient[:100],
        reason=order.reason[:200],
        count=_next_count(entry, kind),
        address=order.address,
        actor=actor,
        at=at,
    )
    facts = {"kind": kind.value, "number": copy.number, "count": copy.count}
    audit.record("file_entry.copied", subject_id=entry.pk, actor=actor, at=at, facts=facts)
    return copy


def copy_number(kind: CopyKind, *, at: datetime) -> str:
    """Return the number of a new copy; its first letter says of what kind it is."""
    return number_with(_LETTERS[kind], at=at)


def number_with(letter: str, *, at: datetime) -> str:
    """Return a number that cannot be guessed: the letter, the date, ten random characters."""
    random = "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM))
    return f"{letter}{shanghai_date(at):%Y%m%d}{random}"


def prints_max() -> int:
    """Return how often a document may be printed."""
    return int(configured("BAOZHEN_PRINTS_MAX") or _PRINTS)


def _next_count(entry: FileEntry, kind: CopyKind) -> int:
    count = FileCopy.objects.filter(entry=entry, kind=kind).count()
    if kind is CopyKind.PRINT and count >= prints_max():
        raise PrintLimitReached(count=count)
    return count + 1


def finish_copy(copy: FileCopy, data: bytes) -> MadeCopy:
    """Keep the digest of what was handed out."""
    copy.sha256 = sha256(data).hex()
    FileCopy.objects.filter(pk=copy.pk, sha256="").update(sha256=copy.sha256)
    return MadeCopy(copy, data)
