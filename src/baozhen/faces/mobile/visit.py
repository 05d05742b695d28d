"""One person's visit through a link: who they are, where they stand, and what the pages share."""

import base64
import json
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from baozhen.faces.frame import page
from baozhen.faces.tracing import note
from baozhen.foundation.clock import now
from baozhen.foundation.keys.keyring import get_keyring
from baozhen.foundation.masking import mask_name
from baozhen.signing.envelopes.models import Action, Envelope, Signatory
from baozhen.signing.envelopes.queries import action_of, signatures_waiting
from baozhen.signing.envelopes.rules import is_read, missing_papers
from baozhen.signing.envelopes.services.links import beside, entry_of, is_verified
from baozhen.signing.envelopes.services.reading import reading_facts
from baozhen.signing.envelopes.services.voiding import open_void
from baozhen.signing.envelopes.states import (
    PASSIVE_TYPES,
    TYPE_LABELS,
    ActionState,
    ActionType,
    EnvelopeState,
)
from baozhen.signing.organizations.queries import legal_entity_of

DEVICE_COOKIE = "device"
_YEAR_SECONDS = 365 * 86_400
_BESIDE = "~"
_SEALED = b"mobile.visit"
STEPS = (
    ("open", "查看任务"),
    ("identity", "核对身份"),
    ("papers", "提交材料"),
    ("answer", "逐项回答"),
    ("read", "阅读文件"),
    ("sign", "签名"),
    ("consent", "确认意愿"),
)


@dataclass(frozen=True)
class Visit:
    """A signatory with a good link, on a device, at an instant.

    `door` is whose link it is: the signatory's own, or that of the same person in another task.
    """

    request: HttpRequest
    token: str
    signatory: Signatory
    door: Signatory
    action: Action | None
    device: str
    at: datetime
    host: str = ""

    @property
    def envelope(self) -> Envelope:
        """The signing task."""
        return self.signatory.envelope

    @property
    def memory(self) -> dict[str, Any]:
        """What this visitor's session keeps for this signatory: sealed, it holds handwriting."""
        kept = self.request.session.get(self.signatory.public_id, "")
        if not kept:
            return {}
        opened = get_keyring().open_sealed(base64.b64decode(kept), aad=_SEALED)
        return dict(json.loads(opened))

    def remember(self, **facts: Any) -> None:
        """Keep facts until the visit ends."""
        text = json.dumps(self.memory | facts, ensure_ascii=False).encode()
        sealed = base64.b64encode(get_keyring().seal(text, aad=_SEALED))
        self.request.session[self.signatory.public_id] = sealed.decode("ascii")

    def address(self, step: str, *more: object) -> str:
        """Return the address of one of this visit's pages."""
        return reverse(f"mobile:{step}", args=[self.token, *more])

    @property
    def is_beside(self) -> bool:
        """Whether the link belongs to the person's part in another task."""
        return self.door.pk != self.signatory.pk

    @property
    def door_token(self) -> str:
        """The token of the link itself."""
        return self.token.partition(_BESIDE)[0]

    def address_beside(self, step: str, other: Signatory) -> str:
        """Return the address of a page of the same person's part in another task."""
        mine = other.pk == self.door.pk
        token = self.door_token + ("" if mine else f"{_BESIDE}{other.public_id}")
        return reverse(f"mobile:{step}", args=[token])

    def waiting(self) -> list[Action]:
        """Return all signatures that wait for this person; nothing before they are known."""
        if not self.is_known:
            return []
        return signatures_waiting(self.door.subject, at=self.at)

    @property
    def is_viewer(self) -> bool:
        """Whether this person only looks on."""
        return self.action is None or self.action.type in PASSIVE_TYPES

    @property
    def step(self) -> str:
        """Return the step that comes next: the server's word, whatever page is asked for."""
        if self.envelope.state not in {EnvelopeState.IN_PROGRESS, EnvelopeState.DRAFT}:
            if not self.is_known:
                return "identity_for_copy"
            return "void" if open_void(self.signatory) else "done"
        if not self.is_beside and not self.memory.get("begun"):
            return "open"
        if not self.is_known:
            return "identity"
        if self.is_viewer:
            return "read"
        return self._acting_step()

    def _acting_step(self) -> str:
        if self.action is None or self.action.state != ActionState.READY:
            return "done"
        if self._lacks_papers():
            return "papers"
        if self.signatory.questions.filter(answered_at__isnull=True).exists():
            return "answer"
        if not is_read(reading_facts(self.envelope, self.signatory)):
            return "read"
        return "consent" if self.memory.get("picture") else "sign"

    @property
    def is_known(self) -> bool:
        """Whether this device was verified for this person a short while ago."""
        return is_verified(self.door, device=self.device, at=self.at)

    def _lacks_papers(self) -> bool:
        return bool(
            missing_papers(
                (paper.label, paper.is_required, bool(paper.sha256))
                for paper in self.signatory.papers.all()
            )
        )

    def render(
        self, template: str, context: dict[str, Any] | None = None, *, status: int = 200
    ) -> HttpResponse:
        """Render one of the pages within the frame that all of them share."""
        step = template.removesuffix(".html")
        note(
            self.request,
            subject=self.signatory.subject if self.is_known else None,
            private=(mask_name(str(self.signatory.name)),),
            envelope=self.envelope.public_id,
            business=self.envelope.biz_no or "",
        )
        response = page(
            self.request,
            f"mobile/{template}",
            {**_shared(self, step), **(context or {})},
            status=status,
        )
        response.set_cookie(
            DEVICE_COOKIE,
            self.device,
            max_age=_YEAR_SECONDS,
            httponly=True,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )
        return response


