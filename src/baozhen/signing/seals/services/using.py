"""Reserve the use of seals, finish it, give it up: decided in the transaction that records it.

A reservation takes a share lock on its seals, so that a seal which is being suspended waits for the
reservations before it and refuses those after it. Counted grants are locked while they are spent.
Thousands of uses cost the statements of one.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from itertools import groupby
from typing import Final

from django.db import connection, transaction
from django.db.models import F

from baozhen.foundation.ids import new_id
from baozhen.foundation.keys.configuration import configured
from baozhen.foundation.states import enter_many, move_many
from baozhen.signing.certificates.states import KeyState
from baozhen.signing.organizations.models import Account, ApiClient, OrgUnit
from baozhen.signing.organizations.programs import is_program, name_of_program, program_name
from baozhen.signing.seals import errors, rules
from baozhen.signing.seals.errors import SealUseRefused, Suspect
from baozhen.signing.seals.models import Seal, SealGrant, SealUse, SealVersion
from baozhen.signing.seals.queries import rules_of
from baozhen.signing.seals.rules import Asking, Fit, GrantFacts
from baozhen.signing.seals.services.suspicion import is_cleared, is_held, note_refusals
from baozhen.signing.seals.states import LABELS, GrantState, SealKind, SealState, UseState

# What a person may seal within an hour unless the seal says otherwise.
PERSON_HOURLY_MAX: Final = 500
# No program uses what only its holder has: the U-key in a drawer, a person's handwriting.
_HELD_BY_A_PERSON = frozenset({SealKind.UKEY, SealKind.PERSONAL})


@dataclass(frozen=True, kw_only=True)
class UseRequest:
    """One wish to seal one document; `address` is where the person sits, None for programs."""

    seal: Seal
    document_type: str
    flow: str
    actor: str
    unit: OrgUnit
    document_sha256: str
    reference: str
    is_silent: bool = False
    batch: str = ""
    address: str | None = None


@dataclass
class _Group:
    """Requests that get one answer: the same seal, asker, unit, document type and flow."""

    seal: Seal
    asking: Asking
    sample: UseRequest
    numbers: list[int] = field(default_factory=list)

    @property
    def suspect(self) -> Suspect:
        """Who is to be watched: the person or the program, else the seal."""
        if self.asking.account is not None:
            return Suspect("account", self.asking.account)
        if self.asking.client is not None:
            return Suspect("api_client", self.asking.client)
        return Suspect("seal", self.seal.pk)


def reserve_use(request: UseRequest, *, at: datetime) -> SealUse:
    """Reserve one use in the caller's transaction; raises a SealUseRefused.

    The refusal undoes that transaction: the caller then gives it to `record_refusal`.
    """
    [use] = _reserve([request], at=at)
    if isinstance(use, SealUseRefused):
        raise use
    return use


def reserve_uses(requests: Sequence[UseRequest], *, at: datetime) -> list[SealUse]:
    """Reserve many uses with a few statements; what is refused comes back in state `refused`."""
    with transaction.atomic():
        answers = _reserve(requests, at=at)
        errors_ = [answer for answer in answers if isinstance(answer, SealUseRefused)]
        written = iter(_write_refusals(errors_, at=at))
        return [next(written) if isinstance(use, SealUseRefused) else use for use in answers]


@transaction.atomic
def finish_uses(ids: Sequence[int], sha256s: Sequence[str], *, at: datetime) -> None:
    """Record the sealed files of reserved uses, in the caller's transaction; repeatable."""
    digests = dict(zip(ids, sha256s, strict=True))
    rows = list(SealUse.objects.filter(pk__in=list(digests), state=UseState.RESERVED))
    _settle(rows, UseState.DONE, digests, at=at)


@transaction.atomic
def release_uses(ids: Sequence[int], *, at: datetime) -> None:
    """Give up reserved uses: nothing was sealed, counted grants get their count back."""
    rows = list(
        SealUse.objects.select_for_update().filter(pk__in=list(ids), state=UseState.RESERVED)
    )
    counts = Counter(row.grant_id for row in rows if row.grant_id is not None)
    for key in sorted(counts):
        counted = SealGrant.objects.filter(pk=key, count_max__isnull=False)
        counted.update(used=F("used") - counts[key])
    _settle(rows, UseState.RELEASED, {}, at=at)


