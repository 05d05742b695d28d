"""Store what a page looked like: its skeleton once, its files once, for all its visitors."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from baozhen.foundation.storage import get_storage
from baozhen.foundation.traces.bundle import PageFile, page_files, read_file
from baozhen.foundation.traces.models import PageVersion
from baozhen.foundation.traces.pages import SplitPage
from baozhen.trust.crypto.digests import sha256, sm3


@dataclass(frozen=True)
class StoredPage:
    """A page as one visitor was shown it: its version, its digest, what was theirs alone."""

    version: PageVersion
    shown: str
    slots: tuple[str, ...]


def store_page(page: str, split: SplitPage, *, at: datetime) -> StoredPage:
    """Store the version of a page unless it is known; the known costs a hash and one look-up."""
    html = split.skeleton.encode()
    html_sha256 = sha256(html).hex()
    files = page_files(split.skeleton)
    digest = version_digest(page, html_sha256, files)
    version = PageVersion.objects.filter(digest=digest).first()
    if version is None:
        version = _store(page, html, digest, files, at=at)
    return StoredPage(version, sha256(split.page().encode()).hex(), split.slots)


def version_digest(page: str, html_sha256: str, files: list[PageFile]) -> str:
    """Return the digest that names a version: of its HTML and of every file."""
    lines = [f"baozhen page v1 {page}", html_sha256, *(f"{one.path} {one.sha256}" for one in files)]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _store(
    page: str, html: bytes, digest: str, files: list[PageFile], *, at: datetime
) -> PageVersion:
    # The store reads what it holds already: a version never names a file that cannot be opened.
    addresses = get_storage().put_many([html, *(read_file(file.path) for file in files)])
    if addresses[1:] != [file.sha256 for file in files]:
        raise RuntimeError("a static file changed while it was stored")
    with transaction.atomic(durable=True):
        version, _ = PageVersion.objects.get_or_create(
            digest=digest,
            defaults={
                "page": page,
                "html_sha256": addresses[0],
                "html_sm3": sm3(html).hex(),
                "size": len(html),
                "bundle": [file.line() for file in files],
                "first_seen": at,
            },
        )
    return version
