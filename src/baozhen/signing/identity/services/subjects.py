"""Register who signs: found by their number, made when new, brought up to date when changed."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from django.db import transaction

from baozhen.foundation.audit.acts import Act
from baozhen.foundation.audit.services import record_many
from baozhen.foundation.fields import blind_index
from baozhen.foundation.ids import new_id
from baozhen.signing.identity.errors import IdentityInputMissing
from baozhen.signing.identity.models import Subject, SubjectClient
from baozhen.signing.identity.states import SubjectKind

# The accounts' purpose, so that a client's mobile is found among the staff's.
_MOBILE = "account.mobile"
_NAME, _NUMBER, _MAIL = "subject.name", "subject.id_no", "account.email"
_COUNTRY_CODE = "86"
_MOBILE_DIGITS = 11


@dataclass(frozen=True, kw_only=True)
class SubjectFacts:
    """What a caller knows of a person or an organisation; empty means: not told."""

    kind: SubjectKind | str
    name: str
    id_type: str = ""
    id_no: str = ""
    mobile: str = ""
    email: str = ""
    uscc: str = ""
    legal_rep_name: str = ""
    legal_rep_id_no: str = ""
    account_id: int | None = None
    org_unit_id: int | None = None
    is_agent: bool = False


def register_subject(facts: SubjectFacts, *, actor: str, at: datetime) -> Subject:
    """Return the subject of these facts, in the caller's transaction; see `register_subjects`."""
    return register_subjects([facts], actor=actor, at=at)[0]


@transaction.atomic
def register_subjects(facts: Sequence[SubjectFacts], *, actor: str, at: datetime) -> list[Subject]:
    """Return the subjects of these facts, in order: found by number, else made.

    Somebody without a number is found by name and mobile. What is told anew replaces what was
    known; a check that spoke of the old facts stops counting by itself. A handful of statements,
    however many facts.
    """
    columns = [_columns(item) for item in facts]
    wanted = {_key(item): item for item in columns}
    known = _known(wanted)
    fresh = [
        Subject(public_id=new_id("sub", at=at), registered_at=at, changed_at=at, **item)
        for key, item in wanted.items()
        if key not in known
    ]
    if fresh:
        # Of two transactions that register the same person one waits here, then finds the other's.
        Subject.objects.bulk_create(fresh, ignore_conflicts=True)
        known = _known(wanted)
        made = {item.public_id for item in fresh}
        _record("subject.registered", [s for s in known.values() if s.public_id in made], actor, at)
    _bring_up_to_date(known, wanted, actor=actor, at=at)
    return [known[_key(item)] for item in columns]


@transaction.atomic
def register_for_client(facts: SubjectFacts, *, client: str, actor: str, at: datetime) -> Subject:
    """Register a subject and remember which program did: it alone sees it through the API."""
    subject = register_subject(facts, actor=actor, at=at)
    SubjectClient.objects.get_or_create(subject=subject, client=client)
    return subject


def mobile_index(mobile: str) -> str:
    """Return the index under which a mobile is found; empty for none."""
    return blind_index(plain_mobile(mobile), _MOBILE) if mobile else ""


def mail_index(address: str) -> str:
    """Return the index under which a mail address is found; empty for none."""
    return blind_index(address, _MAIL) if address else ""


def name_index(name: str) -> str:
    """Return the index under which a name is found."""
    return blind_index(name, _NAME)


def number_index(number: str) -> str:
    """Return the index under which an identity number is found; empty for none."""
    return blind_index(number, _NUMBER) if number else ""


def plain_mobile(mobile: str) -> str:
    """Return the digits of a mobile number without +86."""
    digits = "".join(character for character in mobile if character.isdigit())
    if len(digits) > _MOBILE_DIGITS and digits.startswith(_COUNTRY_CODE):
        return digits.removeprefix(_COUNTRY_CODE)
    return digits


def _columns(facts: SubjectFacts) -> dict[str, object]:
    if not facts.name.strip():
        raise IdentityInputMissing(path="name", what="姓名或名称")
    columns: dict[str, object] = {
        item.name: getattr(facts, item.name) for item in fields(SubjectFacts)
    }
    kind = SubjectKind(facts.kind)
    number = facts.id_no or (facts.uscc if kind is SubjectKind.ORGANIZATION else "")
    columns |= {
        "kind": kind.value,
        "name": facts.name.strip(),
        "id_type": facts.id_type or ("uscc" if kind is SubjectKind.ORGANIZATION else "id_card"),
        "id_no": number.strip().upper(),
        "mobile": plain_mobile(facts.mobile),
        "email": facts.email.strip(),
        "name_index": name_index(facts.name),
        "id_index": number_index(number),
        "mobile_index": mobile_index(facts.mobile),
        "email_index": mail_index(facts.email),
    }
    return columns


def _key(columns: dict[str, object] | Subject) -> tuple[object, ...]:
    get = columns.get if isinstance(columns, dict) else columns.__dict__.get
    if get("id_index"):
        return get("kind"), get("id_index")
    return get("kind"), get("name_index"), get("mobile_index")


def _known(
    wanted: dict[tuple[object, ...], dict[str, object]],
) -> dict[tuple[object, ...], Subject]:
    numbers = {item["id_index"] for item in wanted.values() if item["id_index"]}
    names = {item["name_index"] for item in wanted.values() if not item["id_index"]}
    rows: list[Subject] = []
    if numbers:
        rows += Subject.objects.filter(id_index__in=numbers)
    if names:
        rows += Subject.objects.filter(id_index="", name_index__in=names)
    return {_key(row): row for row in rows}


def _bring_up_to_date(
    known: dict[tuple[object, ...], Subject],
    wanted: dict[tuple[object, ...], dict[str, object]],
    *,
    actor: str,
    at: datetime,
) -> None:
    changed: list[tuple[Subject, list[str]]] = []
    for key, item in wanted.items():
        subject = known[key]
        news = [name for name, value in item.items() if value and value != getattr(subject, name)]
        if news:
            for name in news:
                setattr(subject, name, item[name])
            subject.changed_at = at
            changed.append((subject, news))
    for subject, news in changed:
        subject.save(update_fields=[*news, "changed_at"])
    acts = [
        Act(
            action="subject.changed",
            subject_type=Subject.NOUN,
            subject_id=subject.pk,
            actor=actor,
            at=at,
            facts={"fields": sorted(n for n in news if not n.endswith("_index"))},
        )
        for subject, news in changed
    ]
    if acts:
        record_many(acts)


def _record(action: str, subjects: Sequence[Subject], actor: str, at: datetime) -> None:
    acts = [
        Act(
            action=action,
            subject_type=Subject.NOUN,
            subject_id=subject.pk,
            actor=actor,
            at=at,
            facts={"public_id": subject.public_id, "kind": subject.kind},
        )
        for subject in subjects
    ]
    if acts:
        record_many(acts)
