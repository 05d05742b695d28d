"""What a signing task is made from: documents, parties, actions and places, as plain facts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from baozhen.signing.identity.models import Subject
from baozhen.signing.organizations.models import Account, OrgUnit
from baozhen.signing.templates.fields import Field
from baozhen.trust.pdf.prepare import PreparedPdf


@dataclass(frozen=True, kw_only=True)
class PlaceDraft:
    """Where a mark goes: in points of the seen page, or beside a keyword.

    `page` counts from 0, or from the end when negative; `document` is the position, from 1.
    """

    document: int = 1
    page: int = -1
    x: float = 0.0
    y: float = 0.0
    width: float = 100.0
    height: float = 100.0
    is_riding: bool = False
    keyword: str = ""
    occurrence: int = 1


@dataclass(frozen=True, kw_only=True)
class DocumentDraft:
    """One document: the bytes of a PDF; `template` names what our typesetter made it from.

    `prepared` is the same document as this process has just read it; `is_prepared`: the bytes were
    made plain before and lay in our own store since. `made_from` names what was filled with the
    task's values: it stands for bytes that differ by the second.
    """

    title: str
    pdf: bytes = field(repr=False)
    template: str = ""
    prepared: PreparedPdf | None = field(default=None, repr=False)
    is_prepared: bool = False
    made_from: str = ""


@dataclass(frozen=True, kw_only=True)
class PaperDraft:
    """An attachment to be handed in."""

    key: str
    label: str
    required: bool = True


@dataclass(frozen=True, kw_only=True)
class SignatoryDraft:
    """One party. Our own company has a unit; a stranger has a subject, known to the identity room.

    `operator` is the member of staff whose work queue the party's actions stand in. `channel`
    (sms, mail, wechat, dingtalk) says how the party is told, `channel_id` who it is there.
    `questions` are asked of the party before it signs; the document is made anew with its answers.
    """

    role: str
    label: str
    kind: str
    name: str
    subject: Subject | None = None
    unit: OrgUnit | None = None
    operator: Account | None = None
    papers: Sequence[PaperDraft] = ()
    questions: Sequence[Field] = ()
    channel: str = ""
    channel_id: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True)
class ActionDraft:
    """One step; `seal` is a seal's public id, left out for the automatic choice."""

    role: str
    type: str
    order: int = 1
    is_silent: bool = False
    condition: Mapping[str, Any] | None = None
    seal: str = ""
    places: Sequence[PlaceDraft] = ()


@dataclass(frozen=True, kw_only=True)
class EnvelopeDraft:
    """The whole task. `client` and `biz_no` together name it once; `values` is what was filled in.

    `rules`: `ways` of signing (draw, type, upload), `reading_seconds` in all, `identity` (`code`:
    a code to the known mobile; `check`: the identity room's checks must hold), `is_quiet`: nobody
    is told, for the caller's own pages lead the person.
    """

    client: str
    unit: OrgUnit
    title: str
    document_type: str
    documents: Sequence[DocumentDraft]
    signatories: Sequence[SignatoryDraft]
    actions: Sequence[ActionDraft]
    flow: str = "free"
    biz_no: str | None = None
    message: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    rules: Mapping[str, Any] = field(default_factory=dict)
    expires_at: datetime | None = None
