"""From an inspection to its sealed report: put into words, and carried over to the next request.

The inspected file is not kept, so what was found of it travels with the visitor, signed, for an
hour: whoever presses the button gets a report of what this site found, and of nothing else.
"""

from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from django.core import signing
from django.http import HttpResponse

from baozhen.faces import reports
from baozhen.faces.errors import InvalidRequest
from baozhen.faces.inspection import Inspected
from baozhen.faces.limits import Limit
from baozhen.foundation.clock import now
from baozhen.signing.files.inspections import (
    InspectedSignature,
    Inspection,
    SealedReport,
    seal_inspection,
)

# A seal is put under each: fewer than verifications.
REPORTS: Final = Limit(name="report", most=20)
SECONDS: Final = 3_600
_SALT: Final = "baozhen.inspection"
_WORDS: Final = {
    "current": "我公司登记的现行文件",
    "superseded": "我公司登记的文件，已被新版本取代",
    "cancelled": "我公司登记的文件，已注销或作废",
    "unknown": "我公司的登记中没有这份文件",
}


def inspection_of(found: Inspected, *, source: str, at: datetime) -> Inspection:
    """Return what was found, in the words of the verification page."""
    report = found.report
    answer = reports.answer_for(
        report["verdict"],
        found.word,
        is_strangers=found.is_strangers,
        is_task=found.is_task,
    )
    return Inspection(
        file_sha256=report["sha256"],
        file_sm3=report.get("sm3", ""),
        verdict=report["verdict"],
        word=found.word,
        conclusion=answer.title,
        explanation=answer.sentence,
        registered=_WORDS.get(found.word, _WORDS["unknown"]),
        signatures=[
            InspectedSignature(name=one["name"], state=one["state"], facts=list(one["facts"]))
            for one in reports.signatures_of(report)
        ],
        checks=[
            (str(check["step"]), check["title"], check["word"], check["detail"])
            for check in reports.checks_of(report)
        ],
        source=source,
        at=at,
    )


def carry(found: Inspection) -> str:
    """Return the inspection as a signed text for a hidden field."""
    value = asdict(found) | {"at": found.at.isoformat()}
    return signing.dumps(value, salt=_SALT, compress=True)


def carried(text: str) -> Inspection:
    """Return what `carry` signed within the hour; raises InvalidRequest for anything else."""
    try:
        value: dict[str, Any] = signing.loads(text, salt=_SALT, max_age=SECONDS)
    except signing.BadSignature as exc:
        raise InvalidRequest(path="finding") from exc
    signatures = [InspectedSignature(**one) for one in value.pop("signatures")]
    at = datetime.fromisoformat(value.pop("at"))
    checks = [tuple(check) for check in value.pop("checks")]
    return Inspection(**value, signatures=signatures, checks=checks, at=at)


def send_report(found: Inspection, *, actor: str) -> HttpResponse:
    """Seal the report and send it; nobody may keep it in a cache."""
    return response_of(seal_inspection(found, actor=actor, at=now()))


def response_of(sealed: SealedReport) -> HttpResponse:
    """Return the report as a download."""
    headers = {
        "Content-Disposition": f'attachment; filename="{sealed.record.number}.pdf"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return HttpResponse(sealed.data, content_type="application/pdf", headers=headers)