def visit_of(request: HttpRequest, token: str) -> Visit:
    """Return the visit behind a link; raises LinkInvalid."""
    at = now()
    own_token, _, other = token.partition(_BESIDE)
    entry = entry_of(own_token, at=at)
    request.embed_host = entry.host  # type: ignore[attr-defined]
    signatory = beside(entry.signatory, other) if other else entry.signatory
    return Visit(
        request=request,
        token=token,
        signatory=signatory,
        door=entry.signatory,
        action=action_of(signatory),
        device=device_of(request),
        at=at,
        host=entry.host,
    )


def device_of(request: HttpRequest) -> str:
    """Return what this browser is known by, made at its first visit."""
    return request.COOKIES.get(DEVICE_COOKIE) or secrets.token_urlsafe(18)


def _shared(visit: Visit, step: str) -> dict[str, Any]:
    envelope, action = visit.envelope, visit.action
    kind = ActionType(action.type) if action else ActionType.VIEW
    return {
        "step": step,
        "envelope": envelope,
        "sender": legal_entity_of(envelope.unit).name,
        "me": {"name_masked": mask_name(str(visit.signatory.name))},
        "act_word": TYPE_LABELS[kind],
        "document_count": envelope.documents.count(),
        "steps": _steps(visit, step),
        "may_decline": action is not None and action.state == ActionState.READY,
        "here": visit.request.path,
        "embed_host": visit.host,
        "others": _others(visit),
        "links": {"open": visit.address("open"), "decline": visit.address("decline")},
    }


def _others(visit: Visit) -> dict[str, Any] | None:
    """Return how many more signatures wait, and where they are signed in one go."""
    count = sum(action.signatory_id != visit.signatory.pk for action in visit.waiting())
    if not count:
        return None
    return {"count": count, "href": reverse("mobile:all", args=[visit.door_token])}


def _steps(visit: Visit, step: str) -> list[dict[str, Any]]:
    absent = {
        name
        for name, rows in (
            ("papers", visit.signatory.papers),
            ("answer", visit.signatory.questions),
        )
        if not rows.exists()
    }
    wanted = [entry for entry in STEPS if entry[0] not in absent]
    if visit.is_viewer:
        wanted = [entry for entry in wanted if entry[0] in {"open", "identity", "read"}]
    names = [name for name, _ in wanted]
    if step not in names:
        return []
    place = names.index(step)
    return [
        {"label": label, "now": number == place, "done": number < place}
        for number, (_, label) in enumerate(wanted)
    ]
