"""Staff make templates: fields placed by mouse and keys, a text set on line, a second person."""

import io
from datetime import date

import pikepdf
import pytest

from baozhen.foundation.clock import now
from baozhen.signing.envelopes.models import BatchRow, Envelope
from baozhen.signing.envelopes.services.batches import start_rows
from baozhen.signing.organizations.queries import root_unit, unit_of_code
from baozhen.signing.organizations.services import UnitFacts, create_unit
from baozhen.signing.organizations.states import UnitKind
from baozhen.signing.templates.models import TemplateVersion
from baozhen.signing.templates.services import (
    Approval,
    Content,
    TemplateDraft,
    approve_version,
    create_template,
    make_clause,
    submit_version,
)
from baozhen.signing.templates.states import SourceKind, VersionState
from tests.e2e.widths import at
from tests.signing.envelopes.conftest import desk  # noqa: F401 -- fixture

pytestmark = pytest.mark.django_db(transaction=True)

BAD_LINE = (
    '#import "/look.typ": *\n#let data = json("/data.json")\n#show: setup.with("回执")\n#nothing\n'
)
GOOD = BAD_LINE.replace("#nothing", '投保人：#data.shown.holder\n#place-for("投保人（签名）")')


def sign_in(visitor, name):
    visitor.tab.context.clear_cookies()
    visitor.open("/console/")
    visitor.tab.fill("#id_username", name)
    visitor.tab.fill("#id_password", "a-long-password-1")
    visitor.tab.click("text=登录 >> nth=-1")
    visitor.tab.wait_for_selector("aside nav")


def two_pages():
    pdf = pikepdf.new()
    pdf.add_blank_page(page_size=(595, 842))
    pdf.add_blank_page(page_size=(842, 595))
    target = io.BytesIO()
    pdf.save(target)
    return target.getvalue()


def begin(visitor, code, way, file=None):
    visitor.open("/console/templates")
    visitor.tab.click("text=新建模版")
    visitor.tab.fill("#id_title", "投保确认书")
    visitor.tab.fill("#id_code", code)
    visitor.tab.fill("#id_document_type", "confirmation")
    visitor.tab.select_option("#id_way", way)
    if file is not None:
        given = {"name": "a.pdf", "mimeType": "application/pdf", "buffer": file}
        visitor.tab.set_input_files("#id_file", given)
    visitor.look(f"templates-new-{way}")
    visitor.tab.click("button:has-text('建模版')")
    visitor.tab.wait_for_selector("[data-editor]")
    picture = "document.querySelector('[data-picture]').naturalWidth > 0"
    visitor.tab.wait_for_function(f"() => {picture}")


def drag(visitor, selector, x, y):
    """Drag the middle of an element by so many points, as a mouse does."""
    visitor.tab.locator(selector).scroll_into_view_if_needed()
    box = visitor.tab.locator(selector).bounding_box()
    mouse, left, top = visitor.tab.mouse, box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    mouse.move(left, top)
    mouse.down()
    mouse.move(left + x / 2, top + y / 2)
    mouse.move(left + x, top + y)
    mouse.up()


def save(visitor, word):
    visitor.tab.click("[data-save]")
    visitor.tab.wait_for_selector(f"[data-status]:text-is('{word}')")


def boxes(visitor):
    """Where each field lies on the page in view, in fractions of the page."""
    return visitor.tab.evaluate(
        """() => {
          const page = document.querySelector("[data-sheet]").getBoundingClientRect();
          return Object.fromEntries([...document.querySelectorAll(".mark")].map((mark) => {
            const box = mark.getBoundingClientRect();
            const near = (value) => Math.round(value * 100) / 100;
            const x = (side) => near((side - page.left) / page.width);
            const y = (side) => near((side - page.top) / page.height);
            return [mark.firstChild.textContent, [
              x(box.left), y(box.top), x(box.right), y(box.bottom),
            ]];
          }));
        }"""
    )


