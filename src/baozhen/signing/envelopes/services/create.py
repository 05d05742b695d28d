"""Make a signing task: the documents are prepared and stored first, then all rows at once."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from django.db import IntegrityError, transaction

from baozhen.foundation.storage import get_storage
from baozhen.foundation.workbench import find_keywords_in_subprocess, prepare_in_subprocess
from baozhen.signing.envelopes.errors import BizNumberTaken, DraftInvalid, PlaceNotFound
from baozhen.signing.envelopes.models import Envelope, EnvelopeBatch, Place
from baozhen.signing.envelopes.rules import check_condition, check_steps
from baozhen.signing.envelopes.services.drafts import DocumentDraft, EnvelopeDraft, PlaceDraft
from baozhen.signing.envelopes.services.turns import start_now
from baozhen.signing.envelopes.services.writing import Prepared, Ready, content_digest, write_many
from baozhen.signing.envelopes.states import SIGNING_TYPES
from baozhen.signing.organizations.models import OrgUnit
from baozhen.trust.crypto.digests import sha256
from baozhen.trust.errors import LintError, TrustError
from baozhen.trust.pdf.pages import SeenPage, seen_pages
from baozhen.trust.pdf.positions import Found, KeywordMissing, find_keyword
from baozhen.trust.pdf.prepare import recognize
from baozhen.trust.pdf.reader import open_pdf

__all__ = ["content_digest", "create_envelope", "prepare_draft"]

DOCUMENTS_MAX = 20
SIGNATORIES_MAX = 50


def create_envelope(
    draft: EnvelopeDraft,
    *,
    actor: str,
    at: datetime,
    start: bool = True,
    batch: EnvelopeBatch | None = None,
) -> Envelope:
    """Make the envelope and, unless told otherwise, start it.

    A second call with the same client, `biz_no` and content returns the first one's envelope.
    Raises DraftInvalid, PlaceNotFound or BizNumberTaken.
    """
    check_draft(draft)
    fingerprint = fingerprint_of(draft)
    known = known_envelope(draft, fingerprint)
    if known is not None:
        return known
    prepared = prepare_draft(draft, fingerprint)
    get_storage().put_many([document.data for document in prepared.documents])
    try:
        with transaction.atomic(durable=True):
            [envelope] = write_many([prepared], actor=actor, at=at, batch=batch)
            if start:
                start_now(envelope, actor=actor, at=at)
    except IntegrityError:
        # Somebody else made it with the same number at the same moment.
        known = known_envelope(draft, fingerprint)
        if known is None:
            raise
        return known
    return envelope


def prepare_draft(draft: EnvelopeDraft, fingerprint: str) -> Prepared:
    """Make the documents plain and find the places; nothing is stored yet."""
    documents = [_prepare(document, number) for number, document in enumerate(draft.documents, 1)]
    places = [
        [_place(place, documents, f"actions.{number}") for place in action.places]
        for number, action in enumerate(draft.actions)
    ]
    return Prepared(draft, fingerprint, documents, places)


def fingerprint_of(draft: EnvelopeDraft) -> str:
    """Return a digest of everything that was asked for.

    What is filled in differs by the second it was made in: its values stand for it, so
    that a call that is repeated after a time-out finds the first one's envelope.
    """
    content = {
        "flow": draft.flow,
        "title": draft.title,
        "type": draft.document_type,
        "message": draft.message,
        "unit": draft.unit.public_id,
        "documents": [
            (d.title, d.template or d.made_from or sha256(d.pdf).hex()) for d in draft.documents
        ],
        "signatories": [
            (s.role, s.kind, s.name, s.subject.public_id if s.subject else "")
            for s in draft.signatories
        ],
        "actions": [asdict(action) for action in draft.actions],
        "values": draft.values,
        "rules": draft.rules,
    }
    text = json.dumps(content, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def known_envelope(draft: EnvelopeDraft, fingerprint: str) -> Envelope | None:
    """Return what the same wish made before; raises BizNumberTaken for another wish."""
    if draft.biz_no is None:
        return None
    found = Envelope.objects.filter(client=draft.client, biz_no=draft.biz_no).first()
    if found is not None and found.fingerprint != fingerprint:
        raise BizNumberTaken(path="biz_no", biz_no=draft.biz_no, envelope=found.public_id)
    return found


def check_draft(draft: EnvelopeDraft) -> None:
    """Raise DraftInvalid for what cannot be a signing task."""
    roles = [signatory.role for signatory in draft.signatories]
    files, parties = len(draft.documents), len(roles)
    grounds = (
        (not 1 <= files <= DOCUMENTS_MAX, "documents", f"文件应有 1 至 {DOCUMENTS_MAX} 份"),
        (
            not 1 <= parties <= SIGNATORIES_MAX,
            "signatories",
            f"签署方应有 1 至 {SIGNATORIES_MAX} 个",
        ),
        (len(set(roles)) != parties, "signatories", "签署方的角色重复"),
        (not draft.title.strip(), "title", "请填写标题"),
        (any(a.role not in roles for a in draft.actions), "actions", "步骤引用了没有的签署方"),
    )
    for applies, path, reason in grounds:
        if applies:
            raise DraftInvalid(path=path, reason=reason)
    check_steps([action.type for action in draft.actions], path="actions")
    _check_channels(draft)
    check_asked(draft)
    kinds = {signatory.role: signatory for signatory in draft.signatories}
    for number, action in enumerate(draft.actions):
        path = f"actions.{number}"
        check_condition(action.condition, path=f"{path}.condition")
        party = kinds[action.role]
        if action.type == "sign" and (party.kind != "person" or party.subject is None):
            raise DraftInvalid(path=path, reason="签名的应是登记过身份的个人")
        if action.type in {"seal", "legal_rep_sign"} and party.kind != "organization":
            raise DraftInvalid(path=path, reason="盖章的应是单位")
        if action.is_silent and (party.unit is None or not _is_of(party.unit, draft.unit)):
            raise DraftInvalid(path=path, reason="只有本单位可以静默签署；外单位可自行预盖章授权")


def check_asked(draft: EnvelopeDraft) -> None:
    """Raise DraftInvalid unless what a party answers can become part of what everybody signs.

    The first signature freezes the content, so who answers is the first to sign, and alone in it.
    """
    asked = [party.role for party in draft.signatories if party.questions]
    if not asked:
        return
    marks = [action for action in draft.actions if action.type in SIGNING_TYPES]
    first = min(action.order for action in marks)
    early = {action.role for action in marks if action.order == first}
    if len(asked) > 1 or early != set(asked) or len(draft.documents) != 1:
        reason = "签署时填写内容的签署方只能有一个，并且第一个签名；文件应为一份"
        raise DraftInvalid(path="signatories", reason=reason)


def _is_of(unit: OrgUnit, own: OrgUnit) -> bool:
    """Tell whether two units stand in the same tree: no company seals for another silently."""
    return unit.path.split("/")[1] == own.path.split("/")[1]


def _check_channels(draft: EnvelopeDraft) -> None:
    """A party that cannot be reached by the channel that was asked for is refused at once."""
    for number, party in enumerate(draft.signatories):
        subject = party.subject
        reachable = {
            "": True,
            "sms": subject is not None and bool(subject.mobile),
            "mail": subject is not None and bool(subject.email),
            "wechat": bool(party.channel_id),
            "dingtalk": bool(party.channel_id),
        }
        if not reachable.get(party.channel, False):
            reason = f"{party.label}没有渠道 {party.channel} 所需的手机号、邮箱或用户编号"
            raise DraftInvalid(path=f"signatories.{number}.channel", reason=reason)


def _prepare(draft: DocumentDraft, number: int) -> Ready:
    """Our own typesetter's file goes as it is; a stranger's is made plain by a limited child."""
    if draft.prepared is not None:
        prepared = draft.prepared
        return Ready(draft, prepared.data, prepared.sha256, prepared.pages)
    try:
        if draft.template:
            file = open_pdf(draft.pdf)
            return Ready(draft, draft.pdf, sha256(draft.pdf).hex(), seen_pages(file))
        ready = draft.is_prepared
        prepared = recognize(draft.pdf) if ready else prepare_in_subprocess(draft.pdf)
    except LintError as error:
        reason = f"第 {number} 份文件：{'；'.join(error.findings)}"
        raise DraftInvalid(path=f"documents.{number}", reason=reason) from error
    except TrustError as error:
        raise DraftInvalid(path=f"documents.{number}", reason=str(error)) from error
    return Ready(draft, prepared.data, prepared.sha256, prepared.pages)


def _place(place: PlaceDraft, documents: Sequence[Ready], path: str) -> Place:
    """Return an unsaved place; `document_id` holds the position until the rows exist."""
    if not 1 <= place.document <= len(documents):
        raise PlaceNotFound(path=path, reason=f"没有第 {place.document} 份文件")
    ready = documents[place.document - 1]
    page, x, y = place.page, place.x, place.y
    if place.keyword:
        try:
            found = _find(ready, place)
        except TrustError as error:
            raise PlaceNotFound(path=path, reason=str(error)) from error
        middle = ((found.rect[0] + found.rect[2]) / 2, (found.rect[1] + found.rect[3]) / 2)
        page, x, y = found.page, middle[0] - place.width / 2, middle[1] - place.height / 2
        x, y = _pulled_in(ready.pages[page], x, y, place)
    page = page if page >= 0 else len(ready.pages) + page
    if not 0 <= page < len(ready.pages):
        raise PlaceNotFound(path=path, reason=f"没有第 {page + 1} 页")
    rect = (x, y, x + place.width, y + place.height)
    if not place.is_riding and not ready.pages[page].contains(rect):
        raise PlaceNotFound(path=path, reason=f"超出第 {page + 1} 页的范围")
    return Place(
        document_id=place.document,
        page=page,
        x=x,
        y=y,
        width=place.width,
        height=place.height,
        is_riding=place.is_riding,
    )


def _find(ready: Ready, place: PlaceDraft) -> Found:
    """Look for the keyword: in a stranger's file by a child with limits."""
    if ready.draft.template:
        return find_keyword(ready.data, place.keyword, occurrence=place.occurrence)
    found = find_keywords_in_subprocess(ready.data, place.keyword)
    index = place.occurrence - 1 if place.occurrence > 0 else len(found) + place.occurrence
    if not 0 <= index < len(found):
        raise KeywordMissing(f"关键字“{place.keyword}”出现 {len(found)} 次")
    return found[index]


def _pulled_in(page: SeenPage, x: float, y: float, place: PlaceDraft) -> tuple[float, float]:
    """Keep a mark beside a keyword at the edge on the page."""
    return (
        min(max(x, 0.0), max(page.width - place.width, 0.0)),
        min(max(y, 0.0), max(page.height - place.height, 0.0)),
    )
