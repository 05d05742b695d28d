"""What the tests of seals stand on: a platform, people, and a seal that was made and approved."""

from datetime import datetime, timedelta, timezone

import pytest

from baozhen.signing.organizations.queries import root_unit
from baozhen.signing.organizations.services import appoint_first, ensure_roles
from baozhen.signing.seals.models import Seal
from baozhen.signing.seals.services import (
    GrantRequest,
    Look,
    SealDraft,
    UseRequest,
    decide_change,
    grant_use,
    request_seal,
)
from baozhen.signing.seals.states import SealKind

MAKER, CHECKER = "staff:maker", "staff:checker"
DIGEST = "ab" * 32


@pytest.fixture
def platform(bare_platform):
    """What these tests begin with."""


@pytest.fixture
def at(platform):
    """A working hour in Shanghai inside the validity of the platform's certificates."""
    from baozhen.foundation.clock import now

    today = now().astimezone(timezone(timedelta(hours=8)))
    return datetime.combine(
        today.date() + timedelta(days=1), datetime.min.time(), tzinfo=today.tzinfo
    ) + timedelta(hours=10)


@pytest.fixture
def unit(platform):
    """The insurer."""
    return root_unit()


@pytest.fixture
def person(unit, at):
    """Make a member of the staff: `person("amy")`."""
    ensure_roles()

    def make(name, *roles):
        return appoint_first(name, name, roles or ["业务经办"], password="a-long-password-1", at=at)

    return make


@pytest.fixture
def make_seal(unit, at):
    """Make and approve a seal."""

    def make(kind=SealKind.ELECTRONIC, **more):
        look = Look(layout="round_40", name=unit.name, purpose="电子保单专用章")
        facts = {
            "kind": kind,
            "category": "policy",
            "name": "电子保单专用章",
            "unit": unit,
            "reason": "开业启用",
            "look": None if kind == SealKind.PHYSICAL else look,
        }
        change = request_seal(SealDraft(**facts | more), actor=MAKER, at=at)
        decide_change(change.pk, approved=True, decision="同意", actor=CHECKER, at=at)
        return Seal.objects.get(pk=change.seal_id)

    return make


@pytest.fixture
def seal(make_seal):
    """An electronic seal in use."""
    return make_seal()


@pytest.fixture
def grant(seal, unit, at):
    """Grant the use of the seal to the whole insurer, silent sealing included."""

    def make(**more):
        facts = {"seal": seal, "reason": "批量出单", "unit": unit, "is_silent": True} | more
        return grant_use(GrantRequest(**facts), actor=MAKER, at=at)

    return make


@pytest.fixture
def ask(seal, unit):
    """Return a request for one use."""

    def make(**more):
        facts = {
            "seal": seal,
            "document_type": "policy",
            "flow": "electronic_policy",
            "actor": "system",
            "unit": unit,
            "document_sha256": DIGEST,
            "reference": "env_1",
            "is_silent": True,
        }
        return UseRequest(**facts | more)

    return make
