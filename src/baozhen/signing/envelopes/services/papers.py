"""Attachments: looked at, encrypted, kept."""

from datetime import datetime

from django.db import transaction

from baozhen.foundation.audit import services as audit
from baozhen.foundation.storage import get_storage
from baozhen.signing.envelopes.errors import PaperRefused
from baozhen.signing.envelopes.models import Paper, Signatory

BYTES_MAX = 10 * 1024 * 1024
_KINDS = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"%PDF-", "application/pdf"),
)


def hand_in(signatory: Signatory, key: str, data: bytes, *, at: datetime) -> Paper:
    """Keep one attachment; a later one for the same paper takes its place, the earlier is kept.

    Raises PaperRefused.
    """
    if len(data) > BYTES_MAX:
        raise PaperRefused(path=key, reason=f"文件超过 {BYTES_MAX // 1024 // 1024} MB")
    kind = next((kind for start, kind in _KINDS if data.startswith(start)), None)
    if kind is None:
        raise PaperRefused(path=key, reason="只收 JPEG、PNG 图片或 PDF 文件")
    paper = Paper.objects.filter(signatory=signatory, key=key).first()
    if paper is None:
        raise PaperRefused(path=key, reason="没有要求这份材料")
    sha256 = get_storage().put(data)
    with transaction.atomic(durable=True):
        Paper.objects.filter(pk=paper.pk).update(sha256=sha256, media_type=kind, handed_in_at=at)
        audit.record(
            "paper.handed_in",
            subject_id=paper.pk,
            actor=f"signatory:{signatory.public_id}",
            at=at,
            facts={"sha256": sha256, "before": paper.sha256, "key": key},
        )
    paper.sha256, paper.media_type, paper.handed_in_at = sha256, kind, at
    return paper
