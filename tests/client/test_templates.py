"""Templates and tasks made of them by the SDK, against a live platform."""

from datetime import date

import pytest

from baozhen.client import Refused
from baozhen.foundation.clock import now
from baozhen.signing.organizations.queries import root_unit, unit_of_code
from baozhen.signing.templates.models import TemplateVersion
from baozhen.signing.templates.services import Approval, approve_version
from tests.faces.api.test_templates import made
from tests.signing.envelopes.sealing import make_seal

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.requirement("S2-L160.m5", "S2-L374")
def test_from_a_template_to_a_task(client_of, api_key, settings):
    settings.BAOZHEN_TIMESTAMP = "none"
    make_seal(root_unit().name, unit=root_unit())
    writer, checker = client_of(), client_of(api_key(name="checker"))
    template = writer.templates.create(made())["id"]
    with pytest.raises(Refused):
        writer.templates.edit(template, 1, {"fields": [{"name": "A", "kind": "text"}]})
    seal = {"name": "seal", "kind": "seal", "role": "insurer", "rect": [0.6, 0.7, 0.8, 0.84]}
    writer.templates.edit(template, 1, {"fields": [*made()["fields"], seal]})
    assert writer.templates.submit(template, 1)["state"] == "submitted"
    assert checker.templates.send_back(template, 1, "错字")["state"] == "draft"
    writer.templates.submit(template, 1)
    approval = Approval(effective_from=date(2026, 1, 1))
    approve_version(TemplateVersion.objects.get().pk, approval, actor="staff:boss", at=now())
    assert writer.templates.version(template, 1)["state"] == "approved"
    assert writer.templates.add_version(template, {"source": "新"})["number"] == 2
    filled = writer.templates.fill(template, {"holder": "张测试"})
    assert [field["name"] for field in filled["fields"]] == ["seal"]
    wish = {"template": "confirmation", "values": {"holder": "张测试"}, "silent": ["insurer"]}
    assert writer.envelopes.create(wish)["document_type"] == "confirmation"
    branch = unit_of_code("DEMO11").public_id
    assert writer.templates.share(template, "chosen", [branch])["shared_with"] == [branch]
    assert checker.templates.retire(template, 1, "停售")["state"] == "retired"