@pytest.mark.requirement("S2-L160.c1", "S2-L160.c3")
def test_fields_are_placed_moved_saved_and_found_again(visitor, staff, platform):
    staff("模版管理员", name="amy")
    staff("模版管理员", name="bob")
    sign_in(visitor, "amy")
    begin(visitor, "confirmation", "file", two_pages())
    kinds = ("text", "date", "amount", "choice", "checkbox", "table", "qr")
    for number, kind in enumerate(kinds):
        visitor.tab.click(f"[data-kind={kind}]")
        drag(visitor, ".mark[aria-pressed=true]", -20 + number * 6, -90 + number * 22)
    visitor.tab.click("[data-kind=attachment]")
    visitor.tab.click("[data-kind=signature]")
    visitor.tab.fill("[name=label]", "投保人签名")
    drag(visitor, ".mark.signed", -20, 90)
    save(visitor, "没有保存")
    assert visitor.tab.locator("[data-list] .faulty").count() == 3
    visitor.tab.click("[data-list] button:has-text('投保人签名')")
    assert "没有签署方" in visitor.tab.inner_text("[data-prop=role] .fault")
    visitor.look("templates-editor-faults")
    fill_by_label(visitor, "单选1", "options", "甲\n乙")
    fill_by_label(visitor, "表格1", "columns", "姓名\n金额")
    fill_by_label(visitor, "投保人签名", "role", "policyholder")
    visitor.tab.locator(".mark.signed").focus()
    before = boxes(visitor)["投保人签名"]
    for _ in range(10):
        visitor.tab.keyboard.press("ArrowDown")
    for _ in range(10):
        visitor.tab.keyboard.press("Shift+ArrowRight")
    moved = boxes(visitor)["投保人签名"]
    assert moved[1] == pytest.approx(before[1] + 0.05, abs=0.011)
    assert moved[2] - moved[0] == pytest.approx(before[2] - before[0] + 0.05, abs=0.021)
    visitor.tab.click("[data-page-on]")
    visitor.tab.click("[data-kind=seal]")
    visitor.tab.fill("[name=role]", "insurer")
    drag(visitor, ".mark.signed i", 25, 25)
    save(visitor, "已保存")
    second, placed = boxes(visitor), {}
    visitor.tab.click("[data-page-back]")
    placed = boxes(visitor)
    visitor.look("templates-editor")
    visitor.tab.reload()
    visitor.tab.wait_for_selector(".mark")
    assert boxes(visitor) == placed
    assert len(placed) == 8
    visitor.tab.click("[data-page-on]")
    assert boxes(visitor) == second
    kept = TemplateVersion.objects.get()
    assert {entry["kind"] for entry in kept.fields} >= {"signature", "seal", "table", "attachment"}
    visitor.tab.locator(".mark.signed").focus()
    visitor.tab.keyboard.press("Delete")
    assert boxes(visitor) == {}
    save(visitor, "已保存")
    submit_and_approve(visitor, kept)


def fill_by_label(visitor, label, name, text):
    visitor.tab.click(f"[data-list] button:has-text('{label}')")
    visitor.tab.fill(f"[data-properties] [name={name}]", text)


def submit_and_approve(visitor, version):
    address = f"/console/template-versions/{version.pk}"
    TemplateVersion.objects.filter(pk=version.pk).update(
        sample={
            "text_1": "张测试", "date_1": "2026-02-01", "amount_1": 100, "choice_1": "甲",
            "checkbox_1": True, "table_1": [["李测试", "1"]], "qr_1": "https://example.invalid/1",
        }
    )  # fmt: skip
    visitor.open(address)
    visitor.look("templates-version")
    visitor.tab.click("button:has-text('提交批准')")
    visitor.tab.wait_for_selector("text=您写过或改过这一版")
    sign_in(visitor, "bob")
    visitor.open("/console/templates/waiting")
    visitor.look("templates-waiting")
    visitor.tab.click("main table a")
    visitor.tab.fill("[name=effective_from]", "2026-01-01")
    visitor.tab.fill("[name=filing_no]", "备案-1")
    visitor.look("templates-approve")
    visitor.tab.click("button:has-text('确认批准')")
    visitor.tab.wait_for_selector(".tag:has-text('已批准')")
    version.refresh_from_db()
    assert version.state == VersionState.APPROVED
    visitor.open(f"/console/templates/{version.template_id}")
    visitor.look("templates-one")
    visitor.open("/console/templates")
    visitor.look("templates")


