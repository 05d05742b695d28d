"""The staff pages of templates: look, approve by another person, retire."""

import pytest
from django.test import Client

from baozhen.foundation.clock import now
from baozhen.signing.organizations.queries import root_unit
from baozhen.signing.templates.models import TemplateVersion
from baozhen.signing.templates.services import Content, TemplateDraft, create_template
from baozhen.signing.templates.states import SourceKind
from tests.faces.conftest import BACKEND

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def browser(platform, staff):
    """Open a browser for a person: `browser("模版管理员", "amy")`."""

    def make(role, name):
        client = Client()
        client.force_login(staff(role, name=name), backend=BACKEND)
        return client

    return make


@pytest.fixture
def draft(browser):
    """A draft that amy wrote."""
    content = Content(
        source_kind=SourceKind.TYPST,
        source='#import "/look.typ": *\n#show: setup.with("回执")\n正文',
        note="首版",
    )
    facts = TemplateDraft(code="receipt", title="回执", document_type="receipt", unit=root_unit())
    return create_template(facts, content, actor="staff:amy", at=now())


@pytest.mark.requirement("S2-L160.c3")
def test_another_person_approves_and_retires(browser, draft):
    amy, bob = browser("模版管理员", "amy"), browser("模版管理员", "bob")
    address = f"/console/template-versions/{draft.pk}"
    asked = {"effective_from": "2026-01-01", "filing_no": "无"}
    assert "回执" in amy.get("/console/templates").content.decode()
    assert "第 1 版" in amy.get(f"/console/templates/{draft.template_id}").content.decode()
    assert amy.get(f"{address}/sample.pdf").content.startswith(b"%PDF")
    amy.post(f"{address}/approve", asked)
    assert TemplateVersion.objects.get().state == "draft"
    bob.post(f"{address}/approve", {"effective_from": "明天"})
    assert TemplateVersion.objects.get().state == "draft"
    bob.post(f"{address}/approve", asked)
    assert TemplateVersion.objects.get().state == "approved"
    bob.post(f"{address}/end", {"reason": "停售"})
    assert TemplateVersion.objects.get().state == "retired"


@pytest.mark.requirement("S2-L160.c2")
def test_the_difference_is_shown(browser, draft):
    shown = browser("模版管理员", "amy").get(f"/console/template-versions/{draft.pk}")
    assert "+正文" in shown.content.decode()


def test_who_may_not_manage_cannot_approve(browser, draft):
    officer = browser("安全管理员", "officer")
    answer = officer.post(f"/console/template-versions/{draft.pk}/approve", {})
    assert answer.status_code == 403
    assert TemplateVersion.objects.get().state == "draft"
