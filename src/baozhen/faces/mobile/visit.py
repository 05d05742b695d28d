"""One person's visit through a link: who they are, where they stand, and what the pages share."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from baozhen.faces.frame import page
from baozhen.foundation.clock import now
from baozhen.foundation.masking import mask_name
from baozhen.signing.envelopes.models import Action, Envelope, Signatory
from baozhen.signing.envelopes.queries import action_of
from baozhen.signing.envelopes.rules import is_read, missing_papers
from baozhen.signing.envelopes.services.links import is_verified, signatory_of
from baozhen.signing.envelopes.services.reading import reading_facts
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
STEPS = (
    ("open", "查看任务"),
    ("identity", "核对身份"),
    ("papers", "提交材料"),
    ("read", "阅读文件"),
    ("sign", "签名"),
    ("consent", "确认意愿"),
)


@dataclass(frozen=True)
class Visit:
    """A signatory with a good link, on a device, at an instant."""

    request: HttpRequest
    token: str
    signatory: Signatory
    action: Action | None
    device: str
    at: datetime

    @property
    def envelope(self) -> Envelope:
        """The signing task."""
        return self.signatory.envelope

    @property
    def memory(self) -> dict[str, Any]:
        """What this visitor's session keeps for this signatory."""
        return dict(self.request.session.get(self.signatory.public_id, {}))

    def remember(self, **facts: Any) -> None:
        """Keep facts until the visit ends."""
        self.request.session[self.signatory.public_id] = self.memory | facts

    def address(self, step: str, *more: object) -> str:
        """Return the address of one of this visit's pages."""
        return reverse(f"mobile:{step}", args=[self.token, *more])

    @property
    def is_viewer(self) -> bool:
        """Whether this person only looks on."""
        return self.action is None or self.action.type in PASSIVE_TYPES

    @property
    def step(self) -> str:
        """Return the step that comes next: the server's word, whatever page is asked for."""
        if self.envelope.state not in {EnvelopeState.IN_PROGRESS, EnvelopeState.DRAFT}:
            return "done" if self._is_known else "identity_for_copy"
        if not self.memory.get("begun"):
            return "open"
        if not self._is_known:
            return "identity"
        if self.is_viewer:
            return "read"
        return self._acting_step()

    def _acting_step(self) -> str:
        if self.action is None or self.action.state != ActionState.READY:
            return "done"
        if self._lacks_papers():
            return "papers"
        if not is_read(reading_facts(self.envelope, self.signatory)):
            return "read"
        return "consent" if self.memory.get("picture") else "sign"

    @property
    def _is_known(self) -> bool:
        return is_verified(self.signatory, device=self.device, at=self.at)

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
    signatory = signatory_of(token, at=at)
    device = request.COOKIES.get(DEVICE_COOKIE) or secrets.token_urlsafe(18)
    return Visit(request, token, signatory, action_of(signatory), device, at)


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
        "links": {"open": visit.address("open"), "decline": visit.address("decline")},
    }


def _steps(visit: Visit, step: str) -> list[dict[str, Any]]:
    wanted = [entry for entry in STEPS if entry[0] != "papers" or visit.signatory.papers.exists()]
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
