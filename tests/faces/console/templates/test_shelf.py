"""The staff pages of templates: make, edit, submit, approve by another person, share, retire."""

import io
import json

import pikepdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from baozhen.foundation.clock import now
from baozhen.signing.organizations.queries import root_unit, unit_of_code
from baozhen.signing.organizations.services import PowerRequest, grant_power
from baozhen.signing.templates.models import Clause, Template, TemplateVersion
from baozhen.signing.templates.services import Content, TemplateDraft, create_template
from baozhen.signing.templates.states import Sharing, SourceKind
from tests.faces.conftest import BACKEND

pytestmark = pytest.mark.django_db(transaction=True)

SOURCE = '#import "/look.typ": *\n#show: setup.with("回执")\n正文'


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
    """Make a draft that amy wrote."""

    def make(code="receipt", unit=None, sharing=Sharing.BELOW):
        content = Content(source_kind=SourceKind.TYPST, source=SOURCE, note="首版")
        facts = TemplateDraft(
            code=code,
            title="回执",
            document_type="receipt",
            unit=unit or root_unit(),
            sharing=sharing,
        )
        return create_template(facts, content, actor="staff:amy", at=now())

    return make


def new_template(**more):
    return {
        "title": "确认书", "code": "confirmation", "document_type": "confirmation",
        "unit": root_unit().pk, "sharing": "below", "needs_filing": "no", "way": "typst",
    } | more  # fmt: skip


def page_of_a_pdf():
    pdf = pikepdf.new()
    pdf.add_blank_page(page_size=(595, 842))
    target = io.BytesIO()
    pdf.save(target)
    return SimpleUploadedFile("表.pdf", target.getvalue())


def send(client, address, **content):
    return client.post(address, json.dumps(content), content_type="application/json")


@pytest.mark.requirement("S2-L160.c3")
def test_another_person_approves_and_retires(browser, draft):
    amy, bob = browser("模版管理员", "amy"), browser("模版管理员", "bob")
    row = draft()
    address = f"/console/template-versions/{row.pk}"
    asked = {"effective_from": "2026-01-01", "effective_until": "2027-01-01", "filing_no": "备-1"}
    assert "回执" in amy.get("/console/templates").content.decode()
    assert "第 1 版" in amy.get(f"/console/templates/{row.template_id}").content.decode()
    assert amy.get(f"{address}/sample.pdf").content.startswith(b"%PDF")
    bob.post(f"{address}/approve", asked)
    assert TemplateVersion.objects.get().state == "draft"
    amy.post(f"{address}/submit")
    amy.post(f"{address}/approve", asked)
    assert TemplateVersion.objects.get().state == "submitted"
    assert "须由另一人批准" in amy.get(address).content.decode()
    assert "回执" in bob.get("/console/templates/waiting").content.decode()
    bob.post(f"{address}/approve", {"effective_from": "明天"})
    bob.post(f"{address}/return", {"reason": ""})
    assert TemplateVersion.objects.get().state == "submitted"
    bob.post(f"{address}/return", {"reason": "错字"})
    assert TemplateVersion.objects.get().state == "draft"
    amy.post(f"{address}/submit")
    bob.post(f"{address}/approve", asked)
    approved = TemplateVersion.objects.get()
    assert (approved.state, str(approved.effective_until)) == ("approved", "2027-01-01")
    assert approved.filing_no == "备-1"
    bob.post(f"{address}/end", {"reason": ""})
    assert TemplateVersion.objects.get().state == "approved"
    bob.post(f"{address}/end", {"reason": "停售"})
    assert TemplateVersion.objects.get().state == "retired"
    assert "提交批准" in bob.get(address).content.decode()  # the acts have Chinese names


@pytest.mark.requirement("S2-L160.c2")
def test_the_difference_is_shown(browser, draft):
    amy = browser("模版管理员", "amy")
    row = draft()
    address = f"/console/template-versions/{row.pk}"
    field = {"name": "holder", "kind": "text", "label": "投保人"}
    changed = {"source": SOURCE + "完", "fields": [field], "sample": {"holder": "张测试"}}
    assert send(amy, f"{address}/save", note="改结尾", **changed).status_code == 200
    shown = amy.get(address).content.decode()
    assert "+正文完" in shown
    assert "-正文" in shown
    assert "改结尾" in shown
    assert "投保人" in shown


