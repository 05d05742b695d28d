"""Templates by REST: what programs see and fill, and what they may never do."""

import base64
from datetime import date

import pytest

from baozhen.foundation.clock import now
from baozhen.signing.organizations.queries import root_unit
from baozhen.signing.organizations.services import Scope
from baozhen.signing.templates.services import (
    Approval,
    Content,
    TemplateDraft,
    approve_version,
    create_template,
)
from baozhen.signing.templates.states import SourceKind
from tests.faces.api.conftest import Program

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def template(platform):
    """A template in force since the beginning of 2026."""
    content = Content(
        source_kind=SourceKind.TYPST,
        source='#import "/look.typ": *\n#show: setup.with("回执")\n'
        '#json("/data.json").shown.holder',
        fields=[{"name": "holder", "kind": "text", "label": "投保人"}],
        sample={"holder": "张测试"},
    )
    draft = TemplateDraft(code="receipt", title="回执", document_type="receipt", unit=root_unit())
    version = create_template(draft, content, actor="staff:writer", at=now())
    approval = Approval(effective_from=date(2026, 1, 1), filing_no="备案-1")
    return approve_version(version.pk, approval, actor="staff:boss", at=now()).template


@pytest.mark.requirement("S2-L374")
def test_a_program_finds_a_template_and_fills_it(api_key, template):
    program = Program(api_key(Scope.TEMPLATES_READ))
    (shown,) = program.get("/templates").json()["items"]
    assert shown == program.get(f"/templates/{template.public_id}").json()
    (version,) = program.get(f"/templates/{template.public_id}/versions").json()["items"]
    assert (version["state"], version["filing_no"]) == ("approved", "备案-1")
    address = f"/templates/{template.public_id}/actions/fill"
    answer = program.post(address, {"values": {"holder": "李测试"}}).json()
    assert base64.b64decode(answer["pdf"]).startswith(b"%PDF")
    assert (answer["version"], answer["fields"]) == (1, [])


def test_wrong_values_are_refused(api_key, template):
    program = Program(api_key(Scope.TEMPLATES_READ))
    address = f"/templates/{template.public_id}/actions/fill"
    answer = program.post(address, {"values": {"other": 1}})
    assert (answer.status_code, answer.json()["code"]) == (422, "template_values_invalid")


@pytest.mark.parametrize(
    ("verb", "address"),
    [("get", ""), ("get", "/{id}"), ("get", "/{id}/versions"), ("post", "/{id}/actions/fill")],
)
def test_without_the_scope_nothing_is_shown(api_key, template, verb, address):
    program = Program(api_key(Scope.SEALS_READ))
    path = "/templates" + address.format(id=template.public_id)
    answer = program.post(path, {"values": {}}) if verb == "post" else program.get(path)
    assert answer.status_code == 403