@transaction.atomic(durable=True)
def record_refusal(error: SealUseRefused, *, at: datetime) -> SealUse:
    """Record what `reserve_use` refused and what it looks like, after its transaction ended."""
    [use] = _write_refusals([error], at=at)
    return use


def _settle(
    rows: Sequence[SealUse], to: UseState, digests: Mapping[int, str], *, at: datetime
) -> None:
    for actor, group in _by_actor(rows):
        columns = {
            row.pk: {"done_at": at, "signed_sha256": digests.get(row.pk, "")} for row in group
        }
        move_many(group, to, actor=actor, at=at, columns=columns)


def _by_actor(rows: Iterable[SealUse]) -> Iterable[tuple[str, list[SealUse]]]:
    ordered = sorted(rows, key=lambda row: (row.actor, row.pk))
    for actor, group in groupby(ordered, key=lambda row: row.actor):
        yield actor, list(group)


def _reserve(requests: Sequence[UseRequest], *, at: datetime) -> list["SealUse | SealUseRefused"]:
    """Decide every request and write the reservations."""
    if not connection.in_atomic_block:
        raise RuntimeError("a use is reserved in the transaction that relies on it")
    seals = _lock_seals({request.seal.pk for request in requests})
    versions = _versions(seals.values())
    answers: dict[int, SealUse | SealUseRefused] = {}
    for group in _groups(requests, seals):
        try:
            grants = _decide(group, at=at)
        except SealUseRefused as error:
            grants, error_of_rest = [], error
        else:
            error_of_rest = _used_up(group)
        for place, number in enumerate(group.numbers):
            request = requests[number]
            if place < len(grants):
                version = versions.get(group.seal.pk)
                answers[number] = _reservation(request, grants[place], version, at=at)
            else:
                answers[number] = _about(error_of_rest, request, group.suspect)
    reserved = [use for use in answers.values() if isinstance(use, SealUse)]
    SealUse.objects.bulk_create(reserved)
    for actor, rows in _by_actor(reserved):
        enter_many(rows, actor=actor, at=at)
    return [answers[number] for number in range(len(requests))]


def _decide(group: _Group, *, at: datetime) -> list[SealGrant]:
    """Return a grant for each request of the group that may go on; raises a SealUseRefused."""
    seal, asking = group.seal, group.asking
    name = seal.public_id
    if seal.state != SealState.ACTIVE or seal.version == 0:
        raise errors.SealNotActive(seal=name, reason=LABELS[SealState(seal.state)])
    if seal.kind == SealKind.UKEY and not _has_key(seal):
        raise errors.SealNotActive(seal=name, reason="所用的 U-Key 已挂失或归还")
    if seal.valid_until is not None and at >= seal.valid_until:
        raise errors.SealNotActive(seal=name, reason="已过有效期")
    if held := is_held([Suspect("seal", seal.pk), group.suspect]):
        raise errors.SealHeld(seal=name, reason=held)
    if why := rules.forbidden_by(rules_of(seal.pk), asking, seal.unit.path):
        raise errors.RuleForbids(seal=name, reason=why)
    if asking.is_silent and seal.kind in _HELD_BY_A_PERSON:
        raise errors.SilentNotGranted(seal=name, reason="须由持有人本人用印")
    grant = _grant_for(group, at=at)
    _check_unusual(group, at=at)
    return _spend(grant, len(group.numbers))


def _has_key(seal: Seal) -> bool:
    """Whether somebody has the seal's U-key; the job that suspends the seal may be late."""
    return seal.key_record is not None and seal.key_record.state == KeyState.ISSUED