@pytest.mark.requirement("S2-L160.c1", "S2-L160.c4")
def test_a_text_is_set_as_one_types(visitor, staff, platform):
    staff("模版管理员", name="amy")
    facts = {"unit": root_unit(), "actor": "staff:writer", "at": now()}
    wording = make_clause("privacy", "隐私", "= 个人信息\n按约定使用。", **facts)
    sign_in(visitor, "amy")
    begin(visitor, "receipt", "typst")
    first = visitor.tab.get_attribute("[data-picture]", "src")
    visitor.tab.fill("[data-source]", BAD_LINE)
    visitor.tab.wait_for_selector("button:has-text('到第 4 行')")
    assert "没有这个变量" in visitor.tab.inner_text("[data-alert]")
    assert visitor.tab.inner_text("[data-gutter] .faulty") == "4"
    visitor.look("templates-text-fault")
    visitor.tab.click("[data-kind=text]")
    visitor.tab.fill("[name=label]", "投保人")
    visitor.tab.fill("[data-properties] [name=name]", "holder")
    visitor.tab.fill("[data-sample-slot] input", "张测试")
    visitor.tab.click("[data-kind=signature]")
    visitor.tab.fill("[name=role]", "policyholder")
    visitor.tab.fill("[data-source]", GOOD)
    visitor.tab.select_option("[data-clause]", "privacy")
    visitor.tab.wait_for_selector("[data-alert]", state="hidden")
    shown = f"() => document.querySelector('[data-picture]').src !== {first!r}"
    visitor.tab.wait_for_function(shown)
    visitor.tab.wait_for_selector("[data-sheet]:not(.busy)")
    save(visitor, "已保存")
    visitor.look("templates-text")
    version = TemplateVersion.objects.get()
    assert version.sample == {"holder": "张测试"}
    assert version.clauses.get() == wording
    visitor.open(f"/console/template-clauses/{wording.clause_id}")
    assert "投保确认书 第 1 版" in visitor.tab.inner_text("main")
    visitor.look("templates-clause")
    visitor.tab.click("text=改措辞")
    visitor.tab.fill("#id_text", "= 个人信息保护\n按约定使用。")
    visitor.look("templates-clause-change")
    visitor.tab.click("button:has-text('换成新措辞')")
    visitor.tab.wait_for_selector("text=1 个模版得到新草稿")
    assert version.clauses.get().number == 2
    visitor.open(f"/console/template-versions/{version.pk}")
    visitor.look("templates-version-text")


