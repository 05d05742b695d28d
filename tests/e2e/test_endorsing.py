"""S-06 on the phone, day by day: raise a limit, cancel with a certificate, give up, to the fen."""

import pytest

from baozhen.foundation.storage import get_storage
from baozhen.insurance.endorsements.jobs import apply_due_job
from baozhen.insurance.endorsements.models import Change, Endorsement
from baozhen.insurance.payments.models import PaymentOrder, Refund
from baozhen.insurance.policies.models import PolicyFile
from tests.e2e.conftest import SIZES, Visitor
from tests.e2e.journey import Journey, sign_in, work
from tests.e2e.test_console import sign_in as staff_sign_in
from tests.e2e.test_portal import send
from tests.e2e.widths import at
from tests.insurance.applications.making import PERSON_A
from tests.insurance.endorsements.making import CARD, JPEG, issued_s01, paid_order

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("spring")]
CERTIFICATE = {"name": "certificate.jpg", "mimeType": "image/jpeg", "buffer": JPEG}


@pytest.fixture
def day(monkeypatch):
    """Let it be a day of 2025: what is due by then happens, as the clock's jobs have it."""

    def dawns(month, day, hour=10):
        monkeypatch.setenv("BAOZHEN_CLOCK", f"2025-{month:02}-{day:02}T{hour:02}:00:00+08:00")
        apply_due_job()
        work()

    return dawns


@pytest.fixture
def policies(day, platform):
    """S-01 as it was bought on the tenth of March, with the order that paid for it."""
    day(3, 10)
    return issued_s01(order_no=paid_order().order_no)


@pytest.fixture
def approve(visitor, staff):
    """Have a leader see a change on the list, on a phone of their own, and agree."""
    width, height = SIZES["phone"]
    context = visitor.tab.context.browser.new_context(
        viewport={"width": width, "height": height}, locale="zh-CN", timezone_id="Asia/Shanghai"
    )
    context.set_default_timeout(60_000)
    leader = Visitor(context.new_page(), visitor.base, "phone")

    def agree(change, name):
        # Passwords of three months ago are over: each time it is another leader.
        staff("业务负责人", name=name)
        context.clear_cookies()
        staff_sign_in(leader, name)
        leader.open("/console/changes")
        leader.look("changes")
        leader.tab.click("main tbody a >> nth=0")
        leader.tab.wait_for_selector(f"text={change.content_sha256}")
        leader.look("change-approve")
        leader.tab.click("main button:has-text('同意') >> nth=0")
        leader.tab.wait_for_selector("text=已同意，请客户确认")

    yield agree
    context.close()


class Holder(Journey):
    """The holder of S-01, who signs in on each of the days."""

    def come_in(self, policy):
        """Sign in and find the policy in the wallet."""
        self.visitor.open("/m/sign-in?next=/m/policies")
        sign_in(self.visitor, self.person)
        self.tab.click(f"text={policy.number}")
        self.tab.wait_for_selector("h1:has-text('电子保单')")

    def ask(self, words, **typed):
        """Choose a change in plain words and fill in what it asks for."""
        self.tab.click("text=去办理批改")
        self.look("change-choose")
        self.tab.click(f"text={words}")
        self.tab.wait_for_selector("[name=effective_on]")
        self.fill(**typed)

    def fill(self, **typed):
        for name, value in typed.items():
            if name in {"code", "ground"}:
                self.tab.select_option(f"[name={name}]", value)
            elif name == "ground_paper":
                self.tab.set_input_files(f"[name={name}]", value)
            else:
                self.tab.fill(f"[name={name}]", value)
        self.look("change-fill")
        self.go_on()

    def check(self, *amounts):
        """See before and after and how the sum came about, then submit."""
        self.tab.wait_for_selector("button[value=submit]")
        for summary in self.tab.locator("summary:has-text('金额怎么算的')").all():
            summary.click()
        told = self.text()
        assert [amount for amount in amounts if amount not in told] == []
        self.look("change-check")
        self.tab.click("button[value=submit]")

    def confirm(self):
        """Say by a fresh code that exactly this is wanted."""
        self.tab.click("button[value=send]")
        self.tab.wait_for_selector("input[name=code]")
        self.tab.fill("input[name=code]", self.texted("code"))
        self.look("change-confirm")
        self.tab.click("button[value=confirm]")

    def is_done(self):
        self.tab.wait_for_selector("text=批单已生成")
        self.look("change-done")

    def verify(self, data, word):
        """Have a file verified on the website; return what it says."""
        self.visitor.open("/verify")
        send(self.visitor, "保单.pdf", data)
        self.tab.wait_for_selector("[data-verdict=genuine]")
        assert self.tab.inner_text("h1") == word
        return self.text()


def file_of(policy, kind="policy"):
    return get_storage().get(PolicyFile.objects.get(policy=policy, kind=kind).sha256)