def _grant_for(group: _Group, *, at: datetime) -> SealGrant:
    rows = SealGrant.objects.filter(seal=group.seal).select_related("unit")
    # Whoever gives the use of a seal to their own unit has not given it to themselves.
    actor = group.sample.actor
    by_key = {
        row.pk: row for row in rows if group.asking.account is None or row.granted_by != actor
    }
    fit, facts = rules.choose_grant(map(_facts_of, by_key.values()), group.asking, at)
    name = group.seal.public_id
    if fit is Fit.FITS and facts is not None:
        return by_key[facts.key]
    if fit is Fit.ENDED and facts is not None:
        row = by_key[facts.key]
        if facts.is_revoked:
            raise errors.GrantRevoked(seal=name, reason=f"（{row.public_id}）已被收回")
        raise errors.GrantMissing(seal=name, reason=f"授权 {row.public_id} 不在有效期内")
    if fit is Fit.USED_UP and facts is not None:
        raise errors.GrantUsedUp(seal=name, reason=by_key[facts.key].public_id)
    if fit is Fit.NOT_SILENT:
        raise errors.SilentNotGranted(seal=name, reason="请在授权中勾选允许静默用印")
    words = "授权不含此文件类型或流程" if fit is Fit.NOT_FOR_THIS else "请另一位印章管理员先授权"
    raise errors.GrantMissing(seal=name, reason=words)


def _spend(grant: SealGrant, wanted: int) -> list[SealGrant]:
    """Take up to `wanted` uses of the grant; a counted one is locked while it is spent."""
    if grant.count_max is None:
        return [grant] * wanted
    locked = SealGrant.objects.select_for_update().get(pk=grant.pk)
    left = max((locked.count_max or 0) - locked.used, 0)
    if locked.state != GrantState.ACTIVE:
        left = 0
    taken = min(left, wanted)
    if taken:
        SealGrant.objects.filter(pk=grant.pk).update(used=F("used") + taken)
    return [grant] * taken


def _check_unusual(group: _Group, *, at: datetime) -> None:
    """Raise LooksWrong for an hour, a place or a volume that is not usual."""
    seal, request, suspect = group.seal, group.sample, group.suspect
    on_seal = Suspect("seal", seal.pk)
    is_person = not request.is_silent and group.asking.account is not None
    if is_person and rules.is_unusual_hour(at, _hours()):
        _suspect(seal, "seals.hour", "非工作时间", suspect, at=at)
    asks_itself = is_person or request.address is not None
    if asks_itself and rules.is_unusual_place(request.address, seal.networks):
        _suspect(seal, "seals.place", "来源网络不在允许范围", suspect, at=at)
    since = at - timedelta(hours=1)
    uses = SealUse.objects.filter(at__gt=since, state__in=[UseState.RESERVED, UseState.DONE])
    wanted = len(group.numbers)
    if seal.hourly_max is not None:
        if uses.filter(seal=seal).count() + wanted > seal.hourly_max:
            _suspect(seal, "seals.volume", "一小时内用印过多", on_seal, at=at)
    elif is_person and uses.filter(actor=request.actor).count() + wanted > _person_max():
        _suspect(seal, "seals.volume", "一小时内用印过多", suspect, at=at)


def _suspect(seal: Seal, kind: str, words: str, suspect: Suspect, *, at: datetime) -> None:
    if is_cleared(kind, suspect, at=at):
        return
    error = errors.LooksWrong(seal=seal.public_id, reason=words)
    error.suspicion, error.suspect = kind, suspect
    raise error


def _used_up(group: _Group) -> SealUseRefused:
    return errors.GrantUsedUp(seal=group.seal.public_id, reason="次数不足")


def _about(error: SealUseRefused, request: UseRequest, suspect: Suspect) -> SealUseRefused:
    """Return the error for one request: they share the words, not the object."""
    one = type(error)(path="", **error.facts)
    one.suspicion, one.request = error.suspicion, request
    one.suspect = error.suspect or suspect
    return one


def _write_refusals(refused: Sequence[SealUseRefused], *, at: datetime) -> list[SealUse]:
    """Write refused uses and the risks they are; returns the rows in order."""
    rows = []
    for error in refused:
        request = error.request
        assert isinstance(request, UseRequest)  # noqa: S101 -- set by _about on every one
        row = _use(request, at=at)
        row.state = UseState.REFUSED
        row.refusal, row.refusal_code = str(error)[:200], error.code
        rows.append(row)
    SealUse.objects.bulk_create(rows)
    for actor, group in _by_actor(rows):
        enter_many(group, actor=actor, at=at)
    note_refusals(list(zip(refused, rows, strict=True)), at=at)
    return rows


