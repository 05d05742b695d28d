"""Templates by REST: what programs see and fill, and what they may never do."""

import base64
from datetime import date
from uuid import uuid4

import pytest

from baozhen.foundation.clock import now
from baozhen.signing.integrations.services import SystemRequest, connect_system
from baozhen.signing.organizations.models import ApiClient
from baozhen.signing.organizations.queries import root_unit, unit_of_code
from baozhen.signing.organizations.services import Scope
from baozhen.signing.templates.models import TemplateVersion
from baozhen.signing.templates.services import (
    Approval,
    Content,
    TemplateDraft,
    approve_version,
    create_template,
    submit_version,
)
from baozhen.signing.templates.states import Sharing, SourceKind
from tests.faces.api.conftest import Program
from tests.signing.envelopes.sealing import make_seal, outside_company
from tests.signing.templates.making import two_pages

pytestmark = pytest.mark.django_db(transaction=True)
_ALL = (Scope.TEMPLATES_READ, Scope.TEMPLATES_WRITE)
SOURCE = '#import "/look.typ": *\n#show: setup.with("回执")\n#json("/data.json").shown.holder'


@pytest.fixture
def template(platform):
    """A template in force since the beginning of 2026."""
    content = Content(
        source_kind=SourceKind.TYPST,
        source=SOURCE,
        fields=[{"name": "holder", "kind": "text", "label": "投保人"}],
        sample={"holder": "张测试"},
    )
    draft = TemplateDraft(code="receipt", title="回执", document_type="receipt", unit=root_unit())
    version = create_template(draft, content, actor="staff:writer", at=now())
    submit_version(version.pk, actor="staff:writer", at=now())
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


@pytest.fixture
def branch(api_key):
    """A program of a branch: its key, the client's name, and its unit."""
    unit = unit_of_code("DEMO11")
    key = api_key(*_ALL, Scope.ENVELOPES_WRITE, name="branch")
    request = SystemRequest(
        code="branch", name="分公司核心", kind="core", client=client_called("branch"), unit=unit
    )
    connect_system(request, actor="test", at=now())
    return Program(key)


def client_called(name):
    return ApiClient.objects.get(name=name)


def send(program, address, body, key=None):
    return program.post(address, body, Idempotency_Key=key or str(uuid4()))


def made(code="confirmation", **more):
    return {
        "code": code, "title": "确认书", "document_type": "confirmation", "source": SOURCE,
        "fields": [{"name": "holder", "kind": "text", "label": "投保人"}],
        "sample": {"holder": "张测试"},
    } | more  # fmt: skip


@pytest.mark.requirement("S2-L160.c1", "S2-L160.c3")
def test_a_program_makes_edits_and_submits_and_a_person_approves(api_key, platform):
    writer = Program(api_key(*_ALL, name="writer"))
    checker = Program(api_key(*_ALL, name="checker"))
    answer = send(writer, "/templates", made(), "k1")
    assert answer.status_code == 201
    assert send(writer, "/templates", made(), "k1").json() == answer.json()
    assert send(writer, "/templates", made()).json()["code"] == "template_code_taken"
    path = f"/templates/{answer.json()['id']}/versions"
    sign = {"name": "sign", "kind": "signature", "rect": [0.1, 0.8, 0.3, 0.86]}
    wrong = send(writer, f"{path}/1/actions/edit", {"fields": [sign]})
    assert wrong.status_code == 422
    assert [one["path"] for one in wrong.json()["errors"]] == ["fields.0.role"]
    fields = [*made()["fields"], sign | {"role": "policyholder"}]
    edited = send(writer, f"{path}/1/actions/edit", {"fields": fields, "note": "加签名"}).json()
    assert (edited["fields"], edited["note"]) == (fields, "加签名")
    early = send(checker, f"{path}/1/actions/return", {"reason": "错字"})
    assert (early.status_code, early.json()["code"]) == (409, "template_version_not_submitted")
    assert send(writer, f"{path}/1/actions/submit", {}).json()["state"] == "submitted"
    back = send(checker, f"{path}/1/actions/return", {"reason": "错字"}).json()
    assert (back["state"], back["note"]) == ("draft", "错字")
    send(writer, f"{path}/1/actions/submit", {})
    day = {"effective_from": "2026-01-01", "filing_no": "备案-1"}
    assert send(checker, f"{path}/1/actions/approve", day).status_code == 404
    approval = Approval(effective_from=date(2026, 1, 1), filing_no="备案-1")
    approve_version(TemplateVersion.objects.get().pk, approval, actor="staff:boss", at=now())
    done = checker.get(f"{path}/1").json()
    assert (done["state"], done["filing_no"]) == ("approved", "备案-1")
    assert writer.get(f"{path}/1").json() == done
    fixed = send(writer, f"{path}/1/actions/edit", {"note": "再改"})
    assert (fixed.status_code, fixed.json()["code"]) == (409, "template_version_fixed")
    second = send(writer, path, {"source": SOURCE + "完"})
    assert (second.status_code, second.json()["number"]) == (201, 2)
    retired = send(checker, f"{path}/1/actions/retire", {"reason": "停售"})
    assert retired.json()["state"] == "retired"


