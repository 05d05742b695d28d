"""Put a signing task together step by step from one's own files, then start it."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction

from baozhen.foundation.audit import services as audit
from baozhen.foundation.clock import now
from baozhen.foundation.ids import new_id
from baozhen.foundation.jobs import Queue, job
from baozhen.foundation.storage import get_storage
from baozhen.foundation.workbench import prepare_in_subprocess
from baozhen.signing.envelopes.errors import DraftInvalid, SketchNotFound
from baozhen.signing.envelopes.models import Envelope, Sketch
from baozhen.signing.envelopes.rules import check_steps
from baozhen.signing.envelopes.services.create import (
    DOCUMENTS_MAX,
    SIGNATORIES_MAX,
    create_envelope,
)
from baozhen.signing.envelopes.services.drafts import (
    ActionDraft,
    DocumentDraft,
    EnvelopeDraft,
    PlaceDraft,
    SignatoryDraft,
)
from baozhen.signing.envelopes.states import SIGNING_TYPES, TYPE_LABELS, ActionType
from baozhen.signing.identity.services.subjects import SubjectFacts, register_subject
from baozhen.signing.organizations.models import Account
from baozhen.signing.organizations.queries import legal_entity_of, unit_of
from baozhen.trust.errors import LintError, TrustError

SKETCH_LIFETIME: Final = timedelta(days=30)
DAYS_MAX: Final = 365
PLACES_MAX: Final = 200
SKETCHES_SHOWN_MAX: Final = 20
OWN, OUTSIDE, PERSON = "own", "outside", "person"
SEAL_POINTS: Final = 40 / 25.4 * 72
SIGNATURE_POINTS: Final = (90.0, 45.0)
_NEW: Final[Mapping[str, Any]] = {
    "title": "",
    "document_type": "other",
    "message": "",
    "biz_no": "",
    "unit": "",
    "days": 30,
    "ways": ["draw", "type", "upload"],
    "identity": "code",
    "reading_seconds": 0,
    "documents": [],
    "parties": [],
    "places": [],
}
_PERSONAL = frozenset({ActionType.SIGN, ActionType.VIEW, ActionType.CC})


@transaction.atomic
def new_sketch(owner: Account, *, at: datetime) -> Sketch:
    """Begin a task."""
    content = {**_NEW, "unit": owner.unit.public_id}
    return Sketch.objects.create(
        public_id=new_id("skt", at=at), owner=owner, content=content, made_at=at, changed_at=at
    )


def sketch_of(public_id: str, owner: Account) -> Sketch:
    """Return one of the person's own sketches, or raise SketchNotFound."""
    found = Sketch.objects.filter(public_id=public_id, owner=owner).first()
    if found is None:
        raise SketchNotFound
    return found


def sketches_of(owner: Account) -> list[Sketch]:
    """Return the person's sketches, the newest first."""
    return list(Sketch.objects.filter(owner=owner).order_by("-changed_at")[:SKETCHES_SHOWN_MAX])


def add_document(sketch: Sketch, title: str, pdf: bytes, *, at: datetime) -> None:
    """Take one PDF of a stranger: made plain by a limited child, then kept; raises DraftInvalid."""
    if len(sketch.content["documents"]) >= DOCUMENTS_MAX:
        raise DraftInvalid(path="file", reason=f"文件最多 {DOCUMENTS_MAX} 份")
    try:
        prepared = prepare_in_subprocess(pdf)
    except LintError as error:
        raise DraftInvalid(path="file", reason="；".join(error.findings)) from error
    except TrustError as error:
        raise DraftInvalid(path="file", reason=str(error)) from error
    sha256 = get_storage().put(prepared.data)
    entry = {
        "title": title[:200],
        "sha256": sha256,
        "sizes": [[page.width, page.height] for page in prepared.pages],
    }
    changed: dict[str, Any] = {"documents": [*sketch.content["documents"], entry]}
    if not sketch.content["title"]:
        changed["title"] = title[:200]
    change(sketch, changed, at=at)


def remove_document(sketch: Sketch, number: int, *, at: datetime) -> None:
    """Take a document out, with the places on it."""
    documents = [d for n, d in enumerate(sketch.content["documents"], 1) if n != number]
    places = [
        {**place, "document": place["document"] - (place["document"] > number)}
        for place in sketch.content["places"]
        if place["document"] != number
    ]
    change(sketch, {"documents": documents, "places": places}, at=at)