@pytest.mark.requirement("S2-L374", "S2-L420a")
def test_a_task_is_started_from_a_template(visitor, staff, desk):  # noqa: F811
    staff("业务经办", "模版管理员", name="jingban")
    version = put_in_force()
    sign_in(visitor, "jingban")
    visitor.open("/console/envelopes/start")
    visitor.tab.click("a:has-text('选模版')")
    visitor.look("templates-choose")
    visitor.tab.click("main a:has-text('选择')")
    visitor.tab.fill("[name='value.premium']", "一百")
    visitor.tab.click("button:has-text('发起')")
    visitor.tab.wait_for_selector("[role=alert]")
    assert "应为以元为单位" in visitor.tab.inner_text(".fault >> nth=1")
    visitor.look("templates-start-faults")
    visitor.tab.fill("[name='value.holder']", "张测试")
    visitor.tab.fill("[name='value.premium']", "1376.45")
    visitor.tab.fill("[name='party.policyholder.name']", "张测试")
    visitor.tab.fill("[name='party.policyholder.id_no']", "990000199001010019")
    visitor.tab.fill("[name='party.policyholder.mobile']", "19900000001")
    visitor.tab.select_option("[name='party.insurer.unit']", "silent")
    visitor.tab.click("button:has-text('发起')")
    visitor.tab.wait_for_selector("text=已发起")
    visitor.look("templates-started")
    envelope = Envelope.objects.get(flow="template")
    assert envelope.values == {"holder": "张测试", "premium": 137645}
    assert desk.finish(envelope).state == "completed"
    visitor.open(f"/console/templates/{version.template_id}")
    visitor.tab.click("text=用它发起签署")
    visitor.tab.wait_for_selector("text=由谁盖章")
    visitor.open("/console/envelope-batches/upload")
    visitor.tab.select_option("select[name=flow]", version.template.public_id)
    visitor.tab.check("[name=silent]")
    head = "投保人,保险费,biz_no,policyholder.name,policyholder.id_no,policyholder.mobile"
    line = "张测试,12.5,N1,张测试,990000199001010019,19900000001"
    table = {"name": "t.csv", "mimeType": "text/csv", "buffer": f"{head}\n{line}".encode()}
    visitor.tab.set_input_files("input[type=file]", table)
    visitor.look("templates-table")
    visitor.tab.click("button:has-text('上传并发起')")
    visitor.tab.wait_for_selector("text=行数")
    start_rows(keys=list(BatchRow.objects.values_list("pk", flat=True)))
    (row,) = BatchRow.objects.all()
    assert (row.status, row.problem) == ("started", "")


def put_in_force():
    fields = [
        {"name": "holder", "kind": "text", "label": "投保人"},
        {"name": "premium", "kind": "amount", "label": "保险费"},
        {"name": "sign", "kind": "signature", "role": "policyholder", "keyword": "投保人（签名）"},
        {"name": "seal", "kind": "seal", "role": "insurer", "rect": [0.6, 0.6, 0.8, 0.74]},
    ]
    sample = {"holder": "张测试", "premium": 1}
    content = Content(source_kind=SourceKind.TYPST, source=GOOD, fields=fields, sample=sample)
    draft = TemplateDraft(
        code="confirmation", title="投保确认书", document_type="confirmation", unit=root_unit()
    )
    made = create_template(draft, content, actor="amy", at=now())
    submit_version(made.pk, actor="amy", at=now())
    approval = Approval(effective_from=date(2026, 1, 1), filing_no="备案-1")
    return approve_version(made.pk, approval, actor="bob", at=now())


@at("phone")
def test_a_template_is_shared_with_chosen_units(visitor, staff, platform):
    staff("模版管理员", name="amy")
    branch = unit_of_code("DEMO11")
    facts = UnitFacts(name="测试支公司", parent=branch, kind=UnitKind.BRANCH)
    create_unit(facts, actor="test", at=now())
    draft = TemplateDraft(code="receipt", title="回执", document_type="receipt", unit=root_unit())
    content = Content(source_kind=SourceKind.TYPST, source=GOOD)
    made = create_template(draft, content, actor="staff:writer", at=now())
    sign_in(visitor, "amy")
    visitor.open(f"/console/templates/{made.template_id}")
    visitor.tab.click("text=共享 >> nth=0")
    visitor.tab.wait_for_selector(".unit-tree")
    visitor.tab.check("input[value=chosen]")
    visitor.tab.check(f"input[name=units][value='{branch.pk}']")
    visitor.look("template-sharing")
    visitor.tab.click("button:has-text('保存共享范围')")
    visitor.tab.wait_for_selector("text=共享范围已保存")
    assert f"选定的机构及其下级：{branch.name}" in visitor.tab.inner_text("main")
    visitor.look("template-shared")
