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
from baozhen.foundation.errors import Outage, Refusal
from baozhen.signing.certificates.timestamping import process_timestamper
from baozhen.signing.files.errors import ReportUnsealable
from baozhen.signing.files.models import InspectionReport
from baozhen.signing.files.papers import Paper, Section, VisibleSeal, printable, seal_paper
from baozhen.signing.files.services.copies import number_with
from baozhen.signing.organizations.queries import root_unit
from baozhen.signing.seals.errors import NoSealFits, SealUseRefused
from baozhen.signing.seals.models import Seal, SealUse
from baozhen.signing.seals.queries import choose_seal, current_version, version_picture
from baozhen.signing.seals.services import (
    UseRequest,
    finish_uses,
    record_refusal,
    release_uses,
    reserve_use,
)
from baozhen.trust.crypto.digests import sha256
from baozhen.trust.errors import TrustError

KEYWORD: Final = "baozhen-inspected-sha256:"
DOCUMENT_TYPE: Final = "inspection_report"
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
    """Return the report with the insurer's visible seal and a timestamp, on record.

    The seal's use is reserved and recorded like any other. Raises ReportUnsealable when no seal
    may be used for reports, CopyImpossible, and TimestampOutage.
    """
    number = number_with(_LETTER, at=at)
    use = _reserve(found, number, at=at)
    try:
        data = seal_paper(
            _paper(found, number, at=at),
            unit=root_unit(),
            at=at,
            seal=_looks(use.seal),
            timestamper=process_timestamper(),
        )
    except (Refusal, Outage, TrustError):
        release_uses([use.pk], at=at)
        raise
    with transaction.atomic(durable=True):
        finish_uses([use.pk], [sha256(data).hex()], at=at)
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


def _reserve(found: Inspection, number: str, *, at: datetime) -> SealUse:
    """Reserve the use in a transaction of its own; a refusal stands in the seal's record."""
    unit = root_unit()
    try:
        request = UseRequest(
            seal=choose_seal(unit, document_type=DOCUMENT_TYPE, flow=DOCUMENT_TYPE),
            document_type=DOCUMENT_TYPE,
            flow=DOCUMENT_TYPE,
            actor="system",
            unit=unit,
            document_sha256=found.file_sha256,
            reference=number,
            is_silent=True,
        )
        with transaction.atomic(durable=True):
            return reserve_use(request, at=at)
    except NoSealFits as refusal:
        raise ReportUnsealable from refusal
    except SealUseRefused as refusal:
        record_refusal(refusal, at=at)
        raise ReportUnsealable from refusal


def _looks(seal: Seal) -> VisibleSeal:
    version = current_version(seal)
    return VisibleSeal(
        picture=version_picture(version), width_mm=version.width_mm, height_mm=version.height_mm
    )


def _paper(found: Inspection, number: str, *, at: datetime) -> Paper:
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
        closing=f"{_stamp(at)}（北京时间）",
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
