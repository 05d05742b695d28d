"""核验报告: what an inspection found, as a PDF that the insurer seals, about anybody's file.

Whoever made the inspected file chose the names in it; they stand in the report as claims, cut short
and in plain characters, so that nobody gets a sentence of his own under the insurer's seal.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.conf import settings
from django.db import transaction

from baozhen.foundation.audit import services as audit
from baozhen.foundation.clock import SHANGHAI
from baozhen.signing.files.models import InspectionReport
from baozhen.signing.files.papers import Paper, Section, printable, seal_paper
from baozhen.signing.files.services.copies import number_with
from baozhen.signing.organizations.queries import root_unit
from baozhen.trust.crypto.digests import sha256

KEYWORD: Final = "baozhen-inspected-sha256:"
_LETTER: Final = "V"


@dataclass(frozen=True, kw_only=True)
class InspectedSignature:
    """One signature in words: what it is, whether it holds, what it says of itself."""

    name: str
    state: str
    facts: Sequence[tuple[str, str]]


@dataclass(frozen=True, kw_only=True)
class Inspection:
    """What was found about a file, in words; `checks` are step, title, result and detail."""

    file_sha256: str
    file_sm3: str
    verdict: str
    word: str
    conclusion: str
    explanation: str
    registered: str
    signatures: Sequence[InspectedSignature]
    checks: Sequence[tuple[str, str, str, str]]
    source: str
    at: datetime


@dataclass(frozen=True)
class SealedReport:
    """The record and the bytes."""

    record: InspectionReport
    data: bytes


def seal_inspection(found: Inspection, *, actor: str, at: datetime) -> SealedReport:
    """Return the sealed report, on record. Raises CopyImpossible when nothing can seal it."""
    number = number_with(_LETTER, at=at)
    data = seal_paper(_paper(found, number), unit=root_unit(), at=at)
    with transaction.atomic(durable=True):
        record = InspectionReport.objects.create(
            number=number,
            file_sha256=found.file_sha256,
            verdict=found.verdict,
            word=found.word,
            source=found.source,
            sha256=sha256(data).hex(),
            at=at,
        )
        facts = {"file_sha256": record.file_sha256, "verdict": record.verdict, "number": number}
        audit.record(
            "inspection_report.sealed", subject_id=record.pk, actor=actor, at=at, facts=facts
        )
    return SealedReport(record, data)


def _paper(found: Inspection, number: str) -> Paper:
    return Paper(
        title="电子文件核验报告",
        number=number,
        note="本报告由平台对所提交的文件逐项核验后自动生成并加盖电子签章，只说明 SHA-256 与下列"
        "相同的文件在核验时的情况，不证明文件内容属实。签署者的名称取自文件中的证书。",
        facts=(
            ("结论", found.conclusion),
            ("说明", printable(found.explanation)),
            ("登记", found.registered),
            ("文件 SHA-256", found.file_sha256),
            ("文件 SM3", found.file_sm3 or "—"),
            ("核验时间", f"{_stamp(found.at)}（北京时间）"),
            ("报告核验", f"{settings.BAOZHEN_PUBLIC_URL.rstrip('/')}/verify"),
        ),
        sections=tuple(_sections(found)),
        keywords=(KEYWORD + found.file_sha256,),
    )


def _sections(found: Inspection) -> list[Section]:
    sections = [
        Section(
            title="逐项核验",
            head=("步骤", "核验内容", "结果", "说明"),
            rows=[tuple(map(printable, check)) for check in found.checks],
            widths=(1, 4, 2, 8),
        )
    ]
    if found.signatures:
        rows = [
            (
                printable(one.name),
                printable(one.state),
                printable("\n".join(map("：".join, one.facts))),
            )
            for one in found.signatures
        ]
        head = ("签章", "状态", "签章所述")
        sections.append(Section(title="文件中的签章", head=head, rows=rows, widths=(3, 2, 7)))
    return sections


def _stamp(at: datetime) -> str:
    return f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"
