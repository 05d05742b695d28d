"""Whether an archived file still counts: a set signed anew, or a mark made anew, takes its place.

What was replaced stays archived; whoever finds it is told, by every way to it.
"""

from django.db.models import CharField, Exists, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from baozhen.faces.console.registers import Cell
from baozhen.insurance.disclosures.models import ReadingSet
from baozhen.insurance.disclosures.states import ReadingState
from baozhen.insurance.policies.models import PolicyFile
from baozhen.insurance.policies.states import Standing
from baozhen.signing.files.models import FileEntry


def with_standing(rows: QuerySet[FileEntry]) -> QuerySet[FileEntry]:
    """Let each row know what took its place: `newer_no` and `is_old`, in the same query."""
    replaced = ReadingSet.objects.filter(
        envelope__public_id=OuterRef("envelope"), state=ReadingState.SUPERSEDED
    )
    newer = replaced.values("superseded_by__application__proposal_no")[:1]
    marks = PolicyFile.objects.filter(sha256=OuterRef("sha256"), standing=Standing.SUPERSEDED)
    return rows.annotate(
        newer_no=Coalesce(Subquery(newer, output_field=CharField()), Value("")),
        is_old=Exists(replaced) | Exists(marks),
    )


def standing_cell(entry: FileEntry) -> Cell:
    """Return a file's standing as a tag; the row comes from `with_standing`."""
    if getattr(entry, "is_old", False):
        return Cell(text="已被替代", tone="amber", icon="clock")
    return Cell(text="在档", tone="jade", icon="check")


def standing_words(entry: FileEntry) -> str:
    """Return what took a file's place, in words; the row comes from `with_standing`."""
    newer = getattr(entry, "newer_no", "")
    if newer:
        return f"已被投保单 {newer} 的签署文件替代；本文件仍存档备查"
    if getattr(entry, "is_old", False):
        return "已被新版本替代；本文件仍存档备查"
    return "现行"
