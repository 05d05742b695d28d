"""Deposits with the notary: which files ask for one, and what became of it."""

import base64
from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import transaction

from baozhen.foundation.audit import services as audit
from baozhen.foundation.errors import Refusal
from baozhen.foundation.ids import new_id
from baozhen.foundation.states import enter_many, move
from baozhen.signing.files.errors import DepositUnderWay, NotaryMissing
from baozhen.signing.files.models import FileEntry, NotaryDeposit, NotaryRule
from baozhen.signing.files.notary import Receipt, has_notary
from baozhen.signing.files.states import DepositState
from baozhen.signing.files.titles import open_title
from baozhen.signing.organizations.models import OrgUnit

TITLE_MAX = 200


def ask_where_due(entries: Sequence[FileEntry], *, actor: str, at: datetime) -> None:
    """Ask for the deposits that rules want, in the caller's transaction: a query when none does."""
    rules = list(NotaryRule.objects.filter(ended_at=None).select_related("unit"))
    due = [entry for entry in entries if any(_wants(rule, entry) for rule in rules)]
    _ask(due, actor=actor, at=at)


@transaction.atomic(durable=True)
def ask_deposits(entries: Sequence[FileEntry], *, actor: str, at: datetime) -> list[NotaryDeposit]:
    """Ask for a deposit of each file, all or none; raises NotaryMissing or DepositUnderWay."""
    if not has_notary():
        raise NotaryMissing
    keys = [entry.pk for entry in entries]
    locked = list(FileEntry.objects.select_for_update().filter(pk__in=keys).order_by("pk"))
    if NotaryDeposit.objects.filter(entry__in=keys, state=DepositState.QUEUED).exists():
        raise DepositUnderWay
    return _ask(locked, actor=actor, at=at)


@transaction.atomic(durable=True)
def ask_again(deposit: NotaryDeposit, *, actor: str, at: datetime) -> None:
    """Ask again for a deposit that was refused; raises IllegalMove or StaleState."""
    move(deposit, DepositState.QUEUED, actor=actor, at=at, refusal="", sent_at=None)


@transaction.atomic(durable=True)
def finish_deposit(deposit: NotaryDeposit, receipt: Receipt, *, at: datetime) -> None:
    """Keep the receipt."""
    move(
        deposit,
        DepositState.RECORDED,
        actor="system",
        at=at,
        service=receipt.service,
        receipt_no=receipt.number,
        receipt=receipt.text,
        signature=base64.b64encode(receipt.signature).decode(),
        algorithm=receipt.algorithm.value,
        public_key=base64.b64encode(receipt.public_key).decode(),
        recorded_at=receipt.recorded_at,
    )


@transaction.atomic(durable=True)
def refuse_deposit(deposit: NotaryDeposit, refusal: Refusal, *, at: datetime) -> None:
    """Keep why there is no receipt."""
    reason = str(refusal)[:200]
    move(deposit, DepositState.REFUSED, actor="system", at=at, refusal=reason)


@transaction.atomic(durable=True)
def set_rule(unit: OrgUnit | None, document_type: str, *, actor: str, at: datetime) -> NotaryRule:
    """Let files of this unit (and below) and type be deposited from now on; empty means all.

    Raises NotaryMissing.
    """
    if not has_notary():
        raise NotaryMissing
    rule = NotaryRule.objects.create(
        unit=unit, document_type=document_type.strip(), made_by=actor, made_at=at
    )
    facts = {"unit": unit.pk if unit else None, "document_type": rule.document_type}
    audit.record("notary_rule.set", subject_id=rule.pk, actor=actor, at=at, facts=facts)
    return rule


@transaction.atomic(durable=True)
def end_rule(key: int, *, actor: str, at: datetime) -> None:
    """End a rule; one that is over stays over."""
    if NotaryRule.objects.filter(pk=key, ended_at=None).update(ended_at=at, ended_by=actor):
        audit.record("notary_rule.ended", subject_id=key, actor=actor, at=at)


def deposits_of(entries: Collection[int]) -> list[NotaryDeposit]:
    """Return the deposits of these files that have a receipt."""
    rows = NotaryDeposit.objects.filter(entry__in=entries, state=DepositState.RECORDED)
    return list(rows.order_by("recorded_at", "pk"))


def _ask(entries: Sequence[FileEntry], *, actor: str, at: datetime) -> list[NotaryDeposit]:
    rows = NotaryDeposit.objects.bulk_create(
        NotaryDeposit(
            public_id=new_id("dep", at=at),
            entry=entry,
            title=open_title(entry)[:TITLE_MAX],
            asked_by=actor,
            asked_at=at,
        )
        for entry in entries
    )
    if rows:
        enter_many(rows, actor=actor, at=at)
    return rows


def _wants(rule: NotaryRule, entry: FileEntry) -> bool:
    """A rule is for what is archived from then on, however late a file is registered."""
    if entry.item.archived_at < rule.made_at:
        return False
    if rule.document_type and rule.document_type != entry.document_type:
        return False
    return rule.unit is None or entry.unit.path.startswith(rule.unit.path)
