"""Every ready flow walked in a browser: persons by their links, staff and partners in the console.

Each flow is walked at one width; with BAOZHEN_WALK=FOLDER at both, and its files are kept there.
"""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from baozhen.foundation.clock import now, shanghai_date
from baozhen.foundation.storage import get_storage
from baozhen.signing.certificates.queries import revocation_evidence, trust_anchors
from baozhen.signing.envelopes.forms import flow_of, flows
from baozhen.signing.envelopes.models import Action
from baozhen.signing.envelopes.services.links import issue_link
from baozhen.signing.envelopes.states import ActionState, ActionType, EnvelopeState
from baozhen.signing.organizations.queries import root_unit
from baozhen.signing.organizations.roles import Permission
from baozhen.signing.organizations.services import (
    AccountFacts,
    PowerRequest,
    create_account,
    grant_power,
)
from baozhen.signing.organizations.states import AccountKind
from baozhen.trust.report import Verdict
from baozhen.trust.verify import TrustAnchors, inspect
from tests.e2e.test_signing import pass_code, read_to_the_end, write_name
from tests.signing.envelopes.conftest import PNG, desk  # noqa: F401 -- fixture

pytestmark = pytest.mark.django_db(transaction=True)

KEEP = os.environ.get("BAOZHEN_WALK", "")
PASSWORD = "a-long-password-1"
STEPS_MAX = 12
FLOWS = sorted(flows())
# Alternating, so that both widths see persons, staff and partners.
WALKS = [
    (code, width)
    for number, code in enumerate(FLOWS)
    for width in (("phone", "desk") if KEEP else (("phone", "desk")[number % 2],))
]


@pytest.fixture(autouse=True)
def _office_hours(settings):
    """Walk at ten tomorrow: who seals by hand at night is held up as a risk."""
    tomorrow = shanghai_date(now()) + timedelta(days=1)
    settings.BAOZHEN_CLOCK = f"{tomorrow}T10:00:00+08:00"