def test_a_file_is_uploaded_and_replaced(program):
    file = base64.b64encode(two_pages()).decode()
    seal = {"name": "seal", "kind": "seal", "role": "insurer", "page": 1, "rect": [0, 0, 0.2, 0.2]}
    body = made(source_kind="pdf", source="", file=file, fields=[seal], sample={})
    answer = send(program, "/templates", body)
    path = f"/templates/{answer.json()['id']}/versions"
    version = program.get(f"{path}/1").json()
    assert (version["source_kind"], version["pages"]) == ("pdf", 2)
    assert send(program, f"{path}/1/actions/edit", {"file": file}).status_code == 200
    assert send(program, path, {"source_kind": "pdf", "fields": [seal]}).json()["pages"] == 2
    for more, reason in (
        ({"file": "***"}, "Base64"),
        ({"file": base64.b64encode(b"x").decode()}, "PDF"),
        ({"source_kind": "typst", "source": "x"}, "没有文件"),
        ({"file": ""}, "没有文件"),
    ):
        refused = send(program, "/templates", body | {"code": "other"} | more)
        assert (refused.status_code, reason in refused.json()["detail"]) == (422, True), reason


def test_a_program_sees_its_units_templates_and_the_shared_ones(api_key, branch, platform):
    head = Program(api_key(*_ALL, name="head"))
    ids = {}
    for code, sharing in (("own", "own"), ("below", "below")):
        ids[code] = send(head, "/templates", made(code, sharing=sharing)).json()["id"]
    ids["branch"] = send(branch, "/templates", made("branch", sharing="own")).json()["id"]
    stranger = outside_company("测试投保企业")
    ids["stranger"] = create_template(
        TemplateDraft(
            code="stranger", title="外", document_type="x", unit=stranger, sharing=Sharing.OWN
        ),
        Content(source_kind=SourceKind.TYPST, source="外"),
        actor="test",
        at=now(),
    ).template.public_id

    def statuses(program, suffix=""):
        return [program.get(f"/templates/{one}{suffix}").status_code for one in ids.values()]

    for suffix in ("", "/versions", "/versions/1"):
        assert statuses(head, suffix) == [200, 200, 200, 404]
        assert statuses(branch, suffix) == [404, 200, 200, 404]
    assert {one["code"] for one in head.get("/templates").json()["items"]} == {
        "own", "below", "branch",
    }  # fmt: skip
    assert {one["code"] for one in branch.get("/templates").json()["items"]} == {"below", "branch"}
    for suffix in ("versions", "versions/1/actions/edit", "versions/1/actions/submit"):
        answers = [
            send(branch, f"/templates/{one}/{suffix}", {"source": "新"}).status_code
            for one in ids.values()
        ]
        assert answers[0] == answers[3] == 404, suffix
        assert answers[1] == 403, suffix
        assert answers[2] in {200, 201}, suffix
    fills = [
        branch.post(f"/templates/{one}/actions/fill", {"values": {}}).json()["code"]
        for one in ids.values()
    ]
    assert fills[0] == fills[3] == "template_unknown"
    other = send(branch, "/templates", made("more", unit=root_unit().public_id))
    assert other.status_code == 404