def add_party(sketch: Sketch, party: Mapping[str, Any], *, at: datetime) -> None:
    """Add a party with what it has to do; raises DraftInvalid."""
    parties = sketch.content["parties"]
    if len(parties) >= SIGNATORIES_MAX:
        raise DraftInvalid(path="parties", reason=f"签署方最多 {SIGNATORIES_MAX} 个")
    _check_party(party)
    used = {entry["key"] for entry in parties}
    key = next(f"p{n}" for n in range(1, SIGNATORIES_MAX + 2) if f"p{n}" not in used)
    added = sorted([*parties, {**party, "key": key}], key=lambda entry: entry["order"])
    change(sketch, {"parties": added}, at=at)


def remove_party(sketch: Sketch, key: str, *, at: datetime) -> None:
    """Take a party out, with its places."""
    content = sketch.content
    change(
        sketch,
        {
            "parties": [entry for entry in content["parties"] if entry["key"] != key],
            "places": [place for place in content["places"] if place["party"] != key],
        },
        at=at,
    )


def order_parties(sketch: Sketch, orders: Mapping[str, int], *, at: datetime) -> None:
    """Say who comes when: equal numbers act at the same time."""
    parties = [
        {**entry, "order": orders.get(entry["key"], entry["order"])}
        for entry in sketch.content["parties"]
    ]
    change(sketch, {"parties": sorted(parties, key=lambda entry: entry["order"])}, at=at)


def add_place(sketch: Sketch, place: Mapping[str, Any], *, at: datetime) -> None:
    """Add where a party's mark goes: its middle on a page, or a keyword; raises DraftInvalid."""
    content = sketch.content
    party = next((p for p in content["parties"] if p["key"] == place["party"]), None)
    if party is None or party["action"] not in SIGNING_TYPES:
        raise DraftInvalid(path="party", reason="请先选择签名或盖章的签署方")
    if len(content["places"]) >= PLACES_MAX:
        raise DraftInvalid(path="places", reason=f"签章位置最多 {PLACES_MAX} 处")
    if not 1 <= place["document"] <= len(content["documents"]):
        raise DraftInvalid(path="document", reason=f"没有第 {place['document']} 份文件")
    width, height = size_of(party["action"])
    added = {**place, "width": width, "height": height}
    if not place["keyword"]:
        sizes = content["documents"][place["document"] - 1]["sizes"]
        if not 0 <= place["page"] < len(sizes):
            raise DraftInvalid(path="page", reason=f"没有第 {place['page'] + 1} 页")
        wide, high = sizes[place["page"]]
        added["x"] = min(max(place["x"] - width / 2, 0.0), max(wide - width, 0.0))
        added["y"] = min(max(place["y"] - height / 2, 0.0), max(high - height, 0.0))
    change(sketch, {"places": [*content["places"], added]}, at=at)


def remove_place(sketch: Sketch, number: int, *, at: datetime) -> None:
    """Take a place out; `number` counts from 0."""
    places = [place for n, place in enumerate(sketch.content["places"]) if n != number]
    change(sketch, {"places": places}, at=at)


@transaction.atomic
def change(sketch: Sketch, content: Mapping[str, Any], *, at: datetime) -> None:
    """Write what was filled in."""
    locked = Sketch.objects.select_for_update().get(pk=sketch.pk)
    locked.content = {**locked.content, **content}
    locked.changed_at = at
    locked.save(update_fields=["content", "changed_at"])
    sketch.content, sketch.changed_at = locked.content, at


def size_of(action: str) -> tuple[float, float]:
    """Return the size of the mark that an action leaves, in points."""
    return SIGNATURE_POINTS if action == ActionType.SIGN else (SEAL_POINTS, SEAL_POINTS)


def missing_in(sketch: Sketch) -> list[str]:
    """Return what is still to be done before the task can start, in words for people."""
    content = sketch.content
    placed = {place["party"] for place in content["places"]}
    unplaced = [
        party["label"]
        for party in content["parties"]
        if party["action"] in SIGNING_TYPES and party["key"] not in placed
    ]
    signs = any(party["action"] in SIGNING_TYPES for party in content["parties"])
    grounds = (
        (not content["documents"], "还没有上传文件"),
        (not content["title"].strip(), "还没有填写任务标题"),
        (not signs, "还没有签名或盖章的签署方"),
        (bool(unplaced), f"还没有给{'、'.join(unplaced)}指定签章位置"),
    )
    return [words for applies, words in grounds if applies]


