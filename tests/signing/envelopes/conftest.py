"""A platform with seals that may be used, and people who sign."""

import re
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.db import connection

from baozhen.foundation.clock import now
from baozhen.signing.envelopes.forms import Flow
from baozhen.signing.envelopes.models import Action, Envelope
from baozhen.signing.envelopes.services.acts import (
    SignatureInput,
    StampPlace,
    approve,
    pre_stamp,
    seal,
    sign,
)
from baozhen.signing.envelopes.services.answering import answer
from baozhen.signing.envelopes.services.papers import hand_in
from baozhen.signing.envelopes.services.performing import perform_action
from baozhen.signing.envelopes.services.pictures import drawn_signature
from baozhen.signing.envelopes.services.reading import PageReport, record_reading
from baozhen.signing.envelopes.services.scenarios import FlowOrder, PartyFacts, start_flow
from baozhen.signing.envelopes.states import ActionState, ActionType
from baozhen.signing.identity.services.checks import CheckScope, start_check
from baozhen.signing.identity.services.codes import CodeRequest, confirm_code, send_code
from baozhen.signing.identity.services.subjects import SubjectFacts
from baozhen.signing.identity.states import CheckKind
from baozhen.signing.organizations.queries import root_unit
from baozhen.signing.seals.models import Seal
from tests.signing.envelopes.sealing import make_seal, outside_company

STROKES = {
    "width": 320,
    "height": 200,
    "strokes": [
        [[20 + 12 * n, 60 + (n % 5) * 14, 16 * n, 0.4 + (n % 3) / 10] for n in range(20)],
        [[40 + 9 * n, 120 - (n % 4) * 10, 500 + 16 * n, 0.6] for n in range(18)],
    ],
}
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 64


def person(number: int, name: str = "测试伟") -> SubjectFacts:
    """A synthetic person: the region code 990000 belongs to nobody."""
    return SubjectFacts(
        kind="person",
        name=name,
        id_type="id_card",
        id_no=f"99000019900101{number:04d}",
        mobile=f"1990000{number:04d}",
    )


