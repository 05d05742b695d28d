"""Days and a branch that narrow a register: the figures and the rows behind them ask the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest

from baozhen.faces.console.registers import Choice
from baozhen.faces.console.typed import midnight, typed_day
from baozhen.insurance.applications.models import Application
from baozhen.insurance.endorsements.models import Change
from baozhen.insurance.payments.models import PaymentOrder
from baozhen.signing.organizations.insurer import get_insurer

_Row = TypeVar("_Row", bound=Model)


@dataclass(frozen=True, kw_only=True)
class Narrowing:
    """From a day to a day, both counted, at a branch; every empty part leaves everything in."""

    since: date | None = None
    until: date | None = None
    branch: str = ""

    def within(self, rows: QuerySet[_Row], moment: str, branch: str = "") -> QuerySet[_Row]:
        """Return the rows whose `moment` is in these days, of the branch that `branch` names."""
        wanted: dict[str, Any] = {}
        if self.since is not None:
            wanted[f"{moment}__gte"] = midnight(self.since)
        if self.until is not None:
            wanted[f"{moment}__lt"] = midnight(self.until + timedelta(days=1))
        if self.branch and branch:
            wanted[branch] = self.branch
        return rows.filter(**wanted)

    def orders(self, rows: QuerySet[PaymentOrder], moment: str) -> QuerySet[PaymentOrder]:
        """Return the payment orders: their branch is that of what is paid."""
        return self.within(rows, moment).filter(self._paid_at_branch(""))

    def refunds(self, rows: QuerySet[_Row], moment: str) -> QuerySet[_Row]:
        """Return the refunds of such orders; money without an order belongs to no branch."""
        return self.within(rows, moment).filter(self._paid_at_branch("receipt__attempt__order__"))

    def address(self, **more: str) -> str:
        """Return the query of a register that is narrowed so."""
        days = {"from": self.since, "to": self.until}
        kept = {name: day.isoformat() for name, day in days.items() if day is not None}
        if self.branch:
            kept["branch"] = self.branch
        return "?" + urlencode(kept | more)

    def _paid_at_branch(self, path: str) -> Q:
        if not self.branch:
            return Q()
        applied = Application.objects.filter(branch_code=self.branch).values("proposal_no")
        changed = Change.objects.filter(proposal__branch_code=self.branch).values("public_id")
        number = f"{path}business_no__in"
        return Q(**{number: applied}) | Q(**{number: changed})


def asked_narrowing(request: HttpRequest) -> Narrowing:
    """Return what the address asks for; a day that is none is left out."""
    return Narrowing(
        since=typed_day(request.GET.get("from", "")),
        until=typed_day(request.GET.get("to", "")),
        branch=request.GET.get("branch", "").strip(),
    )


def branch_choices() -> list[tuple[str, str]]:
    """Return the branches by code, without the name that all of them share."""
    insurer = get_insurer()
    return [
        (branch.code, branch.name.removeprefix(insurer.name))
        for branch in insurer.branches.values()
    ]


def narrowing_choices(moment: str) -> Sequence[Choice]:
    """Return the filters of a register; `moment` says in words which day counts."""
    return (
        Choice(name="branch", label="机构", choices=branch_choices()),
        Choice(name="from", label=f"{moment}自", kind="date"),
        Choice(name="to", label=f"{moment}至", kind="date"),
    )
