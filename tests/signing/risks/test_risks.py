"""Risks: raised, held, handled with words, told to outside systems."""

import json
from datetime import UTC, datetime

import pytest

from baozhen.foundation.events.models import Event
from baozhen.signing.risks import errors
from baozhen.signing.risks.models import Risk
from baozhen.signing.risks.queries import is_held, waiting_risks
from baozhen.signing.risks.services import handle_risk, raise_risk

AT = datetime(2026, 6, 1, 2, 0, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def risk(**more):
    facts = {
        "kind": "seals.hour",
        "severity": "warning",
        "subject_type": "seal",
        "subject_id": 7,
        "facts": {"seal": "seal_1"},
        "at": AT,
    }
    return raise_risk(**facts | more)


@pytest.mark.requirement("S2-L160.j1")
def test_a_held_risk_holds_until_it_is_handled_with_words():
    row = risk(hold=True)
    assert is_held("seal", 7)
    assert not is_held("seal", 8)
    with pytest.raises(errors.HandlingMissing):
        handle_risk(row.pk, handling=" ", dismissed=False, actor="staff:sec", at=AT)
    handled = handle_risk(row.pk, handling="已核实", dismissed=False, actor="staff:sec", at=AT)
    assert (handled.state, handled.handled_by, handled.handling) == (
        "handled",
        "staff:sec",
        "已核实",
    )
    assert not is_held("seal", 7)
    with pytest.raises(errors.RiskHandled):
        handle_risk(row.pk, handling="再来", dismissed=True, actor="staff:sec", at=AT)


def test_an_open_risk_only_warns():
    risk()
    assert not is_held("seal", 7)
    assert [row.kind for row in waiting_risks()] == ["seals.hour"]


@pytest.mark.parametrize("hold", [True, False])
def test_outside_systems_hear_of_it_without_personal_data(hold):
    row = risk(hold=hold)
    event = Event.objects.get()
    assert event.type == "risk.raised"
    told = json.loads(event.body)["data"]
    assert told == {
        "object": "risk",
        "id": row.public_id,
        "kind": "seals.hour",
        "severity": "warning",
    }


def test_an_unknown_severity_is_a_bug():
    with pytest.raises(ValueError, match="terrible"):
        risk(severity="terrible")
    assert not Risk.objects.exists()
