"""The products on offer: filings, clauses, the laws they rest on; and the solvency figures."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from baozhen.faces.console.access import needs
from baozhen.faces.console.registers import Cell, Link, Sheet, show_sheet
from baozhen.foundation.clock import today
from baozhen.insurance.products.enumerations import label
from baozhen.insurance.products.norms import norms, register_version
from baozhen.insurance.products.offers import Product
from baozhen.insurance.products.queries import products_on, solvency_on, tables_on
from baozhen.signing.organizations.roles import Permission

_COLUMNS = ("产品", "投保单", "备案号", "条款版本", "地区", "渠道", "销售期间", "依据")


@needs(Permission.VIEW_PRODUCTS)
@require_GET
def products(request: HttpRequest) -> HttpResponse:
    """Show what is sold today, and on what it rests."""
    day = today()
    in_force = tables_on(day)
    offered = [_cells(product, day) for product in products_on(day).values()]
    cited = sorted({norm for one in products_on(day).values() for norm in one.norms})
    unconfirmed = len(in_force.unconfirmed)
    sheet = Sheet(
        here="products",
        title="产品",
        state=Cell(
            text=f"{unconfirmed} 张表待确认" if unconfirmed else "各表均已确认",
            tone="amber" if unconfirmed else "jade",
            icon="alert" if unconfirmed else "check",
        ),
        facts=(
            ("产品表版本", in_force.versions["products"], True),
            ("依据目录版本", register_version(), True),
            *_solvency_facts(),
        ),
        back=Link(href=reverse("console:tables"), label="费率与规则", icon="left"),
        tables=(
            ("在售产品", _COLUMNS, offered),
            (
                "所依据的法规与条款",
                ("编号", "名称", "版本", "发布", "全文"),
                [_law(n) for n in cited],
            ),
        ),
    )
    return show_sheet(request, sheet)


def _cells(product: Product, day: object) -> list[Cell]:
    ends = product.effective_to.isoformat() if product.effective_to else "长期"
    return [
        Cell(text=product.title),
        Cell(text="各类" if product.form is None else label("form", product.form)),
        Cell(text=product.filing_no),
        Cell(text=product.clauses_version),
        Cell(text=_said(product.regions)),
        Cell(text=_channels(product.channels)),
        Cell(text=f"{product.effective_from.isoformat()} 至 {ends}"),
        Cell(text="、".join(product.norms)),
    ]


def _said(words: frozenset[str] | None) -> str:
    return "不限" if words is None else "、".join(sorted(words))


def _channels(words: frozenset[str] | None) -> str:
    return "不限" if words is None else "、".join(label("channel", word) for word in sorted(words))


def _law(key: str) -> list[Cell]:
    norm = norms()[key]
    return [
        Cell(text=norm.id, is_code=True),
        Cell(text=norm.title),
        Cell(text=norm.edition),
        Cell(text=norm.issuer),
        Cell(text="已读全文" if norm.text_read else "未见全文，待确认"),
    ]


def _solvency_facts() -> tuple[tuple[str, str, bool], ...]:
    found = solvency_on(today())
    if found is None:
        return (("偿付能力", "尚未录入：在“费率与规则”页录入并由另一人批准", False),)
    verdict = "达标" if found["is_sufficient"] else "不达标"
    return (
        ("偿付能力报告期", found["label"], False),
        ("核心充足率", f"{found['core_percent']}%", False),
        ("综合充足率", f"{found['comprehensive_percent']}%", False),
        ("风险综合评级", f"{found['rating']}（{found['rating_quarter']}），{verdict}", False),
    )
