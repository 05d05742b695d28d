"""What payment demands by region: the proposal's SMS code, and who may pay."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from baozhen.faces.console.access import needs
from baozhen.faces.console.registers import Cell, Link, Sheet, show_sheet
from baozhen.foundation.clock import today
from baozhen.insurance.products.queries import tables_on
from baozhen.insurance.products.region_duties import RegionDuties, all_duties, duties_source
from baozhen.signing.organizations.roles import Permission


@needs(Permission.VIEW_PAYMENTS)
@require_GET
def regions(request: HttpRequest) -> HttpResponse:
    """Show the table in force: everywhere first, then the regions with a rule of their own."""
    version, source = duties_source()
    names = {code: province.name for code, province in tables_on(today()).provinces.items()}
    duties = all_duties()
    own = len(duties) - 1
    sheet = Sheet(
        here="payment_orders",
        title="地区要求",
        state=Cell(text=f"{own} 个地区另有规定" if own else "各地区要求相同", tone="jade"),
        facts=(
            ("版本", version, True),
            ("依据", source, False),
            ("怎么用", "缴费前按保单所在地区查这张表；没有单列的地区按第一行执行", False),
        ),
        back=Link(href=reverse("console:payment_orders"), label="支付订单", icon="left"),
        tables=(
            (
                "缴费前的要求",
                ("地区", "代码", "投保短信验证", "付款人"),
                [_cells(one, names, is_only=not own) for one in duties],
            ),
        ),
    )
    return show_sheet(request, sheet)


def _cells(duties: RegionDuties, names: dict[str, str], *, is_only: bool) -> list[Cell]:
    code, others = duties.region, "全国各地区" if is_only else "其他各地区"
    return [
        Cell(text=names.get(code[:2], code) if code else others),
        Cell(text=code or "—", is_code=bool(code)),
        Cell(text="须通过" if duties.code else "不要求"),
        Cell(text="须为投保人" if duties.payer else "不限"),
    ]