class Walk:
    """One flow, from its start to its archived file, by clicks alone."""

    def __init__(self, visitor, hands, staff, flow):
        self.visitor, self.tab, self.desk, self.staff = visitor, visitor.tab, hands, staff
        self.flow = flow
        self.step = 0

    def look(self, name):
        self.step += 1
        self.visitor.look(f"walk-{self.flow.code}-{self.step:02}-{name}")

    def person(self, action):
        """Open the link, be known, hand in, read, sign or only look, confirm the will."""
        self.visitor.open(f"/s/{issue_link(action.signatory, actor='test', at=now())}")
        self.look("asked")
        self.tab.click("button[value=begin]")
        pass_code(self.visitor, self.desk)
        self.tab.click("button[value=check]")
        if action.envelope.rules.get("identity") == "check":
            self._prove(action.signatory.subject)
        if action.signatory.papers.exists():
            self._hand_in(action.signatory.papers.filter(is_required=True).count())
        if action.signatory.questions.exists():
            self._answer(action.signatory.questions.values_list("key", flat=True))
        self.tab.wait_for_selector("[data-reader]")
        self.look("read")
        read_to_the_end(self.visitor)
        self.tab.click("[data-go-on]")
        if action.type == ActionType.VIEW:
            self.tab.wait_for_selector(".verdict")
            self.look("seen")
            return
        self.tab.wait_for_selector("canvas")
        write_name(self.visitor)
        self.tab.click("button[value=sign]")
        self.tab.wait_for_selector("button[value=send]")
        pass_code(self.visitor, self.desk)
        self.look("will")
        self.tab.click("button[value=confirm]")
        self.tab.wait_for_selector(".verdict")
        self.look("signed")
        # The page goes on by itself when the seal is made: at that moment nobody leaves it here.
        self.desk.perform(action.envelope)
        self.tab.wait_for_selector("[data-wait]", state="detached")

    def _prove(self, subject):
        """Type the three elements that the development twin of the checker accepts."""
        self.tab.wait_for_selector("input[name=id_no]")
        for name in ("name", "id_no", "mobile"):
            self.tab.fill(f"input[name={name}]", str(getattr(subject, name)))
        self.look("prove")
        self.tab.click("button[value=elements]")

    def _answer(self, keys):
        """Answer no to everything that is asked at first, and go on to the text."""
        self.tab.wait_for_selector("[data-answers]")
        for key in keys:
            answer = self.tab.locator(f"input[name='answer.{key}'][value='否']")
            if answer.count():
                answer.check()
        self.look("answers")
        self.tab.click("button[value=answer]")

    def _hand_in(self, count):
        """Hand in what is required, one after the other, and go on."""
        self.tab.wait_for_selector("input[type=file]", state="attached")
        picture = {"name": "paper.png", "mimeType": "image/png", "buffer": PNG}
        for number in range(count):
            self.tab.set_input_files(f"input[type=file] >> nth={number}", picture)
            self.tab.click(f"button[value=hand_in] >> nth={number}")
            self.tab.wait_for_function(
                "n => document.querySelectorAll('.tag.jade').length > n", arg=number
            )
        self.look("papers")
        self.tab.click("button[value=go_on]")

    def member(self, action):
        """Sign in as who may act, find the task and do it."""
        name = f"member{action.signatory_id}"
        unit = action.signatory.unit or action.envelope.unit
        is_outside = not unit.path.startswith(root_unit().path)
        self._account(name, unit, is_outside)
        self.visitor.open("/console/sign-in")
        self.tab.fill("#id_username", name)
        self.tab.fill("#id_password", PASSWORD)
        self.tab.click("button:has-text('登录')")
        self.visitor.open("/console/partner" if is_outside else "/console/tasks")
        self.look("tasks")
        self.tab.click("main a:has-text('去') >> nth=0")
        if self.tab.locator("textarea").count():
            self.tab.fill("textarea >> nth=0", "同意")
        self.look("task")
        self.tab.click("button[value=do]")
        self.tab.wait_for_selector("text=/已处理|没有待您处理/")
        self.tab.context.clear_cookies()

    def _account(self, name, unit, is_outside):
        if not is_outside:
            self.staff("业务负责人", name=name)
            return
        facts = AccountFacts(
            username=name,
            display_name="测试外部经办",
            unit=unit,
            kind=AccountKind.OUTSIDE,
            password=PASSWORD,
            password_is_initial=False,
        )
        account = create_account(facts, actor="test", at=now())
        request = PowerRequest(
            account=account, unit=unit, permission=Permission.APPROVE_ENVELOPES, reason="经办"
        )
        granter = self.staff("安全管理员", name=f"granter{account.pk}").account
        grant_power(request, granter=granter, actor="test", at=now())


@pytest.mark.requirement(
    "S2-L109", "S2-L115", "S2-L160.b1", "S2-L671.1", "S2-L671.2", "S2-L671.3", "S2-L714d",
    "S2-L770", "S2-L800a", "S2-L883", "S2-L942a", "S2-L942b", "S2-L449",
)  # fmt: skip
@pytest.mark.parametrize(("code", "visitor"), WALKS, indirect=["visitor"])
def test_walk(visitor, desk, staff, code):  # noqa: F811
    walk = Walk(visitor, desk, staff, flow_of(code))
    envelope = desk.start(walk.flow, biz_no=f"W-{code}"[:40])
    for _ in range(STEPS_MAX):
        desk.perform(envelope)
        ready = (
            Action.objects.filter(envelope=envelope, state=ActionState.READY)
            .select_related("envelope__unit", "signatory__subject", "signatory__unit")
            .order_by("order", "pk")
            .first()
        )
        if ready is None:
            break
        (walk.person if ready.signatory.kind == "person" else walk.member)(ready)
    desk.perform(envelope)
    assert envelope.state == EnvelopeState.COMPLETED
    for document in envelope.documents.all():
        data = get_storage().get(document.head_sha256)
        anchors = TrustAnchors(trust_anchors())
        report = inspect(data, anchors=anchors, at=now(), revocation=revocation_evidence())
        assert report.verdict is Verdict.GENUINE
        if KEEP:
            (Path(KEEP) / f"{code}-{document.position}.pdf").write_bytes(data)