def test_the_editor_names_every_fault_where_it_is(browser, draft):
    amy = browser("模版管理员", "amy")
    address = f"/console/template-versions/{draft().pk}"
    whole = {"source": SOURCE, "fields": [], "sample": {}}
    seal = {"name": "seal", "kind": "seal", "rect": [0, 0, 2, 1]}
    answer = send(amy, f"{address}/save", **whole | {"fields": [seal]})
    assert answer.status_code == 422
    assert {one["path"] for one in answer.json()["faults"]} == {"fields.0.rect", "fields.0.role"}
    answer = send(amy, f"{address}/preview", **whole | {"source": SOURCE + "\n#nothing"})
    assert [one["line"] for one in answer.json()["lines"]] == [4]
    answer = send(amy, f"{address}/preview", **whole | {"source": '#eval("1")\n#plugin("x")'})
    assert [one["line"] for one in answer.json()["lines"]] == [1, 2]
    text = {"name": "holder", "kind": "text"}
    answer = send(amy, f"{address}/preview", **whole | {"fields": [text]})
    assert [one["path"] for one in answer.json()["faults"]] == ["sample.holder"]
    answer = send(amy, f"{address}/preview", **whole | {"page": 7})
    assert (answer["Content-Type"], answer["X-Pages"], answer["X-Page"]) == ("image/png", "1", "0")
    assert send(amy, f"{address}/preview", **whole | {"page": "x"}).status_code == 422
    assert send(amy, f"{address}/save", **whole | {"fields": "x"}).status_code == 422
    stale = send(amy, f"{address}/save", **whole | {"sha256": "0" * 64})
    assert "刚被别人改过" in stale.json()["message"]


def test_a_file_becomes_a_template_and_a_new_version_takes_what_fits(browser):
    amy = browser("模版管理员", "amy")
    made = amy.post("/console/templates/new", new_template(way="file", file=page_of_a_pdf()))
    version = TemplateVersion.objects.get()
    assert made["Location"] == f"/console/template-versions/{version.pk}/edit"
    assert amy.get(made["Location"]).status_code == 200
    pages = f"/console/template-versions/{version.pk}/pages"
    picture = amy.get(f"{pages}/0.png")
    assert picture.content.startswith(b"\x89PNG")
    assert "private" in picture["Cache-Control"]
    assert amy.get(f"{pages}/1.png").status_code == 422
    fields = [
        {"name": "one", "kind": "text", "rect": [0.1, 0.1, 0.5, 0.2]},
        {"name": "two", "kind": "amount", "rect": [0.1, 0.3, 0.5, 0.4]},
    ]
    saved = f"/console/template-versions/{version.pk}/save"
    assert send(amy, saved, fields=fields, sample={}, source="").status_code == 200
    again = f"/console/templates/{version.template_id}/versions/new"
    for way, files in (("copy", {}), ("file", {"file": page_of_a_pdf()}), ("typst", {})):
        assert amy.post(again, {"way": way, "note": "再改"} | files).status_code == 302
    newest = TemplateVersion.objects.order_by("-number")
    assert [one.source_kind for one in newest] == ["typst", "pdf", "pdf", "pdf"]
    assert [len(one.fields) for one in newest] == [2, 2, 2, 2]


def test_what_cannot_be_made_says_why_beside_its_field(browser, monkeypatch):
    amy = browser("模版管理员", "amy")
    monkeypatch.setenv("PATH", "")
    word = SimpleUploadedFile("表.docx", b"PK")
    for more, said in (
        ({"way": "file", "file": word}, "LibreOffice"),
        ({"way": "file"}, "请选择文件"),
        ({"code": "A B"}, "代码应以小写字母开头"),
        ({"unit": "0"}, "请选择机构"),
        ({"sharing": "x"}, "没有这个共享范围"),
    ):
        answer = amy.post("/console/templates/new", new_template(**more))
        assert (answer.status_code, said in answer.content.decode()) == (422, True), said
    assert not Template.objects.exists()


