"""业务统计 in a browser: pictures are drawn, and each bar leads to its rows."""

import pytest

from tests.e2e.test_console import sign_in
from tests.e2e.widths import at

pytestmark = pytest.mark.django_db(transaction=True)
BAR = "[data-chart='保险费（按投保单）'] svg path[fill='#1456B8']"


@at("phone")
def test_a_bar_leads_to_the_rows_that_it_counts(visitor, staff, policy):
    staff("业务负责人", name="leader")
    sign_in(visitor, "leader")
    visitor.open("/console/statistics/journey")
    visitor.tab.wait_for_selector(BAR)
    visitor.tab.click("summary >> nth=0")
    visitor.look("statistics-journey")
    visitor.tab.click(BAR)
    visitor.tab.wait_for_selector(f"main :text('{policy.number}')")
    assert "form=car" in visitor.tab.url
    visitor.open("/console/statistics/journey?branch=DEMO51")
    assert visitor.tab.locator("[data-chart]").count() == 0
