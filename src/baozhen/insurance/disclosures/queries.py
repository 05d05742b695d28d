"""What pages and later stages ask of reading, declaring and signing."""

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from baozhen.insurance.applications.models import Application
from baozhen.insurance.applications.services.drafts import digest_of
from baozhen.insurance.applications.states import ApplicationState
from baozhen.insurance.disclosures.errors import DeclarationsOpen, FilesUnread, NotPayable
from baozhen.insurance.disclosures.models import ReadingItem, ReadingSet
from baozhen.insurance.disclosures.reading import Progress
from baozhen.insurance.disclosures.states import ReadingState
from baozhen.insurance.disclosures.texts import CLAUSES, PROPOSAL, applicant_statement
from baozhen.insurance.disclosures.views import clause_sections, form_sections, notice_sections
from baozhen.insurance.products.enumerations import ENUMERATIONS, label
from baozhen.insurance.products.region_duties import demands_code
from baozhen.signing.files.models import ArchiveItem

# Rises with every change of the page that shows a file: what was seen is known by it.
PAGE = "reading/1"


@dataclass(frozen=True, kw_only=True)
class DeclarationFacts:
    """One of the six declarations as the page shows it."""

    code: str
    label: str
    text: str
    is_made: bool


def item_view(item: ReadingItem) -> dict[str, Any]:
    """Return what the reading view of a file shows: note, lead and sections."""
    if item.kind == PROPOSAL:
        return {"note": "", "lead": "", "sections": form_sections(item.reading_set.form)}
    content = item.document.content if item.document else {}
    note = str(content.get("note", ""))
    if item.kind == CLAUSES:
        return {"note": note, "lead": "", "sections": clause_sections(content)}
    return {"note": note, "lead": content["lead"], "sections": notice_sections(content)}


def page_version(item: ReadingItem) -> str:
    """Return the digest of the page that shows a file: its layout's version and all its words."""
    return digest_of({"page": PAGE, "title": item.title, "view": item_view(item)})


def progress_of(item: ReadingItem, *, is_elder: bool = False) -> Progress:
    """Return how far a file was read."""
    return Progress(
        seconds=item.seconds,
        seconds_min=item.seconds_min,
        has_ended=item.ended_at is not None,
        is_finished=item.finished_at is not None,
        is_elder=is_elder,
    )


def items_of(reading_set: ReadingSet) -> list[ReadingItem]:
    """Return the files of a set in their order."""
    return list(reading_set.items.select_related("document").order_by("position"))


def declarations_of(reading_set: ReadingSet) -> list[DeclarationFacts]:
    """Return the six declarations and whether each is confirmed."""
    made = set(reading_set.declarations.values_list("code", flat=True))
    texts = applicant_statement().items
    return [
        DeclarationFacts(
            code=code,
            label=label("declaration", code),
            text=texts[code],
            is_made=code in made,
        )
        for code in ENUMERATIONS["declaration"]
    ]


def check_read(reading_set: ReadingSet) -> None:
    """Raise FilesUnread, naming the files, unless everything is read to its end."""
    missing = [item for item in items_of(reading_set) if item.finished_at is None]
    if missing:
        names = "、".join(f"《{item.title}》" for item in missing)
        raise FilesUnread(count=len(missing), names=names)


def check_declared(reading_set: ReadingSet) -> None:
    """Raise DeclarationsOpen, naming them, unless all six are confirmed."""
    missing = [one for one in declarations_of(reading_set) if not one.is_made]
    if missing:
        names = "、".join(f"“{one.label}”" for one in missing)
        raise DeclarationsOpen(count=len(missing), names=names)


def signed_set(application: Application) -> ReadingSet | None:
    """Return the signed set of an application; None before signing, or once it is superseded."""
    return (
        application.reading_sets.select_related("envelope")
        .filter(state=ReadingState.SIGNED)
        .first()
    )


def signed_sets_shown(applications: QuerySet[Application]) -> QuerySet[ReadingSet]:
    """Return the signed sets that customers may see: superseded ones stay in the archive only."""
    return ReadingSet.objects.filter(application__in=applications, state=ReadingState.SIGNED)


def is_archived(reading_set: ReadingSet) -> bool:
    """Tell whether the signed form and every file read with it are in the application's dossier."""
    if reading_set.envelope is None:
        return False
    form = reading_set.envelope.documents.get(position=1)
    wanted = {form.head_sha256, *_combined(reading_set)}
    archived = ArchiveItem.objects.filter(
        dossier=reading_set.application.proposal_no, sha256__in=wanted, tombstone__isnull=True
    ).values_list("sha256", flat=True)
    return wanted <= set(archived)


def check_payable(application: Application) -> None:
    """Raise NotPayable with the reasons unless payment is open.

    Three gates before the money: signed, the signed set archived, the proposal's code passed
    where the region asks for it (S0-4.2.4c2, c3, d1, d6).
    """
    signed = signed_set(application)
    reasons = []
    if application.state != ApplicationState.SIGNED or signed is None:
        reasons.append("投保单还没有签名")
    elif not is_archived(signed):
        reasons.append("已签名的文件还没有归档")
    if not is_code_settled(application):
        reasons.append("还没有通过投保短信验证")
    if reasons:
        raise NotPayable(reasons="；".join(reasons))


def is_code_settled(application: Application) -> bool:
    """Tell whether the proposal's code passed, or the region asks for none (S0-4.2.4d6)."""
    return application.code_passed_at is not None or not demands_code(application.region_code)


def signature_section(application: Application) -> dict[str, Any]:
    """Return the `signature` of a proposal: when, what was read and declared, where evidence is.

    Raises NotPayable unless the application is signed and its code passed.
    """
    signed = signed_set(application)
    if signed is None or signed.envelope is None or not is_code_settled(application):
        raise NotPayable(reasons="还没有签名或没有通过投保短信验证")
    passed_at = application.code_passed_at
    read = {item.kind for item in items_of(signed) if item.finished_at is not None}
    made = set(signed.declarations.values_list("code", flat=True))
    return {
        "signed_at": signed.signed_at.isoformat() if signed.signed_at else None,
        "otp_verified_at": passed_at.isoformat() if passed_at else None,
        "method": "handwriting",
        "declarations": [code for code in ENUMERATIONS["declaration"] if code in made],
        "evidence_no": signed.envelope.public_id,
        "documents_read": [kind for kind in ENUMERATIONS["document"] if kind in read],
    }


def _combined(reading_set: ReadingSet) -> set[str]:
    items = reading_set.items.filter(document__isnull=False)
    return set(items.values_list("sha256", flat=True))