def test_a_branch_sees_what_is_shared_with_it(browser, draft, staff):
    head, branch = root_unit(), unit_of_code("DEMO11")
    rows = {
        "own": draft("own_one", head, Sharing.OWN),
        "below": draft("below_one", head, Sharing.BELOW),
        "branch": draft("branch_one", branch, Sharing.OWN),
    }
    amy = browser("模版管理员", "amy")
    account = staff("客服", name="carl").account
    granter = staff("安全管理员", name="anquan").account
    power = PowerRequest(account=account, unit=branch, role="模版管理员", reason="岗位")
    grant_power(power, granter=granter, actor="test", at=now())
    carl = Client()
    carl.force_login(account.user, backend=BACKEND)

    def statuses(person, word):
        address = "/console/templates/{}" + word
        keys = [row.template_id for row in rows.values()]
        return [person.get(address.format(key)).status_code for key in keys]

    assert statuses(carl, "") == [404, 200, 200]
    assert statuses(carl, "/settings") == [404, 403, 200]
    address = f"/console/templates/{rows['own'].template_id}/sharing"
    chosen = {"sharing": "chosen", "units": [branch.pk]}
    assert carl.post(address, chosen).status_code == 404
    nobody = amy.post(address, chosen | {"units": []})
    assert (nobody.status_code, "至少选一个机构" in nobody.content.decode()) == (422, True)
    assert amy.post(address, chosen).status_code == 302
    assert statuses(carl, "") == [200, 200, 200]
    assert statuses(carl, "/sharing") == [403, 403, 200]
    shown = amy.get(address[: -len("/sharing")]).content.decode()
    assert f"选定的机构及其下级：{branch.name}" in shown
    assert f'value="{branch.pk}" checked' in amy.get(address).content.decode()
    version = rows["own"].pk
    assert carl.get(f"/console/template-versions/{version}").status_code == 200
    assert carl.get(f"/console/template-versions/{version}/edit").status_code == 403
    assert send(carl, f"/console/template-versions/{version}/save").status_code == 403


def test_a_clause_is_made_changed_and_its_use_seen(browser, draft):
    amy = browser("模版管理员", "amy")
    assert "还没有共用条款" in amy.get("/console/template-clauses").content.decode()
    wanted = {"title": "隐私", "code": "privacy", "unit": root_unit().pk, "text": "= 隐私"}
    wrong = amy.post("/console/template-clauses/new", wanted | {"text": '#read("x")\n#eval("1")'})
    assert (wrong.status_code, "第 2 行" in wrong.content.decode()) == (422, True)
    amy.post("/console/template-clauses/new", wanted)
    clause = Clause.objects.get()
    row = draft()
    linked = SOURCE + '\n#include "/clauses/privacy.typ"'
    saved = f"/console/template-versions/{row.pk}/save"
    assert send(amy, saved, source=linked, fields=[], sample={}).status_code == 200
    address = f"/console/template-clauses/{clause.pk}"
    assert "回执 第 1 版" in amy.get(address).content.decode()
    assert "1 个版本正用着" in amy.get(f"{address}/change").content.decode()
    assert amy.post(f"{address}/change", {"text": "= 个人信息"}).status_code == 302
    assert TemplateVersion.objects.get().clauses.get().text == "= 个人信息"
    assert amy.get("/console/template-clauses").content.decode().count("隐私") == 1


def test_who_may_not_manage_changes_nothing(browser, draft):
    clerk = browser("业务经办", "clerk")
    row = draft()
    address = f"/console/template-versions/{row.pk}"
    assert "编辑" not in clerk.get(address).content.decode().split("修改经过")[0]
    for word in ("submit", "approve", "return", "end", "save", "preview"):
        assert clerk.post(f"{address}/{word}", {}).status_code == 403, word
    assert clerk.get(f"{address}/edit").status_code == 403
    assert TemplateVersion.objects.get().state == "draft"