def test_a_template_is_shared_with_chosen_units_and_taken_back(api_key, branch, platform):
    head = Program(api_key(*_ALL, name="head"))
    unit = unit_of_code("DEMO11").public_id
    chosen = {"sharing": "chosen", "shared_with": [unit]}
    row = send(head, "/templates", made(**chosen)).json()
    assert (row["sharing"], row["shared_with"]) == ("chosen", [unit])
    address = f"/templates/{row['id']}"
    assert branch.get(address).json() == row
    share = f"{address}/actions/share"
    assert send(branch, share, {"sharing": "all"}).status_code == 403
    for more, field, word in (
        ({"sharing": "chosen"}, "shared_with", "至少选一个机构"),
        ({"sharing": "all", "shared_with": [unit]}, "sharing", "选了具体机构"),
        ({**chosen, "shared_with": [outside_company("外").public_id]}, "shared_with", "不能选"),
        ({**chosen, "shared_with": [root_unit().public_id]}, "shared_with", "不能选"),
    ):
        refused = send(head, share, more)
        assert (refused.status_code, word in refused.json()["detail"]) == (422, True), more
        assert refused.json()["errors"][0]["path"] == field
    unknown = send(head, share, chosen | {"shared_with": [row["id"]]})
    assert unknown.json()["code"] == "org_unit_unknown"
    kept = send(head, share, {"sharing": "own"}).json()
    assert (kept["sharing"], kept["shared_with"]) == ("own", [])
    assert branch.get(address).status_code == 404


@pytest.mark.parametrize(
    ("verb", "address"),
    [("get", ""), ("get", "/{id}"), ("get", "/{id}/versions"), ("post", "/{id}/actions/fill")],
)
def test_without_the_scope_nothing_is_shown(api_key, template, verb, address):
    program = Program(api_key(Scope.SEALS_READ))
    path = "/templates" + address.format(id=template.public_id)
    answer = program.post(path, {"values": {}}) if verb == "post" else program.get(path)
    assert answer.status_code == 403


PERSON = {
    "name": "测试伟",
    "id_type": "id_card",
    "id_no": "990000199001010001",
    "mobile": "19900000001",
}


@pytest.fixture
def signed_template(settings, platform):
    """A template of head office with a signature and a seal, in force, and a seal to use."""
    settings.BAOZHEN_TIMESTAMP = "none"
    make_seal(root_unit().name, unit=root_unit())
    fields = [
        *made()["fields"],
        {"name": "sign", "kind": "signature", "role": "customer", "rect": [0.1, 0.8, 0.3, 0.86]},
        {"name": "seal", "kind": "seal", "role": "insurer", "rect": [0.6, 0.7, 0.8, 0.84]},
    ]
    content = Content(
        source_kind=SourceKind.TYPST, source=SOURCE, fields=fields, sample=made()["sample"]
    )
    draft = TemplateDraft(
        code="receipt", title="回执", document_type="receipt", unit=root_unit(), sharing=Sharing.OWN
    )
    version = create_template(draft, content, actor="staff:writer", at=now())
    submit_version(version.pk, actor="staff:writer", at=now())
    approval = Approval(effective_from=date(2026, 1, 1))
    return approve_version(version.pk, approval, actor="staff:boss", at=now()).template


@pytest.mark.requirement("S2-L374", "S2-L160.m5")
def test_a_task_is_started_from_a_template_and_its_values(signed_template, program, branch):
    wish = {
        "template": "receipt",
        "values": {"holder": "张测试"},
        "parties": {"customer": PERSON},
        "silent": ["insurer"],
        "biz_no": "R-1",
    }
    answer = send(program, "/envelopes", wish)
    assert answer.status_code == 201, answer.content
    shown = answer.json()
    assert (shown["flow"], shown["title"], shown["document_type"]) == (
        "template",
        "回执",
        "receipt",
    )
    assert [
        (party["role"], [(step["type"], step["order"]) for step in party["actions"]])
        for party in shown["signatories"]
    ] == [("customer", [("sign", 1)]), ("insurer", [("seal", 2)])]
    by_id = wish | {"template": signed_template.public_id}
    assert send(program, "/envelopes", by_id).json()["id"] == shown["id"]
    for more, path in (
        ({"values": {}}, "values.holder"),
        ({"flow": "claim_application"}, "flow"),
        ({"parties": {}}, "parties.customer"),
        ({"template": ""}, "silent"),
        ({"template": "", "silent": []}, "flow"),
    ):
        refused = send(program, "/envelopes", wish | {"biz_no": "R-2"} | more)
        assert (refused.status_code, refused.json()["errors"][0]["path"]) in {
            (422, path), (422, path.removeprefix("values.")),
        }, more  # fmt: skip
    for address, body in (
        ("/envelopes", wish),
        ("/envelope-batches", {"flow": signed_template.public_id, "rows": [{}]}),
    ):
        assert send(branch, address, body).json()["code"] == "template_unknown"
    rows = [{"values": wish["values"], "parties": wish["parties"], "silent": ["insurer"]}]
    batch = {"flow": signed_template.public_id, "rows": rows}
    assert send(program, "/envelope-batches", batch).status_code == 202