def _reservation(
    request: UseRequest, grant: SealGrant, version: SealVersion | None, *, at: datetime
) -> SealUse:
    row = _use(request, at=at)
    row.grant, row.version = grant, version
    return row


def _use(request: UseRequest, *, at: datetime) -> SealUse:
    return SealUse(
        state=UseState.RESERVED,
        public_id=new_id("use", at=at),
        seal=request.seal,
        unit=request.unit,
        actor=request.actor,
        is_silent=request.is_silent,
        document_type=request.document_type,
        flow=request.flow,
        reference=request.reference,
        batch=request.batch,
        address=request.address,
        document_sha256=request.document_sha256,
        at=at,
    )


def _lock_seals(keys: set[int]) -> dict[int, Seal]:
    """Return the seals as they are now, locked against a change of their state until the end."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM seals_seal WHERE id = ANY(%s) ORDER BY id FOR SHARE", [sorted(keys)]
        )
    return Seal.objects.select_related("unit").in_bulk(keys)


def _versions(seals: Iterable[Seal]) -> dict[int, SealVersion]:
    """Return the present version of each seal, without its pictures."""
    wanted = {seal.pk: seal.version for seal in seals}
    rows = SealVersion.objects.filter(seal_id__in=wanted).only("seal_id", "number")
    return {row.seal_id: row for row in rows if row.number == wanted[row.seal_id]}


def _groups(requests: Sequence[UseRequest], seals: Mapping[int, Seal]) -> list[_Group]:
    actors = {request.actor for request in requests}
    accounts = _accounts(actors)
    clients = _clients(actors)
    groups: dict[tuple[object, ...], _Group] = {}
    for number, request in enumerate(requests):
        asking = Asking(
            account=accounts.get(request.actor),
            client=clients.get(request.actor),
            unit_path=request.unit.path,
            document_type=request.document_type,
            flow=request.flow,
            is_silent=request.is_silent,
        )
        key = (request.seal.pk, asking, request.actor, request.address)
        group = groups.setdefault(key, _Group(seals[request.seal.pk], asking, request))
        group.numbers.append(number)
    # One order for all callers, so that two that lock counted grants cannot lock crosswise.
    return sorted(
        groups.values(),
        key=lambda group: (group.seal.pk, group.sample.document_type, group.sample.flow),
    )


def _accounts(actors: set[str]) -> dict[str, int]:
    names = [actor.removeprefix("staff:") for actor in actors if actor.startswith("staff:")]
    rows = Account.objects.filter(user__username__in=names) if names else Account.objects.none()
    return {f"staff:{name}": key for key, name in rows.values_list("pk", "user__username")}


def _clients(actors: set[str]) -> dict[str, int]:
    names = [name_of_program(actor) for actor in actors if is_program(actor)]
    rows = ApiClient.objects.filter(name__in=names) if names else ApiClient.objects.none()
    return {program_name(row): row.pk for row in rows}


def _facts_of(grant: SealGrant) -> GrantFacts:
    return GrantFacts(
        key=grant.pk,
        account=grant.account_id,
        client=grant.client_id,
        unit_path=grant.unit.path if grant.unit is not None else "",
        document_types=grant.document_types,
        flows=grant.flows,
        left=None if grant.count_max is None else grant.count_max - grant.used,
        is_silent=grant.is_silent,
        is_revoked=grant.state == GrantState.REVOKED,
        since=grant.since,
        until=grant.until,
    )


def _hours() -> tuple[time, time]:
    """Return the usual hours: `BAOZHEN_SEAL_HOURS`, as in `07:00-22:00`."""
    begin, _, end = (configured("BAOZHEN_SEAL_HOURS") or "07:00-22:00").partition("-")
    return time.fromisoformat(begin), time.fromisoformat(end)


def _person_max() -> int:
    return int(configured("BAOZHEN_SEAL_PERSON_HOURLY_MAX") or PERSON_HOURLY_MAX)