def raise_the_limit(holder, approve, policy):
    """31 May: 200 to 300 ten-thousands from tomorrow cost 61.40 for 288 of 365 days."""
    holder.come_in(policy)
    holder.ask(
        "想把某个险种的保额调高或调低",
        code="B",
        sum_insured="3000000",
        effective_on="2025-06-01",
    )
    holder.check("61.40", "2,000,000", "3,000,000", "1,376.45", "1,454.27", "288")
    holder.tab.wait_for_selector("text=正在审批")
    change = Change.objects.get()
    approve(change, "lily")
    holder.open(f"/m/changes/{change.public_id}")
    holder.confirm()
    holder.tab.wait_for_selector("button[name=channel]")
    assert "¥61.40" in holder.text()
    holder.look("change-pay")
    holder.tab.click("button[value=unionpay]")
    holder.settle("own")
    # Meanwhile elsewhere: the page of the change goes on by itself.
    holder.visitor.open("/m/policies")
    work()
    holder.open(f"/m/changes/{change.public_id}")
    holder.is_done()
    assert PaymentOrder.objects.get(purpose="endorsement").amount_fen == 6140


def check_raised(holder, policy):
    """The endorsement is number one, tied to the policy's file; the website knows of both."""
    endorsement = Endorsement.objects.get()
    assert endorsement.number == f"{policy.number}-P01"
    assert (endorsement.premium_fen, endorsement.days) == (6140, 288)
    file = PolicyFile.objects.get(policy=policy, kind="policy")
    assert file.sha256 in str(endorsement.content)
    with holder.tab.expect_download() as download:
        holder.tab.click("text=下载电子批单")
    sealed = download.value.path().read_bytes()
    assert sealed == get_storage().get(endorsement.sha256)
    holder.verify(sealed, "真实有效")
    holder.verify(file_of(policy), "真实，已批改")


def try_to_give_up_the_compulsory(holder, policy):
    """31 August: without one of the three grounds compulsory cover stays."""
    holder.come_in(policy)
    holder.tab.click("text=去办理批改")
    holder.tab.click("summary:has-text('现在不能办理的事项')")
    assert "交强险不能随意退保" in holder.text()
    holder.open(f"/m/policies/{policy.number}/change/surrender")
    holder.fill(effective_on="2025-09-01")
    holder.tab.wait_for_selector("text=第十六条")
    holder.look("change-refused")


def cancel(holder, approve, policy):
    """31 August: the car is deregistered; 331.59 + 739.13 + 41.79 go back, the tax does not."""
    holder.open(f"/m/policies/{policy.number}")
    holder.ask(
        "车报废、停驶或者丢了，保单一起退",
        ground="deregistration",
        ground_paper=CERTIFICATE,
        effective_on="2025-09-01",
    )
    holder.check("331.59", "739.13", "41.79", "1,112.51", "196", "税务机关")
    holder.tab.wait_for_selector("text=正在审批")
    change = Change.objects.latest("pk")
    approve(change, "zoe")
    holder.open(f"/m/changes/{change.public_id}")
    holder.confirm()
    holder.tab.wait_for_selector("[data-wait]")
    work()
    holder.is_done()
    assert [part["premium_fen"] for part in change.parts] == [-33159, -73913 - 4179]


def check_cancelled(holder, policies):
    """1 September: the wallet and the website say so; the money went where it had come from."""
    first = PaymentOrder.objects.get(purpose="application")
    refunds = list(Refund.objects.select_related("receipt__attempt__order"))
    assert {one.state for one in refunds} == {"succeeded"}
    assert {str(one.receipt.account) for one in refunds} == {CARD}
    assert sum(one.amount_fen for one in refunds) == 111_251
    by_order = {one.receipt.attempt.order.order_no: one.amount_fen for one in refunds}
    assert by_order[first.order_no] == 33_159 + 73_913
    for policy in policies.values():
        assert "2025年9月1日" in holder.verify(file_of(policy), "真实，已注销")
    holder.look("change-verified-cancelled")
    holder.verify(file_of(policies["compulsory"], "mark"), "真实，已注销")
    holder.come_in(policies["commercial"])
    told = holder.text()
    for words in ("已注销", "第 1 号批单", "61.40", "第 2 号批单", "780.92"):
        assert words in told
    holder.look("wallet-policy-cancelled")


@at("phone")
@pytest.mark.requirement("S0-3.4", "S0-4.3.5a", "S0-4.3.5b")
def test_scenario_s06_raise_the_limit_then_cancel(visitor, approve, policies, day):
    holder = Holder(visitor, PERSON_A)
    day(5, 31)
    raise_the_limit(holder, approve, policies["commercial"])
    check_raised(holder, policies["commercial"])
    day(6, 1, hour=1)
    day(8, 31)
    try_to_give_up_the_compulsory(holder, policies["compulsory"])
    cancel(holder, approve, policies["compulsory"])
    day(9, 1, hour=1)
    check_cancelled(holder, policies)


@at("desk")
@pytest.mark.requirement("S0-4.3.5b")
def test_giving_up_before_the_start_costs_three_percent(visitor, policies, day):
    policy, holder = policies["commercial"], Holder(visitor, PERSON_A)
    day(3, 12)
    holder.come_in(policy)
    holder.ask("不想要商业险了，剩下的钱退给我", effective_on="2025-03-13")
    holder.check("41.29", "1,335.16")
    holder.confirm()
    holder.tab.wait_for_selector("[data-wait]")
    work()
    holder.is_done()
    assert "1,335.16" in holder.text()
    refund = Refund.objects.get()
    assert (refund.amount_fen, refund.state) == (133_516, "succeeded")
