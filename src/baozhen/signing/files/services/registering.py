"""Enter archived files into the file centre, and make them findable by their text."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from baozhen.foundation.clock import now
from baozhen.foundation.fields import blind_index
from baozhen.foundation.ids import new_id
from baozhen.foundation.jobs import Queue, defer_for, job
from baozhen.foundation.storage import get_storage
from baozhen.signing.files.errors import FileNotArchived
from baozhen.signing.files.models import ArchiveItem, FileEntry
from baozhen.signing.files.services.depositing import ask_where_due
from baozhen.signing.files.words import TEXT_MAX, tokens_of
from baozhen.signing.organizations.models import OrgUnit
from baozhen.trust.errors import TrustError
from baozhen.trust.pdf.rendering import page_texts

INDEX = "index_files"
PARTY = "files.party"
_CHUNK = 20
_PDF = "application/pdf"


@dataclass(frozen=True, kw_only=True)
class Involved:
    """A party of a file: a name, and for people the number of a document or a mobile.

    `until` is since when somebody else stands in this party's place; then it is a former one.
    """

    name: str
    is_person: bool = True
    numbers: tuple[str, ...] = ()
    until: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class FileFacts:
    """What is known of an archived file (`dossier` and `sha256` name it in the archive).

    Who knows what the file says gives its `words`; then nobody reads the file for them.
    """

    dossier: str
    sha256: str
    unit: OrgUnit
    title: str
    document_type: str
    signed_at: datetime
    channel: str = ""
    client: str = ""
    biz_no: str = ""
    envelope: str = ""
    signatures: int = 0
    parties: tuple[Involved, ...] = ()
    words: tuple[str, ...] | None = None


def register_file(facts: FileFacts, *, at: datetime) -> FileEntry:
    """Register one file in the caller's transaction; see `register_files`."""
    return register_files([facts], at=at)[0]


def register_files(files: Sequence[FileFacts], *, at: datetime) -> list[FileEntry]:
    """Register archived files in the caller's transaction; one that is known is left as it is.

    The text is indexed by a job afterwards. Raises FileNotArchived.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("register_files() must be called inside transaction.atomic()")
    items = {
        (item.dossier, item.sha256): item
        for item in ArchiveItem.objects.filter(dossier__in={one.dossier for one in files})
    }
    for one in files:
        if (one.dossier, one.sha256) not in items:
            raise FileNotArchived(sha256=one.sha256)
    keys = [items[one.dossier, one.sha256].pk for one in files]
    # What is long or encrypted is read only by whoever asks for it.
    there = FileEntry.objects.filter(item__in=keys).defer("tokens", "parties", "party_index")
    known = {entry.item_id: entry for entry in there}
    fresh = {
        item.pk: _entry(one, item, at=at)
        for one in files
        if (item := items[one.dossier, one.sha256]).pk not in known
    }
    made = FileEntry.objects.bulk_create(fresh.values())
    defer_for(INDEX, [entry.pk for entry in made if entry.indexed_at is None])
    ask_where_due(made, actor="system", at=at)
    entries = known | {entry.item_id: entry for entry in made}
    return [entries[key] for key in keys]


@job(INDEX, queue=Queue.BULK, chunk=_CHUNK, can_wait=True)
def index_files(keys: Sequence[int]) -> None:
    """Add the words of each file's text to what it is found by; safe to repeat."""
    waiting = FileEntry.objects.filter(pk__in=keys, indexed_at=None, is_living=True)
    for entry in waiting.select_related("item"):
        text = _text(entry)
        tokens = tokens_of([*_metadata(entry), *text], without=_people(entry))
        FileEntry.objects.filter(pk=entry.pk, indexed_at=None, is_living=True).update(
            tokens=tokens, indexed_at=now()
        )


def renew_parties(dossier: str, read: Callable[[], Sequence[Involved]]) -> int:
    """Let the files of a dossier be found by the parties that `read` returns.

    In the caller's transaction. What they were found by before stays. `read` is called once the
    files are locked: of two changes at once the later sees what the earlier did. Returns how many
    files there are.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("renew_parties() must be called inside transaction.atomic()")
    living = FileEntry.objects.filter(item__dossier=dossier, is_living=True).defer("tokens")
    entries = list(living.select_for_update(of=("self",)).order_by("pk"))
    parties = read() if entries else ()
    keys = {party_key(value) for value in _asked_by(parties)}
    for entry in entries:
        entry.parties = [_named(party) for party in parties] or None
        entry.party_index = sorted(keys | set(entry.party_index))
    FileEntry.objects.bulk_update(entries, ["parties", "party_index"])
    return len(entries)


def party_key(value: str) -> str:
    """Return the blind index by which a party's name or number is found."""
    return blind_index(value, PARTY)


def _entry(one: FileFacts, item: ArchiveItem, *, at: datetime) -> FileEntry:
    entry = FileEntry(
        public_id=new_id("file", at=at),
        item=item,
        unit=one.unit,
        title=one.title,
        document_type=one.document_type,
        channel=one.channel,
        client=one.client,
        biz_no=one.biz_no,
        envelope=one.envelope,
        sha256=one.sha256,
        size=item.size,
        signatures=one.signatures,
        parties=[_named(party) for party in one.parties] or None,
        party_index=sorted(party_key(value) for value in _asked_by(one.parties)),
        signed_at=one.signed_at,
        registered_at=at,
    )
    entry.tokens = tokens_of([*_metadata(entry), *(one.words or ())], without=_people(entry))
    if one.words is not None:
        entry.indexed_at = at
    return entry


def _named(party: Involved) -> dict[str, object]:
    named: dict[str, object] = {"name": party.name, "is_person": party.is_person}
    return named if party.until is None else named | {"until": party.until.isoformat()}


def _asked_by(parties: Iterable[Involved]) -> set[str]:
    return {value for party in parties for value in (party.name, *party.numbers) if value}


def _metadata(entry: FileEntry) -> list[str]:
    return [entry.title, entry.document_type, entry.biz_no, entry.envelope, entry.item.dossier]


def _people(entry: FileEntry) -> list[str]:
    """Return the names that stay out of the index of words; companies may be searched for."""
    return [party["name"] for party in entry.parties or [] if party["is_person"]]


def _text(entry: FileEntry) -> list[str]:
    if entry.item.media_type != _PDF:
        return []
    pages: list[str] = []
    left = TEXT_MAX
    try:
        for text in page_texts(get_storage().get(entry.sha256)):
            pages.append(text[:left])
            left -= len(pages[-1])
            if left <= 0:
                break
    except TrustError:
        # A file that cannot be read as text is still found by its title and numbers.
        return pages
    return pages