@dataclass
class Desk:
    """Everything a test does with envelopes, as people and the worker would."""

    outbox: object

    def start(self, flow: Flow, **changes) -> Envelope:
        """Start a flow with everything filled in."""
        parties = {}
        for index, role in enumerate(flow.roles):
            if role.own:
                continue
            if role.kind == "organization":
                parties[role.role] = PartyFacts(unit=outside_company(role.label))
            else:
                parties[role.role] = PartyFacts(subject=person(index + 1, f"测试{role.label[:2]}"))
        order = FlowOrder(
            flow=flow.code,
            client=changes.pop("client", "test"),
            unit=root_unit(),
            values=changes.pop("values", values_for(flow)),
            parties=parties,
            **changes,
        )
        return start_flow(order, actor="test", at=now())

    def perform(self, envelope: Envelope) -> Envelope:
        """Do what the worker does until nothing is promised any more."""
        while True:
            waiting = Action.objects.filter(envelope=envelope, state=ActionState.PERFORMING)
            keys = list(waiting.values_list("pk", flat=True))
            if not keys:
                break
            for key in keys:
                perform_action(key=key)
        envelope.refresh_from_db()
        return envelope

    def read(self, action: Action) -> None:
        """Read everything to its end."""
        reports = [
            PageReport(document.position, page, 30, True)
            for document in action.envelope.documents.all()
            for page in range(1, document.pages + 1)
        ]
        record_reading(action.signatory, reports, view="text", at=now())

    def code(self, action: Action, device: str = "device-1") -> str:
        """Have a code sent for this content, and confirm it."""
        subject = action.signatory.subject
        bound = {
            "subject_id": subject.public_id,
            "purpose": "sign_envelope",
            "document_sha256": action.envelope.content_sha256,
            "device": device,
        }
        challenge = send_code(CodeRequest(channel="sms", **bound), at=now())
        confirm_code(challenge.public_id, self.last_code(), at=now(), **bound)
        return challenge.public_id

    def last_code(self) -> str:
        """The six digits of the newest text in the outbox."""
        for path in sorted(self.outbox.rglob("*"), key=lambda p: p.stat().st_mtime_ns)[::-1]:
            if path.is_file():
                found = re.search(r"(?<!\d)(\d{6})(?!\d)", path.read_text(encoding="utf-8"))
                if found and "code" in path.read_text(encoding="utf-8"):
                    return found[1]
        raise AssertionError("no code was sent")

    def sign(self, action: Action) -> None:
        """Be verified where it is asked, read, hand in, confirm the will and sign."""
        if action.envelope.rules.get("identity") == "check":
            start_check(
                action.signatory.subject,
                CheckKind.THREE_ELEMENTS,
                {},
                scope=CheckScope(purpose="test"),
                actor="test",
                at=now(),
            )
        if action.signatory.questions.filter(answered_at=None).exists():
            answer(action.pk, answers_for(action.signatory), at=now())
            action = Action.objects.select_related("envelope", "signatory__subject").get(
                pk=action.pk
            )
        self.read(action)
        for paper in action.signatory.papers.all():
            hand_in(action.signatory, paper.key, PNG, at=now())
        sign(
            action.pk,
            SignatureInput(
                picture=drawn_signature(STROKES),
                strokes=STROKES,
                challenge_id=self.code(action, f"device-{action.pk}"),
                device=f"device-{action.pk}",
                address="127.0.0.1",
            ),
            at=now(),
        )

    def act(self, action: Action) -> None:
        """Do what the action asks."""
        kind = ActionType(action.type)
        if kind is ActionType.SIGN:
            self.sign(action)
        elif kind is ActionType.APPROVE:
            approve(action.pk, actor="staff:leader", at=now(), opinion="同意")
        elif kind is ActionType.PRE_STAMP:
            chosen = Seal.objects.filter(company=root_unit().name, kind="electronic").first()
            place = StampPlace(document=1, page=0, x=380, y=60)
            pre_stamp(action.pk, [place], chosen=chosen, actor="staff:leader", at=now())
        else:
            seal(action.pk, actor="staff:operator", at=now())

    def finish(self, envelope: Envelope) -> Envelope:
        """Let everybody act in turn until it is over."""
        for _ in range(20):
            self.perform(envelope)
            ready = (
                Action.objects.filter(envelope=envelope, state=ActionState.READY)
                .select_related("envelope", "signatory__subject")
                .order_by("order", "pk")
                .first()
            )
            if ready is None:
                break
            self.act(ready)
        return self.perform(envelope)


def values_for(flow: Flow) -> dict:
    """Fill in everything a flow asks for."""
    samples = {
        "text": "测试内容",
        "email": "court@example.com",
        "number": 30,
        "amount": 1_234_500,
        "date": "2026-12-01",
    }
    return {
        entry.name: [["甲"] * len(entry.columns)] if entry.kind == "table" else samples[entry.kind]
        for entry in flow.fields
    }


def answers_for(signatory) -> dict:
    """Answer every question that is there with its last choice."""
    fields = [question.asked for question in signatory.questions.order_by("position")]
    found = {}
    for entry in fields:
        if entry.is_there(found):
            found[entry.name] = entry.options[-1] if entry.options else "测试"
    return found


@pytest.fixture
def desk(transactional_db, bare_platform, settings):
    """People, seals and a worker's hands."""
    settings.BAOZHEN_TIMESTAMP = "none"
    make_seal(root_unit().name, unit=root_unit())
    return Desk(settings.BAOZHEN_OUTBOX)


@pytest.fixture
def later():
    """A moment after everything has expired."""
    return now() + timedelta(days=400)


@pytest.fixture
def promised(transactional_db):
    """Return the keys of the jobs of one kind that stand in the queue, in order."""

    def keys(name):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT (args->>'key')::bigint FROM procrastinate_jobs"
                " WHERE task_name = %s ORDER BY id",
                [name],
            )
            return [row[0] for row in cursor.fetchall()]

    return keys