def start_sketch(sketch: Sketch, *, actor: str, at: datetime) -> Envelope:
    """Start the task and forget the sketch; raises what `create_envelope` raises.

    A second start of the same sketch finds the first one's task by the sketch's number.
    """
    missing = missing_in(sketch)
    if missing:
        raise DraftInvalid(path="sketch", reason="；".join(missing))
    envelope = create_envelope(draft_of_sketch(sketch, actor=actor, at=at), actor=actor, at=at)
    with transaction.atomic(durable=True):
        audit.record("envelope.sketched", subject_id=envelope.pk, actor=actor, at=at)
        Sketch.objects.filter(pk=sketch.pk).delete()
    return envelope


def draft_of_sketch(sketch: Sketch, *, actor: str, at: datetime) -> EnvelopeDraft:
    """Return the whole task; persons are registered."""
    content = sketch.content
    check_steps([party["action"] for party in content["parties"]], path="parties")
    storage = get_storage()
    return EnvelopeDraft(
        client=actor,
        unit=unit_of(content["unit"]),
        title=content["title"],
        document_type=content["document_type"],
        documents=[
            DocumentDraft(
                title=document["title"], pdf=storage.get(document["sha256"]), is_prepared=True
            )
            for document in content["documents"]
        ],
        signatories=[_signatory(party, actor=actor, at=at) for party in content["parties"]],
        actions=[_action(party, content["places"]) for party in content["parties"]],
        biz_no=content["biz_no"] or sketch.public_id,
        message=content["message"],
        rules={
            "ways": content["ways"],
            "identity": content["identity"],
            "reading_seconds": content["reading_seconds"],
        },
        expires_at=at + timedelta(days=content["days"]),
    )


@job("forget_sketches", queue=Queue.HOUSEKEEPING, every_seconds=86_400)
def forget_sketches() -> None:
    """Delete what nobody has touched for a month: it names persons."""
    Sketch.objects.filter(changed_at__lt=now() - SKETCH_LIFETIME).delete()


def _check_party(party: Mapping[str, Any]) -> None:
    action = party["action"]
    is_person = party["kind"] == PERSON
    reachable = bool(party["mobile"] or party["email"])
    grounds = (
        (not party["label"], "label", "请填写称谓，如“投保人”"),
        (action not in tuple(ActionType), "action", "请选择要做的事"),
        (is_person and not party["name"], "name", "请填写姓名"),
        (is_person and not reachable, "mobile", "请填写手机号或邮箱，用于发送链接和验证码"),
        (
            is_person and action not in _PERSONAL,
            "action",
            f"个人不能{TYPE_LABELS.get(action, action)}，请选择签名、查阅或抄送",
        ),
        (not is_person and action == ActionType.SIGN, "action", "单位请选择盖章"),
        (not is_person and not party["unit"], "unit", "请选择机构"),
    )
    for applies, path, reason in grounds:
        if applies:
            raise DraftInvalid(path=path, reason=reason)


def _signatory(party: Mapping[str, Any], *, actor: str, at: datetime) -> SignatoryDraft:
    if party["kind"] != PERSON:
        unit = unit_of(party["unit"])
        return SignatoryDraft(
            role=party["key"],
            label=party["label"],
            kind="organization",
            name=legal_entity_of(unit).name,
            unit=unit,
        )
    facts = SubjectFacts(
        kind="person",
        name=party["name"],
        id_type="id_card" if party["id_no"] else "",
        id_no=party["id_no"],
        mobile=party["mobile"],
        email=party["email"],
    )
    return SignatoryDraft(
        role=party["key"],
        label=party["label"],
        kind="person",
        name=party["name"],
        subject=register_subject(facts, actor=actor, at=at),
        channel=party["channel"],
    )


def _action(party: Mapping[str, Any], places: Sequence[Mapping[str, Any]]) -> ActionDraft:
    return ActionDraft(
        role=party["key"],
        type=party["action"],
        order=party["order"],
        is_silent=party["silent"] and party["kind"] == OWN,
        places=[
            PlaceDraft(
                document=place["document"],
                page=place["page"],
                x=place["x"],
                y=place["y"],
                width=place["width"],
                height=place["height"],
                is_riding=place["riding"],
                keyword=place["keyword"],
                occurrence=place["occurrence"],
            )
            for place in places
            if place["party"] == party["key"]
        ],
    )
