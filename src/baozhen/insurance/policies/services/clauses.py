"""Publish the clauses 条款: one sealed, archived document per product version.

Sealing happens with no transaction open. Of two processes that publish at once, one writes the
rows and the other finds them.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from baozhen.foundation.audit import services as audit
from baozhen.foundation.audit.acts import Act
from baozhen.foundation.clock import shanghai_date
from baozhen.foundation.sealing import SealRequest, certificates_at
from baozhen.foundation.sealing.errors import NoActiveCertificate
from baozhen.foundation.storage import get_storage
from baozhen.insurance.policies.errors import ClausesChanged
from baozhen.insurance.policies.models import ClauseDocument
from baozhen.insurance.policies.services.numbering import content_digest
from baozhen.insurance.policies.services.resources import (
    SEALING,
    process_sealer,
    process_timestamper,
)
from baozhen.insurance.policies.services.silent import (
    IssuedType,
    issuing_seal,
    open_envelopes,
)
from baozhen.insurance.products.clauses import (
    TEMPLATE_CODE,
    TEMPLATE_VERSION,
    clause_content,
    clause_products,
)
from baozhen.insurance.products.queries import filings_on
from baozhen.signing.envelopes.services.silent import (
    SealedFile,
    SilentWish,
    complete_silent_many,
)
from baozhen.signing.files.services import Document, archive_many
from baozhen.signing.organizations.insurer import get_insurer
from baozhen.signing.seals.models import Seal
from baozhen.trust.crypto.keys import Algorithm

logger = logging.getLogger(__name__)

_ARCHIVE_KIND = "clauses"
# Only publishers take this lock; it ends with their transaction.
_PUBLISHING_LOCK = 0x636C6175


@dataclass(frozen=True, kw_only=True)
class _Text:
    """What one product's document shall say."""

    content: dict[str, Any]
    digest: str

    @property
    def key(self) -> tuple[str, str]:
        return (self.content["product"], self.content["version"])

    @property
    def wish(self) -> SilentWish:
        number = "CLAUSES-{}-{}".format(*self.key)
        return SilentWish(biz_no=number, title=self.content["title"], content_sha256=self.digest)


@dataclass(frozen=True, kw_only=True)
class _Sealed:
    """A sealed text: its row, unsaved, and its file as the signing centre records it."""

    text: _Text
    row: ClauseDocument
    file: SealedFile


def publish_clauses(*, at: datetime, actor: str = "system") -> int:
    """Seal and archive the clauses of each product that are not published yet; return how many.

    Raises ClausesChanged when a published version has other text now, NoActiveCertificate,
    NoSealFits, SealRefused, and TimestampOutage: clauses outlive every certificate, so they are
    never sealed without a token.
    """
    filings = filings_on(shanghai_date(at))
    contents = [
        clause_content(product, insurer_name=get_insurer().name, filings=filings)
        for product in clause_products()
    ]
    texts = [_Text(content=content, digest=content_digest(content)) for content in contents]
    missing = _unpublished(texts)
    if not missing:
        return 0
    _require_certificates(at)
    seal = issuing_seal(IssuedType.CLAUSES)
    wishes = [text.wish for text in missing]
    envelopes = open_envelopes(wishes, seal, document_type=IssuedType.CLAUSES, at=at)
    sealed = [_seal(text, seal, at=at) for text in missing if text.wish.biz_no in envelopes]
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_PUBLISHING_LOCK])
        still = {text.key for text in _unpublished(missing)}
        ours = [item for item in sealed if item.text.key in still]
        files = {item.text.wish.biz_no: [item.file] for item in ours}
        complete_silent_many([envelopes[number] for number in files], files, at=at)
        return _write([item.row for item in ours], actor, at)


def _unpublished(texts: Iterable[_Text]) -> list[_Text]:
    """Return the texts that no document says; raises ClausesChanged when one says another."""
    rows = ClauseDocument.objects.values_list("product", "version", "content_sha256")
    published = {(product, version): digest for product, version, digest in rows}
    found = []
    for text in texts:
        digest = published.get(text.key)
        if digest is None:
            found.append(text)
        elif digest != text.digest:
            product, version = text.key
            raise ClausesChanged(product=product, version=version)
    return found


def _require_certificates(at: datetime) -> None:
    certificates = certificates_at(at)
    for algorithm in (Algorithm.SM2_SM3, Algorithm.RSA_SHA256):
        if algorithm not in certificates:
            raise NoActiveCertificate(algorithm=algorithm)


def _seal(text: _Text, seal: Seal, *, at: datetime) -> _Sealed:
    """Seal one document and store its bytes."""
    sealer, timestamper = process_sealer(seal), process_timestamper()
    request = SealRequest(
        template=TEMPLATE_CODE,
        version=TEMPLATE_VERSION,
        data=text.content,
        at=at,
        timestamp=timestamper,
    )
    with SEALING:
        pdf = sealer.seal(request)
    if get_storage().put(pdf.data) != pdf.sha256:
        raise RuntimeError("the store gave an address that is not the file's digest")
    title = str(text.content["title"])
    row = ClauseDocument(
        product=text.content["product"],
        version=text.content["version"],
        title=title,
        filing_no=text.content["filing"][2],
        content_sha256=text.digest,
        template_code=TEMPLATE_CODE,
        template_version=pdf.template_version,
        template_sha256=pdf.template_sha256,
        fonts_sha256=pdf.fonts_sha256,
        engine_version=pdf.engine_version,
        sha256=pdf.sha256,
        sm3=pdf.sm3,
        size=len(pdf.data),
        sealed_at=pdf.sealed_at,
    )
    file = SealedFile(title=title, sha256=pdf.sha256, size=len(pdf.data), pages=pdf.pages)
    return _Sealed(text=text, row=row, file=file)


def _write(rows: list[ClauseDocument], actor: str, at: datetime) -> int:
    ClauseDocument.objects.bulk_create(rows)
    audit.record_many([_act(row, actor=actor, at=at) for row in rows])
    archive_many([_document(row) for row in rows], actor=actor, at=at)
    if rows:
        logger.info("published the clauses of %d products", len(rows))
    return len(rows)


def _act(row: ClauseDocument, *, actor: str, at: datetime) -> Act:
    return Act(
        action="clause_document.published",
        subject_type=row.NOUN,
        subject_id=row.pk,
        actor=actor,
        at=at,
        facts={
            "product": row.product,
            "version": row.version,
            "filing_no": row.filing_no,
            "content_sha256": row.content_sha256,
            "sha256": row.sha256,
            "sm3": row.sm3,
        },
    )


def _document(row: ClauseDocument) -> Document:
    """Return what the archive keeps; the clauses of a version are a dossier of their own."""
    return Document(
        dossier=f"CLAUSES-{row.product}-{row.version}",
        kind=_ARCHIVE_KIND,
        subject_type=row.NOUN,
        subject_id=row.pk,
        sha256=row.sha256,
        size=row.size,
    )
