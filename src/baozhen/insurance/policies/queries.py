"""Reads of the policies stage: one policy, and lists that stay fast at millions of rows.

Lists walk one index backwards from a place (numbered_at, id); nothing is counted and nothing is
skipped, so the thousandth page costs what the first does.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Q, QuerySet

from baozhen.foundation.clock import SHANGHAI
from baozhen.foundation.fields import blind_index
from baozhen.insurance.policies.errors import ClausesUnknown, FileNotReady, PolicyUnknown
from baozhen.insurance.policies.models import ClauseDocument, Policy, PolicyFile
from baozhen.insurance.policies.states import Standing
from baozhen.insurance.products.clauses import clause_product, clause_products

PAGE_ROWS_MAX = 200
_PREFIX_CHARACTERS_MIN = 4


@dataclass(frozen=True, kw_only=True)
class PolicyFilter:
    """What a list shows; every empty part leaves everything in."""

    state: str = ""
    form: str = ""
    kind: str = ""
    branch_code: str = ""
    numbered_from: datetime | None = None
    numbered_before: datetime | None = None
    # A number or its beginning, or a whole holder's name, document number, plate or VIN.
    search: str = ""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where the page before ended."""

    numbered_at: datetime
    id: int


@dataclass(frozen=True, kw_only=True)
class PolicyPage:
    """Policies, newest first, and the place to go on from when there are more."""

    policies: list[Policy]
    next_place: Place | None


def get_policy(number: str) -> Policy:
    """Return a policy by its number or raise PolicyUnknown."""
    try:
        return Policy.objects.select_related("proposal").get(number=number)
    except Policy.DoesNotExist as exc:
        raise PolicyUnknown(number=number) from exc


def get_sealed_file(number: str) -> PolicyFile:
    """Return the current sealed file of a policy or mark number; PolicyUnknown, FileNotReady."""
    files = PolicyFile.objects.defer("content").select_related("policy")
    file = files.filter(number=number).order_by("-version").first()
    if file is None:
        raise PolicyUnknown(number=number)
    if file.sha256 is None:
        raise FileNotReady(number=number)
    return file


def policies_of_person(id_no: str) -> QuerySet[Policy]:
    """Return the policies of whoever has this document: as holder, or as the insured in person."""
    index = blind_index(id_no, "person.id_no")
    rows = Policy.objects.filter(Q(holder_id_index=index) | Q(insured_id_index=index))
    return rows.select_related("proposal").order_by("-numbered_at", "-id")


def compulsory_of_vehicle(vin: str, on: date) -> Policy | None:
    """Return our compulsory policy of a vehicle that covers some of a day, or None."""
    day = datetime.combine(on, time.min, tzinfo=SHANGHAI)
    found = Policy.objects.filter(
        vin_index=blind_index(vin, "vehicle.vin"),
        kind="compulsory",
        cancelled_at__isnull=True,
        cover_starts_at__lt=day + timedelta(days=1),
        cover_ends_at__gt=day,
    )
    return found.order_by("-cover_ends_at").first()


def files_of(policy: Policy, *, with_content: bool = False) -> list[PolicyFile]:
    """Return a policy's files, current ones first."""
    files = PolicyFile.objects.filter(policy=policy)
    if not with_content:
        files = files.defer("content")
    return sorted(files, key=lambda file: (file.standing != Standing.CURRENT, file.pk))


def clause_document_for(
    form: str, kind: str, *, at: datetime | None = None
) -> ClauseDocument | None:
    """Return the clauses of a cover that were current at `at`, today's by default.

    A policy keeps the clauses of the day on which it was made, so its pages ask with that day.
    None when nothing was published by then.
    """
    documents = ClauseDocument.objects.filter(product=clause_product(form, kind))
    if at is not None:
        documents = documents.filter(sealed_at__lte=at)
    return documents.order_by("-sealed_at", "-id").first()


def get_clause_document(product: str, version: str) -> ClauseDocument:
    """Return the clauses of a product's version or raise ClausesUnknown."""
    try:
        return ClauseDocument.objects.get(product=product, version=version)
    except ClauseDocument.DoesNotExist as exc:
        raise ClausesUnknown(product=product, version=version) from exc


def clause_documents() -> list[ClauseDocument]:
    """Return all published clauses, product by product in their usual order, newest first."""
    order = {product: place for place, product in enumerate(clause_products())}
    documents = ClauseDocument.objects.order_by("-sealed_at", "-id")
    return sorted(documents, key=lambda document: order.get(document.product, len(order)))


def list_policies(
    wanted: PolicyFilter, *, after: Place | None = None, limit: int = 50
) -> PolicyPage:
    """Return one page of policies, newest first."""
    limit = max(1, min(limit, PAGE_ROWS_MAX))
    rows = _filtered(wanted)
    if after is not None:
        # A row comparison would be shorter; this form is one that the planner turns into a range.
        rows = rows.filter(numbered_at__lte=after.numbered_at).exclude(
            numbered_at=after.numbered_at, pk__gte=after.id
        )
    found = list(rows.order_by("-numbered_at", "-id")[: limit + 1])
    last = found[limit - 1] if len(found) > limit else None
    return PolicyPage(
        policies=found[:limit],
        next_place=Place(numbered_at=last.numbered_at, id=last.pk) if last else None,
    )


def _filtered(wanted: PolicyFilter) -> QuerySet[Policy]:
    exact = {
        "state": wanted.state,
        "form": wanted.form,
        "kind": wanted.kind,
        "branch_code": wanted.branch_code,
        "numbered_at__gte": wanted.numbered_from,
        "numbered_at__lt": wanted.numbered_before,
    }
    rows = Policy.objects.filter(**{name: value for name, value in exact.items() if value})
    search = "".join(wanted.search.split())
    return rows.filter(_search(search)) if search else rows


def _search(text: str) -> Q:
    """Match numbers by their beginning, persons and vehicles blindly and only as a whole."""
    if not text.isascii():
        return Q(holder_name_index=blind_index(text, "person.name")) | Q(
            plate_index=blind_index(text, "vehicle.plate")
        )
    found = Q(holder_id_index=blind_index(text, "person.id_no")) | Q(
        vin_index=blind_index(text, "vehicle.vin")
    )
    if len(text) >= _PREFIX_CHARACTERS_MIN:
        found |= Q(number__startswith=text.upper())
    return found
