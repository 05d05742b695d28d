"""What staff type when they start and seal: told at its field, and only what the page offers."""

import pytest

from baozhen.signing.envelopes.forms import flow_of
from baozhen.signing.envelopes.models import Action, Envelope
from baozhen.signing.envelopes.states import ActionState
from baozhen.signing.organizations.roles import Permission
from baozhen.signing.seals.models import Seal
from tests.faces.console.test_envelopes_together import role_with
from tests.signing.envelopes.conftest import desk as desk  # noqa: PLC0414 -- fixture
from tests.signing.envelopes.sealing import outside_company

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_amount_that_cannot_be_read_is_told_at_its_field(desk, signed_in):
    client = signed_in(role_with(Permission.START_ENVELOPES))
    [amount, *_] = [entry for entry in flow_of("policy_insurer").fields if entry.kind == "amount"]
    answer = client.post(
        "/console/envelopes/start/policy_insurer", {f"value.{amount.name}": "一千元"}
    )
    assert answer.status_code == 422
    shown = answer.content.decode()
    assert "请看标出的各项" in shown
    field = next(one for one in answer.context["fields"] if one["name"] == f"value.{amount.name}")
    assert field["fault"]
    assert field["value"] == "一千元"
    assert not Envelope.objects.exists()


def test_another_companys_seal_is_as_if_it_were_not(desk, signed_in):
    desk.start(flow_of("litigation_guarantee"))
    other = outside_company("别家")
    theirs = Seal.objects.get(company=other.name)
    waiting = Action.objects.get(type="pre_stamp", state=ActionState.READY)
    client = signed_in(role_with(Permission.APPROVE_ENVELOPES, Permission.VIEW_ENVELOPES))
    address = f"/console/actions/{waiting.public_id}"
    place = {"page": "1", "x": "120", "y": "40", "seal": theirs.public_id}
    answer = client.post(address, place)
    assert answer.status_code == 422
    assert theirs.name not in answer.content.decode()
    waiting.refresh_from_db()
    assert waiting.state == ActionState.READY
    own = Seal.objects.exclude(company=other.name).filter(state="active").first()
    client.post(address, place | {"seal": own.public_id})
    waiting.refresh_from_db()
    assert waiting.state != ActionState.READY
