"""Compares two documents, archived or not; of archived ones it is on record that it was done."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.db import transaction

from baozhen.foundation.audit import services as audit
from baozhen.foundation.workbench import Work, compare_in_subprocess
from baozhen.signing.files.errors import ComparisonImpossible
from baozhen.signing.files.models import FileEntry
from baozhen.trust.errors import TrustError
from baozhen.trust.pdf.compare import NotComparable

_SIDES: Final = (("before", "原文件"), ("after", "新文件"))


def compare_documents(before: bytes, after: bytes, *, with_sheets: bool = True) -> Work:
    """Return the differences, and with sheets a PNG of each pair of pages.

    Raises ComparisonImpossible; its path is `before` or `after` when one of them is at fault.
    """
    try:
        return compare_in_subprocess(before, after, with_sheets=with_sheets)
    except NotComparable as error:
        path, name = _SIDES[error.which]
        raise ComparisonImpossible(path=path, problem=f"{name}：{error}") from error
    except TrustError as error:
        raise ComparisonImpossible(problem=error) from error


@transaction.atomic(durable=True)
def note_compared(entries: Sequence[FileEntry], *, actor: str, at: datetime) -> None:
    """Put on record that somebody saw in what these files differ from others."""
    keys = sorted({entry.pk for entry in entries})
    # Two of them at once would else continue one chain of acts from one place.
    list(FileEntry.objects.select_for_update().filter(pk__in=keys).order_by("pk"))
    for key in keys:
        audit.record("file_entry.compared", subject_id=key, actor=actor, at=at)
